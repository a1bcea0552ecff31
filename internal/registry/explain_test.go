package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// refusal is what becomes of a registry's answer to a request with a password
// in its header and its address.
func refusal(t *testing.T, status int, body string) error {
	t.Helper()
	asked, err := url.Parse("https://ghcr.io/v2/octocat/hello/blobs/uploads/?access_token=" + password)
	if err != nil {
		t.Fatal(err)
	}
	resp := &http.Response{
		StatusCode: status,
		Body:       io.NopCloser(strings.NewReader(body)),
		Request:    &http.Request{Method: http.MethodPost, URL: asked, Header: http.Header{"Authorization": {"Basic " + encoded}}},
	}
	defer resp.Body.Close()
	return Answer(resp)
}

func TestExplainTellsWhatToDo(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, "ghcr.io/octocat/hello")
	cases := []struct {
		name   string
		status int
		body   string
		denied bool
		advice []string
	}{
		{
			"unauthorized", 401, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, true,
			[]string{"ghcr.io does not accept", "octocat/hello", "registry, username and token"},
		},
		{
			"forbidden", 403, `{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}`, true,
			[]string{"ghcr.io/octocat/hello", "\npermissions:\n  contents: read\n  packages: write\n", "Manage Actions access", "Write"},
		},
		{"forbidden without a word", 403, "", true, []string{"packages: write"}},
		{"not found", 404, `{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}`, false, nil},
		{"broken", 500, "<html>oops", false, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cause := refusal(t, c.status, c.body)
			err := Explain("asking ghcr.io", repo, cause)
			var explained *Error
			if !errors.As(err, &explained) || explained.Denied != c.denied {
				t.Fatalf("Explain(%d) = %#v, want Denied = %t", c.status, err, c.denied)
			}
			for _, want := range c.advice {
				if !strings.Contains(explained.Advice, want) {
					t.Errorf("Explain(%d) advises %q, want it to hold %q", c.status, explained.Advice, want)
				}
			}
			if c.advice == nil && explained.Advice != "" {
				t.Errorf("Explain(%d) advises %q, and nothing is known", c.status, explained.Advice)
			}
			if !strings.HasPrefix(err.Error(), "asking ghcr.io: ") || !strings.Contains(err.Error(), cause.Error()) {
				t.Errorf("Explain(%d) = %q, want what was done and the registry's words", c.status, err)
			}
			var words *transport.Error
			if !errors.As(err, &words) || words.StatusCode != c.status {
				t.Errorf("Explain(%d) does not unwrap to the registry's answer: %v", c.status, err)
			}
			showsNoPassword(t, err)
		})
	}
}

func TestExplainDoesItOnce(t *testing.T) {
	t.Parallel()
	repo := newRepository(t, "ghcr.io/octocat/hello")
	first := Explain("logging in to ghcr.io", repo, refusal(t, http.StatusForbidden, ""))
	wrapped := fmt.Errorf("publishing: %w", first)
	if got := Explain("moving a tag", repo, wrapped); !errors.Is(got, wrapped) || got.Error() != wrapped.Error() {
		t.Errorf("Explain of what is explained = %q, want it as it was: %q", got, wrapped)
	}
}
