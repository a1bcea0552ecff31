package facts

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/regular"
)

// maxPointer is more than a file has that names a directory, in bytes: Linux takes no
// path of more than 4096.
const maxPointer = 8 << 10

// open opens the repository around dir: a plain checkout, a worktree, or a
// submodule. No git program is run, which would refuse a checkout that belongs
// to another user, as the runner's does.
func open(dir string) (*git.Repository, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	own, err := gitDir(abs)
	if err != nil {
		return nil, err
	}
	shared := own
	if raw, err := regular.Read(filepath.Join(own, "commondir"), maxPointer); err == nil { // of a worktree
		shared = inDir(own, string(raw))
	}
	files := dotgit.NewRepositoryFilesystem(onlyFiles(own), onlyFiles(shared))
	options := filesystem.Options{AlternatesFS: onlyFiles("/")} // a clone may borrow objects from anywhere
	return git.Open(lenient{filesystem.NewStorageWithOptions(files, cache.NewObjectLRUDefault(), options)}, nil)
}

// gitDir finds .git in dir or above it, and follows one that is a file.
func gitDir(dir string) (string, error) {
	for {
		path := filepath.Join(dir, git.GitDirName)
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			return path, nil
		}
		if err == nil {
			raw, err := regular.Read(path, maxPointer)
			return inDir(dir, strings.TrimPrefix(string(raw), "gitdir:")), err
		}
		if dir == filepath.Dir(dir) {
			return "", git.ErrRepositoryNotExists
		}
		dir = filepath.Dir(dir)
	}
}

func inDir(dir, path string) string {
	if path = strings.TrimSpace(path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// lenient is a repository whose configuration does not mention extensions of
// git's format that go-git refuses and that do not change what is read here:
// git sets the first in a sparse checkout.
type lenient struct{ *filesystem.Storage }

// Config returns the repository's configuration.
func (s lenient) Config() (*config.Config, error) {
	c, err := s.Storage.Config()
	if err == nil && c.Raw.HasSection("extensions") {
		for _, harmless := range []string{"worktreeConfig", "partialClone", "preciousObjects", "relativeWorktrees"} {
			c.Raw.Section("extensions").RemoveOption(harmless)
		}
	}
	return c, err
}

// readCommit returns the commit that is checked out.
func readCommit(dir string) (plan.Commit, error) {
	repo, err := open(dir)
	if err != nil {
		return plan.Commit{}, err
	}
	head, err := repo.Head()
	if err != nil {
		return plan.Commit{}, err
	}
	return commit(repo, head.Hash())
}

func commit(repo *git.Repository, hash plumbing.Hash) (plan.Commit, error) {
	object, err := repo.CommitObject(hash)
	if err != nil {
		return plan.Commit{}, err
	}
	return plan.Commit{SHA: hash.String(), Time: object.Committer.When}, nil
}

// readCheckout learns what a checkout tells: its branch, or the tag at a
// detached head, the commit, and the repository that origin names.
func readCheckout(dir string) (plan.Facts, error) {
	repo, err := open(dir)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return plan.Facts{}, nil
	}
	if err != nil {
		return plan.Facts{}, fmt.Errorf("reading the git checkout at %s: %w", dir, err)
	}
	var f plan.Facts
	f.ServerURL, f.Repository = origin(repo)
	head, err := repo.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return f, nil // no commit yet
	}
	if err != nil {
		return plan.Facts{}, fmt.Errorf("reading the head of the git checkout at %s: %w", dir, err)
	}
	f.Ref = refOf(repo, head)
	if f.Commit, err = commit(repo, head.Hash()); err != nil {
		// A partial clone may lack the object, not the name.
		f.Commit = plan.Commit{SHA: head.Hash().String()}
	}
	return f, nil
}

// refOf names what is checked out: the branch, or on a detached head a tag that
// points at it, or nothing.
func refOf(repo *git.Repository, head *plumbing.Reference) string {
	if head.Name().IsBranch() {
		return head.Name().String()
	}
	tags, err := repo.Tags()
	if err != nil {
		return ""
	}
	found := ""
	_ = tags.ForEach(func(tag *plumbing.Reference) error {
		if pointsAt(repo, tag, head.Hash()) && tag.Name().String() > found {
			found = tag.Name().String()
		}
		return nil
	})
	return found
}

// pointsAt follows an annotated tag to its commit.
func pointsAt(repo *git.Repository, tag *plumbing.Reference, hash plumbing.Hash) bool {
	if tag.Hash() == hash {
		return true
	}
	object, err := repo.TagObject(tag.Hash())
	return err == nil && object.Target == hash
}

// origin reads the server and the repository out of origin's address, in either
// of git's forms: https://host/owner/name.git and git@host:owner/name.git. A
// credential in the address is left out.
func origin(repo *git.Repository) (server, repository string) {
	remote, err := repo.Remote("origin")
	if err != nil || len(remote.Config().URLs) == 0 {
		return "", ""
	}
	return parseOrigin(remote.Config().URLs[0])
}

// What origin's address must name to be believed: it goes into labels, and may
// name the image.
var (
	hostName  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	ownerName = regexp.MustCompile(`^[\w.-]+/[\w.-]+$`)
)

func parseOrigin(address string) (server, repository string) {
	host, path := "", ""
	if strings.Contains(address, "://") {
		u, err := url.Parse(address)
		if err != nil || u.Scheme == "file" {
			return "", ""
		}
		host, path = u.Hostname(), u.Path
	} else if before, after, ok := strings.Cut(address, ":"); ok {
		host, path = before[strings.LastIndex(before, "@")+1:], after
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if !hostName.MatchString(host) || !ownerName.MatchString(path) {
		return "", ""
	}
	return "https://" + host, path
}
