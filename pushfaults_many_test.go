package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// testThousandTags moves a thousand tags to one image.
func testThousandTags(t *testing.T, lab *faultLab) {
	const count, memory = 1000, 256 << 20 // bytes
	tags := make([]string, count)
	for i := range tags {
		tags[i] = fmt.Sprintf("build-%04d", i)
	}
	outputs := filepath.Join(t.TempDir(), "output")
	dockerfile, files := layersOf("octo/thousand")
	started := time.Now()
	r := start(t, step{program: lab.program, dockerfile: dockerfile, files: files, env: []string{
		"INPUT_IMAGE=" + lab.registry.Host + "/octo/thousand", "INPUT_TAGS=" + strings.Join(tags, "\n"), "BUILDKIT_HOST=" + lab.daemon.Address,
		"INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password, "INPUT_REGISTRY=" + lab.registry.Host, "GITHUB_OUTPUT=" + outputs,
	}})
	resident := r.peak()
	e := evidence{code: r.wait(), said: r.said(), outputs: readOutputs(t, outputs), shown: lab.registry.Host + "/octo/thousand"}
	took := time.Since(started)
	e.look(t, e.shown, tags, lab.login())
	lost := e.lost()
	lab.ledger.count("1,000 tags", e.code, lost)
	if e.code != 0 || len(lost) > 0 || len(strings.Fields(e.outputs["tags"])) != count {
		t.Errorf("exit code %d, lost %v", e.code, lost)
	}
	t.Logf("%d tags in %s, with at most %d MiB", count, took.Round(100*time.Millisecond), resident>>20)
	if resident > memory {
		t.Errorf("it took %d bytes, want at most %d", resident, memory)
	}
}

// fleet is ten registries, each behind a proxy.
type fleet struct {
	registries []*testenv.Registry
	proxies    []*testenv.Proxy
	images     []string // by the proxies
}

// newFleet has the one with the number dies do what fault does.
func newFleet(t *testing.T, dies int, fault func(*testenv.Registry, *http.Request) *testenv.Answer) *fleet {
	t.Helper()
	f := &fleet{registries: make([]*testenv.Registry, 10)}
	for i := range f.registries {
		registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
		opt := testenv.ProxyOptions{}
		if i == dies {
			opt.Fault = func(_ int, r *http.Request) *testenv.Answer { return fault(registry, r) }
		}
		f.registries[i] = registry
		f.proxies = append(f.proxies, testenv.NewProxy(t, registry.Host, opt))
		f.images = append(f.images, f.proxies[i].Host+"/octo/fleet")
	}
	return f
}

// testTenRegistries publishes to ten registries of which one is dead, from the start or all at once.
func testTenRegistries(t *testing.T, lab *faultLab) {
	const dead = 4
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		t.Run("from the start", func(t *testing.T) {
			f := newFleet(t, -1, nil)
			f.registries[dead].Stop()
			f.images[dead] = f.registries[dead].Host + "/octo/fleet"
			r, e := f.publish(t, lab, "from the start")
			r.mustSay("::error", "reaching "+f.registries[dead].Host+": neither this process nor ", "connection refused")
			mustNotPush(t, r)
			f.registries[dead].Restart()
			f.judge(t, lab, e, 0)
		})
	})
	for _, c := range []struct {
		class string // of the request that it dies at, after the push by digest or, of BuildKit's, in it
		moved int    // tags: those of the others, or none
		says  string
	}{
		{"BuildKit: PUT digest", 0, "pushing by digest, before any tag moves: "},
		{"slipway: GET digest", 0, "::error::moving tags: reading the pushed image "},
		{"slipway: PUT tag", 18, "::error::moving tags: moving the tag "},
	} {
		group.Go(func() {
			t.Run("at "+c.class, func(t *testing.T) {
				f := newFleet(t, dead, dyingAt(c.class))
				r, e := f.publish(t, lab, c.class)
				r.mustSay("::error::", c.says, f.proxies[dead].Host)
				f.registries[dead].Restart()
				f.judge(t, lab, e, c.moved)
			})
		})
	}
}

// dyingAt stops a registry for good at the first request of a class, of slipway's after BuildKit's last.
func dyingAt(class string) func(*testenv.Registry, *http.Request) *testenv.Answer {
	var mu sync.Mutex
	pushed, died := false, false
	return func(registry *testenv.Registry, r *http.Request) *testenv.Answer {
		mu.Lock()
		defer mu.Unlock()
		this := classOf(r)
		pushed = pushed || this == "BuildKit: PUT digest"
		if pushed && !died && this == class {
			died = true
			registry.Stop()
		}
		if died {
			return &testenv.Answer{Reset: true}
		}
		return nil
	}
}

func (f *fleet) publish(t *testing.T, lab *faultLab, content string) (*running, *evidence) {
	t.Helper()
	outputs := filepath.Join(t.TempDir(), "output")
	dockerfile, files := layersOf("fleet " + content)
	r := start(t, step{program: lab.program, dockerfile: dockerfile, files: files, env: []string{
		"INPUT_IMAGE=" + strings.Join(f.images, "\n"), "INPUT_TAGS=" + strings.Join(trialTags, "\n"), "BUILDKIT_HOST=" + lab.daemon.Address, "GITHUB_OUTPUT=" + outputs,
	}})
	return r, &evidence{code: r.wait(), said: r.said(), outputs: readOutputs(t, outputs)}
}

// judge compares what the run says of every tag with what the registries hold, one by one.
func (f *fleet) judge(t *testing.T, lab *faultLab, e *evidence, moved int) {
	t.Helper()
	var saysMoved, saysStill []string
	told := notMoved.FindStringSubmatch(e.said)
	if told != nil {
		saysMoved, saysStill = strings.Split(told[1], ", "), strings.Split(told[2], ", ")
	}
	var lost []string
	there := 0
	for i, registry := range f.registries {
		for _, tag := range trialTags {
			full := f.images[i] + ":" + tag
			got, err := remote.Get(mustParse(t, registry.Host+"/octo/fleet:"+tag))
			if err == nil {
				there++
				err = pullAll(got)
				if err != nil {
					lost = append(lost, fmt.Sprintf("%s: %v", full, err))
				}
			}
			switch {
			case (err == nil) != slices.Contains(saysMoved, full):
				lost = append(lost, fmt.Sprintf("%s is there: %t, and it says otherwise", full, err == nil))
			case told != nil && err != nil && !slices.Contains(saysStill, full):
				lost = append(lost, fmt.Sprintf("%s is not there, and it does not say so", full))
			}
		}
	}
	if len(e.outputs) > 0 {
		lost = append(lost, fmt.Sprintf("there are outputs: %v", e.outputs))
	}
	lab.ledger.count("one of 10 registries dead", e.code, lost)
	if e.code != 1 || len(lost) > 0 || there != moved {
		t.Errorf("exit code %d, %d tags moved, want 1 and %d, lost %v\n%s", e.code, there, moved, lost, e.said)
	}
}
