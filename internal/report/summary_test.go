package report

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
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
	if err := s.Success(o); err != nil {
		t.Fatal(err)
	}
	blocks, text := codeBlocks(read(t, s.summary))
	for _, want := range []string{
		"### Published `1.0.0-rc.1_abc`\n",
		"| Digest | `" + digestOf("a").String() + "` |\n",
		"| Tag | `ghcr.io/octo-org/hello-world:1.2.3` |\n",
		"| Tag | `ghcr.io/octo-org/hello-world:latest` |\n",
		"| Tag | `quay.io/octo/hello:latest` |\n",
		"| Platform | `linux/amd64` `" + digestOf("c").String() + "` |\n",
		"| Platform | `linux/arm64` `" + digestOf("d").String() + "` |\n",
		"| Package | <https://github.com/orgs/octo-org/packages/container/package/hello-world> |\n",
		"| Visibility | private |\n",
		"| Size | 3.4MB |\n",
		"| Time | 12.3s |\n",
		"| Steps | 7, 5 from the cache |\n",
		"| Builder | BuildKit v0.33.1 |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if want := "docker pull ghcr.io/octo-org/hello-world@" + digestOf("a").String(); len(blocks) != 1 || blocks[0] != want {
		t.Errorf("the summary's code is %q, want %q", blocks, want)
	}
}

func TestSummaryWithoutASize(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	o := published(t)
	o.Size = 0
	if err := s.Success(o); err != nil {
		t.Fatal(err)
	}
	if text := read(t, s.summary); strings.Contains(text, "Size") || !strings.Contains(text, "| Time |") {
		t.Errorf("the summary tells a size that nobody knows:\n%s", text)
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
			`\!\[x\]\(https://evil.test/p.png\) \<img src=x onerror=alert\(1\)\> \` + "`id\\` \\`\\`\\`" +
				` \# Published \| Digest \| sha256:evil \| - \[x\] \[y\]\(z\) \&lt; \~\~s\~\~ \*\*b\*\* \\`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			if err := s.Success(Outcome{Reason: c.reason, Builder: c.builder, Version: "pr-12", Steps: 3, Cached: 1}); err != nil {
				t.Fatal(err)
			}
			blocks, text := codeBlocks(read(t, s.summary))
			if !strings.HasPrefix(text, "### Built `pr-12`, not published\n") || !strings.Contains(text, c.want) {
				t.Errorf("the summary is %q, want it to hold %q", text, c.want)
			}
			if lines := strings.Count(text, "\n"); len(blocks) > 0 || lines != 9 || strings.Count(text, "###") != 1 {
				t.Errorf("the summary has %d lines and code %q, want 9 lines and none:\n%s", lines, blocks, text)
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
	}{
		{"one long error", errors.New("start " + strings.Repeat("x", 3<<20))},
		{"many errors", errors.Join(append([]error{errors.New("start")}, many...)...)},
		{"letters of two bytes", errors.New("start " + strings.Repeat("é", 1<<20))},
		{"letters of two bytes, from an odd place", errors.New("start  " + strings.Repeat("é", 1<<20))},
		{"letters of four bytes", errors.New("start " + strings.Repeat("🚢", 1<<20))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			s.Failure(c.err)
			text := read(t, s.summary)
			if len(text) > 1<<20 || len(text) < 1<<19 {
				t.Errorf("the summary has %d bytes, want at most %d", len(text), 1<<20)
			}
			if !utf8.ValidString(text) {
				t.Error("the summary was cut inside a letter")
			}
			if !strings.Contains(text, "start") || !strings.HasSuffix(text, "(the rest is left out)\n") {
				t.Errorf("the summary starts with %q and ends with %q", text[:100], text[len(text)-100:])
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
		if strings.Contains(text, "\r") {
			t.Skip("codeBlocks knows one line end")
		}
		s := newStep(t, true)
		s.Failure(errors.New(text))
		blocks, around := codeBlocks(read(t, s.summary))
		if len(blocks) != 1 || blocks[0] != text || strings.TrimSpace(around) != "### Slipway failed" {
			t.Errorf("the summary of %q has the code %q and the text %q", text, blocks, around)
		}
	})
}
