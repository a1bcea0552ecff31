package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-build/slipway/internal/testenv"
	"github.com/slipway-build/slipway/internal/trace"
)

// hostileNames are what a stranger may call a step or a stage.
func hostileNames() []string {
	return []string{
		hostileText, "section x", "gantt", "title x", "click a href \"https://evil.test\"", "dateFormat X", "RUN a :crit, b, 1d", "RUN a\n    evil :crit, 1d", "%% comment", "%%{init: {\"securityLevel\": \"loose\"}}%%", "``` `````",
		"```\n# Published\n", "<script>evil=1</script>", "<img src=x onerror=evil=1>", "&lt;b&gt; #60;b#62; #quot; #35;", "ﬂ°°60¶ßb ﬂ°quot¶ß", "a;b#c:d", "\x00\x1b[31m\u202e", "---", "-", "", " ", "2000-01-01", "日本語 é 🚢", "{{a}} {a}", "accTitle: x", "\\n<br/>x", "$$x$$", "vert", "#", ";", ":",
		strings.Repeat("x", 100_000),
	}
}

// drawn is what a picture says of a step; white space in an SVG is folded.
func drawn(one trace.Step) string {
	return strings.Join(strings.Fields(cmp.Or(cut(titleOf(one, labelSize), labelSize), "-")+" "+note(one, "failed after ")), " ")
}

// TestTimelineIsDrawn has a browser draw timelines, in GitHub's two themes: every
// label is there as it was meant, and nothing else.
func TestTimelineIsDrawn(t *testing.T) {
	t.Parallel()
	failed := sample()
	failed.Timeline = failed.Timeline[:8]
	failed.Timeline[7].Failed = true
	var hostile, many trace.Build
	for i, name := range hostileNames() {
		at := time.Duration(i) * time.Second
		hostile.Timeline = append(hostile.Timeline, trace.Step{Stage: name, Name: name, Began: at, Ended: at + 2*time.Second, Took: 2 * time.Second})
	}
	for i := range 10_000 {
		at := time.Duration(i) * time.Second
		many.Timeline = append(many.Timeline, trace.Step{Stage: fmt.Sprint("stage", i/300), Name: strings.Repeat("RUN ", i), Began: at, Ended: at + 2*time.Second, Took: 2 * time.Second})
	}
	quick := trace.Build{Timeline: []trace.Step{{Name: "COPY a /", Ended: time.Millisecond, Took: time.Millisecond}, {Name: "COPY b /", Cached: true}}}
	long := trace.Build{Timeline: []trace.Step{{Name: "RUN make", Ended: 30 * time.Hour, Took: 30 * time.Hour}}}
	builds := map[string]trace.Build{"sample": sample(), "failed": failed, "hostile": hostile, "many": many, "quick": quick, "long": long}
	var names, charts []string
	for name, built := range builds {
		text := timeline(built)
		blocks, _ := codeBlocks(text)
		if len(blocks) != 1 {
			t.Fatalf("%s: %d blocks of code in %q", name, len(blocks), text)
		}
		names, charts = append(names, name), append(charts, blocks[0])
	}
	for _, dark := range []bool{false, true} {
		for i, picture := range testenv.Draw(t, dark, charts...) {
			steps, _ := shownSteps(builds[names[i]], mostBars)
			if picture.Error != "" || len(picture.Foreign) > 0 || !strings.Contains(picture.SVG, "<svg") {
				t.Fatalf("%s: drawing: %s\nwith %q in it\n%s", names[i], picture.Error, picture.Foreign, charts[i])
			}
			if len(picture.Outside) > 0 && names[i] != "hostile" { // an emoji may be as wide as it likes
				t.Errorf("%s: cut off: %q", names[i], picture.Outside)
			}
			var texts []string
			for _, text := range picture.Texts {
				texts = append(texts, strings.Join(strings.Fields(text), " "))
			}
			for _, one := range steps {
				if want := visible(drawn(one)); !slices.Contains(texts, want) {
					t.Errorf("%s: the picture lacks %q: %q", names[i], want, texts)
				}
				if want := visible(cut(where(one), sectionSize)); want != "" && !slices.Contains(texts, want) {
					t.Errorf("%s: the picture lacks the section %q: %q", names[i], want, texts)
				}
			}
			if sections := strings.Count(charts[i], "    section "); len(texts) > len(steps)+sections {
				t.Errorf("%s: %d texts for %d steps and %d sections: %q", names[i], len(texts), len(steps), sections, texts)
			}
		}
	}
}

// visible is a text as a browser has it: what HTML has no letter for is replaced.
func visible(text string) string { return strings.ReplaceAll(text, "\x00", "\ufffd") }

// FuzzLabel: a label is one line of letters and numbers of letters, and means the
// text.
func FuzzLabel(f *testing.F) {
	for _, name := range hostileNames() {
		f.Add(name)
	}
	safe := regexp.MustCompile(`^(?:#\d+;|RUN |COPY |ADD |FROM |WORKDIR |load |importing |exporting )(?:[A-Za-z0-9 ./=,+_@!?*()\[\]|'"&…\p{L}-]|#\d+;)*$`)
	f.Fuzz(func(t *testing.T, text string) {
		got := label(text, labelSize)
		if !safe.MatchString(got) || strings.Contains(got, "ﬂ") || strings.TrimSpace(got) != got {
			t.Fatalf("label(%q) = %q", text, got)
		}
		want := cut(strings.ToValidUTF8(text, "\ufffd"), labelSize)
		if want == "" {
			want = "-"
		}
		back := regexp.MustCompile(`#(\d+);`).ReplaceAllStringFunc(got, func(number string) string {
			c, err := strconv.Atoi(strings.Trim(number, "#;"))
			if err != nil {
				t.Fatal(err)
			}
			return string(rune(c))
		})
		if utf8.ValidString(text) && back != want {
			t.Errorf("label(%q) = %q, which is %q", text, got, back)
		}
	})
}

// FuzzPlain: whatever Markdown may take for its own is escaped.
func FuzzPlain(f *testing.F) {
	for _, name := range hostileNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := regexp.MustCompile(`<span>(\\#|[:@$.])</span>`).ReplaceAllString(plain(text), "$1") // what takes a link apart
		rest := regexp.MustCompile("\\\\[\\\\`*_{}\\[\\]()#+!|<>~&]").ReplaceAllString(got, "")
		if strings.ContainsAny(rest, "\\`*_{}[]()#+!|<>~&\n\r") || strings.ContainsFunc(rest, func(c rune) bool { return unicode.IsControl(c) && unicode.IsSpace(c) }) {
			t.Errorf("plain(%q) = %q", text, got)
		}
	})
}
