package regular_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway-build/slipway/internal/regular"
)

// TestOpen opens all that a path may lead to. A pipe nobody writes to would be waited
// for without an end.
func TestOpen(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "regular-") //nolint:usetesting // a socket's path holds 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	in := func(name string) string { return filepath.Join(dir, name) }
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: in("socket")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if err := errors.Join(
		os.WriteFile(in("file"), []byte("text"), 0o600), os.Symlink("file", in("link")),
		syscall.Mkfifo(in("pipe"), 0o600), os.Symlink("pipe", in("link to a pipe")),
		os.Mkdir(in("directory"), 0o700), os.Symlink("/dev/zero", in("device")),
	); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	for name, says := range map[string]string{
		"file": "", "link": "", "pipe": "not a regular file", "link to a pipe": "not a regular file", "socket": "not a regular file",
		"device": "not a regular file", "directory": "is a directory", "nothing": "no such file",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := regular.Read(in(name), 4)
			if says == "" && (err != nil || string(content) != "text") {
				t.Errorf("Read = %q, %v", content, err)
			}
			if says != "" && (err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), in(name))) {
				t.Errorf("Read = %v, want it to name the path and to say %q", err, says)
			}
			if (regular.Check(in(name)) == nil) != (says == "") {
				t.Errorf("Check = %v", regular.Check(in(name)))
			}
			if name == "device" {
				return // links do not leave a root
			}
			file, err := regular.OpenIn(root, name)
			if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("OpenIn = %v, want %q", err, says)
			}
			if err == nil {
				_ = file.Close()
			}
		})
	}
	if _, err := regular.Read(in("file"), 3); err == nil || !strings.Contains(err.Error(), "more than 3 bytes") {
		t.Errorf("Read = %v of a file that is too long", err)
	}
	if _, err := regular.Open(in("nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v of what is not there", err)
	}
}
