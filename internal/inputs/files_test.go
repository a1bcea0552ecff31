package inputs_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A file to write need not be there, nor its directory.
func TestFilesToWrite(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "out/old.json")
	symlink(t, "out", filepath.Join(dir, "link"))
	temp, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ value, want string }{
		"a new file":                        {"metadata.json", dir + "/metadata.json"},
		"in a new directory":                {"a/b/metadata.json", dir + "/a/b/metadata.json"},
		"in place of one":                   {"out/old.json", dir + "/out/old.json"},
		"an absolute path":                  {dir + "/out/new.json", dir + "/out/new.json"},
		"over a link in the workspace":      {"link/new.json", dir + "/out/new.json"},
		"in RUNNER_TEMP":                    {temp + "/new.json", temp + "/new.json"},
		"in a new directory of RUNNER_TEMP": {temp + "/a/../b/new.json", temp + "/b/new.json"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			for _, input := range []string{"metadata-file", "build-record"} {
				in, err := parse(dir, vars{input: c.value, "RUNNER_TEMP": temp})
				if got := in.MetadataFile + in.BuildRecord; err != nil || got != c.want {
					t.Errorf("Parse(%s: %q) = %q, %v, want %q", input, c.value, got, err, c.want)
				}
			}
		})
	}
}

// Whatever leads there, nothing is written elsewhere, and nothing in place of what
// is no file.
func TestFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "out/old.json")
	outside, temp := t.TempDir(), t.TempDir()
	symlink(t, outside, filepath.Join(dir, "away"))
	symlink(t, filepath.Join(outside, "new.json"), filepath.Join(dir, "dangling"))
	symlink(t, "out/old.json", filepath.Join(dir, "inside"))
	symlink(t, outside, filepath.Join(temp, "away"))
	cases := map[string]struct{ value, says string }{
		"a directory":                   {"out", "it is a directory"},
		"the workspace":                 {".", "outside the workspace"},
		"below a file":                  {"Dockerfile/metadata.json", "it is not a directory"},
		"outside":                       {"../metadata.json", "outside the workspace"},
		"another directory":             {outside + "/metadata.json", "outside the workspace"},
		"over a link out of it":         {"away/metadata.json", "outside the workspace"},
		"a link to nothing":             {"dangling", "it is a link; name what it leads to"},
		"a link":                        {"inside", "it is a link; name what it leads to"},
		"a link out of RUNNER_TEMP":     {temp + "/away/metadata.json", "outside the workspace"},
		"beside RUNNER_TEMP":            {temp + "/../metadata.json", "outside the workspace"},
		"a directory of /proc":          {"/proc/self/metadata.json", "outside the workspace"},
		"what the other input is given": {"same.json", `"same.json" is what metadata-file writes`},
		"what outputs writes":           {"out/../used.tar", `"out/../used.tar" is what outputs writes`},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"build-record": c.value, "metadata-file": "./same.json", "outputs": "type=tar,dest=used.tar", "RUNNER_TEMP": temp})
			wantMistake(t, err, "build-record", c.says)
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "same.json")); err == nil {
		t.Error("reading the inputs has written a file")
	}
}

// What is on a file system for reading alone is known before the build, whoever runs
// it, and whatever writes there.
func TestPathsForReadingAlone(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := checkout(t, "locked/there/file")
	locked := filepath.Join(dir, "locked")
	if err := unix.Mount(locked, locked, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("mounting is not allowed: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(locked, unix.MNT_DETACH) })
	if err := unix.Mount("", locked, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for input, values := range map[string][]string{
		"outputs":       {"locked", "locked/there", "locked/new/dist", "type=tar,dest=locked/x.tar", "type=oci,dest=locked/oci,tar=false", "type=local,dest=locked/there,mode=delete"},
		"cache-to":      {"type=local,dest=locked/there", "type=local,dest=locked/new/c"},
		"metadata-file": {"locked/m.json", "locked/there/file", "locked/new/m.json"},
		"build-record":  {"locked/r"},
	} {
		for _, value := range values {
			_, err := parse(dir, vars{input: value})
			wantMistake(t, err, input, "read-only file system")
		}
	}
	if _, err := parse(dir, vars{"cache-from": "type=local,src=locked/there"}); err != nil {
		t.Errorf("a cache to read is %v", err)
	}
}
