package report

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func digestOf(c string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(c, 64)} }

// published is a run that has pushed an image for two platforms to two
// registries.
func published(t *testing.T) Outcome {
	t.Helper()
	var images []name.Digest
	var tags []name.Tag
	for _, repository := range []string{"ghcr.io/octo-org/hello-world", "quay.io/octo/hello"} {
		repo, err := name.NewRepository(repository)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, repo.Digest(digestOf("a").String()))
		tags = append(tags, repo.Tag("1.2.3"), repo.Tag("latest"))
	}
	return Outcome{
		Pushed: true, Digest: digestOf("a"), ImageID: digestOf("b"), Images: images, Pull: images[0], Tags: tags, Version: "1.2.3",
		Platforms:   map[string]v1.Hash{"linux/amd64": digestOf("c"), "linux/arm64": digestOf("d")},
		Labels:      []Entry{{"org.opencontainers.image.version", "1.2.3"}, {"runnumber", "4711"}},
		Annotations: []string{"manifest:a=b", "index:a=b\nc"},
		Metadata:    map[string]any{"containerimage.digest": digestOf("a").String(), "cache.manifest": json.RawMessage(`{"size":1}`)},
		Visibility:  "private", PackageURL: "https://github.com/orgs/octo-org/packages/container/package/hello-world",
		Sizes: []Size{
			{Platform: "linux/amd64", Digest: digestOf("c"), Bytes: 3_400_000, Before: 2_200_000},
			{Platform: "linux/arm64", Digest: digestOf("d"), Bytes: 3_300_000, New: true},
		},
		Against: tags[1],
		Builder: "BuildKit v0.33.1", Took: 12345 * time.Millisecond,
	}
}

func TestOutputsOfAPublishedImage(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	if err := s.Success(published(t)); err != nil {
		t.Fatal(err)
	}
	names, got, _ := readOutputs(t, read(t, s.outputs))
	if diff := cmp.Diff(OutputNames(), names); diff != "" {
		t.Errorf("names of the outputs (-want +got):\n%s", diff)
	}
	a, c, d := digestOf("a").String(), digestOf("c").String(), digestOf("d").String()
	want := map[string]string{
		"digest":    a,
		"image":     "ghcr.io/octo-org/hello-world@" + a,
		"images":    "ghcr.io/octo-org/hello-world@" + a + "\nquay.io/octo/hello@" + a,
		"tags":      "ghcr.io/octo-org/hello-world:1.2.3\nghcr.io/octo-org/hello-world:latest\nquay.io/octo/hello:1.2.3\nquay.io/octo/hello:latest",
		"version":   "1.2.3",
		"pushed":    "true",
		"reason":    "",
		"platforms": `{"linux/amd64":"` + c + `","linux/arm64":"` + d + `"}`,
		"imageid":   digestOf("b").String(),
		"labels":    "org.opencontainers.image.version=1.2.3\nrunnumber=4711",

		"annotations": "manifest:a=b\nindex:a=b c",
		"visibility":  "private",
		"package-url": "https://github.com/orgs/octo-org/packages/container/package/hello-world",

		"metadata": "{\n  \"cache.manifest\": {\n    \"size\": 1\n  },\n  \"containerimage.digest\": \"" + a + "\"\n}",
	}
	encoded := got["json"]
	delete(got, "json")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(encoded), &all); err != nil {
		t.Fatalf("the output json is none: %v\n%s", err, encoded)
	}
	wantAll := map[string]any{
		"metadata": map[string]any{"containerimage.digest": a, "cache.manifest": map[string]any{"size": 1.0}},
		"digest":   a, "image": want["image"], "version": "1.2.3", "pushed": true, "reason": "", "imageid": want["imageid"],
		"images":    []any{"ghcr.io/octo-org/hello-world@" + a, "quay.io/octo/hello@" + a},
		"tags":      []any{"ghcr.io/octo-org/hello-world:1.2.3", "ghcr.io/octo-org/hello-world:latest", "quay.io/octo/hello:1.2.3", "quay.io/octo/hello:latest"},
		"platforms": map[string]any{"linux/amd64": c, "linux/arm64": d},
		"labels":    map[string]any{"org.opencontainers.image.version": "1.2.3", "runnumber": "4711"},

		"annotations": []any{"manifest:a=b", "index:a=b\nc"},
		"visibility":  "private", "package-url": want["package-url"],
	}
	if diff := cmp.Diff(wantAll, all); diff != "" {
		t.Errorf("output json (-want +got):\n%s", diff)
	}
}

