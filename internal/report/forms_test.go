package report

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/redact"
)

// token has the form that GitHub's tokens have since 2026: long, with dots.
var token = "ghs_12345_" + strings.Repeat("eyJhbGciOiJSUzI1NiJ9.", 25) + "x-_y>>??"

func TestSecretsAreHiddenInEveryForm(t *testing.T) {
	t.Parallel()
	exact := map[string]bool{"itself": true, "base64": true, "base64, no =": true, "base64url": true, "base64url, no =": true, "hex": true, "HEX": true, "in a query": true, "in a path": true}
	std, web := base64.StdEncoding.EncodeToString, base64.URLEncoding.EncodeToString
	for _, secret := range []string{token, "correct-horse-battery", "twelve bytes", "\xfb\xff\xfe\xfb\xff\xfe\xfb\xff\xfe\xfb\xff\xfe\xfb", "p+/@ss w=rd&?%4"} {
		written := map[string]string{
			"itself":            secret,
			"base64":            std([]byte(secret)),
			"base64, no =":      strings.TrimRight(std([]byte(secret)), "="),
			"base64url":         web([]byte(secret)),
			"base64url, no =":   strings.TrimRight(web([]byte(secret)), "="),
			"hex":               hex.EncodeToString([]byte(secret)),
			"HEX":               strings.ToUpper(hex.EncodeToString([]byte(secret))),
			"in a query":        url.QueryEscape(secret),
			"in a path":         url.PathEscape(secret),
			"before more":       std([]byte(secret + " and more")),
			"a docker config's": `{"auth":"` + std([]byte("octocat:"+secret)) + `"}`,
		}
		for _, user := range []string{"", "x", "xy", "xyz", "octocat"} {
			written["basic of "+user] = std([]byte(user + ":" + secret))
			written["basic, url, of "+user] = web([]byte(user + ":" + secret + "\n"))
		}
		for name, text := range written {
			for _, actions := range []bool{true, false} {
				s := newStep(t, actions)
				s.Mask(secret)
				before := s.log.Len()
				s.Printf("a %s b", text)
				got := s.log.String()[before:]
				if whole := strings.TrimRight(strings.TrimSuffix(got, " b\n"), "=") == "a ***"; !whole && exact[name] {
					t.Errorf("in actions %t: %s of %.20q is written as %q, want nothing of it", actions, name, secret, got)
				}
				// Of base64, the groups at both ends may share bits with what is beside.
				if left := strings.ReplaceAll(got, "***", ""); !strings.Contains(got, "***") || shares(left, text, 8) {
					t.Errorf("in actions %t: %s of %.20q is written as %q", actions, name, secret, got)
				}
			}
		}
	}
}

// shares tells whether two texts have n bytes in a row in common, in the second
// one's middle.
func shares(in, text string, n int) bool {
	const ends = 20 // {"auth":" and a user
	for i := ends; i+n < len(text)-ends; i++ {
		if strings.Contains(in, text[i:i+n]) {
			return true
		}
	}
	return false
}

// A mask that comes up in a group, where the runner obeys no commands, would be
// printed by it.
func TestMaskInAGroupIsToldAfterIt(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	log, closeGroup := s.Group("Build")
	s.Mask("hunter2hunter2")
	if _, err := log.Write([]byte("a hunter2hunter2\n")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.log.String(), "hunter2") {
		t.Errorf("the log is %q, want no secret in it", s.log)
	}
	closeGroup()
	var told bool
	for _, command := range obeyed(s.log.String()) {
		told = told || command.name == "add-mask" && command.data == "hunter2hunter2"
	}
	if !told {
		t.Errorf("the log is %q, want the mask after the group", s.log)
	}
}

// TestLinesAreHiddenInOtherEncodings has a step that prints a key line by line. The
// runner is told no more for it: a key has many lines.
func TestLinesAreHiddenInOtherEncodings(t *testing.T) {
	t.Parallel()
	const line = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4JvcQb5QcKrWx0mO"
	s := newStep(t, true)
	s.Mask("-----BEGIN PRIVATE KEY-----\n" + line + "\n-----END PRIVATE KEY-----\n")
	if n := len(obeyed(s.log.String())); n > 20 {
		t.Errorf("the runner is told of %d texts", n)
	}
	before := s.log.Len()
	for _, form := range redact.Forms(line) {
		s.Printf("in a line: %s", form)
	}
	for text := range strings.Lines(s.log.String()[before:]) {
		if text != "in a line: ***\n" {
			t.Errorf("it writes %q", text)
		}
	}
}
