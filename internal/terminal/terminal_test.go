package terminal

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// newTerminal opens a terminal of so many columns.
func newTerminal(t *testing.T, columns uint16) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	if err = unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return terminal
}

func lookup(kind string) func(string) (string, bool) {
	return func(name string) (string, bool) { return kind, name == "TERM" }
}

// TestSize finds a terminal where there is one that can be drawn on, and asks for its
// size each time: a window's changes.
func TestSize(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	shown := newTerminal(t, 57)
	if Size(file, lookup("xterm")) != nil || Size(&strings.Builder{}, lookup("xterm")) != nil || Size(shown, lookup("dumb")) != nil {
		t.Error("what is no terminal, or a dumb one, is taken for one")
	}
	found := Size(shown, lookup("xterm"))
	if found == nil {
		t.Fatal("the terminal is not found")
	}
	for _, columns := range []uint16{57, 0, 120} {
		if err := unix.IoctlSetWinsize(int(shown.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
			t.Fatal(err)
		}
		if got, lines := found(); got != int(columns) || lines != 24 {
			t.Errorf("%d columns and %d lines, want %d and 24", got, lines, columns)
		}
	}
}
