package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// site is a workspace as a workflow has it after checking out, and the registry
// that it publishes to and has its base image from.
type site struct {
	name     string // of the repository
	dir      string // workspace
	event    string // file with the event
	commit   string // that is checked out
	registry string // host:port
}

// site makes a repository with the files and, where they have none, a Dockerfile
// that uses them.
func (b *bench) site(name, registry string, files map[string]string) *site {
	s := &site{name: name, registry: registry, dir: b.TempDir()}
	base := b.base(registry)
	write := func(path, text string) {
		path = filepath.Join(s.dir, path)
		b.check("making a workspace", os.MkdirAll(filepath.Dir(path), 0o755))
		b.check("making a workspace", os.WriteFile(path, []byte(text), 0o644))
	}
	write(".dockerignore", ".git\n")
	write("Dockerfile", fmt.Sprintf("FROM %s\nRUN echo built >/built\nCOPY . /src\n", base))
	for path, text := range files {
		write(path, text)
	}
	b.commit(s)

	s.event = filepath.Join(b.TempDir(), "event.json")
	event, err := json.Marshal(map[string]any{"ref": "refs/heads/main", "head_commit": map[string]string{"id": s.commit}, "repository": map[string]string{"default_branch": "main"}})
	b.check("encoding the event", err)
	b.check("writing the event", os.WriteFile(s.event, event, 0o600))
	return s
}

// base names the base image by the registry's own host, which for a proxy is
// not the host that it was pushed to.
func (b *bench) base(registry string) name.Reference {
	base, err := name.ParseReference(registry + "/" + b.busybox.Context().RepositoryStr() + ":" + b.busybox.Identifier())
	b.check("naming the base image", err)
	return base
}

// commit makes the workspace a git checkout with everything in one pack, as
// actions/checkout leaves it.
func (b *bench) commit(s *site) {
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "--all"},
		{"-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "--quiet", "--message=bench"},
		{"repack", "-a", "-d", "--quiet"},
	} {
		b.git(s, args...)
	}
	s.commit = b.git(s, "rev-parse", "HEAD")
}

func (b *bench) git(s *site, args ...string) string {
	cmd := exec.CommandContext(b.ctx, "git", args...)
	cmd.Dir = s.dir
	cmd.Env = append(b.plainEnv(), "GIT_CONFIG_NOSYSTEM=1")
	output, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("running git %s: %w\n%s", args[0], err, output)
	}
	return strings.TrimSpace(string(output))
}

// manyFiles are files of some fifty bytes in 200 directories.
func manyFiles(count int) map[string]string {
	files := map[string]string{}
	for i := range count {
		files[fmt.Sprintf("lib/%03d/%05d.txt", i%200, i)] = fmt.Sprintf("This is file %d of a context with many files.\n", i)
	}
	return files
}
