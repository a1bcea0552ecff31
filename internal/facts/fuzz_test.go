package facts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadEvent reads payloads: whatever a stranger writes there, it is an error,
// or an event that says the same when it is written down and read again.
func FuzzReadEvent(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("testdata", "events", "*.json"))
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, seed := range seeds {
		raw, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, seed := range []string{"", "null", "[]", "{}", `{"pull_request":null}`, `{"head_commit":{"timestamp":null}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "event.json")
		write(t, path, string(raw))
		first, err := readEvent(path)
		if err != nil {
			return
		}
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("readEvent(%q) = %+v, which is no JSON: %v", raw, first, err)
		}
		write(t, path, string(again))
		second, err := readEvent(path)
		if diff := cmp.Diff(first, second); err != nil || diff != "" {
			t.Errorf("readEvent(%q) and of the same again: %v (-first +second):\n%s", raw, err, diff)
		}
	})
}
