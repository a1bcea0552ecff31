package inputs

import (
	"errors"
	"fmt"
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

// resolve follows a path of the workflow to a file or directory. Unless it may
// leave the workspace, it must end inside, links followed: a link in a stranger's
// pull request must not send the runner's files to the builder. Nothing in /proc
// is ever meant: it holds this process's environment.
func (p *parser) resolve(path string, mayLeave bool) (string, error) {
	path = p.absolute(path)
	workspace, err := filepath.EvalSymlinks(p.env.Workspace)
	if err != nil {
		return "", fmt.Errorf("the workspace %s cannot be read: %v", p.env.Workspace, err) //nolint:errorlint // it is not the path that is missing
	}
	followed, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	if err != nil {
		return "", err
	}
	if within(followed, "/proc") || !mayLeave && !within(followed, workspace) {
		return "", fmt.Errorf("it is %s, outside the workspace %s", followed, workspace)
	}
	return followed, nil
}

// resolveFile is resolve for a file to read.
func (p *parser) resolveFile(path string, mayLeave bool) (string, error) {
	followed, err := p.resolve(path, mayLeave)
	if err != nil {
		return "", err
	}
	return followed, isFile(followed)
}

// resolveNew is resolve for a directory that may not be there yet: then what is
// there of its path must be inside the workspace.
func (p *parser) resolveNew(path string) (string, error) {
	existing, rest := p.absolute(path), ""
	for {
		followed, err := p.resolve(existing, false)
		if err == nil {
			err = directory(followed)
		}
		switch _, link := os.Lstat(existing); {
		case err == nil:
			return filepath.Join(followed, rest), nil
		case !errors.Is(err, fs.ErrNotExist) || existing == "/":
			return "", err
		case link == nil:
			return "", fmt.Errorf("%s is a link to nothing", existing)
		}
		existing, rest = filepath.Dir(existing), filepath.Join(filepath.Base(existing), rest)
	}
}

// within tells whether a clean path is dir or below it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// context returns the build context, a directory inside the workspace.
func (p *parser) context(input string) string {
	const accepts = acceptsContext
	written := p.text(input)
	followed, err := p.resolve(written, false)
	if err == nil {
		err = directory(followed)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.problems.add(input, accepts, "%q: there is no %s", written, p.absolute(written))
		return ""
	case err != nil:
		p.problems.add(input, accepts, "%q cannot be read: %v", written, err)
		return ""
	}
	return followed
}

func directory(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return errors.New("it is not a directory")
	}
	return nil
}

// dockerfile returns the Dockerfile: by default the one at the top of the
// context, else a path relative to the workspace, as docker build reads it. An
// empty context has been reported already.
func (p *parser) dockerfile(input, context string) string {
	const accepts = "the path of a Dockerfile, relative to the workspace; without it, Dockerfile in the context"
	written := p.text(input)
	if written == "" && context == "" {
		return ""
	}
	path := p.absolute(written)
	if written == "" {
		path = filepath.Join(context, "Dockerfile")
	}
	path = orLowerCase(path)
	// An absolute path was meant by the workflow's author, wherever it leads.
	followed, err := p.resolveFile(path, filepath.IsAbs(written))
	if errors.Is(err, fs.ErrNotExist) {
		p.problems.add(input, accepts, "there is no Dockerfile at %s%s", path, alternatives(path))
		return ""
	}
	if err != nil {
		p.problems.add(input, accepts, "the Dockerfile cannot be read: %v", err)
		return ""
	}
	if leaves(path) {
		p.problems.add(input, accepts, "%s is a link to %s, and BuildKit follows no link out of the directory of the Dockerfile; set the input file to that path, or put a copy in place of the link", path, followed)
		return ""
	}
	return path
}

// orLowerCase returns dockerfile for a Dockerfile that is not there, as docker buildx
// build does.
func orLowerCase(path string) string {
	if _, err := os.Lstat(path); filepath.Base(path) != "Dockerfile" || !errors.Is(err, fs.ErrNotExist) {
		return path
	}
	lower := filepath.Join(filepath.Dir(path), "dockerfile")
	if _, err := os.Lstat(lower); err != nil {
		return path
	}
	return lower
}

// leaves tells whether a file is a link that leads out of its directory, or is
// absolute, which BuildKit takes for a path inside of it.
func leaves(path string) bool {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer dir.Close()
	_, err = dir.Stat(filepath.Base(path))
	return err != nil
}

// isFile says why a path is not a file that can simply be read: opening a named
// pipe would wait for its writer.
func isFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
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
