package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/testenv"
)

// everyFile builds a tree with every kind of file, mode, name and time. No directory
// has a name that is not UTF-8: the library with which all programs write type=local
// says "invalid argument" of it, with its path.
func everyFile(t *testing.T, dir string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{
		"plain", "setuid", "setgid", "unreadable", "linked", "times/before", "times/epoch", "times/nano", "times/far", "attributes",
		"new\nline", "not\xff\xfeutf8", "back\\slash", "-leading", "--from=x", " blank ", "tab\t", "star*", "[a]", "que?tion", "$HOME", "#hash", "!bang", "'quote\"", "ünïcödé", "cafe\u0301", "esc\x1b[31m",
		"deep/" + strings.Repeat(strings.Repeat("d", 200)+"/", 12) + "leaf", strings.Repeat("n", 255), "sticky/in", ".wh.file", "d.dir/a", "d/b", "d-dir/c",
	} {
		mustWrite(t, at(name), []byte("content of "+name))
	}
	sparse, err := os.Create(at("sparse"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = sparse.WriteAt([]byte("end"), 8<<20)
	// The name of a socket may have 108 bytes, which the directory of a test has alone.
	fd, socketErr := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	made := filepath.Join("/tmp", fmt.Sprintf("files-%d.sock", os.Getpid()))
	err = errors.Join(err, sparse.Close(), socketErr, unix.Bind(fd, &unix.SockaddrUnix{Name: made}), unix.Close(fd),
		os.Mkdir(at("sockets"), 0o755), os.Rename(made, at("sockets/a.ipc")), os.Link(at("sockets/a.ipc"), at("sockets/b.ipc")), os.Chmod(at("sockets/a.ipc"), 0o640),
		unix.Mkfifo(at("fifo"), 0o640),
		unix.Mknod(at("null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))), unix.Mknod(at("loop"), unix.S_IFBLK|0o600, int(unix.Mkdev(7, 200))), unix.Mknod(at("large"), unix.S_IFCHR|0o600, int(unix.Mkdev(300, 70000))),
		os.Symlink("plain", at("relative")), os.Symlink("/etc/passwd", at("absolute")), os.Symlink("nowhere", at("dangling")), os.Symlink("../../../outside", at("outside")), os.Symlink("loop-link", at("loop-link")), os.Symlink("\xff\n", at("link to bytes")), os.Symlink(".", at("itself")),
		os.Link(at("linked"), at("linked again")), os.Link(at("linked"), at("a link before")), os.Link(at("fifo"), at("fifo again")), os.Link(at("null"), at("null again")), os.Link(at("dangling"), at("dangling again")),
		os.Mkdir(at("empty"), 0o700), os.Mkdir(at("closed"), 0o755), os.WriteFile(at("closed/file"), nil, 0o644), os.Chmod(at("closed"), 0),
		os.Chmod(at("setuid"), 0o4755|os.ModeSetuid), os.Chmod(at("setgid"), 0o755|os.ModeSetgid), os.Chmod(at("sticky"), 0o777|os.ModeSticky), os.Chmod(at("unreadable"), 0),
		os.Chown(at("linked"), 1234, 99999),
		unix.Lsetxattr(at("attributes"), "user.note", []byte("a\x00b"), 0), unix.Lsetxattr(at("attributes"), "security.capability", []byte("\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0), unix.Lsetxattr(at("empty"), "user.dir", []byte{}, 0),
		os.Chtimes(at("times/before"), time.Time{}, time.Unix(-86400*365, 5)), os.Chtimes(at("times/epoch"), time.Time{}, time.Unix(0, 0)), os.Chtimes(at("times/nano"), time.Time{}, time.Unix(1700000000, 123456789)), os.Chtimes(at("times/far"), time.Time{}, time.Unix(1<<33, 7)),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// TestFilesAsOthersBuildThem builds one tree with all that a file system may hold, and
// compares the images and the files that are written with those of buildctl and buildx.
func TestFilesAsOthersBuildThem(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("making devices needs root")
	}
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	dockerfile := "FROM " + testenv.BaseImage(t, registry.Host).Name() + " AS made\n" +
		"RUN mkdir /made && cd /made && echo made > file && chmod 4755 file && ln file again && mkfifo fifo && ln -s /nowhere absolute && mkdir sticky && chmod 1777 sticky && touch -d '1969-12-31 00:00:00' before && printf x > \"$(printf 'not\\\\377utf8\\\\n.')\"\n" +
		"FROM scratch\nCOPY . /all/\nCOPY --link --chmod=640 --chown=7:8 . /changed/\nCOPY --from=made /made /made\n"
	repository := func(name string) string { return registry.Host + "/octo/" + name }
	out := t.TempDir()
	r, outputs := finish(t, step{
		dockerfile: "FROM scratch\n",
		env:        []string{"INPUT_CONTEXT=tree", "INPUT_BUILDER=" + daemon.Address, "INPUT_IMAGE=" + repository("ours"), "INPUT_PUSH=true", "INPUT_OUTPUTS=type=local,dest=" + out + "/ours\ntype=tar,dest=" + out + "/ours.tar", "RUNNER_TEMP=" + out},
		wrap: func(_ *exec.Cmd, work string) {
			everyFile(t, filepath.Join(work, "repo/tree"))
			mustWrite(t, filepath.Join(work, "repo/tree/Dockerfile"), []byte(dockerfile))
		},
	})
	tree := filepath.Join(r.cmd.Dir, "tree")
	runProgram(t, out, "buildctl", "--addr", daemon.Address, "build", "--frontend", "dockerfile.v0", "--local", "context="+tree, "--local", "dockerfile="+tree, "--output", "type=image,push=true,name="+repository("buildctl"), "--output", "type=local,dest="+out+"/buildctl", "--output", "type=tar,dest="+out+"/buildctl.tar")
	runProgram(t, out, "buildx", "create", "--driver", "remote", "--name", "files", daemon.Address)
	runProgram(t, out, "buildx", "build", "--builder", "files", "--provenance=false", "--output", "type=image,push=true,name="+repository("buildx"), "--output", "type=local,dest="+out+"/buildx", "--output", "type=tar,dest="+out+"/buildx.tar", tree)
	ours := [3][]string{imageFiles(t, repository("ours")+"@"+outputs["digest"]), archivedFiles(t, out+"/ours.tar"), writtenFiles(t, out+"/ours")}
	if len(ours[0]) < 150 {
		t.Errorf("the image has %d files, want all", len(ours[0]))
	}
	for _, name := range []string{"buildctl", "buildx"} {
		theirs := [3][]string{imageFiles(t, repository(name)+":latest"), archivedFiles(t, out+"/"+name+".tar"), writtenFiles(t, out+"/"+name)}
		for i, what := range []string{"the image", "type=tar", "type=local"} {
			if diff := cmp.Diff(theirs[i], ours[i]); diff != "" {
				t.Errorf("%s, -%s +ours:\n%s", what, name, diff)
			}
		}
	}
}

func runProgram(t *testing.T, home, name string, arguments ...string) {
	t.Helper()
	cmd := testenv.Command(t, testenv.Tool(t, name), arguments...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "BUILDX_CONFIG=" + filepath.Join(home, "buildx-config")}
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said)
	}
}

func imageFiles(t *testing.T, reference string) []string {
	t.Helper()
	var all []string
	for i, layer := range layers(t, images(t, reference)[0]) {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range tarFiles(t, content) {
			all = append(all, fmt.Sprintf("layer %d: %s", i, one))
		}
		_ = content.Close()
	}
	return all
}

func archivedFiles(t *testing.T, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return tarFiles(t, file)
}

// tarFiles describes what is in an archive.
func tarFiles(t *testing.T, archive io.Reader) []string {
	t.Helper()
	var all []string
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		records := map[string]string{}
		for key, value := range h.PAXRecords {
			if strings.HasPrefix(key, "SCHILY.") {
				records[key] = value
			}
		}
		all = append(all, fmt.Sprintf("%q %c %o %d:%d -> %q %s %d,%d %d bytes %x %q", h.Name, h.Typeflag, h.Mode, h.Uid, h.Gid, h.Linkname, h.ModTime.UTC().Format(time.RFC3339Nano), h.Devmajor, h.Devminor, h.Size, sha256.Sum256(content), records))
	}
}

// writtenFiles describes what is in a directory.
func writtenFiles(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	inodes := map[uint64]string{}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		var stat unix.Stat_t
		if err := unix.Lstat(path, &stat); err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir)
		link, _ := os.Readlink(path)
		if first := inodes[stat.Ino]; first != "" {
			link += " is " + first
		}
		inodes[stat.Ino] = name
		var content []byte
		if stat.Mode&unix.S_IFMT == unix.S_IFREG {
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		all = append(all, fmt.Sprintf("%q %o %d:%d -> %q %d.%09d %x %d bytes %x %s", name, stat.Mode, stat.Uid, stat.Gid, link, stat.Mtim.Sec, stat.Mtim.Nsec, stat.Rdev, stat.Size*int64(min(1, len(content))), sha256.Sum256(content), extended(path)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// extended are the extended attributes of a file.
func extended(path string) string {
	names, values := make([]byte, 4096), make([]byte, 4096)
	n, err := unix.Llistxattr(path, names)
	if err != nil {
		return ""
	}
	var all []string
	for name := range bytes.SplitSeq(bytes.TrimRight(names[:n], "\x00"), []byte{0}) {
		if n, err := unix.Lgetxattr(path, string(name), values); err == nil && len(name) > 0 {
			all = append(all, fmt.Sprintf("%s=%q", name, values[:n]))
		}
	}
	return strings.Join(all, " ")
}
