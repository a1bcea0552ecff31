package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/testenv"
)

// becomeUserCommand is the program that runs another one as a user of a machine
// of its own making. Its first argument is an account in JSON.
const becomeUserCommand = "become-user"

// account is what a command runs as, and what is different on its machine. The
// machine is this one with files mounted over, in a mount namespace.
type account struct {
	Uid        int //nolint:revive // the name that os/user has
	Over       []over
	NoNewPrivs bool
	Chroot     string // a directory that becomes a copy of / and then is /: the kernel makes no user namespaces there
}

// over is a path with something else mounted over it.
type over struct{ Path, With string }

// octocat is a user with subordinate ids, and nothing else.
const (
	octocat     = 54321
	octocatIDs  = "octocat:600000:65536\n"
	octocatName = "root:x:0:0::/root:/bin/sh\noctocat:x:54321:54321::/nowhere:/bin/sh\n"
)

// becomeUser is the main function of that program.
func becomeUser() {
	runtime.LockOSThread() // no_new_privs is a thread's, and a new program has that of the one that starts it
	var u account
	err := json.Unmarshal([]byte(os.Args[1]), &u)
	if err == nil {
		err = u.become()
	}
	if err == nil {
		err = syscall.Exec(os.Args[2], os.Args[2:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "becoming a user:", err)
	os.Exit(125)
}

func (u account) become() error {
	err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	for _, o := range u.Over {
		err = errors.Join(err, unix.Mount(o.With, o.Path, "", unix.MS_BIND, ""))
	}
	if u.Chroot != "" {
		dir, wdErr := os.Getwd()
		err = errors.Join(err, wdErr, unix.Mount("/", u.Chroot, "", unix.MS_BIND|unix.MS_REC, ""), unix.Chroot(u.Chroot), unix.Chdir(dir))
	}
	if u.NoNewPrivs {
		err = errors.Join(err, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	}
	return errors.Join(err, syscall.Setgroups(nil), syscall.Setgid(u.Uid), syscall.Setuid(u.Uid))
}

// machine is where octocat's steps run. Its zero value has all that a rootless
// buildkitd needs.
type machine struct {
	subuid, subgid string // of the files of these names; default octocatIDs
	path           string // default all that a user has
	noNewPrivs     bool
	chroot         bool
	over           []over
}

// as makes a step octocat's on that machine. The step's files are under home,
// and the tools are mounted there, too: the way to where they are may be closed
// to others.
func (m machine) as(t *testing.T, home string) func(*exec.Cmd, string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("becoming another user needs root")
	}
	files := map[string]string{"passwd": octocatName, "subuid": octocatIDs, "subgid": octocatIDs}
	for name, content := range map[string]string{"subuid": m.subuid, "subgid": m.subgid} {
		if content != "" {
			files[name] = content
		}
	}
	u := account{Uid: octocat, NoNewPrivs: m.noNewPrivs, Over: slices.Clone(m.over)}
	return func(cmd *exec.Cmd, work string) {
		tools := filepath.Join(work, "tools")
		u.Over = append(u.Over, over{tools, filepath.Dir(testenv.Tool(t, "rootlesskit"))})
		for name, content := range files {
			mustWrite(t, filepath.Join(work, name), []byte(content))
			u.Over = append(u.Over, over{filepath.Join("/etc", name), filepath.Join(work, name)})
		}
		if m.chroot {
			u.Chroot = filepath.Join(work, "root")
		}
		encoded, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		program, err := exec.LookPath(becomeUserCommand)
		if err := errors.Join(err, os.Mkdir(tools, 0o755), os.Mkdir(filepath.Join(work, "root"), 0o755), os.Chmod(work, 0o755), os.Chown(home, octocat, octocat)); err != nil {
			t.Fatal(err)
		}
		path := tools + ":/usr/sbin:/usr/bin:/sbin:/bin"
		if m.path != "" {
			path = strings.ReplaceAll(m.path, "TOOLS", tools)
		}
		cmd.Args = append([]string{program, string(encoded), cmd.Path}, cmd.Args[1:]...)
		cmd.Path = program
		cmd.Env = append(cmd.Env, "PATH="+path, "HOME="+home, "TMPDIR="+home, "USER=octocat")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
}
