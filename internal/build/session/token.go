package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	authutil "github.com/containerd/containerd/v2/core/remotes/docker/auth"
	remoteserrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/moby/buildkit/session/auth"
)

// exchange fetches a token as BuildKit's own provider does, which has one client
// for everything: it would follow a redirect anywhere, with the password, read an
// answer of any size, and know no authority of registry-ca.
func (s *Server) exchange(ctx context.Context, req *auth.FetchTokenRequest) (*auth.FetchTokenResponse, error) {
	ctx = s.registries.LoggingIn(ctx)
	login, client := s.registries.Credentials().For(ctx, req.Host), s.registries.TokenClient(req.Host)
	if login.RegistryToken != "" {
		return answer(login.RegistryToken, time.Time{}, 0), nil
	}
	options := authutil.TokenOptions{Realm: req.Realm, Service: req.Service, Scopes: req.Scopes, Username: login.Username, Secret: login.Password}
	if login.IdentityToken != "" {
		options.Username, options.Secret = "", login.IdentityToken
	}
	if options.Secret != "" {
		token, err := authutil.FetchTokenWithOAuth(ctx, client, nil, "buildkit-client", options)
		if err == nil {
			return answer(token.AccessToken, token.IssuedAt, token.ExpiresInSeconds), nil
		}
		if !withoutOAuth(err) {
			return nil, fmt.Errorf("failed to fetch oauth token: %w", err)
		}
	}
	token, err := authutil.FetchToken(ctx, client, nil, options)
	if err != nil {
		kind := "anonymous"
		if options.Secret != "" {
			kind = "oauth"
		}
		return nil, fmt.Errorf("failed to fetch %s token: %w", kind, err)
	}
	return answer(token.Token, token.IssuedAt, token.ExpiresInSeconds), nil
}

// withoutOAuth tells whether a token server may know nothing but GET, by what it
// answers to a POST.
func withoutOAuth(err error) bool {
	var status remoteserrors.ErrUnexpectedStatus
	if !errors.As(err, &status) {
		return false
	}
	return status.StatusCode == http.StatusMethodNotAllowed || status.StatusCode == http.StatusNotFound || status.StatusCode == http.StatusUnauthorized
}

// tokenLifetime is how many seconds a token is good for whose server does not say
// (https://distribution.github.io/distribution/spec/auth/token/).
const tokenLifetime = 60

func answer(token string, issued time.Time, seconds int) *auth.FetchTokenResponse {
	if seconds == 0 {
		seconds = tokenLifetime
	}
	response := &auth.FetchTokenResponse{Token: token, ExpiresIn: int64(seconds)}
	if !issued.IsZero() {
		response.IssuedAt = issued.Unix()
	}
	return response
}
