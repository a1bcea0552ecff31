package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// sample is what a build of several stages did. Times are in tenths of a second.
func sample() trace.Build {
	step := func(stage, title string, began, took int) trace.Step {
		at := func(tenths int) time.Duration { return time.Duration(tenths) * 100 * time.Millisecond }
		return trace.Step{Stage: stage, Name: title, Began: at(began), Ended: at(began + took), Took: at(took)}
	}
	own := func(s trace.Step) trace.Step { s.Own = true; return s }
	cached := func(s trace.Step) trace.Step { s.Cached = true; return s }
	return trace.Build{Steps: 12, Cached: 3, Timeline: []trace.Step{
		own(step("prepare", "load build definition from Dockerfile", 0, 0)),
		own(step("prepare", "load metadata for docker.io/library/golang:1.26", 0, 12)),
		cached(step("build", "FROM docker.io/library/golang:1.26@sha256:"+strings.Repeat("0", 64), 12, 0)),
		cached(step("build", "WORKDIR /src", 19, 0)),
		cached(step("build", "COPY go.mod go.sum ./", 19, 0)),
		step("build", "RUN go mod download", 19, 84),
		step("build", "COPY . .", 103, 2),
		step("build", "RUN make A_B", 105, 213),
		step("assets", "RUN npm ci && npm run build", 54, 179),
		step("stage-2", "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates", 13, 61),
		step("stage-2", "COPY --from=build /out/hello-world /usr/bin/", 353, 1),
		own(step("export", "exporting to image", 355, 41)),
	}}
}

func TestSummaryOfAFailedBuild(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	s.Mask("hunter2_hunter2")
	built := sample()
	built.Timeline = built.Timeline[:8]
	built.Timeline[7].Failed, built.Timeline[7].Name = true, "RUN make hunter2_hunter2 && ./configure"
	s.Built(built)
	s.Failure(errors.New("building: no"))
	blocks, text := codeBlocks(read(t, s.summary))
	if len(blocks) != 2 || blocks[0] != "building: no" {
		t.Fatalf("the summary's code is %q, want the error and a picture", blocks)
	}
	for _, want := range []string{"failed after 21.3s :crit, 2000-01-01 00:00:10.500, 2000-01-01 00:00:31.800", "cached :done, "} {
		if !strings.Contains(blocks[1], want) {
			t.Errorf("the picture lacks %q:\n%s", want, blocks[1])
		}
	}
	for _, want := range []string{"### Slipway failed\n", "Before the failure: 3 of 12 steps from the cache, in 31.8s.\n", "| `RUN make *** && ./configure` |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
	if page := read(t, s.summary); strings.Contains(page, "hunter2") {
		t.Errorf("the summary has the secret:\n%s", page)
	}
}

// TestSummaryOfMuchIsWhole has more of everything than a summary takes.
func TestSummaryOfMuchIsWhole(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	o := published(t)
	for i := range 1000 {
		o.Tags = append(o.Tags, o.Tags[0].Tag(fmt.Sprintf("v%d-%s", i, strings.Repeat("x", 120))))
		o.Unmoved = append(o.Unmoved, plan.Unmoved{Tag: o.Tags[i], Reason: strings.Repeat("why ", 5000)})
		o.Remarks = append(o.Remarks, strings.Repeat("*", 10_000))
		o.Sizes = append(o.Sizes, Size{Platform: fmt.Sprintf("linux/p%d", i), Digest: digestOf("a"), Bytes: 1})
		o.Loaded = append(o.Loaded, o.Tags[i])
		o.Images = append(o.Images, o.Images[0])
	}
	var built trace.Build
	for i := range 10_000 {
		at := time.Duration(i) * time.Second
		built.Timeline = append(built.Timeline, trace.Step{Stage: strings.Repeat("日", 300), Name: strings.Repeat("é[`", 1000), Began: at, Ended: at + time.Second, Took: time.Second})
		built.Warnings = append(built.Warnings, trace.Warning{Message: strings.Repeat("<", 10_000), File: strings.Repeat("f", 5000), Line: i})
	}
	built.Steps = 10_000
	s.Built(built)
	if err := s.Success(o); err != nil {
		t.Fatal(err)
	}
	page := read(t, s.summary)
	blocks, text := codeBlocks(page)
	if len(page) > 1<<20 || !utf8.ValidString(page) {
		t.Errorf("the summary has %d bytes, or half a letter", len(page))
	}
	if len(blocks) != 2 || strings.Count(blocks[1], "\n") < mostBars || !strings.Contains(text, "9960 more steps") {
		t.Errorf("the summary has %d blocks of code, want the commands and the whole picture:\n%s", len(blocks), text)
	}
	for _, want := range []string{"and 904 more, in the output `tags`", "and 9990 more, which the log has"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q", want)
		}
	}
	if strings.Count(text, "```") > 0 {
		t.Error("a block of code has no end")
	}
}

// TestShownKeepsWhatMatters: of more steps than there is room for, those that failed
// or took long, in their order.
func TestShownKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	built := sample()
	built.Timeline[4].Failed = true
	steps, left := shownSteps(built, 3)
	var names []string
	for _, one := range steps {
		names = append(names, titleOf(one, 12))
	}
	if got, want := fmt.Sprint(names), "[COPY go.mod… RUN make A_B RUN npm ci…]"; got != want || left != 9 {
		t.Errorf("shown = %s and %d left, want %s and 9", got, left, want)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 999: "999 B", 1000: "1.0 kB", 9940: "9.9 kB", 9960: "10 kB", 340_000: "340 kB", 999_499: "999 kB", 999_500: "1.0 MB", 1_200_000: "1.2 MB", 123_456_789_000: "123 GB",
	} {
		if got := bytesOf(n); got != want {
			t.Errorf("bytesOf(%d) = %q, want %q", n, got, want)
		}
	}
	for _, c := range []struct {
		size Size
		want string
	}{
		{Size{Bytes: 2_200_000, Before: 1_000_000}, "+1.2 MB"},
		{Size{Bytes: 660_000, Before: 1_000_000}, "−340 kB"},
		{Size{Bytes: 5, Before: 5}, "the same"},
		{Size{Bytes: 5, New: true}, "new"},
		{Size{Bytes: 5}, ""},
		{Size{Before: 5}, ""},
	} {
		if got := c.size.change(); got != c.want {
			t.Errorf("change of %+v = %q, want %q", c.size, got, c.want)
		}
	}
}

// TestPictureWithoutItsWords: where a secret is one of Mermaid's own words, there is
// no picture, and all the rest.
func TestPictureWithoutItsWords(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	s.Mask("section")
	s.Built(sample())
	if err := s.Success(published(t)); err != nil {
		t.Fatal(err)
	}
	if text := read(t, s.summary); strings.Contains(text, "mermaid") || !strings.Contains(text, "#### Slowest steps") {
		t.Errorf("the summary has a picture that nobody can draw:\n%s", text)
	}
}

// What a build did is told once, also where the run fails after the image was published.
func TestSummaryOfARunThatFailsAtItsEnd(t *testing.T) {
	t.Parallel()
	for _, actions := range []bool{true, false} {
		s := newStep(t, actions)
		s.Built(sample())
		if err := s.Success(published(t)); err != nil {
			t.Fatal(err)
		}
		s.Failure(errors.New("the package is not public"))
		text, once := s.log.String(), "  steps   "
		if actions {
			text, once = read(t, s.summary), "#### Timeline"
		}
		if got := strings.Count(text, once); got != 1 || !strings.Contains(text, "not public") {
			t.Errorf("in Actions: %t, %q is there %d times:\n%s", actions, once, got, text)
		}
	}
}
