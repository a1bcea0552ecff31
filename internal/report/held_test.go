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
