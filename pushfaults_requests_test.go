package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// kindOfFault is a way in which a request goes wrong transiently.
type kindOfFault struct {
	name   string
	answer testenv.Answer
	only   func(class string) bool // which requests it makes sense for; nil for all
	// everywhere breaks each request, and not only the first, the one in the middle, and the last.
	everywhere bool
	// explained has the GET be hit too that asks why a HEAD was refused.
	explained bool
}

// transiently are the faults that are worth another try, as GitHub's registry and what stands before registries show them.
func transiently() []kindOfFault {
	asks := func(header string) testenv.Answer {
		return testenv.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {header}}}
	}
	says := func(status int, code, message string) testenv.Answer {
		return *testenv.RegistryRefusal(status, code, message)
	}
	isGet := func(class string) bool { return strings.Contains(class, ": GET ") }
	uploads := func(class string) bool {
		return strings.HasSuffix(class, " upload") && !strings.Contains(class, "DELETE") || strings.Contains(class, ": PUT ")
	}
	return []kindOfFault{
		{name: "500", answer: testenv.Answer{Status: http.StatusInternalServerError}},
		{name: "502", answer: testenv.Answer{Status: http.StatusBadGateway}},
		{name: "503", everywhere: true, answer: testenv.Answer{Status: http.StatusServiceUnavailable}},
		{name: "504", answer: testenv.Answer{Status: http.StatusGatewayTimeout}},
		{name: "408", answer: testenv.Answer{Status: http.StatusRequestTimeout}},
		{name: "429, Retry-After: 0", answer: asks("0")},
		{name: "429, Retry-After: 1", answer: asks("1")},
		{name: "429 in GitHub's words", everywhere: true, answer: says(http.StatusTooManyRequests, "TOOMANYREQUESTS", "retry-after: 10.305464ms, allowed: 2000/minute")},
		{name: "403 secondary rate limit", everywhere: true, answer: says(http.StatusForbidden, "DENIED", "You have exceeded a secondary rate limit, retry-after: 300ms"), explained: true},
		{name: "reset before the answer", everywhere: true, answer: testenv.Answer{Reset: true}},
		{name: "answer lost", everywhere: true, answer: testenv.Answer{Lose: true}},
		{name: "answer cut off", everywhere: true, answer: testenv.Answer{Pass: true, Truncate: 1}, only: isGet},
		{name: "404 BLOB_UNKNOWN", everywhere: true, answer: says(http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry"), only: uploads},
		{name: "404 BLOB_UPLOAD_UNKNOWN", everywhere: true, answer: says(http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"), only: uploads},
		{name: "404 BLOB_UPLOAD_INVALID", everywhere: true, answer: says(http.StatusNotFound, "BLOB_UPLOAD_INVALID", "blob upload invalid"), only: uploads},
	}
}

// once breaks one request, and with it the question why, of the same client.
func (k kindOfFault) once(where pushed) func(pushed, *http.Request) *testenv.Answer {
	var mu sync.Mutex
	var path string
	return func(p pushed, r *http.Request) *testenv.Answer {
		mu.Lock()
		defer mu.Unlock()
		again := k.explained && p.who() == where.who() && path != "" && r.Method == http.MethodGet && r.URL.Path == path
		if p != where && !again {
			return nil
		}
		path = ""
		if r.Method == http.MethodHead {
			path = r.URL.Path
		}
		return &k.answer
	}
}

// testEveryRequest counts the requests of a push, and then breaks each of them in the ways that matter there, and three of them in all others.
func testEveryRequest(t *testing.T, lab *faultLab) {
	count := &trial{row: "none", repository: "octo/count"}
	count.run(t, lab)
	t.Logf("a push of two layers with two tags makes %d requests: %v", len(count.requests), count.requests)
	var trials []*trial
	for i, kind := range transiently() {
		for j, where := range count.requests {
			if kind.only != nil && !kind.only(where.class) || !kind.everywhere && !count.marks(where) {
				continue
			}
			trials = append(trials, &trial{
				row: kind.name, where: where, repository: fmt.Sprintf("octo/passing-%d-%d", i, j), fault: kind.once(where), ends: survives,
			})
		}
	}
	lab.all(t, 8, trials)
}

// marks tells whether a request is the first of all, the one in the middle, or the last.
func (tr *trial) marks(where pushed) bool {
	last := len(tr.requests) - 1
	return where == tr.requests[0] || where == tr.requests[last/2] || where == tr.requests[last]
}

// testRefusals has registries refuse for good what is never worth another try.
func testRefusals(t *testing.T, lab *faultLab) {
	says := testenv.RegistryRefusal
	all := []struct {
		name   string
		answer *testenv.Answer
		says   string
	}{
		{"401", testenv.Unauthenticated(), "User cannot be authenticated"},
		{"403 DENIED", testenv.Denied(testenv.WriteDenied), testenv.WriteDenied},
		{"400 NAME_INVALID", says(http.StatusBadRequest, "NAME_INVALID", "invalid repository name"), "invalid repository name"},
		{"400 MANIFEST_INVALID", says(http.StatusBadRequest, "MANIFEST_INVALID", "manifest invalid"), "manifest invalid"},
		{"400 TAG_INVALID", says(http.StatusBadRequest, "TAG_INVALID", "manifest tag did not match URI"), "manifest tag did not match URI"},
		{"405 UNSUPPORTED", says(http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported."), "unsupported"},
	}
	var trials []*trial
	for i, one := range all {
		for class, atMost := range map[string]int{
			"slipway: POST upload": 1, "BuildKit: POST upload": 3, "BuildKit: PUT upload": 3, "BuildKit: PUT digest": 1, "slipway: PUT tag": 2,
		} {
			if class == "slipway: POST upload" && i > 1 {
				continue // most of these say nothing about permission, and the run goes on
			}
			if one.answer.Status == http.StatusUnauthorized {
				atMost *= 2 // a fresh token is tried, once
			}
			trials = append(trials, &trial{
				row: one.name, where: pushed{class, 0}, repository: fmt.Sprintf("octo/refused-%d-%s", i, slug(class)), ends: refuses, atMost: atMost,
				fault: func(p pushed, _ *http.Request) *testenv.Answer {
					if p.class == class {
						return one.answer
					}
					return nil
				},
				says: []string{"::error", one.says},
			})
		}
	}
	lab.all(t, 8, trials)
}

func slug(text string) string {
	return strings.ToLower(strings.NewReplacer(" ", "-", ":", "", ",", "").Replace(text))
}
