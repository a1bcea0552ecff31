package record

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/redact"
)

// What is hidden is as long as it was, and JSON stays JSON.
func TestHider(t *testing.T) {
	t.Parallel()
	secrets := []string{"correct horse", "12345678", "first line\nsecond \"line\" <é>", "first line", "second \"line\" <é>"}
	var texts []string
	for _, secret := range secrets {
		texts = append(append(texts, secret), redact.Forms(secret)...)
	}
	h := newHider(texts)
	cases := map[string]struct{ text, want string }{
		"a secret":            {"the correct horse runs", "the ************* runs"},
		"twice":               {"correct horsecorrect horse", "**************************"},
		"a number":            {`{"start":912345678900}`, `{"start":999999999900}`},
		"one of its lines":    {"it is the first line", "it is the **********"},
		"the other in JSON":   {`{"a":"second \"line\" <é>"}`, `{"a":"********************"}`},
		"for a page":          {`{"a":"second \"line\" \u003cé\u003e"}`, `{"a":"******************999*****999*"}`},
		"the whole in JSON":   {`{"a":"first line\nsecond \"line\" <é>"}`, `{"a":"********************************"}`},
		"what is no secret":   {"correct", "correct"},
		"a password in a URL": {`{"a":"https://user:hunter2@a.example/"}`, `{"a":"https://user:******9@a.example/"}`},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got := h.text(c.text)
			if len(got) != len(c.text) {
				t.Errorf("%q of %d bytes became %q of %d", c.text, len(c.text), got, len(got))
			}
			if strings.HasPrefix(c.text, "{") && !json.Valid([]byte(got)) {
				t.Errorf("%q is no JSON", got)
			}
			if got != c.want {
				t.Errorf("%q became %q, want %q", c.text, got, c.want)
			}
			for _, secret := range append(secrets[:3:3], "second", "first") {
				if strings.Contains(got, secret) {
					t.Errorf("%q became %q, which holds %q", c.text, got, secret)
				}
			}
		})
	}
}

// The queries of URLs are part of a trace, and not of what is shown.
func TestHiderOfATrace(t *testing.T) {
	t.Parallel()
	const text = `{"url":"https://a.example/b?sig=a1\u0026c","other":"http://a.example","why":"is it?"}`
	const want = `{"url":"https://a.example/b?*****9**9999*","other":"http://a.example","why":"is it?"}`
	if got := string(newHider(nil).trace([]byte(text))); got != want {
		t.Errorf("the trace became\n%s, want\n%s", got, want)
	}
}

// Nothing is left of a secret that begins as another does.
func TestHiderOfASecretInAnother(t *testing.T) {
	t.Parallel()
	h := newHider([]string{"hunter2", "hunter2-and-more"})
	if got := h.text("it is hunter2-and-more"); strings.Contains(got, "more") {
		t.Errorf("of the longer secret is left %q", got)
	}
}
