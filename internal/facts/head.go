package facts

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/slipway-build/slipway/internal/plan"
)

// checkout returns what is checked out around the context, where origin is the
// run's repository. Of a partial clone the time may be missing.
func (s Source) checkout(f plan.Facts) plan.Checkout {
	if s.Context == "" {
		return plan.Checkout{}
	}
	repo, err := outside(s.Context)
	if err != nil || !isOrigin(repo, f) {
		return plan.Checkout{}
	}
	head, err := repo.Head()
	if err != nil {
		return plan.Checkout{}
	}
	at := plan.Checkout{Commit: plan.Commit{SHA: head.Hash().String()}}
	if head.Name().IsBranch() {
		at.Branch = head.Name().Short()
	}
	if object, err := repo.CommitObject(head.Hash()); err == nil {
		at.Time = object.Committer.When
		at.Merge = len(object.ParentHashes) > 1 && slices.Contains(object.ParentHashes, plumbing.NewHash(f.Pull.HeadSHA))
	}
	return at
}

// outside opens the checkout around a directory that is no submodule: a
// submodule's commit is a part of the commit of the checkout around it.
func outside(dir string) (*git.Repository, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	for {
		of, err := gitDir(dir)
		if err != nil {
			return nil, err
		}
		_, inside, _ := strings.Cut(of, "/.git/")
		if top := dir == filepath.Dir(dir); top || !strings.Contains("/"+inside, "/modules/") {
			return open(dir)
		}
		dir = filepath.Dir(dir)
	}
}

// isOrigin tells whether a checkout is one of the run's repository.
func isOrigin(repo *git.Repository, f plan.Facts) bool {
	server, repository := origin(repo)
	ours, err := url.Parse(f.ServerURL)
	return err == nil && repository != "" && strings.EqualFold(repository, f.Repository) && strings.EqualFold(server, "https://"+ours.Hostname())
}
