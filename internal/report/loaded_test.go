package report

import (
	"strings"
	"testing"
)

// What was loaded is told beside what was published, and where nothing was.
func TestLoadedIsTold(t *testing.T) {
	t.Parallel()
	both := published(t)
	both.Loaded = both.Tags[:2]
	alone := Outcome{Reason: "the input push is false", Version: "1.2.3", Loaded: both.Loaded}
	for title, o := range map[string]Outcome{"with a push": both, "alone": alone} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			if err := s.Success(o); err != nil {
				t.Fatal(err)
			}
			summary := read(t, s.summary)
			for _, tag := range []string{"ghcr.io/octo-org/hello-world:1.2.3", "ghcr.io/octo-org/hello-world:latest"} {
				if want := "\n- `" + tag + "`\n"; !strings.Contains(summary, want) {
					t.Errorf("the summary lacks %q:\n%s", want, summary)
				}
				if want := "\n  loaded  " + tag + "\n"; !strings.Contains(s.log.String(), want) {
					t.Errorf("the log lacks %q:\n%s", want, s.log.String())
				}
			}
			if !strings.Contains(summary, "\n#### In the Docker engine\n") {
				t.Errorf("the summary does not say where it is:\n%s", summary)
			}
		})
	}
}
