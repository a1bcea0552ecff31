package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// The times of files are the commit's, unless a build argument says another.
func TestFileTime(t *testing.T) {
	t.Parallel()
	commit := time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC)
	args := func(value string) map[string]string { return map[string]string{"SOURCE_DATE_EPOCH": value} }
	cases := map[string]struct {
		in     inputs.Inputs
		commit time.Time
		want   time.Time
		says   string
	}{
		"not asked for":             {inputs.Inputs{BuildArgs: args("1")}, commit, time.Time{}, ""},
		"the commit's":              {inputs.Inputs{Reproducible: true}, commit, commit, ""},
		"an argument's":             {inputs.Inputs{Reproducible: true, BuildArgs: args("0")}, commit, time.Unix(0, 0), ""},
		"an argument's alone":       {inputs.Inputs{Reproducible: true, BuildArgs: args("1700000000")}, time.Time{}, time.Unix(1_700_000_000, 0), ""},
		"none":                      {inputs.Inputs{Reproducible: true}, time.Time{}, time.Time{}, "the time of the commit is not known"},
		"no number":                 {inputs.Inputs{Reproducible: true, BuildArgs: args("today")}, commit, time.Time{}, `SOURCE_DATE_EPOCH is "today"`},
		"empty":                     {inputs.Inputs{Reproducible: true, BuildArgs: args("")}, commit, time.Time{}, `SOURCE_DATE_EPOCH is ""`},
		"before 1970":               {inputs.Inputs{Reproducible: true, BuildArgs: args("-1")}, commit, time.Time{}, `SOURCE_DATE_EPOCH is "-1"`},
		"too late for a file":       {inputs.Inputs{Reproducible: true, BuildArgs: args("99999999999")}, commit, time.Time{}, `SOURCE_DATE_EPOCH is "99999999999"`},
		"provenance":                {inputs.Inputs{Reproducible: true, Attestations: []inputs.Attestation{{Type: inputs.Provenance}}}, commit, time.Time{}, "an attestation (provenance) tells when it was made"},
		"provenance, not asked for": {inputs.Inputs{Attestations: []inputs.Attestation{{Type: inputs.Provenance}}}, commit, time.Time{}, ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.Commit.Time = c.commit
			p, err := plan.New(c.in, f)
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "making the image reproducible: ") {
					t.Errorf("New says %v, want %q", err, c.says)
				}
				return
			}
			if err != nil || !p.Build.FileTime.Equal(c.want) {
				t.Errorf("the files have the time %s, %v, want %s", p.Build.FileTime, err, c.want)
			}
			if got := p.Needs().FileTimes; got != !c.want.IsZero() {
				t.Errorf("the plan needs other times: %v", got)
			}
		})
	}
}
