package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// summarized runs a step and returns its summary.
func summarized(t *testing.T, s step, want int) string {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary")
	s.env = append(s.env, "GITHUB_STEP_SUMMARY="+summary)
	r := start(t, s)
	if code := r.wait(); code != want {
		t.Fatalf("exit code %d, want %d\n%s", code, want, r.said())
	}
	return mustRead(t, summary)
}

// charts are a summary's pictures, as text.
func charts(summary string) []string {
	var all []string
	for _, block := range regexp.MustCompile("(?ms)^```mermaid\n(.*?)^```$").FindAllStringSubmatch(summary, -1) {
		all = append(all, block[1])
	}
	return all
}

// pictureOf has a browser draw the one picture of a summary, and returns what is
// written in it.
func pictureOf(t *testing.T, summary string) []string {
	t.Helper()
	text := charts(summary)
	if len(text) != 1 {
		t.Fatalf("the summary has %d pictures, want one:\n%s", len(text), summary)
	}
	picture := testenv.Draw(t, false, text...)[0]
	if picture.Error != "" || len(picture.Foreign) > 0 || len(picture.Outside) > 0 {
		t.Fatalf("drawing: %s\nforeign: %q\ncut off: %q\n%s", picture.Error, picture.Foreign, picture.Outside, text[0])
	}
	for i, one := range picture.Texts {
		picture.Texts[i] = strings.Join(strings.Fields(one), " ")
	}
	return picture.Texts
}

// TestSummaryOfRealBuilds publishes an image three times, each time a larger one: the
// sizes and their changes are what the registry holds, and the picture has every step.
func TestSummaryOfRealBuilds(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	dockerfile := "FROM --platform=$BUILDPLATFORM " + testenv.BaseImage(t, registry.Host).Name() + " AS tools\nRUN sleep 0.3 && mkdir /out && echo 'tools: 1' > /out/tools\n" +
		"FROM scratch\nCOPY --from=tools /out /out\nCOPY data /data\n"
	content := make([]byte, 5_500_000)
	_, _ = rand.Read(content) // never fails
	run := func(bytes int, platforms string) string {
		return summarized(t, step{dockerfile: dockerfile, files: map[string][]byte{"data": content[:bytes]}, env: []string{
			"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "INPUT_PLATFORMS=" + platforms,
		}}, 0)
	}
	first := run(1_000_000, "linux/amd64,linux/arm64")
	before := platformSizes(t, registry.Host+"/octo/repo:latest")
	checkSizes(t, first, before, nil)
	checkSizes(t, run(3_500_000, "linux/amd64,linux/arm64,linux/riscv64"), platformSizes(t, registry.Host+"/octo/repo:latest"), before)
	before = platformSizes(t, registry.Host+"/octo/repo:latest")
	checkSizes(t, run(2_000_000, "linux/arm64"), platformSizes(t, registry.Host+"/octo/repo:latest"), before)

	texts := pictureOf(t, first)
	for _, want := range []string{`^tools linux/amd64$`, `^RUN sleep 0.3 && mkdir /out && echo 'to… [0-9.]+m?s$`, `^COPY --from=tools /out /out [0-9.]+m?s$`, `^COPY data /data [0-9.]+m?s$`, `^exporting to image [0-9.]+m?s$`} {
		if !slices.ContainsFunc(texts, regexp.MustCompile(want).MatchString) {
			t.Errorf("the picture lacks %s: %q", want, texts)
		}
	}
}

// platformSizes adds up what the manifests of an image name, by platform; of a single
// manifest it is arm64's.
func platformSizes(t *testing.T, written string) map[string]int64 {
	t.Helper()
	ref, err := name.ParseReference(written)
	if err != nil {
		t.Fatal(err)
	}
	found, err := remote.Get(ref)
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	if !found.MediaType.IsIndex() {
		sizes["linux/arm64"] = imageSize(t, ref)
		return sizes
	}
	index, err := found.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list.Manifests {
		sizes[one.Platform.String()] = imageSize(t, ref.Context().Digest(one.Digest.String()))
	}
	return sizes
}

func imageSize(t *testing.T, ref name.Reference) int64 {
	t.Helper()
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return size
}

// checkSizes compares the sizes that a summary tells, and their changes, with those
// of the registry, as exactly as they are told.
func checkSizes(t *testing.T, summary string, now, before map[string]int64) {
	t.Helper()
	rows := regexp.MustCompile("(?m)^\\| `(linux/[a-z0-9]+)` \\| `sha256:[0-9a-f]{64}` \\| (\\S+)\u00a0(\\S+) \\| (\\S*?)(?:\u00a0(\\S+))? \\|$").FindAllStringSubmatch(summary, -1)
	if len(rows) != len(now) {
		t.Fatalf("the summary tells %d sizes, want %d:\n%s", len(rows), len(now), summary)
	}
	for _, row := range rows {
		platform := row[1]
		if got, want := figure(t, row[2], row[3]), float64(now[platform]); got < 0.94*want || got > 1.06*want {
			t.Errorf("%s: the summary says %s %s, and the registry holds %d bytes", platform, row[2], row[3], now[platform])
		}
		was, there := before[platform]
		if !there {
			if row[4] != "new" {
				t.Errorf("%s: the change is %q, want new", platform, row[4])
			}
			continue
		}
		if got, want := figure(t, row[4], row[5]), float64(now[platform]-was); got/want < 0.94 || got/want > 1.06 {
			t.Errorf("%s: the change is %s %s, want %.0f bytes", platform, row[4], row[5], want)
		}
	}
}