func TestOutputsWhenNothingIsPublished(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	if err := s.Success(Outcome{Reason: "pull requests are built and not published", Version: "pr-12", ImageID: digestOf("b")}); err != nil {
		t.Fatal(err)
	}
	_, got, _ := readOutputs(t, read(t, s.outputs))
	if strings.Contains(got["json"], "null") {
		t.Errorf("the output json has neither a list nor a text: %s", got["json"])
	}
	delete(got, "json")
	want := map[string]string{
		"annotations": "", "digest": "", "image": "", "images": "", "tags": "", "version": "pr-12", "pushed": "false",
		"reason": "pull requests are built and not published", "platforms": "{}", "imageid": digestOf("b").String(), "labels": "",
		"visibility": "", "package-url": "", "metadata": "{}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestOutputsHoldAnyValue(t *testing.T) {
	t.Parallel()
	const fixed = "_GitHubActionsFileCommandDelimeter_" // go-githubactions' own
	cases := map[string]string{
		"lines":                  "one\ntwo\n\nfour",
		"line ends at the ends":  "\n\none\n\n",
		"carriage returns":       "one\r\ntwo\rthree\r",
		"an output":              "x\ndigest=sha256:evil",
		"an equals sign":         "a=b",
		"a here-document":        "a<<b",
		"only a here-document":   "<<",
		"another output":         "x\ndigest<<EOF\nsha256:evil\nEOF",
		"the well-known word":    "x\n" + fixed + "\ndigest<<" + fixed + "\nsha256:evil\n" + fixed + "\n",
		"a word like ours":       "x\nslipway_\nslipway_AAAAAAAAAAAAAAAAAAAAAAAAAA\ndigest=sha256:evil",
		"a command":              "\n::set-output name=digest::evil",
		"null":                   "a\x00b",
		"not UTF-8":              "a\xff\xfeb",
		"other line separators":  "a\u2028b\u2029c\u0085d",
		"an expression":          "${{ secrets.GITHUB_TOKEN }} $(id) `id`",
		"a word that was before": "slipway_x\n",
	}
	for what, value := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			parsesBack(t, newStep(t, true), value, value, value)
		})
	}
}

// parsesBack writes outputs with these values and reads them as the runner does.
func parsesBack(t *testing.T, s *step, version, reason, label string) {
	t.Helper()
	o := Outcome{Version: version, Reason: reason, Labels: []Entry{{"label", label}}}
	if err := s.writeOutputs(o); err != nil {
		t.Fatal(err)
	}
	names, values, delimiters := readOutputs(t, read(t, s.outputs))
	if !slices.Equal(names, OutputNames()) {
		t.Fatalf("the runner reads the outputs %q, want %q", names, OutputNames())
	}
	if values["version"] != version || values["reason"] != reason || values["digest"] != "" || values["pushed"] != "false" {
		t.Errorf("the runner reads %q, want version %q and reason %q", values, version, reason)
	}
	if got := values["labels"]; strings.Contains(got, "\n") || !strings.HasPrefix(got, "label=") {
		t.Errorf("the output labels is %q, want one line", got)
	}
	var all struct{ Labels map[string]string }
	if err := json.Unmarshal([]byte(values["json"]), &all); err != nil || utf8.ValidString(label) && all.Labels["label"] != label {
		t.Errorf("the output json has the labels %q, want %q: %v", all.Labels, label, err)
	}
	slices.Sort(delimiters)
	if unique := slices.Compact(slices.Clone(delimiters)); len(unique) != len(names) {
		t.Errorf("%d delimiters for %d outputs: %q", len(unique), len(names), delimiters)
	}
}

func TestDelimitersDifferBetweenRuns(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 3 {
		s := newStep(t, true)
		if err := s.Success(Outcome{}); err != nil {
			t.Fatal(err)
		}
		_, _, delimiters := readOutputs(t, read(t, s.outputs))
		for _, delimiter := range delimiters {
			if seen[delimiter] || len(delimiter) < 26 {
				t.Errorf("the delimiter %q is short or was used before", delimiter)
			}
			seen[delimiter] = true
		}
	}
}

func TestOutputsKeepWhatIsThere(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	if err := os.WriteFile(s.outputs, []byte("before=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Success(Outcome{}); err != nil {
		t.Fatal(err)
	}
	if names, values, _ := readOutputs(t, read(t, s.outputs)); values["before"] != "1" || len(names) != 1+len(OutputNames()) {
		t.Errorf("the runner reads %q: %q", names, values)
	}
}

func FuzzOutputs(f *testing.F) {
	f.Add("1.2.3", "pull requests are built", "x")
	f.Add("a<<b\nc", "d=e\r\n", "\n_GitHubActionsFileCommandDelimeter_\n")
	f.Add("", "\n", "slipway_\n<<\n")
	f.Fuzz(func(t *testing.T, version, reason, label string) {
		parsesBack(t, newStep(t, true), version, reason, label)
	})
}
