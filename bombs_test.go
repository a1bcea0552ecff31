package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

const (
	// bombMemory is how much memory a run may take at its peak, whatever a registry
	// sends. Without a bomb it is some 60 MiB, most of it the program itself.
	bombMemory = 200 << 20
	// bombWithin is how long it may go on. The longest waits are those for
	// permission and for an answer that trickles.
	bombWithin = 3 * time.Minute
	bombSize   = 1 << 30
)

// bomb is a registry that sends too much in one place.
type bomb struct {
	name   string
	at     func(r *http.Request) bool
	answer http.HandlerFunc
	code   int
	says   string
	moves  bool // the tag is moved all the same
}

// TestBombs has registries that answer with far too much, or never to the end: a
// run takes a bounded time and memory and says what was wrong, and no tag moves
// unless all that it needs is known.
func TestBombs(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	table := newTable(t, "bomb", "what it was answered", "peak MiB", "seconds", "tags moved")
	for _, b := range bombs() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			open := testenv.NewRegistry(t, testenv.RegistryOptions{})
			var hit atomic.Int32
			front := newFront(t, open.Host, func(w http.ResponseWriter, r *http.Request) bool {
				if !b.at(r) {
					return false
				}
				hit.Add(1)
				b.answer(w, r)
				return true
			})
			started := time.Now()
			r := start(t, step{
				program:    installed(t),
				dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
				env: []string{
					"INPUT_REGISTRY=" + front, "INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password, "BUILDKIT_HOST=" + daemon.Address,
					"GITHUB_REF=refs/tags/v1.2.3", "INPUT_TAGS=type=semver,pattern={{version}}",
				},
			})
			peak := r.peak()
			code := r.wait()
			took := time.Since(started)
			moved := tagsPut(open.Log())
			table.add(b.name, b.says, fmt.Sprint(peak>>20), fmt.Sprintf("%.1f", took.Seconds()), fmt.Sprint(len(moved)))
			if code != b.code {
				t.Errorf("exit code %d, want %d\n%s", code, b.code, tail(r.said()))
			}
			if !strings.Contains(r.said(), b.says) {
				t.Errorf("it does not say %q:\n%s", b.says, tail(r.said()))
			}
			if hit.Load() == 0 {
				t.Error("nobody asked for the bomb")
			}
			if peak > bombMemory || took > bombWithin {
				t.Errorf("%d MiB after %s, want at most %d MiB and %s", peak>>20, took, bombMemory>>20, bombWithin)
			}
			if (len(moved) > 0) != b.moves {
				t.Errorf("moved %q, want any: %v", moved, b.moves)
			}
			if long := longest(r.said()); long > 64<<10 {
				t.Errorf("a line of the log has %d bytes", long)
			}
		})
	}
}

