package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// A cell of the matrix is what a builder does with a feature.
const (
	works   = "works"
	refused = "refused" // before anything is built
)

// kind is a kind of builder.
type kind struct {
	name    string
	env     []string
	program string            // runs in place of the test binary's own
	engine  string            // DOCKER_HOST of the engine that load loads into
	files   map[string][]byte // in the workspace
	nodes   int               // of several nodes
	cannot  map[string]string // features that it refuses, and what it says
}

// feature is something that a run can ask for.
type feature struct {
	name       string
	dockerfile string
	env        []string
	drive      func(*testing.T, *running)       // instead of waiting for success
	check      func(*testing.T, cell, *running) // beside the digest in the registry
}

// cell is one run.
type cell struct {
	kind
	image string // without a tag
}

// TestMatrix runs every feature on every kind of builder: each works, with the
// digest that the registry answers, or is refused before anything is built.
func TestMatrix(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	kinds, features := matrixKinds(t, registry), matrixFeatures(base)
	results := map[string]map[string]string{}
	var mu sync.Mutex
	t.Run("cells", func(t *testing.T) {
		for _, k := range kinds {
			results[k.name] = map[string]string{}
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				for _, f := range features {
					t.Run(f.name, func(t *testing.T) { //nolint:paralleltest // one after the other is enough for two processors
						result := runCell(t, registry.Host, k, f)
						mu.Lock()
						defer mu.Unlock()
						results[k.name][f.name] = result
					})
				}
			})
		}
	})
	t.Log("\n" + matrixTable(kinds, features, results))
}

func runCell(t *testing.T, host string, k kind, f feature) string {
	repository := strings.NewReplacer(" ", "-", ".", "-", ",", "").Replace(strings.ToLower("octo/" + k.name + "-" + f.name))
	c := cell{kind: k, image: host + "/" + repository}
	expand := strings.NewReplacer("$IMAGE", c.image)
	s := step{program: k.program, dockerfile: f.dockerfile, files: k.files}
	s.env = append(s.env, "INPUT_REGISTRY="+host, "GITHUB_REPOSITORY="+repository)
	s.env = append(s.env, k.env...)
	for _, variable := range f.env {
		s.env = append(s.env, expand.Replace(variable))
	}
	if k.nodes > 1 && !strings.Contains(f.dockerfile, "RUN") { // which a node runs only for its own platform
		s.env = append(s.env, "INPUT_PLATFORMS=linux/amd64,linux/arm64")
	}
	r := start(t, s)
	if said, refusedHere := k.cannot[f.name]; refusedHere {
		if code := r.wait(); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		r.mustSay("::error", said)
		mustNotBuild(t, r)
		mustNotExist(t, c.image+":latest")
		return refused
	}
	if f.drive != nil {
		f.drive(t, r)
	} else if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	f.check(t, c, r)
	if t.Failed() {
		return "**fails**"
	}
	return works
}

func mustNotBuild(t *testing.T, r *running) {
	t.Helper()
	if strings.Contains(r.said(), "::group::Build") {
		t.Errorf("it built before it refused:\n%s", r.said())
	}
}

func mustNotExist(t *testing.T, reference string) {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	if there, err := remote.Head(ref); err == nil {
		t.Errorf("%s points at %s", ref, there.Digest)
	}
}

// matrixKinds starts every kind of builder.
func matrixKinds(t *testing.T, registry *testenv.Registry) []kind {
	t.Helper()
	engines := map[string]*testenv.Engine{}
	for title, options := range map[string]testenv.EngineOptions{"containerd": {}, "graph": {GraphDriver: true}, "old": {Old: true}} {
		engines[title] = testenv.NewEngine(t, options)
		engines[title].Forward(t, registry.Host)
	}
	image := testenv.BuildkitImage(t, registry.Host)
	const adopted = "buildx_buildkit_builder-00"
	engines["graph"].RunBuilder(t, adopted, image)
	ca := testenv.NewCA(t, "our authority")
	secured := testenv.BuildkitdOptions{TCP: true, TLS: ca, Clients: ca}
	amd64 := testenv.Buildkitd(t, secured)
	secured.Platform = "linux/arm64"
	arm64 := testenv.Buildkitd(t, secured)
	files := map[string][]byte{"tls/ca.pem": ca.PEM}
	files["tls/cert.pem"], files["tls/key.pem"] = ca.Client("octo-org")

	on := func(engine string, env ...string) kind {
		host := engines[engine].Host
		return kind{env: append(env, "DOCKER_HOST="+host), engine: host}
	}
	named := func(title string, k kind, cannot map[string]string) kind {
		k.name, k.cannot = title, cannot
		return k
	}
	withTLS := func(k kind) kind {
		k.files = files
		k.env = append(k.env, "INPUT_BUILDER-TLS=ca=tls/ca.pem\ncert=tls/cert.pem\nkey=tls/key.pem")
		return k
	}
	graphDriver := map[string]string{
		"two platforms":  "several platforms in one image",
		"provenance":     "provenance",
		"registry cache": "cache",
	}
	nodes := withTLS(on("containerd", "INPUT_BUILDER=linux/amd64="+amd64.TCPAddress+"\nlinux/arm64="+arm64.TCPAddress))
	nodes.nodes = 2
	builderContainer := on("old", "INPUT_BUILDER=container", "INPUT_BUILDER-IMAGE="+image)
	builderContainer.program = staticSlipway(t)
	return []kind{
		named("engine 29 containerd", on("containerd", "INPUT_BUILDER=docker"), nil),
		named("engine 29 graph driver", on("graph", "INPUT_BUILDER=docker"), graphDriver),
		named("engine 20.10", on("old", "INPUT_BUILDER=docker"), graphDriver),
		named("adopted", on("graph", "INPUT_BUILDER=container"), nil),
		named("sibling", builderContainer, nil),
		named("child", on("graph", "INPUT_BUILDER=local"), nil),
		named("remote with TLS", withTLS(on("containerd", "INPUT_BUILDER="+amd64.TCPAddress)), nil),
		named("farm", nodes, map[string]string{"load": "none of them has the whole image"}),
	}
}

