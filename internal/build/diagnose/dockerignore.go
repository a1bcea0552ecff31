package diagnose

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/slipway-build/slipway/internal/regular"
	"github.com/slipway-build/slipway/internal/spelling"
)

const (
	maxIgnoreFile = 1 << 20 // bytes of a .dockerignore that are read
	maxDockerfile = 4 << 20 // of a Dockerfile that is looked into for advice
	maxPatterns   = 1_000   // of it that are matched, each by a regular expression
	maxSearched   = 20_000  // files that are looked at for one that was meant
	maxSimilar    = 3       // that are named
)

// ignored are the patterns of a .dockerignore.
type ignored []string

// readIgnored returns the patterns for a context, and the name of the file that has
// them: the one beside the Dockerfile with its name, else the context's own, as
// BuildKit reads them. What cannot be read has none.
func readIgnored(dir, dockerfile string) (ignored, string) {
	own := filepath.Base(dockerfile) + ".dockerignore"
	if patterns, there := readPatterns(filepath.Dir(dockerfile), own); there {
		return patterns, own
	}
	patterns, _ := readPatterns(dir, ".dockerignore")
	return patterns, ".dockerignore"
}

// readPatterns never leaves the directory: a link could lead to any file of the
// runner.
func readPatterns(dir, name string) (patterns ignored, there bool) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, false
	}
	defer root.Close()
	file, err := regular.OpenIn(root, name)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	patterns, err = ignorefile.ReadAll(io.LimitReader(file, maxIgnoreFile))
	if len(patterns) > maxPatterns {
		return nil, true // some of them alone would say what is not so
	}
	return patterns, err == nil
}

// pattern returns the one that leaves a path out, or "": the last that matches
// decides.
func (i ignored) pattern(file string) string {
	found := ""
	for _, pattern := range i {
		path, exception := strings.CutPrefix(pattern, "!")
		matcher, err := patternmatcher.New([]string{path})
		if err != nil {
			continue
		}
		if matches, err := matcher.MatchesOrParentMatches(file); err != nil || !matches {
			continue
		}
		if found = pattern; exception {
			found = ""
		}
	}
	return found
}

// similarFiles returns paths in a directory that were perhaps meant by one that is
// not there: the same name elsewhere, or nearly the same.
func similarFiles(dir, missing string, out ignored) []string {
	var similar []string
	seen := 0
	matcher, err := patternmatcher.New(out)
	if err != nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error { // what cannot be read is not meant
		if seen++; seen > maxSearched || len(similar) == maxSimilar {
			return fs.SkipAll
		}
		if err != nil || at == dir {
			return nil //nolint:nilerr // another file may be it
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return fs.SkipDir
		}
		file := strings.TrimPrefix(strings.TrimPrefix(at, dir), "/")
		if !isSimilar(file, missing) {
			return nil
		}
		if leftOut, err := matcher.MatchesOrParentMatches(file); err == nil && !leftOut {
			similar = append(similar, file)
		}
		return nil
	})
	return similar
}

func isSimilar(file, missing string) bool {
	return path.Base(file) == path.Base(missing) || path.Dir(file) == path.Dir(missing) && spelling.Near(path.Base(file), path.Base(missing)) || spelling.Near(file, missing)
}