// figure reads a size with its unit.
func figure(t *testing.T, number, unit string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(strings.Replace(number, "−", "-", 1), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value * map[string]float64{"B": 1, "kB": 1e3, "MB": 1e6}[unit]
}

// TestSummaryCostsNothing has a registry that is slow to say what a tag holds: nobody
// waits for it, and without a summary nobody asks.
func TestSummaryCostsNothing(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	const slow = 20 * time.Second
	proxy := testenv.NewProxy(t, registry.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/manifests/1.2.3") {
			select {
			case <-time.After(slow):
			case <-r.Context().Done():
			}
		}
		return nil
	}})
	asked := func() int {
		n := 0
		for _, r := range proxy.Requests() {
			if r.Method == http.MethodGet && strings.HasSuffix(r.Path, "/manifests/1.2.3") {
				n++
			}
		}
		return n
	}
	s := step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: []string{
		"INPUT_REGISTRY=" + proxy.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_REF=refs/tags/v1.2.3", "INPUT_FLOATING=compat",
	}}
	r := start(t, s)
	if code := r.wait(); code != 0 || asked() > 0 {
		t.Fatalf("without a summary: exit code %d, and the tag was asked for %d times\n%s", code, asked(), r.said())
	}
	began := time.Now()
	summary := summarized(t, s, 0)
	if took := time.Since(began); took > slow/2 {
		t.Errorf("the run took %v: it waited for the summary", took)
	}
	if asked() != 1 {
		t.Errorf("the tag was asked for %d times, want once", asked())
	}
	checked := regexp.MustCompile("(?m)^\\| `linux/amd64` \\| `sha256:[0-9a-f]{64}` \\| \\S+ \\|  \\|$")
	if !checked.MatchString(summary) || strings.Contains(summary, "held before") {
		t.Errorf("the summary tells a change that nobody knows, or no size:\n%s", summary)
	}
}

// TestHostileSummary has a Dockerfile whose steps and stages are called what a
// stranger likes, with a secret in one of them: the summary is text.
func TestHostileSummary(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	texts := []string{
		"![x](https://evil.test/p.png)", "<img src=x onerror=alert(1)>", "``` ```mermaid", "~~~", "| Reference | sha256:evil |", "</code></td>", "%%{init: {\"securityLevel\": \"loose\"}}%%",
		":crit, 2000-01-01, 1d", "#60;script#62;", "section x", "@octocat #1 [x](y)", "&lt;b&gt;", "日本語 é 🚢 \u202e",
	}
	var dockerfile strings.Builder
	fmt.Fprintf(&dockerfile, "FROM %s AS gantt\nARG PLACE\nWORKDIR /${PLACE}\n", base)
	for _, text := range texts {
		fmt.Fprintf(&dockerfile, "RUN : '%s' # %s\n", text, text)
	}
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint("fails ", fails), func(t *testing.T) {
			t.Parallel()
			code, last := 0, ""
			if fails {
				code, last = 1, "RUN : '# Published <b>' && exit 3\n"
			}
			summary := summarized(t, step{dockerfile: dockerfile.String() + last, env: []string{
				"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "INPUT_SECRETS=key=hunter2_hunter2", "INPUT_BUILD-ARGS=PLACE=hunter2_hunter2", "INPUT_ALLOW-SECRET-ARGS=true", "INPUT_NO-CACHE=true",
			}}, code)
			if strings.Contains(summary, "hunter2") || !strings.Contains(summary, "WORKDIR /") {
				t.Errorf("the summary has the secret, or not the step:\n%s", summary)
			}
			around := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(summary, "")
			around = regexp.MustCompile("(?m)`+[^`\n].*?`+ \\|").ReplaceAllString(around, "` |") // what is code in a cell
			if wrong := regexp.MustCompile(`(?m)(?:^|[^\\])<(?:img|script|b>|/td)|^# |[^\\]!\[|^\| Reference \| sha256:evil`).FindAllString(around, -1); len(wrong) > 0 {
				t.Errorf("the summary is not only text: %q\n%s", wrong, summary)
			}
			picture := pictureOf(t, summary)
			for _, text := range texts[:7] {
				begin := "RUN : '" + strings.Join(strings.Fields(text), " ")
				begin = string([]rune(begin)[:min(len([]rune(begin)), 12)]) // what is a number to Mermaid is cut sooner
				if !slices.ContainsFunc(picture, func(one string) bool { return strings.HasPrefix(one, begin) }) {
					t.Errorf("the picture lacks %q: %q", begin, picture)
				}
			}
		})
	}
}
