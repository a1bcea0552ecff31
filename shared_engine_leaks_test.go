package main

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// graphDrivers are the engines that push by a tag of their store.
func graphDrivers() map[string]testenv.EngineOptions {
	return map[string]testenv.EngineOptions{"Docker 29": {GraphDriver: true}, "Docker 20.10": {Old: true}}
}

// TestPublishLeavesTheStoreAsItWas publishes with engines in whose store the tag is
// free, is another image's, is that of the same image, and where the same image is
// there without a tag.
func TestPublishLeavesTheStoreAsItWas(t *testing.T) {
	t.Parallel()
	for title, options := range graphDrivers() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			docker := engineClient(t, engine)
			tag := registry.Host + "/octo/repo:latest"
			s := step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_BUILD-ARGS=SOURCE_DATE_EPOCH=1"},
			}
			load := step{dockerfile: s.dockerfile, env: append(slices.Clone(s.env), "INPUT_PUSH=false", "INPUT_LOAD=true")}
			another := load
			another.env = append(slices.Clone(load.env), "INPUT_LABELS=another=image")
			for _, c := range []struct {
				there  string
				before func()
			}{
				{"nothing", func() {}},
				{"another image", func() { finish(t, another) }},
				{"the same image", func() { finish(t, load) }},
				{"the same image, without a tag", func() { finish(t, another) }},
			} {
				c.before()
				want := inStore(t, docker)
				for range 2 {
					finish(t, s)
				}
				if got := inStore(t, docker); !slices.Equal(got, want) {
					t.Errorf("with %s at %s before, the engine has\n%s\nwant\n%s", c.there, tag, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

// TestSlowEngineIsPutRight has an engine that takes longer to take an image out of its
// store than a run has for it that was cancelled.
func TestSlowEngineIsPutRight(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	engine.Forward(t, registry.Host)
	slow := testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/images/create") { // as which the image's last name goes
			time.Sleep(3 * time.Second) // the product has 2 s where it is cancelled
		}
		return nil
	}})
	docker := engineClient(t, engine)
	publish := step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_BUILD-ARGS=SOURCE_DATE_EPOCH=1"},
	}
	load := step{dockerfile: publish.dockerfile, env: append(slices.Clone(publish.env), "INPUT_PUSH=false", "INPUT_LOAD=true")}
	another := load
	another.env = append(slices.Clone(load.env), "INPUT_LABELS=another=image")
	finish(t, load)
	finish(t, another) // has its tag now
	want := inStore(t, docker)
	publish.env = append(publish.env, "DOCKER_HOST=tcp://"+slow.Host)
	finish(t, publish)
	if got := inStore(t, docker); !slices.Equal(got, want) {
		t.Errorf("the engine has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// inStore lists the images of an engine, with their tags.
func inStore(t *testing.T, docker *moby.Client) []string {
	t.Helper()
	list, err := docker.ImageList(t.Context(), moby.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, image := range list.Items {
		tags := slices.DeleteFunc(image.RepoTags, func(tag string) bool { return strings.HasPrefix(tag, "<none>") })
		all = append(all, image.ID+" "+strings.Join(sorted(tags), " "))
	}
	return sorted(all)
}

// TestKilledWhileTheEnginePushes kills a run whose image the engine pushes. The next
// run does not wait for it for ever, publishes, and removes what it has left.
func TestKilledWhileTheEnginePushes(t *testing.T) {
	t.Parallel()
	for title, options := range graphDrivers() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			engine := testenv.NewEngine(t, options)
			asked, release := make(chan struct{}), make(chan struct{})
			t.Cleanup(sync.OnceFunc(func() { close(release) }))
			var once atomic.Bool
			proxy := testenv.NewProxy(t, registry.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/blobs/") && !once.Swap(true) {
					close(asked)
					<-release
				}
				return nil
			}})
			engine.Forward(t, proxy.Host)
			docker := engineClient(t, engine)
			env := []string{"INPUT_REGISTRY=" + proxy.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host}
			finish(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: append(slices.Clone(env), "INPUT_PUSH=false", "INPUT_LOAD=true")})
			before := inStore(t, docker)

			killed := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=killed\n", env: env})
			killed.mustReach("the push of a layer", asked)
			if err := killed.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = killed.wait()
			if left := inStore(t, docker); !strings.Contains(strings.Join(left, "\n"), "slipway.invalid/run:") {
				t.Fatalf("the run has left nothing, so that there is nothing to remove: %q", left)
			}
			next := start(t, step{dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=next\n", env: env})
			if code := next.wait(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, next.said())
			}
			next.mustSay("Waiting for another run that publishes " + proxy.Host + "/octo/repo")
			if who := publishedLabel(t, registry.Host+"/octo/repo:latest"); who != "next" {
				t.Errorf("the tag is at the image of %s", who)
			}
			if left := inStore(t, docker); !slices.Equal(left, before) {
				t.Errorf("the engine has\n%s\nwant\n%s", strings.Join(left, "\n"), strings.Join(before, "\n"))
			}
		})
	}
}

// TestTagTakenWhileTheEnginePushes has another program take the tag in the store each
// time a run is about to push it. What is published is the run's image, and the other
// program's has the tag.
func TestTagTakenWhileTheEnginePushes(t *testing.T) {
	t.Parallel()
	for title, times := range map[string]int{"twice": 2, "always": 1000} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			engine := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
			docker := engineClient(t, engine)
			tag := registry.Host + "/octo/repo:latest"
			imported, err := docker.ImageImport(t.Context(), moby.ImageImportSource{Source: bytes.NewReader(make([]byte, 1024)), SourceName: "-"}, "another", moby.ImageImportOptions{Tag: "1"})
			if err != nil {
				t.Fatal(err)
			}
			_ = imported.Close()
			var mu sync.Mutex
			taken := 0
			proxied := testenv.NewProxy(t, engine.OverTCP(t), testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				mu.Lock()
				defer mu.Unlock()
				if strings.HasSuffix(r.URL.Path, "/push") && taken < times {
					taken++
					if _, err := docker.ImageTag(r.Context(), moby.ImageTagOptions{Source: "another:1", Target: tag}); err != nil {
						t.Error(err)
					}
				}
				return nil
			}})
			engine.Forward(t, registry.Host)
			r := start(t, step{
				dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL who=main\n",
				env:        []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=tcp://" + proxied.Host},
			})
			code := r.wait()
			if times > 10 {
				if code != 1 {
					t.Errorf("exit code %d, want 1", code)
				}
				r.mustSay("::error", "another program gives the tag "+tag+" in the engine's store to another image, again and again")
			} else if code != 0 {
				t.Fatalf("exit code %d, want 0\n%s", code, r.said())
			} else if who := publishedLabel(t, tag); who != "main" {
				t.Errorf("the image of %q is published\n%s", who, r.said())
			}
			found, err := docker.ImageInspect(t.Context(), "another:1")
			if err != nil || !slices.Contains(found.RepoTags, tag) {
				t.Errorf("the other program's image has the tags %q, %v", found.RepoTags, err)
			}
			if left := inStore(t, docker); len(left) != 1 {
				t.Errorf("the engine has %q, want one image", left)
			}
		})
	}
}
