package redact

import (
	"strings"
	"testing"
)

// Parts of a short secret in base64 are in other text by chance.
func TestFormsOfShortSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "a", "pass", "hunter2", strings.Repeat("x", longestEncoded+1)} {
		if got := Forms(secret); len(got) != 0 {
			t.Errorf("Forms(%.20q) = %q, want none", secret, got)
		}
	}
	for _, secret := range []string{"8letters", "twelve bytes", `a"b`, "p@s"} {
		all := Forms(secret)
		if len(all) == 0 {
			t.Errorf("%q has no forms", secret)
		}
		for _, form := range all {
			if len(form) < Shortest || form == secret {
				t.Errorf("the form %q of %q is so short that it is in other text by chance", form, secret)
			}
		}
	}
}

func TestTooShort(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]bool{"": false, " \n": false, "a": true, "ab": true, "ab\n": true, "äö": true, "abc": false, "äöü": false} {
		if got := TooShort(secret); got != want {
			t.Errorf("TooShort(%q) = %t", secret, got)
		}
	}
}

func TestURLPasswords(t *testing.T) {
	t.Parallel()
	const token = "ghp_0123456789abcdefghij"
	for text, want := range map[string]string{
		"ADD https://user:hunter2@a.example/x /":        "ADD https://user:***@a.example/x /",
		"https://:hunter2@a.example":                    "https://:***@a.example",
		"https://user:hun@ter2@a.example and more":      "https://user:***@a.example and more",
		"https://a:b@c d https://e:f@g":                 "https://a:***@c d https://e:***@g",
		`{"url":"redis://:p%40ss@cache:6379/0"}`:        `{"url":"redis://:***@cache:6379/0"}`,
		"https://" + token + "@github.com/octo/app.git": "https://***@github.com/octo/app.git",
		"ssh://git@github.com/octo/app.git":             "ssh://git@github.com/octo/app.git",
		"https://proxy.example/x/@v/v1.2.3.zip":         "https://proxy.example/x/@v/v1.2.3.zip",
		"docker-image://alpine:3.20@sha256:0123":        "docker-image://alpine:3.20@sha256:0123",
		"http://localhost:5000/app@sha256:0123":         "http://localhost:5000/app@sha256:0123",
		"a.example:80@b":                                "a.example:80@b",
		"user@host https://a.example:443/":              "user@host https://a.example:443/",
	} {
		if got := URLPasswords(text, func(string) string { return "***" }); got != want {
			t.Errorf("URLPasswords(%q) = %q, want %q", text, got, want)
		}
	}
}