func matrixFeatures(base string) []feature {
	const copied = "FROM scratch\nCOPY Dockerfile /\n"
	const amd64, both = "INPUT_PLATFORMS=linux/amd64", "INPUT_PLATFORMS=linux/amd64,linux/arm64"
	run := func(command string) string { return "FROM " + base + "\nRUN " + command + "\n" }
	secret := run("--mount=type=secret,id=key test \"$(cat /run/secrets/key)\" = correct-horse")
	cache := []string{amd64, "INPUT_CACHE-TO=type=registry,ref=$IMAGE:cache", "INPUT_CACHE-FROM=type=registry,ref=$IMAGE:cache"}
	return []feature{
		{name: "push", dockerfile: run("echo built"), env: []string{amd64}, check: hasTags("latest")},
		{name: "several tags", dockerfile: copied, env: []string{amd64, "INPUT_TAGS=1.2.3,1.2,latest"}, check: hasTags("1.2.3", "1.2", "latest")},
		{name: "two platforms", dockerfile: copied, env: []string{both}, check: hasTwoPlatforms},
		{name: "secret", dockerfile: secret, env: []string{amd64, "INPUT_SECRETS=key=correct-horse"}, check: hasTags("latest")},
		{name: "provenance", dockerfile: copied, env: []string{amd64, "INPUT_PROVENANCE=true"}, check: hasProvenance},
		{name: "registry cache", dockerfile: run("echo cached"), env: cache, check: hasTags("latest", "cache")},
		{name: "load", dockerfile: copied, env: []string{amd64, "INPUT_LOAD=true", "INPUT_PUSH=true"}, check: isLoaded},
		{name: "dry run", dockerfile: copied, env: []string{amd64, "INPUT_PUSH=false"}, check: publishedNothing},
		{name: "cancel", dockerfile: run("echo started; sleep 1000"), env: []string{amd64}, drive: cancelled, check: publishedNothing},
	}
}

func cancelled(_ *testing.T, r *running) {
	r.waitForStep()
	r.mustEndInTime(syscall.SIGTERM)
}

func publishedNothing(t *testing.T, c cell, _ *running) {
	t.Helper()
	mustNotExist(t, c.image+":latest")
}

// hasTags wants every tag to answer; the first of them with the digest that the
// run has said.
func hasTags(tags ...string) func(*testing.T, cell, *running) {
	return func(t *testing.T, c cell, r *running) {
		t.Helper()
		r.mustSay("digest  " + remoteDigest(t, c.image+":"+tags[0]))
		for _, tag := range tags[1:] {
			remoteDigest(t, c.image+":"+tag)
		}
	}
}

func index(t *testing.T, c cell, r *running) []string {
	t.Helper()
	hasTags("latest")(t, c, r)
	ref, err := name.ParseReference(c.image + ":latest")
	if err != nil {
		t.Fatal(err)
	}
	published, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := published.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var children []string
	for _, child := range manifest.Manifests {
		children = append(children, child.Platform.String())
		if _, err := published.Image(child.Digest); err != nil {
			t.Errorf("the index names %s: %v", child.Digest, err)
		}
	}
	return children
}

func hasTwoPlatforms(t *testing.T, c cell, r *running) {
	t.Helper()
	if children := index(t, c, r); !slices.Equal(children, []string{"linux/amd64", "linux/arm64"}) {
		t.Errorf("the index has %q", children)
	}
}

func hasProvenance(t *testing.T, c cell, r *running) {
	t.Helper()
	want := []string{"linux/amd64", "unknown/unknown"}
	if c.nodes > 1 {
		want = []string{"linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"}
	}
	if children := index(t, c, r); !slices.Equal(children, want) {
		t.Errorf("the index has %q, want %q: images and what attests them", children, want)
	}
}

// isLoaded asks the engine for the image under its tag.
func isLoaded(t *testing.T, c cell, r *running) {
	t.Helper()
	hasTags("latest")(t, c, r)
	docker, err := moby.New(moby.WithHost(c.engine))
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	if _, err := docker.ImageInspect(context.WithoutCancel(t.Context()), c.image+":latest"); err != nil {
		t.Errorf("the engine has no such image: %v", err)
	}
}

func matrixTable(kinds []kind, features []feature, results map[string]map[string]string) string {
	var text strings.Builder
	text.WriteString("| builder |")
	for _, f := range features {
		text.WriteString(" " + f.name + " |")
	}
	text.WriteString("\n|---|" + strings.Repeat("---|", len(features)) + "\n")
	for _, k := range kinds {
		text.WriteString("| " + k.name + " |")
		for _, f := range features {
			text.WriteString(" " + results[k.name][f.name] + " |")
		}
		text.WriteString("\n")
	}
	return text.String()
}
