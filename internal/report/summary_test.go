package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// hostileText is what a stranger may put into a name, a title or a message.
const hostileText = "![x](https://evil.test/p.png) <img src=x onerror=alert(1)> `id` ```\n# Published\n| Digest | sha256:evil |\n- [x] [y](z) &lt; ~~s~~ **b** \\"

// codeBlocks returns the fenced code blocks of a Markdown text, as CommonMark
// reads them, and the text around them.
func codeBlocks(markdown string) (blocks []string, around string) {
	var block, rest []string
	fence := ""
	for line := range strings.SplitSeq(markdown, "\n") {
		ticks := regexp.MustCompile("^`{3,}").FindString(line)
		switch {
		case fence == "" && ticks != "":
			fence = ticks
		case fence == "":
			rest = append(rest, line)
		case len(ticks) >= len(fence) && strings.TrimRight(line, "` ") == "":
			blocks, block, fence = append(blocks, strings.Join(block, "\n")), nil, ""
		default:
			block = append(block, line)
		}
	}
	return blocks, strings.Join(rest, "\n")
}

func TestSummaryOfAPublishedImage(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	o := published(t)
	o.Version = "1.0.0-rc.1_abc" // Markdown's emphasis, and no entities
	o.Unmoved = []plan.Unmoved{{Tag: o.Tags[2].Tag("edge"), Reason: "2.0.0 is newer than 1.2.3"}}
	o.Remarks = []string{"No cache of type s3 is exported: *no*"}
	built := sample()
	built.Timeline = append(built.Timeline, trace.Step{Stage: "export", Name: "exporting cache to registry", Own: true, Failed: true})
	built.Warnings = []trace.Warning{{Message: "FromAsCasing", File: filepath.Join(s.workspace, "Dockerfile"), Line: 1}}
	s.Built(built)
	if err := s.Success(o); err != nil {
		t.Fatal(err)
	}
	blocks, text := codeBlocks(read(t, s.summary))
	for _, want := range []string{
		"### Published `1.0.0-rc.1_abc`\n",
		"| Digest | Published as |\n|---|---|\n",
		"| `" + digestOf("a").String() + "` | `ghcr.io/octo-org/hello-world:1.2.3` |\n",
		"|  | `ghcr.io/octo-org/hello-world:latest` |\n",
		"|  | `quay.io/octo/hello:latest` |\n",
		"| `linux/amd64` | `" + digestOf("c").String() + "` | 3.4\u00a0MB | +1.2\u00a0MB |\n",
		"| `linux/arm64` | `" + digestOf("d").String() + "` | 3.3\u00a0MB | new |\n",
		"\nThe change is against what `ghcr.io/octo-org/hello-world:latest` held before.\n",
		"| Time | Steps | Builder | Visibility |\n",
		"| 12.3s | 3 of 12 steps from the cache | BuildKit v0.33.1 | private |\n",
		"\nPackage: <https://github.com/orgs/octo-org/packages/container/package/hello-world>\n",
		"- `quay.io/octo/hello:edge` was not moved: 2.0.0 is newer than 1.2.3\n",
		"- No cache of type s3 is exported: \\*no\\*\n",
		"- `exporting cache to registry` failed, and the build went on without it\n",
		"\n#### 1 warning\n\n- `Dockerfile:1:` FromAsCasing\n",
		"| `RUN make A_B` | `build` | 21.3s | 54% |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	a := digestOf("a").String()
	want := "docker pull ghcr.io/octo-org/hello-world@" + a + "\ndocker pull quay.io/octo/hello@" + a
	if len(blocks) != 2 || blocks[0] != want || !strings.Contains(blocks[1], "\ngantt\n") {
		t.Errorf("the summary's code is %q, want %q and a picture", blocks, want)
	}
	if place := strings.Index(text, "Slowest"); place < 0 || place > strings.Index(text, "Timeline") {
		t.Errorf("the picture does not come last:\n%s", text)
	}
}

// TestSummaryTellsOnlyWhatIsKnown leaves out sizes, changes and steps.
func TestSummaryTellsOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	o := published(t)
	o.Sizes = []Size{{Platform: "linux/amd64", Digest: digestOf("c")}}
	if err := s.Success(o); err != nil {
		t.Fatal(err)
	}
	text := read(t, s.summary)
	if want := "| `linux/amd64` | `" + digestOf("c").String() + "` |\n"; !strings.Contains(text, want) {
		t.Errorf("the summary lacks %q:\n%s", want, text)
	}
	for _, unknown := range []string{"held before", "from the cache", "Slowest", "Timeline", "warning", "Worth knowing"} {
		if strings.Contains(text, unknown) {
			t.Errorf("the summary says %q of what nobody knows:\n%s", unknown, text)
		}
	}
}

