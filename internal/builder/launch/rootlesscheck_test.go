package launch

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReasons has one thing in the way at a time, of a machine where nothing is.
func TestReasons(t *testing.T) {
	t.Parallel()
	good := findings{uid: 1000, user: "me", subuids: 65536, subgids: 65536, namespaces: 100, clone: 1}
	for title, c := range map[string]struct {
		change func(*findings)
		want   []string // what each reason starts with
	}{
		"nothing":             {func(*findings) {}, nil},
		"unknown sysctls":     {func(f *findings) { f.namespaces, f.clone = -1, -1 }, nil},
		"programs":            {func(f *findings) { f.missing = []string{"rootlesskit", "newuidmap"} }, []string{"there is no rootlesskit on PATH", "there is no newuidmap on PATH"}},
		"rights":              {func(f *findings) { f.powerless = []string{"/usr/bin/newuidmap"} }, []string{"/usr/bin/newuidmap has no right to map ids"}},
		"no_new_privs":        {func(f *findings) { f.noNewPrivs = true }, []string{"this process runs with no_new_privs"}},
		"no_new_privs as 0":   {func(f *findings) { f.noNewPrivs, f.uid = true, 0 }, nil},
		"no name":             {func(f *findings) { f.user, f.subuids = "", 0 }, []string{"the user 1000 is not in /etc/passwd"}},
		"no ids":              {func(f *findings) { f.subuids, f.subgids = 0, 0 }, []string{"/etc/subuid has no entry for me", "/etc/subgid has no entry for me"}},
		"one id too few":      {func(f *findings) { f.subgids = 65535 }, []string{"/etc/subgid gives me 65535 ids, and images need 65536"}},
		"no namespaces":       {func(f *findings) { f.namespaces, f.unshare = 0, errors.New("no space left") }, []string{"the sysctl user.max_user_namespaces is 0"}},
		"Debian's sysctl":     {func(f *findings) { f.clone, f.unshare = 0, errors.New("not permitted") }, []string{"the sysctl kernel.unprivileged_userns_clone is 0"}},
		"a seccomp profile":   {func(f *findings) { f.unshare = errors.New("not permitted") }, []string{"this process may make no user namespace: not permitted"}},
		"AppArmor":            {func(f *findings) { f.apparmor = errors.New("denied") }, []string{"the sysctl kernel.apparmor_restrict_unprivileged_userns is 1, and no AppArmor profile lets rootlesskit do it: denied"}},
		"a container's /proc": {func(f *findings) { f.covered = []string{"/proc/acpi", "/proc/keys"} }, []string{"steps can have no /proc of their own, because parts of ours are covered as in a container, /proc/acpi for one"}},
		"all at once": {
			func(f *findings) {
				*f = findings{missing: []string{"rootlesskit"}, powerless: []string{"/newuidmap"}, uid: 1000, user: "me", noNewPrivs: true, apparmor: errors.New("denied"), covered: []string{"/proc/acpi"}}
			},
			[]string{"there is no rootlesskit", "/newuidmap has", "this process runs with", "/etc/subuid has", "/etc/subgid has", "the sysctl user.max_user_namespaces", "the sysctl kernel.apparmor", "steps can have"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := good
			c.change(&f)
			got := f.reasons()
			if len(got) != len(c.want) {
				t.Fatalf("reasons() = %q, want %d: %q", got, len(c.want), c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("reasons()[%d] = %q, want %q", i, got[i], want)
				}
			}
		})
	}
}

func TestSubordinate(t *testing.T) {
	t.Parallel()
	const file = "# who has what\n\nroot:100000:65536\nme:200000:65536\n1000:300000:10\n  me:400000:5  \nmenot:1:7\nme:1\nme:1:x\nme:1:-3\n:1:9\n"
	for owner, want := range map[string]int{"me": 65551, "root": 65546, "you": 10, "": 0} {
		if got := subordinate(file, owner, 1000); got != want {
			t.Errorf("subordinate(%q, 1000) = %d, want %d", owner, got, want)
		}
	}
	if got := subordinate("me:1:65536", "me", 1000); got != 65536 {
		t.Errorf("without an end of line it is %d, want 65536", got)
	}
}

func TestCoveredProc(t *testing.T) {
	t.Parallel()
	const host = `22 27 0:21 / /proc rw,relatime - proc proc rw
35 22 0:33 / /proc/sys/fs/binfmt_misc rw,relatime shared:16 - autofs systemd-1 rw
36 22 0:34 / /proc/fs/nfsd rw,relatime shared:17 - nfsd nfsd rw
37 27 0:35 / /process rw - tmpfs tmpfs rw
`
	const container = host + `800 799 0:60 /bus /proc/bus ro,nosuid - proc proc rw
801 799 0:61 / /proc/acpi ro,relatime - tmpfs tmpfs ro
802 799 0:61 / /proc/acpi ro,relatime - tmpfs tmpfs ro
`
	if got := coveredProc(host); len(got) > 0 {
		t.Errorf("coveredProc() of a host = %q, want nothing", got)
	}
	if diff := cmp.Diff([]string{"/proc/acpi", "/proc/bus"}, coveredProc(container)); diff != "" {
		t.Errorf("coveredProc() of a container, -want +got:\n%s", diff)
	}
}
