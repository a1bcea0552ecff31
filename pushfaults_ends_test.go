package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// always breaks every request of a class.
func always(answer testenv.Answer, class string) func(pushed, *http.Request) *testenv.Answer {
	return func(p pushed, _ *http.Request) *testenv.Answer {
		if p.class == class {
			return &answer
		}
		return nil
	}
}

// testStorms has a registry with too many requests, for a while and for good, and a tag of which no answer comes back.
func testStorms(t *testing.T, lab *faultLab) {
	tooMany := func(after string) testenv.Answer {
		return testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {after}}}
	}
	var mu sync.Mutex
	var begun time.Time
	forAWhile := func(pushed, *http.Request) *testenv.Answer {
		mu.Lock()
		defer mu.Unlock()
		if begun.IsZero() {
			begun = time.Now()
		}
		if time.Since(begun) > 4*time.Second {
			return nil
		}
		answer := tooMany("1")
		return &answer
	}
	var puts sync.Map
	lostThenRefused := func(p pushed, r *http.Request) *testenv.Answer {
		if p.class != "slipway: PUT tag" {
			return nil
		}
		if _, again := puts.LoadOrStore(r.URL.Path, true); again {
			return testenv.RegistryRefusal(http.StatusBadRequest, "TAG_INVALID", "the tag is immutable")
		}
		return &testenv.Answer{Lose: true}
	}
	// What containerd hands on when a storm leaves it no attempt for logging in.
	noLogin := func(p pushed, _ *http.Request) *testenv.Answer {
		if p.class == "BuildKit: HEAD blob" && p.nth == 1 {
			return &testenv.Answer{Status: http.StatusUnauthorized}
		}
		return nil
	}
	lab.all(t, 8, []*trial{
		{row: "401 without a word to a login that may push", repository: "octo/storm-login", fault: noLogin, ends: survives},
		{row: "429 storm of 4 s", repository: "octo/storm-short", fault: forAWhile, ends: survives},
		{row: "429 storm on tags", repository: "octo/storm-tags", fault: always(tooMany("0"), "slipway: PUT tag"), ends: refuses, says: []string{"after 4 attempts", "takes no more requests for now", "moved: none"}},
		{row: "429 asks for an hour", repository: "octo/storm-hour", fault: always(tooMany("3600"), "slipway: PUT tag"), ends: refuses, atMost: 2, says: []string{"asks to wait 1h 0m; run this again after", "moved: none"}},
		{row: "429 asks for an hour", where: pushed{class: "BuildKit: PUT digest"}, repository: "octo/storm-upload", fault: always(*testenv.RegistryRefusal(http.StatusTooManyRequests, "TOOMANYREQUESTS", "retry-after: 1h, allowed: 1/day"), "BuildKit: PUT digest"), ends: refuses, says: []string{"asks to wait 1h 0m; run this again after", "before any tag moves"}},
		{row: "every answer to a tag's PUT lost", repository: "octo/lost-tags", fault: always(testenv.Answer{Lose: true}, "slipway: PUT tag"), ends: survives},
		{row: "tag's PUT lost, then immutable", repository: "octo/lost-immutable", fault: lostThenRefused, ends: survives},
	})
}

// largeBlob is how many bytes of it a layer has.
const largeBlob = 50 << 20

// largeLayer returns a Dockerfile with one large layer that does not compress, and its file. It is another each time:
// BuildKit has a registry mount what it knows to be there in another repository.
func largeLayer(t *testing.T) (dockerfile string, files map[string][]byte) {
	t.Helper()
	content := make([]byte, largeBlob)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	return "FROM scratch\nCOPY large /\n", map[string][]byte{"large": content}
}

// firstLarge does something to the first upload of a large blob.
func firstLarge(do func(*http.Request) *testenv.Answer) func(pushed, *http.Request) *testenv.Answer {
	done := false // the trial lets one request in at a time
	return func(p pushed, r *http.Request) *testenv.Answer {
		if done || p.class != "BuildKit: PUT upload" || r.ContentLength < largeBlob {
			return nil
		}
		done = true
		return do(r)
	}
}

// testLargeBlob resets the connection at each tenth of a large blob.
func testLargeBlob(t *testing.T, lab *faultLab) {
	var trials []*trial
	for tenth := 1; tenth <= 10; tenth++ {
		answer := testenv.Answer{ResetAfter: largeBlob / 10 * tenth}
		trials = append(trials, &trial{
			row: "reset in a blob of 50 MB", where: pushed{"tenth", tenth}, repository: fmt.Sprintf("octo/large-%d", tenth),
			large: true, ends: survives,
			fault: firstLarge(func(*http.Request) *testenv.Answer { return &answer }),
		})
	}
	lab.all(t, 3, trials)
}

// trigger is a body that does something when so much of it has been read.
type trigger struct {
	io.ReadCloser
	left int
	do   func()
}

func (b *trigger) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left <= 0 {
		b.do()
	}
	return n, err
}

// testRestart stops the registry during a push, and starts it again.
func testRestart(t *testing.T, lab *faultLab) {
	var group sync.WaitGroup
	limit := make(chan struct{}, 4)
	for i, class := range []string{"slipway: GET login", "slipway: POST upload", "BuildKit: POST upload", "BuildKit: PUT upload", "BuildKit: PUT digest", "slipway: PUT tag", "slipway: HEAD tag", "a blob"} {
		limit <- struct{}{}
		group.Go(func() {
			defer func() { <-limit }()
			t.Run(class, func(t *testing.T) { testRestartAt(t, lab, class, fmt.Sprintf("octo/restart-%d", i)) })
		})
	}
	group.Wait()
}

func testRestartAt(t *testing.T, lab *faultLab, class, repository string) {
	other := lab.another(t, func(*testenv.TokenServer) {})
	up := make(chan struct{})
	var stopped atomic.Bool // not where the request is not made in this run
	restart := sync.OnceFunc(func() {
		stopped.Store(true)
		other.registry.Stop()
		go func() {
			defer close(up)
			time.Sleep(time.Second)
			other.registry.Restart()
		}()
	})
	tr := &trial{row: "registry restarted", repository: repository, ends: survives}
	tr.then = func() {
		if stopped.Load() {
			<-up
		}
	}
	hit := false
	tr.fault = func(p pushed, _ *http.Request) *testenv.Answer {
		if hit || p.class != class {
			return nil
		}
		hit = true
		restart()
		return &testenv.Answer{Pass: true} // to nobody
	}
	if class == "a blob" {
		tr.large = true
		tr.fault = firstLarge(func(r *http.Request) *testenv.Answer {
			r.Body = &trigger{r.Body, largeBlob / 3, restart}
			return &testenv.Answer{Pass: true}
		})
	}
	tr.run(t, other)
}
