package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// ending is how a run is to end.
type ending int

const (
	survives ending = iota
	refuses
	either // where the test says by itself what is right
)

// trial is one run with a fault in it.
type trial struct {
	row        string // of the ledger
	repository string
	fault      func(pushed, *http.Request) *testenv.Answer // may be nil
	where      pushed                                      // what the fault is for; may be zero
	ends       ending
	atMost     int // faults; 0 for any number
	says       []string
	variant    string // of the layers
	first      func() // between the test's own requests and the run; may be nil
	then       func() // between the run and the look at the registry; may be nil
	large      bool   // in place of two small layers, a large one

	lab      *faultLab
	proxy    *testenv.Proxy
	step     *running
	outputs  string // path
	mu       sync.Mutex
	over     bool // what comes now is the test's
	seen     map[string]int
	requests []pushed
	hits     []pushed
}

func (tr *trial) title() string {
	if tr.where.class == "" {
		return tr.row
	}
	return tr.row + " at " + tr.where.String()
}

// trialTags are what every trial moves.
var trialTags = []string{"one", "two"}

// answer is the proxies' Fault.
func (tr *trial) answer(r *http.Request) *testenv.Answer {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.over {
		return nil
	}
	class := classOf(r)
	tr.seen[class]++
	request := pushed{class, tr.seen[class]}
	tr.requests = append(tr.requests, request)
	if tr.fault == nil {
		return nil
	}
	answer := tr.fault(request, r)
	if answer != nil {
		tr.hits = append(tr.hits, request)
	}
	return answer
}

// run makes the run, and counts what was lost. Some requests are not made each time, because an answer that comes early
// saves them: then it is run again.
func (tr *trial) run(t *testing.T, lab *faultLab) *running {
	t.Helper()
	const attempts = 3
	first := tr.repository
	for i := range attempts {
		if i > 0 {
			tr.repository = fmt.Sprintf("%s-%d", first, i)
		}
		r, e := tr.once(t, lab)
		if tr.fault == nil || len(tr.hits) > 0 {
			tr.judge(t, e)
			r.mustSay(tr.says...)
			if t.Failed() {
				t.Logf("broken: %v\nrequests: %v\n%s", tr.hits, tr.requests, r.said())
			}
			return r
		}
	}
	t.Skipf("the fault did not happen in %d runs; the requests of the last were %v", attempts, tr.requests)
	return nil
}

func (tr *trial) once(t *testing.T, lab *faultLab) (*running, *evidence) {
	t.Helper()
	before := lab.seed(t, tr.repository, trialTags...)
	lab.trials.Store(tr.repository, tr)
	if tr.first != nil {
		tr.first()
	}
	tr.begin(t, lab)
	return tr.step, tr.end(t, before)
}

// begin starts the run.
func (tr *trial) begin(t *testing.T, lab *faultLab) {
	t.Helper()
	tr.lab, tr.over, tr.seen, tr.requests, tr.hits = lab, false, map[string]int{}, nil, nil
	tr.proxy = testenv.NewProxy(t, lab.registry.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer { return tr.answer(r) }})
	tr.outputs = filepath.Join(t.TempDir(), "output")
	dockerfile, files := layersOf(tr.repository + tr.variant)
	if tr.large {
		dockerfile, files = largeLayer(t)
	}
	tr.step = start(t, step{program: lab.program, dockerfile: dockerfile, files: files, env: []string{
		"INPUT_IMAGE=" + tr.proxy.Host + "/" + tr.repository, "INPUT_TAGS=" + strings.Join(trialTags, "\n"), "BUILDKIT_HOST=" + lab.daemon.Address,
		"INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password, "INPUT_REGISTRY=" + tr.proxy.Host, "GITHUB_OUTPUT=" + tr.outputs,
	}})
}

// end waits for the run, and looks at what it has left.
func (tr *trial) end(t *testing.T, before string) *evidence {
	t.Helper()
	code := tr.step.wait()
	tr.mu.Lock()
	tr.over = true
	tr.mu.Unlock()
	if tr.then != nil {
		tr.then()
	}
	e := &evidence{code: code, said: tr.step.said(), outputs: readOutputs(t, tr.outputs), before: before, shown: tr.proxy.Host + "/" + tr.repository}
	e.look(t, tr.lab.registry.Host+"/"+tr.repository, trialTags, tr.lab.login())
	return e
}

func (tr *trial) judge(t *testing.T, e *evidence) {
	t.Helper()
	lost := e.lost()
	tr.lab.ledger.count(tr.row, e.code, lost)
	for _, what := range lost {
		t.Errorf("lost: %s", what)
	}
	switch {
	case tr.ends == survives && e.code != 0:
		t.Errorf("exit code %d, want it to survive", e.code)
	case tr.ends == refuses && e.code == 0:
		t.Errorf("it did not refuse")
	case tr.ends == refuses && slices.ContainsFunc(trialTags, func(tag string) bool { return e.after[tag] != e.before }):
		t.Errorf("tags moved in a run that was refused: %v", e.after)
	case tr.atMost > 0 && len(tr.hits) > tr.atMost:
		t.Errorf("%d requests were refused, want at most %d: %v", len(tr.hits), tr.atMost, tr.hits)
	}
}
