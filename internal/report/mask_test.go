package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway-build/slipway/internal/redact"
)

// Later steps may print a secret in another form, and they are the runner's to hide.
func TestMaskTellsTheRunnerEveryForm(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"npm_Zx9QwErTy+7/UioPlK44jHgFdE", "of a single line\n", "first of two\nsecond of two"} {
		s := newStep(t, true)
		s.Mask(secret)
		var told []string
		for _, one := range obeyed(s.log.String()) {
			told = append(told, one.data)
		}
		if len(redact.Forms(secret)) == 0 {
			t.Fatalf("%q has no forms", secret)
		}
		for _, form := range redact.Forms(secret) {
			if !slices.Contains(told, form) {
				t.Errorf("of %q the runner is not told %q", secret, form)
			}
		}
	}
}

func TestMaskTellsTheRunnerEveryLine(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\n\n-----END KEY-----\n"
	cases := []struct {
		name    string
		secrets []string
		want    []string
	}{
		{"a line", []string{"hunter2hunter2"}, []string{"hunter2hunter2"}},
		{"several", []string{"first-secret", "second-secret"}, []string{"first-secret", "second-secret"}},
		{"the same twice", []string{"hunter2hunter2", "hunter2hunter2"}, []string{"hunter2hunter2"}},
		{"lines", []string{key}, []string{key, "-----BEGIN KEY-----", "MIIEvQIBADANBg", "-----END KEY-----"}},
		{"lines of Windows", []string{"first line\r\nsecond line\r\n"}, []string{"first line\r\nsecond line\r\n", "first line", "second line"}},
		{"a line of the last one", []string{"first line\nsecond line", "first line"}, []string{"first line\nsecond line", "first line", "second line"}},
		{"nothing", []string{"", " ", "\n", "\r\n", "    ", "\n\n\t\n"}, nil},
		{"short ones", []string{"abc", "x7"}, []string{"abc"}}, // one of two letters would hide half the log
		{"short lines of a long one", []string{"{\n  \"a\": 1\n}"}, []string{"{\n  \"a\": 1\n}", "  \"a\": 1"}},
		{"what is left out where it is shown", []string{"\u200ea3b1c5d7\x07-thumbprint"}, []string{"\u200ea3b1c5d7\x07-thumbprint", "a3b1c5d7-thumbprint"}},
		{"signs that commands use", []string{"100%\n::error::x"}, []string{"100%\n::error::x", "100%", "::error::x"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			for _, secret := range c.secrets {
				s.Mask(secret)
			}
			var got []string
			for _, one := range obeyed(s.log.String()) {
				if one.name != "add-mask" || strings.TrimSpace(one.data) == "" {
					t.Errorf("the runner obeys %+v", one)
				}
				got = append(got, one.data)
			}
			lines := len(got)
			for _, secret := range c.secrets { // TestSecretsAreHiddenInEveryForm is about these
				got = slices.DeleteFunc(got, func(mask string) bool { return slices.Contains(redact.Forms(secret), mask) })
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("masks (-want +got):\n%s", diff)
			}
			if strings.Count(s.log.String(), "\n") != lines {
				t.Errorf("the log is %q, want nothing but %d masks", s.log, lines)
			}
		})
	}
}

