package testenv

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	tokenIssuer   = "slipway-test-issuer"
	tokenService  = "slipway-test-registry"
	tokenKeyID    = "slipway-test-key"
	tokenLifetime = 5 * time.Minute // as ghcr.io's; clients take 60 s when they are told less
	tokenLeeway   = time.Minute     // that distribution adds to exp and takes from nbf
)

// tokenAccess is one entry of a token's access claim.
type tokenAccess struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// covers reports whether the grant allows the action on the repository.
func (g Grant) covers(repository, action string) bool {
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(g.Repository), `\*`, ".*") + "$"
	return slices.Contains(g.Actions, action) && regexp.MustCompile(pattern).MatchString(repository)
}

// token returns a signed JSON Web Token. Ed25519 because its signature needs no encoding besides base64.
func (s *TokenServer) token(user string, access []tokenAccess) (string, error) {
	now := time.Now().Add(s.Skew)
	// The registry's leeway is taken off, so that Lifetime is what it says, rounded up to whole seconds.
	expires := now.Add(s.lifetime() - tokenLeeway + time.Second - 1)
	header, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "EdDSA", "kid": tokenKeyID})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": tokenIssuer, "sub": user, "aud": s.service(), "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": expires.Unix(),
		"access": access,
	})
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(s.key, []byte(signed))), nil
}

func (s *TokenServer) service() string { return cmp.Or(s.Service, tokenService) }

func (s *TokenServer) lifetime() time.Duration { return cmp.Or(s.Lifetime, tokenLifetime) }

// jwks returns the key set that a registry checks the tokens with.
func (s *TokenServer) jwks() []byte {
	public := s.key[ed25519.SeedSize:] // the second half of a private key, by definition of the type
	return fmt.Appendf(nil, `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":%q,"x":%q}]}`,
		tokenKeyID, base64.RawURLEncoding.EncodeToString(public))
}
