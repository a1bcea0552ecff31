package facts

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// TestForgedObjects has a repository that stores something else under the name of
// what the commit has: git notices when it checks out, and nobody else.
func TestForgedObjects(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T, dir, name, other string){"loose": forgeLoose, "packed": forgePacked}
	for stored, forge := range stores {
		for of, name := range map[string]string{"commit": "", "tree": "^{tree}", "subtree": ":sub", "blob": ":Dockerfile"} {
			t.Run(stored+" "+of, func(t *testing.T) {
				t.Parallel()
				dir, sha := newCheckout(t)
				build(t, dir, sha, "write Dockerfile FROM evil\\n\nwrite sub/pr/Dockerfile FROM evil\\n\nadd .\ncommit -q --message=evil")
				name, other := runGit(t, dir, "rev-parse", sha+name), runGit(t, dir, "rev-parse", "HEAD"+name)
				forge(t, dir, name, other)
				write(t, filepath.Join(dir, ".git", "HEAD"), sha+"\n")
				s := byAnybody(t, sha)
				s.Build = []string{filepath.Join(dir, "sub", "pr"), filepath.Join(dir, "Dockerfile")}
				if of == "blob" {
					s.Build = s.Build[1:]
				}
				f, err := Load(t.Context(), s)
				if err != nil || f.Tree.Own || !strings.Contains(f.Tree.Why, "something else is stored as the ") || !strings.Contains(f.Tree.Why, name) {
					t.Errorf("Load: tree %+v, %v, want it to say that %s is forged", f.Tree, err, name)
				}
			})
		}
	}
}

func forgeLoose(t *testing.T, dir, name, other string) {
	t.Helper()
	file := func(name string) string { return filepath.Join(dir, ".git", "objects", name[:2], name[2:]) }
	content, err := os.ReadFile(file(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file(name)); err != nil {
		t.Fatal(err)
	}
	write(t, file(name), string(content))
}

// forgePacked has the index of a pack say that one object is where another is.
func forgePacked(t *testing.T, dir, name, other string) {
	t.Helper()
	runGit(t, dir, "repack", "-q", "-a", "-d")
	found, err := filepath.Glob(filepath.Join(dir, ".git", "objects", "pack", "*.idx"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	index := idxfile.NewMemoryIndex()
	if err := idxfile.NewDecoder(bytes.NewReader(raw)).Decode(index); err != nil {
		t.Fatal(err)
	}
	copy(offset(t, index, name), offset(t, index, other))
	var forged bytes.Buffer
	if _, err := idxfile.NewEncoder(&forged).Encode(index); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(found[0]); err != nil {
		t.Fatal(err)
	}
	write(t, found[0], forged.String())
	if content, err := os.ReadFile(found[0]); err != nil || slices.Equal(content, raw) {
		t.Fatal("the index is as it was", err)
	}
}

// offset returns where an index keeps that of an object.
func offset(t *testing.T, index *idxfile.MemoryIndex, name string) []byte {
	t.Helper()
	hash, err := hex.DecodeString(name)
	if err != nil {
		t.Fatal(err)
	}
	bucket := index.FanoutMapping[hash[0]]
	for at := 0; at < len(index.Names[bucket]); at += len(hash) {
		if bytes.Equal(index.Names[bucket][at:at+len(hash)], hash) {
			at = at / len(hash) * 4
			return index.Offset32[bucket][at : at+4]
		}
	}
	t.Fatalf("the index has no %s", name)
	return nil
}