func TestSecretsAreHiddenInTheLog(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		secrets []string
		writes  []string
		want    string
	}{
		{"a secret", []string{"hunter2hunter2"}, []string{"a hunter2hunter2 b\n"}, "a *** b\n"},
		{"twice in a line", []string{"hunter2hunter2"}, []string{"hunter2hunter2hunter2hunter2\n"}, "******\n"},
		{"in two writes", []string{"hunter2hunter2"}, []string{"a hunter2", "hunter2 b\n"}, "a *** b\n"},
		{"byte by byte", []string{"hunter2hunter2"}, strings.Split("a hunter2hunter2 b\n", ""), "a *** b\n"},
		{"several lines in a write", []string{"hunter2hunter2"}, []string{"a\nhunter2hunter2\nb hunter2", "hunter2\n"}, "a\n***\nb ***\n"},
		{"a key in one write", []string{"first line\n}\nlast line"}, []string{"x first line\n}\nlast line y\n"}, "x *** y\n"},
		{"a key line by line", []string{"first line\n}\nlast line"}, []string{"first line\n", "}\n", "last line\n"}, "***\n}\n***\n"},
		{"one secret in another", []string{"hunter2", "hunter2hunter2"}, []string{"hunter2hunter2 hunter2\n"}, "*** ***\n"},
		{"without a line end", []string{"hunter2hunter2"}, []string{"hunter2", "hunter2"}, "***\n"},
		{"no secret in it", []string{"hunter2hunter2"}, []string{"hunter3hunter3\n"}, "hunter3hunter3\n"},
		{"no secrets", nil, []string{"a", "b\n"}, "ab\n"},
		{"a short one", []string{"abc"}, []string{"xabcx\n"}, "x***x\n"},
		{"a password in a URL", nil, []string{"ADD https://user:hun", "ter2@a.example/x\n"}, "ADD https://user:***@a.example/x\n"},
		{"in JSON", []string{"a\"b\nc\\d"}, []string{`{"password":"a\"b\nc\\d"}` + "\n"}, `{"password":"***"}` + "\n"},
	}
	for _, actions := range []bool{true, false} {
		for _, c := range cases {
			t.Run(fmt.Sprint(c.name, " in actions ", actions), func(t *testing.T) {
				t.Parallel()
				s := newStep(t, actions)
				for _, secret := range c.secrets {
					s.Mask(secret)
				}
				log, closeGroup := s.Group("Build")
				before := s.log.Len()
				for _, text := range c.writes {
					if n, err := log.Write([]byte(text)); n != len(text) || err != nil {
						t.Errorf("Write(%q) = %d, %v", text, n, err)
					}
				}
				closeGroup()
				if got := s.log.String()[before:]; !strings.HasPrefix(got, c.want) || !actions && got != c.want {
					t.Errorf("the log is %q, want %q", got, c.want)
				}
			})
		}
	}
}

// TestSecretsAreHiddenEverywhere writes a secret in every way but as a mask.
func TestSecretsAreHiddenEverywhere(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	for _, actions := range []bool{true, false} {
		s := newStep(t, actions)
		s.Mask(secret)
		before := s.log.Len()
		s.Printf("line with %s", secret)
		s.Warning("Dockerfile", 3, "warning with "+secret)
		s.Notice("notice with " + secret)
		s.Failure(errors.Join(errors.New("error with "+secret), &lineError{text: "place with " + secret, file: "Dockerfile", line: 4}))
		if err := s.Success(Outcome{Reason: "reason with " + secret, Builder: "builder with " + secret}); err != nil {
			t.Fatal(err)
		}
		text := s.log.String()[before:]
		if actions {
			text += read(t, s.summary)
		}
		if strings.Contains(text, secret) || strings.Count(text, "***") < 5 {
			t.Errorf("in actions %t: the secret is not hidden everywhere:\n%s", actions, text)
		}
	}
}

// TestSecretsThatLookLikeCommandsAreHidden has a secret that a log line may not
// hold as it is.
func TestSecretsThatLookLikeCommandsAreHidden(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	s.Mask("ab\ncd##[ef\ngh")
	before := s.log.Len()
	s.Printf("secret: %s", "ab\ncd##[ef\ngh")
	if got := s.log.String()[before:]; got != "secret: ***\n" {
		t.Errorf("the log is %q, want the secret hidden", got)
	}
}

type brokenWriter struct{ after int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

// A run whose log nobody reads any more goes on: it has to clean up.
func TestLogThatCannotBeWrittenStopsNothing(t *testing.T) {
	t.Parallel()
	broken := &brokenWriter{after: 1}
	r, err := New(Options{Out: broken, Lookup: lookup(nil), Actions: true})
	if err != nil {
		t.Fatal(err)
	}
	r.Mask("hunter2hunter2") // go-githubactions would panic
	log, closeGroup := r.Group("Build")
	if n, err := log.Write([]byte("two\n")); err != nil || n != len("two\n") {
		t.Errorf("Write = %d, %v, want all and nil", n, err)
	}
	closeGroup()
	r.Warning("", 0, "nobody hears")
}
