package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// away is a builder in a network of its own, with the environment of a step that
// uses it. A registry in that network is one that only the builder reaches, as a
// service container on a runner's localhost is for a container action.
type away struct {
	network *testenv.Network
	env     []string
	host    string // of a Docker engine
	engine  bool   // pushes by itself, for a BuildKit that cannot by digest
}

// TestRegistryThatOnlyTheBuilderReaches publishes to such a registry with every
// kind of builder that pushes in a way of its own.
func TestRegistryThatOnlyTheBuilderReaches(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(t *testing.T) away{
		"containerd store":    func(t *testing.T) away { return awayEngine(t, testenv.EngineOptions{}) },
		"graph driver":        func(t *testing.T) away { return awayEngine(t, testenv.EngineOptions{GraphDriver: true}) },
		"Docker 20.10":        func(t *testing.T) away { return awayEngine(t, testenv.EngineOptions{Old: true}) },
		"BuildKit at address": func(t *testing.T) away { b, _ := awayBuildkitd(t); return b },
	}
	for kind, begin := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := begin(t)
			cases := map[string]func(*testing.T, away){
				"published": testPublishedFromAway, "refused": testRefusedAway, "nobody": testNobodyReaches, "tokens": testTokensAway, "by tag": testByTagAway,
			}
			if !b.engine {
				cases["platforms"] = testPlatformsAway
			}
			t.Run("cases", func(t *testing.T) {
				for what, test := range cases {
					t.Run(what, func(t *testing.T) { t.Parallel(); test(t, b) })
				}
			})
			b.mustKeepNothing(t)
		})
	}
}

func awayEngine(t *testing.T, options testenv.EngineOptions) away {
	t.Helper()
	engine := testenv.NewEngine(t, options)
	return away{engine.Network(t), []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host}, engine.Host, options.GraphDriver || options.Old}
}

func awayBuildkitd(t *testing.T) (away, *testenv.Daemon) {
	t.Helper()
	network := testenv.NewNetwork(t)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{Network: network})
	return away{network: network, env: []string{"INPUT_BUILDER=" + daemon.Address}}, daemon
}

// step is a step that publishes with this builder.
func (b away) step(registry, dockerfile string, env ...string) step {
	return step{dockerfile: dockerfile, env: slices.Concat(b.env, []string{
		"INPUT_REGISTRY=" + registry, "INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password, "INPUT_TAGS=latest,1.2.3,edge",
	}, env)}
}

// testPublishedFromAway has a registry that wants a password, for pulling too.
func testPublishedFromAway(t *testing.T, b away) {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network, Htpasswd: map[string]string{user: password}})
	inside := []remote.Option{withLogin(), remote.WithTransport(registry.Transport())}
	base := testenv.BaseImage(t, registry.Host, inside...)
	dockerfile := "FROM " + base.Name() + "\nRUN echo \"ran as $$ at $(date +%N)\" | tee /now\n"
	digests := map[string]bool{}
	order := []string{"1.2.3", "latest", "edge"}
	again := order
	if !b.engine {
		again = nil // BuildKit looks first, and leaves a tag that is there already
	}
	variants := []struct{ env, puts []string }{{nil, order}, {[]string{"INPUT_PREFLIGHT=false"}, again}, {[]string{"INPUT_NO-CACHE=true"}, order}}
	for _, v := range variants {
		variant := v.env
		files := t.TempDir()
		outputs, summary := filepath.Join(files, "output"), filepath.Join(files, "summary")
		registry.Restart() // for a new log
		r := start(t, b.step(registry.Host, dockerfile, append(variant, "GITHUB_OUTPUT="+outputs, "GITHUB_STEP_SUMMARY="+summary)...))
		if code := r.wait(); code != 0 {
			t.Fatalf("%q: exit code %d\n%s", variant, code, r.said())
		}
		r.mustSay("Only the builder reaches " + registry.Host + ": it pushes the tags, and nothing is read back from here")
		got, err := parseOutputs(mustRead(t, outputs))
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"latest", "1.2.3", "edge"} {
			if held := remoteDigest(t, registry.Host+"/octo/repo:"+tag, inside...); held != got["digest"] {
				t.Errorf("%q: the registry holds %s for %s, and the output says %s", variant, held, tag, got["digest"])
			}
		}
		digests[got["digest"]] = true
		if want := fmt.Sprintf(`{"linux/amd64":%q}`, got["digest"]); got["platforms"] != want {
			t.Errorf("%q: platforms = %s, want %s", variant, got["platforms"], want)
		}
		if got["imageid"] != imageID(t, registry.Host+"/octo/repo:latest", inside...) {
			t.Errorf("%q: imageid = %s, which is not the image's", variant, got["imageid"])
		}
		if text := mustRead(t, summary); strings.Contains(text, "| Size |") == b.engine || !strings.Contains(text, got["digest"]) {
			t.Errorf("%q: the summary should name the digest, and the size where it is known:\n%s", variant, text)
		}
		if diff := cmp.Diff(v.puts, tagsPut(registry.Log())); diff != "" {
			t.Errorf("%q: order of the tags (-want, +got):\n%s", variant, diff)
		}
		if strings.Contains(r.said(), "it is not the same each time") {
			t.Errorf("%q: it was built anew for the tags:\n%s", variant, r.said())
		}
	}
	if len(digests) != 2 {
		t.Errorf("the three runs have the digests %v, want one for the first two and another without the cache", digests)
	}
}

