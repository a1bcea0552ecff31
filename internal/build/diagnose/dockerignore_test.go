package diagnose

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway-build/slipway/internal/plan"
)

func TestIgnoredPattern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		patterns ignored
		file     string
		want     string
	}{
		{nil, "a.txt", ""},
		{ignored{"*.md"}, "a.txt", ""},
		{ignored{"*.txt"}, "a.txt", "*.txt"},
		{ignored{"*.txt"}, "sub/a.txt", ""},
		{ignored{"**/*.txt"}, "sub/a.txt", "**/*.txt"},
		{ignored{"sub"}, "sub/deep/a.txt", "sub"},
		{ignored{"*", "!a.txt"}, "a.txt", ""},
		{ignored{"*", "!a.txt"}, "b.txt", "*"},
		{ignored{"*", "!a.txt", "a.*"}, "a.txt", "a.*"},
		{ignored{"sub", "!sub/keep"}, "sub/keep/a.txt", ""},
		{ignored{"a.txt", "*.txt"}, "a.txt", "*.txt"},
		{ignored{"[", "*.txt"}, "a.txt", "*.txt"},
	} {
		if got := c.patterns.pattern(c.file); got != c.want {
			t.Errorf("%q leave %s out by %q, want %q", c.patterns, c.file, got, c.want)
		}
	}
}

func TestSimilarFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, file := range []string{"Package.json", "src/main.go", "src/other/tool.go", "out/main.go", ".git/main.go", "a b/new\nline.txt"} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(".", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	for missing, want := range map[string][]string{
		"package.json":   {"Package.json"},
		"main.go":        {"src/main.go"},
		"src/mian.go":    {"src/main.go"},
		"scr/main.go":    {"src/main.go"},
		"new\nline.txt":  {"a b/new\nline.txt"},
		"nothing/at/all": nil,
	} {
		if got := similarFiles(dir, missing, ignored{"out"}); !slices.Equal(got, want) {
			t.Errorf("for %q it finds %q, want %q", missing, got, want)
		}
	}
}

// A .dockerignore is a stranger's: a link must not show what it leads to, a pipe
// must not be waited for, and a large one not take long.
func TestReadIgnoredOfAStranger(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, "dir%d/**/*.txt\n", i)
	}
	for name, prepare := range map[string]func(at string) error{
		"a link":    func(at string) error { return os.Symlink(secret, at) },
		"a pipe":    func(at string) error { return syscall.Mkfifo(at, 0o644) },
		"a dir":     func(at string) error { return os.Mkdir(at, 0o755) },
		"nothing":   func(string) error { return nil },
		"thousands": func(at string) error { return os.WriteFile(at, []byte(many.String()), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(secret, []byte("*.txt\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := prepare(filepath.Join(dir, ".dockerignore")); err != nil {
				t.Fatal(err)
			}
			patterns, from := readIgnored(dir, filepath.Join(dir, "Dockerfile"))
			if got := patterns.pattern("a.txt"); got != "" || from != ".dockerignore" || len(patterns) > maxPatterns {
				t.Errorf("%s, of %d patterns, leaves a.txt out by %q", from, len(patterns), got)
			}
		})
	}
}

// Names of files, stages and patterns are a stranger's.
func TestSuggestionsObeyNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const evil = "\x1b[2J\n::error::x"
	if err := os.MkdirAll(filepath.Join(dir, evil), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(dir, evil, "app.txt"), filepath.Join(dir, evil, "out")} {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".dockerignore"), []byte("**/out\x1b\n**/out\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := plan.Build{Context: dir, Dockerfile: filepath.Join(dir, "Dockerfile")}
	for missing, want := range map[string]string{"/app.txt": `app.txt"? Paths start from`, "/" + evil + "/out": "leaves it out with the line **/out"} {
		got := suggestSource(missing, instruction{}, p)
		if !strings.Contains(got, want) || strings.ContainsAny(got, "\x1b\n") {
			t.Errorf("for %q it suggests %q", missing, got)
		}
	}
	if got := listStages([]string{"build", evil}); strings.ContainsAny(got, "\x1b\n") || !strings.Contains(got, "build") {
		t.Errorf("the stages are %q", got)
	}
}
