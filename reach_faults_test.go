package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestRegistryThatIsSilentHere has a registry that only the builder reaches, which
// is known here when a connection has been waited for in vain: the build has begun
// by then, and the builder is asked beside it.
func TestRegistryThatIsSilentHere(t *testing.T) {
	t.Parallel()
	b, _ := awayBuildkitd(t)
	open := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network})
	base := testenv.BaseImage(t, open.Host, remote.WithTransport(open.Transport()))
	silent := testenv.RegistryOptions{Network: b.network, Silent: true, Htpasswd: map[string]string{user: password}}

	up := testenv.NewRegistry(t, silent)
	published := start(t, b.step(up.Host, "FROM scratch\nCOPY Dockerfile /\n"))
	down := testenv.NewRegistry(t, silent)
	down.Stop()
	started := time.Now()
	given := start(t, b.step(down.Host, "FROM "+base.Name()+"\nRUN echo started; sleep 1000\n"))
	given.waitForStep() // the log is not held back for longer than a second

	if code := published.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, published.said())
	}
	published.mustSay("Only the builder reaches "+up.Host, "digest  "+remoteDigest(t, up.Host+"/octo/repo:edge", withLogin(), remote.WithTransport(up.Transport())))
	if code := given.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if took := time.Since(started); took > time.Minute {
		t.Errorf("it took %s to learn that nobody reaches the registry", took)
	}
	given.mustSay("::error::reaching "+down.Host+": neither this process nor BuildKit at", "from here: ", "i/o timeout")
}

// TestNothingIsBuiltForNobody looks into the builder: it was asked, and no more.
func TestNothingIsBuiltForNobody(t *testing.T) {
	t.Parallel()
	b, daemon := awayBuildkitd(t)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network})
	registry.Stop()
	r := start(t, b.step(registry.Host, "FROM scratch\nCOPY Dockerfile /\n"))
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	asked := func() bool { return strings.Contains(daemon.Log(), "ResolveSourceMeta") }
	for deadline := time.Now().Add(10 * time.Second); !asked() && time.Now().Before(deadline); { // it writes its log when it has time
		time.Sleep(20 * time.Millisecond)
	}
	if !asked() {
		t.Errorf("the builder was not asked:\n%s", daemon.Log())
	}
	if strings.Contains(r.said(), "exporting") {
		t.Errorf("the builder was told to build, and did:\n%s", r.said())
	}
}

// TestRegistriesNearAndFar publishes to a registry that we reach and to one that
// only the builder does: the builder pushes all tags, and the digest is the same.
func TestRegistriesNearAndFar(t *testing.T) {
	t.Parallel()
	b, _ := awayBuildkitd(t)
	near := testenv.NewRegistry(t, testenv.RegistryOptions{})
	b.network.Forward(t, near.Host)
	far := testenv.NewRegistry(t, testenv.RegistryOptions{Network: b.network})
	r := start(t, b.step(near.Host, "FROM scratch\nCOPY Dockerfile /\n",
		"INPUT_TAGS=latest\n"+near.Host+"/octo/repo:1.2.3\n"+far.Host+"/octo/repo:latest\n"+far.Host+"/octo/repo:1.2.3"))
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("Only the builder reaches " + far.Host + ": it")
	for _, tag := range []string{":latest", ":1.2.3"} {
		r.mustSay("digest  "+remoteDigest(t, near.Host+"/octo/repo"+tag),
			"digest  "+remoteDigest(t, far.Host+"/octo/repo"+tag, remote.WithTransport(far.Transport())))
	}
	for _, registry := range []*testenv.Registry{near, far} {
		if got := tagsPut(registry.Log()); !slices.Equal(got, []string{"1.2.3", "latest"}) {
			t.Errorf("the order of the tags is %v, want versions first", got)
		}
	}

	// A no of the one is a no, whatever becomes of the other.
	guarded := testenv.NewRegistry(t, testenv.RegistryOptions{Htpasswd: map[string]string{"somebody": "else"}})
	b.network.Forward(t, guarded.Host)
	r = start(t, b.step(guarded.Host, "FROM scratch\nCOPY Dockerfile /\n", "INPUT_TAGS=latest\n"+far.Host+"/octo/repo:2.0.0"))
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error::asking "+guarded.Host, "does not accept the user name and token")
}

// mustKeepNothing wants the engine's store to be empty: an image is in it for the
// time of a push only.
func (b away) mustKeepNothing(t *testing.T) {
	t.Helper()
	if b.host == "" {
		return
	}
	docker, err := moby.New(moby.WithHost(b.host))
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	images, err := docker.ImageList(t.Context(), moby.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range images.Items {
		t.Errorf("the engine keeps %v", image.RepoTags)
	}
}