// tagsPut lists the tags of octo/repo in the order in which a registry has taken
// them, from its access log.
// An engine pushes one again if it does not know any more what it has pushed, because
// another run of the same image has ended.
func tagsPut(log string) []string {
	var tags []string
	for _, match := range regexp.MustCompile(`"PUT /v2/octo/repo/manifests/([^": ]+) HTTP/1.1" 201`).FindAllStringSubmatch(log, -1) {
		tags = append(tags, match[1])
	}
	return slices.Compact(tags)
}

// testRefusedAway has a registry that takes all but one tag.
func testRefusedAway(t *testing.T, b away) {
	t.Helper()
	for refused, moved := range map[string]string{"1.2.3": "none", "latest": "1.2.3"} {
		upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
		proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Network: b.network, Fault: func(_ int, r *http.Request) *testenv.Answer {
			if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/manifests/"+refused) {
				return &testenv.Answer{Status: http.StatusForbidden, Body: `{"errors":[{"code":"DENIED","message":"that tag is not for you"}]}`}
			}
			return nil
		}})
		r := start(t, b.step(proxy.Host, "FROM scratch\nCOPY Dockerfile /\n"))
		if code := r.wait(); code != 1 {
			t.Errorf("%s: exit code %d, want 1", refused, code)
		}
		if moved != "none" {
			moved = proxy.Host + "/octo/repo:" + moved
		}
		r.mustSay("::error::moving tags: pushing", "that tag is not for you", "%0Amoved: "+moved+"%0Anot moved, or not confirmed: "+proxy.Host+"/octo/repo:"+refused)
		if !b.engine {
			r.mustSay("refuses this: that tag is not for you") // an engine's words have no status
		}
		for _, tag := range []string{"1.2.3", "latest", "edge"} {
			_, err := remote.Head(mustParse(t, upstream.Host+"/octo/repo:"+tag))
			if there := err == nil; there != strings.HasSuffix(moved, ":"+tag) {
				t.Errorf("%s refused: %s is there: %t", refused, tag, there)
			}
		}
	}
}

// testNobodyReaches has a registry that is down: that is known before the build,
// and is no matter to a run that publishes nothing.
func testNobodyReaches(t *testing.T, b away) {
	t.Helper()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network})
	registry.Stop()
	for _, preflight := range []string{"true", "false"} {
		started := time.Now()
		r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n", "INPUT_PREFLIGHT="+preflight))
		if code := r.wait(); code != 1 {
			t.Errorf("preflight %s: exit code %d, want 1", preflight, code)
		}
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("preflight %s: it took %s", preflight, took)
		}
		r.mustSay("::error::reaching "+registry.Host+": neither this process nor BuildKit ", "publish its port on the runner")
		if strings.Contains(r.said(), "::group::Build") {
			t.Errorf("preflight %s: it built all the same:\n%s", preflight, r.said())
		}
	}
	r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n", "INPUT_PUSH=false"))
	if code := r.wait(); code != 0 {
		t.Errorf("a run that publishes nothing: exit code %d\n%s", code, r.said())
	}
	if strings.Contains(r.said(), "reaches") {
		t.Errorf("a run that publishes nothing asks who reaches the registry:\n%s", r.said())
	}
}

func imageID(t *testing.T, text string, options ...remote.Option) string {
	t.Helper()
	id, err := mustPull(t, text, options...).ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func mustPull(t *testing.T, text string, options ...remote.Option) v1.Image {
	t.Helper()
	image, err := remote.Image(mustParse(t, text), options...)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func mustParse(t *testing.T, text string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
