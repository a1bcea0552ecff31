package plan_test

import (
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// A build argument stays in the image's history. One that is a secret, or looks
// as if, is refused with the way that leaves no trace.
func TestSecretArguments(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-t0ken"
	cases := []struct {
		name, value string
		want        string // part of the reason; empty: it passes
	}{
		{"URL", "https://x:" + secret + "@example.com", "holds a secret of this step"},
		{"ANYTHING", secret, "holds a secret of this step"},
		{"ANYTHING", "ghs_token-of-the-run", "holds a secret of this step"},
		{"NPM_TOKEN", "something", "its name"},
		{"npm-token", "something", "its name"},
		{"TOKEN", "something", "its name"},
		{"DB_PASSWORD", "something", "its name"},
		{"DB_PASSWD", "something", "its name"},
		{"AWS_SECRET_ACCESS_KEY", "something", "its name"},
		{"APIKEY", "something", "its name"},
		{"STRIPE_API_KEY", "something", "its name"},
		{"AWS_ACCESS_KEY_ID", "something", ""},
		{"credentials", "something", "its name"},
		{"GIT", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "looks like a classic personal access token"},
		{"GIT", "github_pat_11AAAAA", "looks like a fine-grained personal access token"},
		{"ID", "AKIAIOSFODNN7EXAMPLE", "looks like a secret"},
		{"PEM", "-----BEGIN EC PRIVATE KEY-----\nMHc", "looks like a secret"},
		{"DATABASE_URL", "postgres://app:hunter22@db/app", "looks like a secret"},
		{"GITLAB", "glpat-xxxxxxxxxxxxxxxxxxxx", "looks like a secret"},

		{"VERSION", "1.2.3", ""},
		{"GIT_COMMIT", strings.Repeat("0123456789", 4), ""},
		{"TOKEN", "", ""},
		{"USE_TOKEN", "false", ""},
		{"TOKEN_TTL", "3600", ""},
		{"TOKENIZER", "bpe", ""},
		{"PUBLIC_KEY", "MIIB", ""},
		{"TOKEN_URL", "https://example.com/token", ""},
		{"SECRET_NAME", "app/db", ""},
		{"PASSWORD_FILE", "/run/secrets/db", ""},
		{"NEXT_PUBLIC_API_KEY", "pk", ""},
		{"CACHE_KEY", "abc", ""},
		{"AUTH_MODE", "oidc", ""},
		{"SECRETARY", "x", ""},
		{"HOMEPAGE", "https://example.com/a:b@c", ""},
		{"IMAGE", "registry.example.com:5000/team/app@sha256:e3b0", ""},
	}
	for _, c := range cases {
		in := inputs.Inputs{
			Token: "ghs_token-of-the-run", Secrets: map[string]inputs.Secret{"npm": secret, "short": "1"},
			BuildArgs: map[string]string{c.name: c.value},
		}
		_, err := plan.New(in, pushOf("refs/heads/main"))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s=%s: New = %v, want none", c.name, c.value, err)
			}
			continue
		}
		wantRefusal(t, err, "passing the build argument "+c.name, c.want, "--mount=type=secret,id="+strings.ToLower(c.name), "allow-secret-args: true")
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("the error shows the secret: %v", err)
		}
		in.AllowSecretArgs = true
		if _, err := plan.New(in, pushOf("refs/heads/main")); err != nil {
			t.Errorf("%s=%s, allowed: New = %v", c.name, c.value, err)
		}
	}
}

// Every mistake at once; and provenance that publishes arguments never gets a
// secret of the step, whatever is allowed.
func TestSecretArgumentsInProvenance(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{
		Secrets:   map[string]inputs.Secret{"npm": "s3cr3t-t0ken"},
		BuildArgs: map[string]string{"A_TOKEN": "x1", "B_PASSWORD": "x2", "C": "s3cr3t-t0ken"},
	}
	_, err := plan.New(in, pushOf("refs/heads/main"))
	for _, argument := range []string{"A_TOKEN", "B_PASSWORD", "build argument C:"} {
		if err == nil || !strings.Contains(err.Error(), argument) {
			t.Errorf("New = %v, want it to name %s", err, argument)
		}
	}
	in.AllowSecretArgs = true
	in.Attestations = []inputs.Attestation{{Type: inputs.Provenance, Attrs: attrs{"mode": "max"}}}
	_, err = plan.New(in, pushOf("refs/heads/main"))
	wantRefusal(t, err, "build argument C:")
	if strings.Contains(err.Error(), "A_TOKEN") {
		t.Errorf("an argument that is allowed is refused: %v", err)
	}
}
