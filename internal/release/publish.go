package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/google/go-containerregistry/pkg/name"
)

// repository is the checkout, and the login for its origin.
type repository struct {
	*git.Repository
	login transport.AuthMethod
}

func open(token string) (repository, error) {
	repo, err := git.PlainOpen(".")
	if err != nil {
		return repository{}, fmt.Errorf("opening the checkout: %w", err)
	}
	opened := repository{Repository: repo}
	if token != "" {
		opened.login = &http.BasicAuth{Username: "x-access-token", Password: token}
	}
	return opened, nil
}

// tags returns those of origin, which a shallow checkout does not have.
func (r repository) tags(ctx context.Context) (map[string]plumbing.Hash, error) {
	origin, err := r.Remote(git.DefaultRemoteName)
	if err != nil {
		return nil, fmt.Errorf("listing the tags: %w", err)
	}
	refs, err := origin.ListContext(ctx, &git.ListOptions{Auth: r.login})
	if err != nil {
		return nil, fmt.Errorf("listing origin's tags: %w", err)
	}
	tags := map[string]plumbing.Hash{}
	for _, ref := range refs {
		if ref.Name().IsTag() {
			tags[ref.Name().Short()] = ref.Hash()
		}
	}
	return tags, nil
}

// publish makes the release's commit on top of the order's, and pushes its tag
// and, if it is the newest of its major number, that one's, both or neither. To do
// it twice changes nothing: the commit is made of the order and the image alone.
func publish(ctx context.Context, o order, image name.Digest, token string, out io.Writer) error {
	repo, err := open(token)
	if err != nil {
		return err
	}
	tags, err := repo.tags(ctx)
	if err != nil {
		return err
	}
	released, err := repo.commit(o, image)
	if err != nil {
		return err
	}
	if at, ok := tags[o.tag()]; ok && at != released {
		return fmt.Errorf("tagging %s: it is released already, as commit %s; a version is released once", o.tag(), at)
	}
	names := []string{o.tag()}
	if o.movesMajor(tags) {
		names = append(names, o.major())
	}
	push := &git.PushOptions{Auth: repo.login, Atomic: true}
	for _, tag := range names {
		ref := plumbing.NewTagReferenceName(tag)
		if err := repo.Storer.SetReference(plumbing.NewHashReference(ref, released)); err != nil {
			return fmt.Errorf("tagging %s: %w", tag, err)
		}
		force := ""
		if tag == o.major() {
			force = "+"
		}
		push.RefSpecs = append(push.RefSpecs, config.RefSpec(force+ref.String()+":"+ref.String()))
	}
	if err := repo.PushContext(ctx, push); err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
		return fmt.Errorf("pushing the tags %v: %w", names, err)
	}
	_, err = fmt.Fprintln(out, "released", released, "as", names)
	return err
}

// commit stores the commit of the release: the order's files, but for action.yml.
// Its time is the order's.
func (r repository) commit(o order, image name.Digest) (plumbing.Hash, error) {
	head, err := r.Head()
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("reading the order's commit: %w", err)
	}
	parent, err := r.CommitObject(head.Hash())
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("reading the order's commit: %w", err)
	}
	tree, err := r.pinnedTree(parent, image)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	by := object.Signature{
		Name:  "github-actions[bot]",
		Email: "41898282+github-actions[bot]@users.noreply.github.com",
		When:  parent.Committer.When,
	}
	return r.store(&object.Commit{
		Author: by, Committer: by, TreeHash: tree, ParentHashes: []plumbing.Hash{parent.Hash},
		Message: fmt.Sprintf("Release %s\n\nThe action runs from the image that was built of the commit before.\n", o.tag()),
	})
}

// pinnedTree stores the parent's tree with action.yml naming the image.
func (r repository) pinnedTree(parent *object.Commit, image name.Digest) (plumbing.Hash, error) {
	tree, err := parent.Tree()
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("reading the order's files: %w", err)
	}
	file, err := tree.File(actionFile)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("reading the order's %s: %w", actionFile, err)
	}
	raw, err := file.Contents()
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("reading the order's %s: %w", actionFile, err)
	}
	pinned, err := pin([]byte(raw), image)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	blob := r.Storer.NewEncodedObject()
	blob.SetType(plumbing.BlobObject)
	w, err := blob.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if _, err := w.Write(pinned); err != nil {
		return plumbing.ZeroHash, err
	}
	hash, err := r.Storer.SetEncodedObject(blob)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("storing %s: %w", actionFile, err)
	}
	entries := slices.Clone(tree.Entries)
	at := slices.IndexFunc(entries, func(e object.TreeEntry) bool { return e.Name == actionFile })
	entries[at].Hash = hash
	return r.store(&object.Tree{Entries: entries})
}

func (r repository) store(o interface {
	Encode(plumbing.EncodedObject) error
},
) (plumbing.Hash, error) {
	encoded := r.Storer.NewEncodedObject()
	if err := o.Encode(encoded); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("encoding a git object: %w", err)
	}
	hash, err := r.Storer.SetEncodedObject(encoded)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("storing a git object: %w", err)
	}
	return hash, nil
}
