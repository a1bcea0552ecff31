package session

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync/atomic"

	"github.com/docker/cli/cli/config/types"
	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/session/auth/authprovider"
	"golang.org/x/crypto/nacl/sign"
	"google.golang.org/grpc"

	"github.com/slipway-build/slipway/internal/registry"
)

// Server answers BuildKit's questions for credentials over the session, out
// of memory. It is BuildKit's own provider with two differences: a password is
// sent only to a token server that belongs to the registry, and the key by
// which a daemon recognises the session comes from a seed in memory. The
// provider would keep that seed in a file in the home directory, which later
// steps of a job share.
type Server struct {
	auth.AuthServer
	registries *registry.Client
	permitted  func(ctx context.Context) error // may be nil
	seed       []byte

	Realm atomic.Pointer[RealmError] // the last token server that could not be reached
}

// NewServer answers with these credentials once permitted has returned: what
// a build cannot push before it is allowed to, it does not push.
func NewServer(registries *registry.Client, permitted func(ctx context.Context) error) (*Server, error) {
	credentials := registries.Credentials()
	lookup := func(ctx context.Context, host string, _ []string, _ authprovider.ExpireCachedAuthCheck) (types.AuthConfig, error) {
		login := credentials.For(ctx, host)
		return types.AuthConfig{Username: login.Username, Password: login.Password, IdentityToken: login.IdentityToken, RegistryToken: login.RegistryToken}, nil
	}
	provider := authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{AuthConfigProvider: lookup})
	server, ok := provider.(auth.AuthServer)
	if !ok {
		return nil, fmt.Errorf("using BuildKit's credentials provider: %T answers no questions", provider)
	}
	seed := make([]byte, 32)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("making the session's seed: %w", err)
	}
	return &Server{AuthServer: server, permitted: permitted, seed: seed, registries: registries}, nil
}

// Register makes the server a session.Attachable.
func (s *Server) Register(server *grpc.Server) { auth.RegisterAuthServer(server, s) }

// FetchToken exchanges the password for a token where the registry's realm may
// have the password.
func (s *Server) FetchToken(ctx context.Context, req *auth.FetchTokenRequest) (*auth.FetchTokenResponse, error) {
	if err := registry.CheckRealm(req.Host, req.Realm); err != nil {
		return nil, err
	}
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	token, err := s.exchange(ctx, req)
	if err != nil {
		return nil, s.noToken(req, err)
	}
	return token, nil
}

// Credentials returns the login of a registry that wants a password.
func (s *Server) Credentials(ctx context.Context, req *auth.CredentialsRequest) (*auth.CredentialsResponse, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return s.AuthServer.Credentials(ctx, req)
}

func (s *Server) wait(ctx context.Context) error {
	if s.permitted == nil {
		return nil
	}
	return s.permitted(ctx)
}

// GetTokenAuthority returns the public key of this session for a registry.
func (s *Server) GetTokenAuthority(_ context.Context, req *auth.GetTokenAuthorityRequest) (*auth.GetTokenAuthorityResponse, error) {
	return &auth.GetTokenAuthorityResponse{PublicKey: s.key(req.Host, req.Salt)[32:]}, nil
}

// VerifyTokenAuthority proves that this session has the key's other half.
func (s *Server) VerifyTokenAuthority(_ context.Context, req *auth.VerifyTokenAuthorityRequest) (*auth.VerifyTokenAuthorityResponse, error) {
	private := [64]byte(s.key(req.Host, req.Salt))
	return &auth.VerifyTokenAuthorityResponse{Signed: sign.Sign(nil, req.Payload, &private)}, nil
}

func (s *Server) key(host string, salt []byte) ed25519.PrivateKey {
	mac := hmac.New(sha256.New, s.seed)
	mac.Write([]byte(host))
	mac.Write(salt)
	return ed25519.NewKeyFromSeed(mac.Sum(nil))
}
