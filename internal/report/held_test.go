package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestHeldGroup(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		do   func(h *Held)
		want string // what stands in the group; "" where there must be none
	}{
		"never opened": {func(h *Held) { fmt.Fprintln(h, "one") }, ""},
		"opened late":  {func(h *Held) { fmt.Fprintln(h, "one"); h.Open(); fmt.Fprintln(h, "two") }, "one\ntwo\n"},
		"opened first": {func(h *Held) { h.Open(); fmt.Fprintln(h, "one") }, "one\n"},
		"opened twice": {func(h *Held) { fmt.Fprintln(h, "one"); h.Open(); h.Open() }, "one\n"},
		"empty":        {func(h *Held) { h.Open() }, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			h := s.Hold("Build")
			c.do(h)
			h.Close()
			log := s.log.String()
			if c.want == "" {
				if log != "" {
					t.Fatalf("the log holds %q, want nothing", log)
				}
				return
			}
			if strings.Count(log, "::group::Build\n") != 1 || strings.Count(log, "::endgroup::\n") != 1 {
				t.Errorf("the group is not opened and closed once:\n%s", log)
			}
			if !strings.Contains(log, "\n"+c.want+"::") {
				t.Errorf("the group does not hold %q:\n%s", c.want, log)
			}
		})
	}
}

// TestHeldSections has a group for each part that something is written to, with
// titles that a stranger has chosen, whether it is opened before, between or after.
func TestHeldSections(t *testing.T) {
	t.Parallel()
	for openAt := range 8 {
		s := newStep(t, true)
		s.Mask("hunter2hunter2")
		masks := len(obeyed(s.log.String()))
		h := s.Hold("Build")
		for i, do := range []func(){
			func() { fmt.Fprintln(h, "begins") },
			func() { h.Section("empty") },
			func() { h.Section("one\n::error::x hunter2hunter2") },
			func() { fmt.Fprintln(h, "::error::in one") },
			func() { s.Mask("another secret") },
			func() { h.Section("two"); h.Section("two") },
			func() { fmt.Fprintln(h, "in two") },
			func() {},
		} {
			if i == openAt {
				h.Open()
			}
			do()
		}
		h.Close()
		var got []string
		for _, one := range obeyed(s.log.String())[masks:] {
			if one.name == "add-mask" {
				continue
			}
			got = append(got, one.name+" "+one.data)
			if one.name == "stop-commands" {
				got[len(got)-1] = one.name
			}
		}
		want := []string{
			"group Build", "stop-commands", "endgroup ",
			"group one\n::error::x ***", "stop-commands", "endgroup ",
			"group two", "stop-commands", "endgroup ",
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("opened at %d: the runner obeys %q, want %q:\n%s", openAt, got, want, s.log)
		}
		if masks := only(obeyed(s.log.String()), "add-mask"); !strings.Contains(fmt.Sprint(masks), "another secret") {
			t.Errorf("opened at %d: the runner is not told of the second secret", openAt)
		}
		for _, text := range []string{"begins\n::", "in one\n::", "in two\n::"} {
			if strings.Count(s.log.String(), text) != 1 {
				t.Errorf("opened at %d: %q is not once in the log:\n%s", openAt, text, s.log)
			}
		}
	}
}
