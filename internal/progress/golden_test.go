package progress

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// screen is a terminal of which the last drawing before each pause is kept.
type screen struct {
	text *strings.Builder
	last string
	rows int
}

func (s *screen) Rows() int { return s.rows }

func (s *screen) Draw(lines []string) {
	s.last = strings.Join(lines, "\n")
	if s.text != nil {
		fmt.Fprintf(s.text, "-- %d lines\n%s\n", len(lines), s.last)
	}
}

// TestGolden shows recorded builds in every style.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, build := range realBuilds() {
		recorded := load(t, build.name)
		for name, style := range map[string]Style{
			"plain": {}, "colours": {Colours: true}, "verbose": {Verbose: true}, "terminal": {Screen: &screen{rows: 24}},
		} {
			if name != "plain" && build.name != "stages" && build.name != "failing" {
				continue
			}
			got := replay(recorded, style)
			path := filepath.Join("testdata", build.name+"-"+name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s %s, -want +got:\n%s", build.name, name, diff)
			}
		}
	}
}