func TestSummaryWhenNothingIsPublished(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, reason, builder, want string }{
		{
			"plain", "pull requests are built and not published", "BuildKit", "\nNot published: pull requests are built and not published.\n",
		},
		{
			"hostile", hostileText, hostileText,
			`\!\[x\]\(https<span>:</span>//evil.test/p.png\) \<img src=x onerror=alert\(1\)\> \` + "`id\\` \\`\\`\\`" +
				` \# Published \| Digest \| sha256<span>:</span>evil \| - \[x\] \[y\]\(z\) \&lt; \~\~s\~\~ \*\*b\*\* \\`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			if err := s.Success(Outcome{Reason: c.reason, Builder: c.builder, Version: "pr-12"}); err != nil {
				t.Fatal(err)
			}
			blocks, text := codeBlocks(read(t, s.summary))
			if !strings.HasPrefix(text, "### Built `pr-12`, not published\n") || !strings.Contains(text, c.want) {
				t.Errorf("the summary is %q, want it to hold %q", text, c.want)
			}
			if lines := strings.Count(text, "\n"); len(blocks) > 0 || lines != 7 || strings.Count(text, "###") != 1 {
				t.Errorf("the summary has %d lines and code %q, want 7 lines and none:\n%s", lines, blocks, text)
			}
		})
	}
}

func TestSummaryOfAFailure(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	fences := "````\n`````\ninside\n`````\n"
	s.Failure(errors.Join(errors.New("first"), errors.New(hostileText), errors.New(fences)))
	blocks, text := codeBlocks(read(t, s.summary))
	want := []string{"first", hostileText, fences}
	if fmt.Sprintf("%q", blocks) != fmt.Sprintf("%q", want) {
		t.Errorf("the summary's code is %q, want %q", blocks, want)
	}
	if strings.TrimSpace(text) != "### Slipway failed" {
		t.Errorf("the summary's text is %q, want only the title", text)
	}
}

// TestSummaryIsBounded: GitHub drops a larger one whole.
func TestSummaryIsBounded(t *testing.T) {
	t.Parallel()
	var many []error
	for range 30_000 {
		many = append(many, errors.New("an error of about fifty characters, as they come"))
	}
	cases := []struct {
		name string
		err  error
		says string
	}{
		{"one long error", errors.New("start " + strings.Repeat("x", 3<<20)), leftOut[1:]},
		{"many errors", errors.Join(append([]error{errors.New("start")}, many...)...), "and 29951 more errors"},
		{"letters of two bytes", errors.New("start " + strings.Repeat("é", 1<<20)), leftOut[1:]},
		{"letters of four bytes", errors.New("start " + strings.Repeat("🚢", 1<<20)), leftOut[1:]},
		{"many long errors", errors.Join(slices.Repeat([]error{errors.New("start " + strings.Repeat("🚢", 1<<20))}, 49)...), leftOut[1:]},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			s.Failure(c.err)
			text := read(t, s.summary)
			if len(text) > 1<<20 || len(text) < 1<<10 {
				t.Errorf("the summary has %d bytes, want at most %d", len(text), 1<<20)
			}
			if strings.Count(text, "```")%2 != 0 {
				t.Error("a block of code has no end")
			}
			if !utf8.ValidString(text) {
				t.Error("the summary was cut inside a letter")
			}
			if !strings.Contains(text, "start") || !strings.Contains(text, c.says) {
				t.Errorf("the summary starts with %.100q and does not say %q", text, c.says)
			}
		})
	}
}

func TestSummaryIsAdded(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	s.Failure(errors.New("first"))
	s.Failure(errors.New("second"))
	if blocks, _ := codeBlocks(read(t, s.summary)); fmt.Sprint(blocks) != "[first second]" {
		t.Errorf("the summary's code is %q, want both failures", blocks)
	}
}

func FuzzSummaryOfAFailure(f *testing.F) {
	f.Add(hostileText)
	f.Add("``` \n````\n")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\r") || len(text) > mostError {
			t.Skip("codeBlocks knows one line end, and a long text is cut")
		}
		s := newStep(t, true)
		s.Failure(errors.New(text))
		blocks, around := codeBlocks(read(t, s.summary))
		if len(blocks) != 1 || blocks[0] != text || strings.TrimSpace(around) != "### Slipway failed" {
			t.Errorf("the summary of %q has the code %q and the text %q", text, blocks, around)
		}
	})
}

// Of an image that no tag is at, none is the title.
func TestSummaryOfAnImageWithoutTags(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	o := published(t)
	o.Tags = nil
	if err := s.Success(o); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s.summary); !strings.HasPrefix(got, "### Published by digest\n") {
		t.Errorf("the summary begins %.60q", got)
	}
}

// TestNotesAreInTheSummary, once, whether the run fails or not.
func TestNotesAreInTheSummary(t *testing.T) {
	t.Parallel()
	const note = "the secret npm in secrets is empty and left out"
	for title, end := range map[string]func(*step) error{
		"a success": func(s *step) error { return s.Success(published(t)) },
		"an answer": func(s *step) error { return s.Success(Outcome{Asked: inputs.CallCheck}) },
		"a failure": func(s *step) error { s.Failure(errors.New("it fails")); return nil }, //nolint:unparam // a failure has none
		"a failing answer": func(s *step) error {
			err := s.Success(Outcome{Asked: inputs.CallCheck})
			s.Failure(errors.New("it fails"))
			return err
		},
	} {
		s := newStep(t, true)
		s.Note(note)
		if err := end(s); err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		if text := read(t, s.summary); strings.Count(text, note) != 1 || !strings.Contains(text, "\n#### Worth knowing\n\n- "+note+"\n") {
			t.Errorf("%s: the summary does not say the note once:\n%s", title, text)
		}
	}
}
