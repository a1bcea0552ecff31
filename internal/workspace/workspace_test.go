package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file and the directories that are made for it belong to the workspace's owner;
// what was there stays whose it is.
func TestWriteFile(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("giving files away needs root")
	}
	const runner = 1001
	home, temp := t.TempDir(), t.TempDir()
	if err := os.Chown(home, runner, runner); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"first", "second"} {
		if err := WriteFile(filepath.Join(temp, "new/dir/b.json"), []byte(content), home); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(temp, "new/dir/b.json")); err != nil || string(got) != content {
			t.Errorf("the file holds %q, %v, want %q", got, err, content)
		}
	}
	for path, want := range map[string]int{"": 0, "new": runner, "new/dir": runner, "new/dir/b.json": runner} {
		if uid, _, err := owner(filepath.Join(temp, path)); err != nil || uid != want {
			t.Errorf("%q belongs to %d, %v, want %d", path, uid, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Join(temp, "new/dir")); err != nil || len(left) != 1 {
		t.Errorf("in its directory there is %v, %v, want the file alone", left, err)
	}
}

// A link that came into the way is not followed.
func TestWriteFileOverALinkThatIsNew(t *testing.T) {
	t.Parallel()
	home, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(home, "sub")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(home, "sub/new/b"), nil, home); err == nil || !strings.Contains(err.Error(), "link") {
		t.Errorf("WriteFile = %v, want it to name the link", err)
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("outside there is %v, %v", left, err)
	}
}

// A device that an image holds is nobody's but root's: its owner could read the disk.
func TestDevicesAreKept(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("making a device needs root")
	}
	const runner = 1001
	home := t.TempDir()
	dist := filepath.Join(home, "dist")
	loop := filepath.Join(dist, "loop")
	if err := errors.Join(os.Chown(home, runner, runner), os.Mkdir(dist, 0o700), syscall.Mknod(loop, syscall.S_IFBLK|0o600, 7<<8), os.Chmod(loop, 0o666), os.MkdirAll(filepath.Join(dist, "caf\xe9"), 0o700), os.WriteFile(filepath.Join(dist, "caf\xe9/later"), nil, 0o600), os.WriteFile(filepath.Join(dist, "later"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := GiveTo(home, dist); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(loop); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the device has %v, %v", info.Mode(), err)
	}
	for path, want := range map[string]int{"dist": runner, "dist/loop": 0, "dist/later": runner, "dist/caf\xe9/later": runner} {
		if uid, _, err := owner(filepath.Join(home, path)); err != nil || uid != want {
			t.Errorf("%s belongs to %d, %v, want %d", path, uid, err, want)
		}
	}
}
