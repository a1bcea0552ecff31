package metadata_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/metadata"
)

const (
	builtSHA = "4f2a9c1d7e60b3584a1f29c8d7e60b3584a1f29c"
	headSHA  = "d00dfeed00d1e2f3a4b5c6d7e8f90a1b2c3d4e5f"
)

// run makes the facts of "push main", "tag v1.2.3", "pull 12" and the like.
func run(t *testing.T, text string) metadata.Facts {
	t.Helper()
	event, name, _ := strings.Cut(text, " ")
	f := metadata.Facts{
		Event: event, Ref: "refs/heads/" + name, SHA: builtSHA, DefaultBranch: "main",
		CommitTime: time.Date(2024, 2, 29, 23, 5, 6, 0, time.UTC),
		Now:        time.Date(2024, 12, 30, 4, 5, 6, 789e6, time.UTC),
	}
	switch event {
	case "tag", "based":
		f.Event, f.Ref = "push", "refs/tags/"+name
		if event == "based" { // a tag that was pushed together with its branch
			f.BaseRef = "refs/heads/main"
		}
	case "release":
		f.Ref = "refs/tags/" + name
	case "prerelease":
		f.Event, f.Ref, f.Prerelease = "release", "refs/tags/"+name, true
	case "dispatch":
		f.Event = "workflow_dispatch"
	case "head":
		f.Event, f.Ref = "push", "refs/pull/"+name+"/head"
	case "pull", "target":
		number, err := strconv.Atoi(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Event, f.Ref, f.Pull, f.BaseRef, f.HeadSHA = "pull_request", "refs/pull/"+name+"/merge", number, "main", headSHA
		if event == "target" {
			f.Event, f.Ref = "pull_request_target", "refs/heads/main"
		}
	}
	if name == "long" {
		f.Ref = "refs/heads/" + strings.Repeat("a", 200)
	}
	return f
}

// lines numbers the items of a list.
func lines(texts ...string) []metadata.Line {
	var all []metadata.Line
	for i, text := range texts {
		if text != "" {
			all = append(all, metadata.Line{Text: text, Number: i + 1})
		}
	}
	return all
}

// apply makes the names of a run.
func apply(t *testing.T, f metadata.Facts, rules, flavor []metadata.Line) metadata.Names {
	t.Helper()
	parsed, err := metadata.ParseTags(rules)
	if err != nil {
		t.Fatalf("ParseTags(%v) = %v, want rules", rules, err)
	}
	common, err := metadata.ParseFlavor(flavor)
	if err != nil {
		t.Fatalf("ParseFlavor(%v) = %v, want a flavor", flavor, err)
	}
	names, err := parsed.Names(common, f)
	if err != nil {
		t.Fatalf("Names(%+v) = %v, want names", f, err)
	}
	return names
}

func tagNames(n metadata.Names) []string {
	var all []string
	for _, tag := range n.Tags {
		all = append(all, tag.Name)
	}
	return all
}

// row is one line of testdata/rules.txt.
type row struct {
	number                   int
	title                    string
	differs                  bool // from docker/metadata-action
	run, rules, flavor, want string
}

func readRows(t *testing.T) []row {
	t.Helper()
	file, err := os.Open("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []row
	title := ""
	scanner := bufio.NewScanner(file)
	for number := 1; scanner.Scan(); number++ {
		text := scanner.Text()
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "== "):
			title = text[3:]
		default:
			columns := strings.Split(text[2:], "|")
			if len(columns) != 4 {
				t.Fatalf("rules.txt:%d has %d columns, want 4", number, len(columns))
			}
			for i := range columns {
				columns[i] = strings.TrimSpace(columns[i])
			}
			rows = append(rows, row{number, title, text[0] == '!', columns[0], columns[1], columns[2], columns[3]})
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRules(t *testing.T) {
	t.Parallel()
	rows := readRows(t)
	if len(rows) < 150 {
		t.Fatalf("rules.txt has %d rows, want all of them", len(rows))
	}
	for _, r := range rows {
		t.Run(fmt.Sprintf("%s/line %d", r.title, r.number), func(t *testing.T) {
			t.Parallel()
			names := apply(t, run(t, r.run), lines(strings.Split(r.rules, " ; ")...), lines(strings.Split(r.flavor, " ; ")...))
			got := tagNames(names)
			want := strings.Fields(r.want)
			if r.want == "-" {
				want = nil
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s with %q and flavor %q makes %q, want %q", r.run, r.rules, r.flavor, got, want)
			}
			if len(want) > 0 && !strings.HasSuffix(want[0], ":"+names.Version) && names.Version != want[0] && !names.Tags[0].Full {
				t.Errorf("%s with %q has the version %q, want the first of %q", r.run, r.rules, names.Version, want)
			}
			if len(want) == 0 && (names.Version != "" || names.Empty() == nil) {
				t.Errorf("%s with %q has the version %q and %v, want none and why", r.run, r.rules, names.Version, names.Empty())
			}
		})
	}
}
