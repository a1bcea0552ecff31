package progress

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"

	"github.com/slipway-build/slipway/internal/testenv"
)

var update = flag.Bool("update", false, "record builds anew, and write what the log looks like")

// recording is one status, and when it came.
type recording struct {
	At     time.Time           `json:"at"`
	Status *client.SolveStatus `json:"status"`
}

// realBuilds are Dockerfiles on a base image with busybox. They are built in this
// order on one buildkitd, each without what others have left in its cache, unless
// it is to find all of it there.
func realBuilds() []realBuild {
	const stages = `FROM BASE AS one
COPY Dockerfile /a
RUN echo one begins; for i in 1 2 3 4 5 6; do echo "one $i"; sleep 0.2; done
FROM BASE AS two
RUN for i in 1 2 3 4 5 6; do echo "two $i" >&2; sleep 0.2; done
RUN printf '50%%\r100%%\rthe end'
FROM BASE
COPY --from=one /a /a
COPY --link --from=two /bin/busybox /copy
RUN echo last
`
	return []realBuild{
		{name: "one-stage", file: "FROM BASE\nCOPY Dockerfile /\nRUN echo hello; sleep 0.5; printf '\\033[32mgreen\\033[0m \\033[2Jgone \\033]0;title\\007\\n'\n"},
		{name: "stages", file: stages},
		{name: "cached", file: stages},
		{name: "failing", file: "FROM BASE AS good\nRUN echo begins; sleep 30\nFROM BASE AS bad\nRUN sleep 0.5; for i in 1 2 3; do echo \"bad $i\"; done; printf '::error::no\\n##[error]no\\nwithout an end'; exit 3\nFROM BASE\nCOPY --from=good /bin /bin\nCOPY --from=bad /bin /bin\n", fails: true},
		{name: "platforms", file: "FROM scratch AS files\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH\nFROM scratch\nCOPY --from=files / /\nMAINTAINER octo\n", platforms: "linux/amd64,linux/arm64"},
	}
}

type realBuild struct {
	name, file, platforms string
	fails                 bool
}

// TestRealBuilds shows what a real BuildKit says: it is what the recordings say, but
// for times and the order in which things happen at the same time.
func TestRealBuilds(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	for _, build := range realBuilds() {
		build.file = strings.ReplaceAll(build.file, "BASE", base)
		got := record(t, daemon, build)
		if *update {
			save(t, build.name, got, base)
		}
		want := load(t, build.name)
		if diff := cmp.Diff(ends(replay(want, Style{})), ends(replay(got, Style{}))); diff != "" {
			t.Errorf("%s, how the steps end, -recorded +real:\n%s", build.name, diff)
		}
	}
}

// ends counts how steps ended, without times: but for base images, which stages share
// and look for several times, and for steps that were stopped, which may not have
// begun.
func ends(log string) map[string]int {
	all := map[string]int{}
	for line := range strings.Lines(log) {
		label, state, ends := strings.Cut(strings.TrimSpace(line), "  ")
		if !ends || !strings.HasPrefix(label, "[") || strings.HasPrefix(label, "[internal]") {
			continue
		}
		if strings.Contains(label, "] FROM ") || state == "CANCELED" {
			continue
		}
		label, _, _ = strings.Cut(label, "]")
		state, _, _ = strings.Cut(state, " ")
		all[label+"] "+state]++
	}
	return all
}

// record builds and returns all that BuildKit says of it.
func record(t *testing.T, daemon *testenv.Daemon, build realBuild) []recording {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(build.file), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(t.Context(), daemon.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	statuses, done := make(chan *client.SolveStatus), make(chan []recording)
	go func() {
		var all []recording
		for status := range statuses {
			all = append(all, recording{time.Now(), status})
		}
		done <- all
	}()
	attrs := map[string]string{}
	if build.platforms != "" {
		attrs["platform"] = build.platforms
	}
	_, err = c.Solve(t.Context(), nil, client.SolveOpt{
		Frontend: "dockerfile.v0", FrontendAttrs: attrs,
		LocalMounts: map[string]fsutil.FS{"context": files, "dockerfile": files},
		Exports:     []client.ExportEntry{{Type: client.ExporterOCI, Output: discard}},
	}, statuses)
	if (err != nil) != build.fails {
		t.Fatalf("%s: %v", build.name, err)
	}
	return <-done
}

type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }

func discard(map[string]string) (io.WriteCloser, error) { return nowhere{io.Discard}, nil }

func recordingPath(name string) string { return filepath.Join("testdata", name+".json.gz") }

func save(t *testing.T, name string, all []recording, base string) {
	t.Helper()
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	for _, one := range all {
		if err := encoder.Encode(one); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Create(recordingPath(name))
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	_, err = io.WriteString(zipped, strings.ReplaceAll(text.String(), base, "registry.example/base"))
	if err = errors.Join(err, zipped.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, name string) []recording {
	t.Helper()
	file, err := os.Open(recordingPath(name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	lines := bufio.NewReader(zipped)
	for decoder := json.NewDecoder(lines); ; {
		var one recording
		switch err := decoder.Decode(&one); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

// replay shows a recorded build as it went, with the titles of its sections.
func replay(all []recording, style Style) string {
	var text strings.Builder
	if style.Section == nil {
		style.Section = func(title string) { fmt.Fprintf(&text, "== %s\n", title) }
	}
	p := newPrinter(&text, style)
	if len(all) == 0 {
		return ""
	}
	clock := all[0].At
	for _, one := range all {
		for clock.Add(tick).Before(one.At) {
			clock = clock.Add(tick)
			p.tick(clock)
		}
		clock = one.At
		p.update(one.Status, clock)
	}
	p.end(clock)
	return text.String()
}
