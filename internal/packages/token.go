package packages

import "strings"

// Token is a kind of GitHub's tokens.
type Token int

// The kinds of tokens
// (https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats).
const (
	NotGitHubs   Token = iota // no form of GitHub's: it may still be one
	Classic                   // a classic personal access token: ghp_
	FineGrained               // a fine-grained personal access token, which no registry takes: github_pat_
	OAuth                     // of an OAuth app, such as the program gh: gho_
	UserToServer              // of a user by way of a GitHub App: ghu_
	Installation              // GITHUB_TOKEN, or that of another GitHub App: ghs_
	Refresh                   // makes other tokens, and is no password: ghr_
)

// TokenOf tells a token's kind by its beginning. The rest is GitHub's business:
// its length and alphabet have changed before. Classic tokens of before 2021 are
// not told: 40 hexadecimal digits are anybody's password, or a commit.
func TokenOf(token string) Token {
	for prefix, kind := range map[string]Token{
		"ghp_": Classic, "github_pat_": FineGrained, "gho_": OAuth, "ghu_": UserToServer, "ghs_": Installation, "ghr_": Refresh,
	} {
		if strings.HasPrefix(token, prefix) {
			return kind
		}
	}
	return NotGitHubs
}

// DockerHubs tells whether a text is an access token of Docker Hub, of a person or
// an organisation, by its beginning
// (https://docs.docker.com/security/access-tokens/).
func DockerHubs(token string) bool {
	return strings.HasPrefix(token, "dckr_pat_") || strings.HasPrefix(token, "dckr_oat_")
}

// String names the kind in a sentence.
func (t Token) String() string {
	switch t {
	case Classic:
		return "a classic personal access token"
	case FineGrained:
		return "a fine-grained personal access token"
	case OAuth:
		return "an OAuth app's token"
	case UserToServer:
		return "a GitHub App's token for a user"
	case Installation:
		return "a GitHub App's installation token, as GITHUB_TOKEN is one"
	case Refresh:
		return "a refresh token"
	case NotGitHubs:
	}
	return "a token of an unknown kind"
}
