package launch

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/slipway-build/slipway/internal/processes"
)

// idsNeeded is how many subordinate ids a user must have: files of an image may
// belong to any id of 16 bits, and nobody's is 65534.
const idsNeeded = 65536

// findings is what decides whether this process can run buildkitd rootless.
type findings struct {
	missing          []string // programs that are not on PATH
	powerless        []string // programs that cannot get the rights they need
	uid              int
	user             string // name of the user; empty where /etc/passwd has none
	subuids, subgids int    // subordinate ids of the user
	noNewPrivs       bool
	namespaces       int      // sysctl user.max_user_namespaces
	clone            int      // sysctl kernel.unprivileged_userns_clone
	unshare          error    // what a program in a new user namespace ends with
	apparmor         error    // what rootlesskit ends with where AppArmor restricts user namespaces
	covered          []string // parts of /proc that something is mounted over
}

// reasons says everything that is in the way. It is empty where nothing is.
func (f findings) reasons() []string {
	var all []string
	for _, name := range f.missing {
		all = append(all, fmt.Sprintf("there is no %s on PATH", name))
	}
	for _, path := range f.powerless {
		all = append(all, path+" has no right to map ids: it is not setuid root, or its file system is mounted nosuid")
	}
	if f.noNewPrivs && f.uid != 0 {
		all = append(all, "this process runs with no_new_privs, which takes that right from newuidmap (Kubernetes: allowPrivilegeEscalation: false)")
	}
	all = append(all, f.idReasons()...)
	switch {
	case f.namespaces == 0:
		all = append(all, "the sysctl user.max_user_namespaces is 0")
	case f.clone == 0:
		all = append(all, "the sysctl kernel.unprivileged_userns_clone is 0")
	case f.unshare != nil:
		all = append(all, fmt.Sprintf("this process may make no user namespace: %v", f.unshare))
	}
	if f.apparmor != nil {
		all = append(all, fmt.Sprintf("the sysctl kernel.apparmor_restrict_unprivileged_userns is 1, and no AppArmor profile lets rootlesskit do it: %v", f.apparmor))
	}
	if len(f.covered) > 0 {
		all = append(all, fmt.Sprintf("steps can have no /proc of their own, because parts of ours are covered as in a container, %s for one (docker run --security-opt systempaths=unconfined and Kubernetes' procMount: Unmasked leave it open)", f.covered[0]))
	}
	return all
}

func (f findings) idReasons() []string {
	if f.user == "" {
		return []string{fmt.Sprintf("the user %d is not in /etc/passwd", f.uid)}
	}
	var all []string
	for _, file := range []struct {
		name string
		ids  int
	}{{"/etc/subuid", f.subuids}, {"/etc/subgid", f.subgids}} {
		switch {
		case file.ids == 0:
			all = append(all, fmt.Sprintf("%s has no entry for %s", file.name, f.user))
		case file.ids < idsNeeded:
			all = append(all, fmt.Sprintf("%s gives %s %d ids, and images need %d", file.name, f.user, file.ids, idsNeeded))
		}
	}
	return all
}

// look finds out. What cannot be read does not count against the process: if it
// matters, rootlesskit says so.
func (s Self) look() findings {
	f := findings{uid: os.Getuid()}
	for _, name := range []string{"rootlesskit", "newuidmap", "newgidmap"} {
		path := processes.Find(s.Lookup, []string{name})
		switch {
		case path == "":
			f.missing = append(f.missing, name)
		case name != "rootlesskit" && f.uid != 0 && !privileges(path):
			f.powerless = append(f.powerless, path)
		}
	}
	if known, err := user.LookupId(strconv.Itoa(f.uid)); err == nil {
		f.user = known.Username
	}
	f.subuids = subordinate(contentOf("/etc/subuid"), f.user, f.uid)
	f.subgids = subordinate(contentOf("/etc/subgid"), f.user, f.uid)
	noNewPrivs, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	f.noNewPrivs = err == nil && noNewPrivs == 1
	f.namespaces = sysctl("user/max_user_namespaces")
	f.clone = sysctl("kernel/unprivileged_userns_clone")
	f.covered = coveredProc(contentOf("/proc/self/mountinfo"))
	probe := exec.Command(s.Executable, InsideCommand) //nolint:noctx // it does nothing, in some milliseconds
	probe.SysProcAttr = apart(unix.CLONE_NEWUSER)
	f.unshare = probe.Run()
	return f
}

// privileges tells whether a program can have more rights than who runs it.
func privileges(path string) bool {
	var mounted unix.Statfs_t
	if err := unix.Statfs(path, &mounted); err == nil && mounted.Flags&unix.ST_NOSUID != 0 {
		return false
	}
	var file unix.Stat_t
	if err := unix.Stat(path, &file); err != nil || file.Mode&unix.S_ISUID != 0 && file.Uid == 0 {
		return true
	}
	size, err := unix.Getxattr(path, "security.capability", nil)
	return err == nil && size > 0
}

// contentOf reads a file; it is empty where it cannot be read.
func contentOf(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(content)
}

// sysctl returns a setting of the kernel, or -1 where it has no such setting.
func sysctl(name string) int {
	value, err := strconv.Atoi(strings.TrimSpace(contentOf("/proc/sys/" + name)))
	if err != nil {
		return -1
	}
	return value
}

// subordinate counts the ids that /etc/subuid or /etc/subgid gives a user, who is
// named or numbered there.
func subordinate(file, name string, uid int) int {
	total := 0
	for line := range strings.Lines(file) {
		fields := strings.Split(strings.TrimSpace(line), ":") // owner, first, how many
		if len(fields) != 3 || name == "" || fields[0] != name && fields[0] != strconv.Itoa(uid) {
			continue
		}
		if count, err := strconv.Atoi(fields[2]); err == nil && count > 0 {
			total += count
		}
	}
	return total
}

// coveredProc lists what is mounted over files of /proc, out of mountinfo. The
// kernel lets nobody without privilege mount a /proc that would uncover them; two
// directories are there to be mounted over and hide nothing.
func coveredProc(mountinfo string) []string {
	var covered []string
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !strings.HasPrefix(fields[4], "/proc/") {
			continue
		}
		switch fields[4] {
		case "/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd":
		default:
			covered = append(covered, fields[4])
		}
	}
	slices.Sort(covered)
	return slices.Compact(covered)
}
