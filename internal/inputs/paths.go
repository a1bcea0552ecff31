package inputs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// absolute resolves a path of the workflow against the workspace.
func (p *parser) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(p.env.Workspace, path)
}

// context returns the build context, a directory inside the workspace. Links
// are followed before that is judged: a link in a stranger's pull request must
// not send the runner's files to the builder.
func (p *parser) context(input string) string {
	const accepts = "a directory inside the workspace, relative to it"
	written := p.text(input)
	dir := p.absolute(written)
	followed, err := filepath.EvalSymlinks(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.problems.add(input, accepts, "%q: there is no %s", written, dir)
		return ""
	case err != nil:
		p.problems.add(input, accepts, "%q cannot be read: %v", written, err)
		return ""
	}
	workspace, err := filepath.EvalSymlinks(p.env.Workspace)
	if err != nil {
		p.problems.add(input, accepts, "the workspace %s cannot be read: %v", p.env.Workspace, err)
		return ""
	}
	if rel, err := filepath.Rel(workspace, followed); err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		p.problems.add(input, accepts, "%q is %s, outside the workspace %s", written, followed, workspace)
		return ""
	}
	if info, err := os.Stat(followed); err != nil || !info.IsDir() {
		p.problems.add(input, accepts, "%q is not a directory", written)
		return ""
	}
	return followed
}

// dockerfile returns the Dockerfile: by default the one at the top of the
// context, else a path relative to the workspace, as docker build reads it. An
// empty context has been reported already.
func (p *parser) dockerfile(input, context string) string {
	const accepts = "the path of a Dockerfile, relative to the workspace; without it, Dockerfile in the context"
	written := p.text(input)
	path := p.absolute(written)
	if written == "" {
		if context == "" {
			return ""
		}
		path = filepath.Join(context, "Dockerfile")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.problems.add(input, accepts, "there is no Dockerfile at %s%s", path, alternatives(path))
		return ""
	case err != nil:
		p.problems.add(input, accepts, "the Dockerfile cannot be read: %v", err)
		return ""
	case info.IsDir():
		p.problems.add(input, accepts, "%s is a directory", path)
		return ""
	}
	return path
}

// alternatives names what looks like a Dockerfile in the directory where one
// was not found.
func alternatives(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var found []string
	for _, entry := range entries {
		lower := strings.ToLower(entry.Name())
		if !entry.IsDir() && (strings.Contains(lower, "dockerfile") || strings.Contains(lower, "containerfile")) && !strings.HasSuffix(lower, ".dockerignore") {
			found = append(found, entry.Name())
		}
	}
	if len(found) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(found, " or ") + "?)"
}

// copyAtMost copies up to limit bytes; reaching the end before is no error.
func copyAtMost(w io.Writer, r io.Reader, limit int64) (int64, error) {
	return io.Copy(w, io.LimitReader(r, limit))
}
