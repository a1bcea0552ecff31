package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTerminal tries a build on a terminal: what runs is drawn, and what stays is a
// line for each step, without secrets and without what a step would do to the
// terminal. Where that cannot be drawn on, or is none, there is the whole log.
func TestTerminal(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	dir := publicDir(t)
	mustWrite(t, filepath.Join(dir, "Dockerfile"), []byte("FROM "+base+"\nCOPY Dockerfile /\n"+
		`RUN for i in 1 2 3; do printf "\033]0;evil\007\033[2Jline $i hunter2hunter2\n"; sleep 1; done`+"\n"))
	for name, c := range map[string]struct {
		env         []string
		drawn, bold bool
	}{
		"xterm":    {[]string{"TERM=xterm"}, true, true},
		"NO_COLOR": {[]string{"TERM=xterm", "NO_COLOR=1"}, true, false},
		"dumb":     {[]string{"TERM=dumb"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := testenv.Command(t, installed(t), "try", dir)
			cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "BUILDKIT_HOST=" + daemon.Address, "INPUT_NO-CACHE=true", "INPUT_SECRETS=x=hunter2hunter2", "INPUT_IMAGE=" + registry.Host + "/octo/" + strings.ToLower(name)}, c.env...)
			said := onTerminal(t, cmd)
			drawn := strings.Contains(said, "\x1b[J\x1b[?7l") && strings.Contains(said, "s [3/3] RUN for i in") || strings.Contains(said, "s \x1b[1m[3/3] RUN for i in")
			if drawn != c.drawn || strings.Contains(said, "\x1b[1m") != c.bold {
				t.Errorf("drawn: %t, want %t; in bold: %t, want %t", drawn, c.drawn, strings.Contains(said, "\x1b[1m"), c.bold)
			}
			if !strings.Contains(said, " line 1 ***\r\n") || strings.Contains(said, "hunter2") || strings.Contains(said, "\x1b]") || strings.Contains(said, "\x1b[2J") {
				t.Errorf("what a step prints is not shown as it may be")
			}
			unmoved := said[strings.LastIndex(said, "\x1b[J")+1:]
			if !strings.Contains(said, "  done ") || !strings.Contains(unmoved, "Published in ") || strings.Contains(unmoved, "line 3") == c.drawn {
				t.Errorf("what stays is %q", unmoved)
			}
			if t.Failed() {
				t.Logf("%q", said)
			}
		})
	}
}

// onTerminal runs a program on a terminal of 24 lines and returns what it wrote.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	fd := int(ours.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = theirs, theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	_, _ = io.Copy(&said, ours) // it ends with an error when nobody has the other end any more
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, tail(said.String()))
	}
	return said.String()
}