func bombs() []bomb {
	isManifest := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/sha256:") && !strings.Contains(r.UserAgent(), "buildkit") && !strings.Contains(r.UserAgent(), "containerd")
	}
	isTags := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/tags/list") }
	isPing := func(r *http.Request) bool { return r.URL.Path == "/v2/" }
	isToken := func(r *http.Request) bool { return r.URL.Path == "/token" }
	isUpload := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/uploads/")
	}
	login := func(next func(*http.Request) bool) func(*http.Request) bool {
		return func(r *http.Request) bool { return next(r) || r.Header.Get("Authorization") == "" }
	}
	index := func(middle string) string {
		return `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` + middle + `]}`
	}
	return []bomb{
		{name: "manifest of 1 GiB", at: isManifest, answer: anyManifest(" ", bombSize), code: 1, says: "more than 4 MiB"},
		{name: "manifest without end", at: isManifest, answer: anyManifest(" ", 0), code: 1, says: "more than 4 MiB"},
		{name: "index of a million entries", at: isManifest, answer: anyManifest(index(strings.Repeat("{},", 1_000_000)+"{}"), 1), code: 1, says: "more than 100000 values"},
		{name: "JSON of a million levels", at: isManifest, answer: anyManifest(strings.Repeat("[", 1_000_000), 1), code: 1, says: "manifest"},
		{name: "list of tags of 1 GiB", at: isTags, answer: document(" ", bombSize), says: "more than 4 MiB", moves: true},
		{name: "list of tags of endless pages", at: isTags, answer: nextPage, says: "more than 100000 tags", moves: true},
		{name: "list of tags in deep brackets", at: isTags, answer: document(strings.Repeat("[", 1_000_000), 1), says: "depth", moves: true},
		{name: "token of 1 GiB", at: login(isToken), answer: loginWith(document(" ", bombSize), ""), code: 1, says: "more than 4 MiB"},
		{name: "token of 1 GiB for BuildKit", at: login(isToken), answer: loginWith(document(" ", bombSize), "containerd"), code: 1, says: "more than 4 MiB"},
		{name: "error without end", at: isUpload, answer: refusing(document("no ", 0)), code: 1, says: "403"},
		{name: "login page without end", at: isPing, answer: document("x", 0), code: 1, says: "more than 4 MiB"},
		{name: "challenge of 1 MiB", at: isPing, answer: longChallenge, code: 1, says: "headers exceeded"},
		{name: "token that trickles", at: login(isToken), answer: loginWith(trickle, ""), code: 1, says: "does not come to its end"},
	}
}

// document writes a text again and again, so many bytes of it, or for 0 until the
// client has gone.
func document(text string, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		block := []byte(strings.Repeat(text, max(1, 64<<10/len(text))))
		for sent := 0; (size == 0 || sent < size) && r.Context().Err() == nil; sent += len(block) {
			if size == 1 {
				block = []byte(text)
			}
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
}

func anyManifest(text string, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		document(text, size)(w, r)
	}
}

func refusing(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusForbidden)
		next(w, r)
	}
}

// nextPage has a page of ten thousand tags, whatever was asked for, and another one
// after it. It is that long so that also a busy machine comes to the most tags that a
// run takes in the time that it takes for them.
func nextPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Link", `<`+r.URL.Path+`?n=1000&last=x>; rel="next"`)
	fmt.Fprintf(w, `{"tags":["%s"]}`, strings.Repeat(strings.Repeat("x", 30)+`","`, 9_999)+"x")
}

// loginWith asks everybody for a token. Whoever asks for one with this word in the
// name of its program, or anybody for "", is given too much, and everybody else one.
func loginWith(tooMuch http.HandlerFunc, program string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/v2/"):
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x"`, strings.Replace(r.Host, "127.0.0.1", "localhost", 1)))
			w.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(r.UserAgent(), program):
			tooMuch(w, r)
		default:
			fmt.Fprint(w, `{"token":"e30.e30.e30"}`)
		}
	}
}

func longChallenge(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="https://x/`+strings.Repeat("x", 1<<20)+`"`)
	w.WriteHeader(http.StatusUnauthorized)
}

// trickle sends a byte now and then.
func trickle(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(200 * time.Millisecond)
	}
}

// peak waits for the run's end, and returns the most memory that it has had, in
// bytes. What the kernel tells of a process that has ended begins with what its
// parent had, and so the process is watched.
func (r *running) peak() int {
	status := fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid)
	most := 0
	for {
		text, err := os.ReadFile(status)
		match := highWater.FindSubmatch(text)
		if err != nil || match == nil { // it has ended, or is a zombie
			return most
		}
		kibibytes, _ := strconv.Atoi(string(match[1]))
		most = max(most, kibibytes<<10)
		time.Sleep(5 * time.Millisecond)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// newFront starts a server in front of a registry that answers by itself where
// answer returns true.
func newFront(t *testing.T, host string, answer func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	behind := testenv.NewProxy(t, host, testenv.ProxyOptions{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			behind.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	return strings.TrimPrefix(web.URL, "http://")
}

func longest(text string) int {
	most := 0
	for line := range strings.SplitSeq(text, "\n") {
		most = max(most, len(line))
	}
	return most
}
