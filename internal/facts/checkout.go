package facts

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/slipway-build/slipway/internal/plan"
)

// open opens the repository around dir: a plain checkout, a worktree, or a
// submodule. No git program is run, which would refuse a checkout that belongs
// to another user, as the runner's does.
func open(dir string) (*git.Repository, error) {
	return git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
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

func parseOrigin(address string) (server, repository string) {
	host, path := "", ""
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host, path = u.Hostname(), u.Path
	} else if before, after, ok := strings.Cut(address, ":"); ok && !strings.Contains(before, "/") {
		host, path = before[strings.LastIndex(before, "@")+1:], after
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if host == "" || strings.Count(path, "/") != 1 {
		return "", ""
	}
	return "https://" + host, path
}
