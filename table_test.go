package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// table is what a test has tried and found, shown with -v when all of its parts
// have ended. It is safe for concurrent use.
type table struct {
	mu   sync.Mutex
	rows [][]string
}

func newTable(t *testing.T, columns ...string) *table {
	t.Helper()
	all := &table{}
	t.Cleanup(func() {
		var text bytes.Buffer
		w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{columns}, all.rows...) {
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		_ = w.Flush()
		t.Logf("%d rows\n%s", len(all.rows), &text)
	})
	return all
}

func (t *table) add(cells ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, cells)
}

// installed is the program where it is already. A copy of one's own cannot be run
// for as long as a process that another test starts meanwhile has it open.
func installed(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("slipway")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// tail is what of a log is worth showing.
func tail(text string) string { return text[max(0, len(text)-4000):] }
