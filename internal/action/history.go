package action

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/publish"
)

// learnWithin is how long the registry and GitHub are asked about other versions
// and commits. What is not known then is as good as unknown.
const learnWithin = 10 * time.Second

// history learns, while the image is pushed, of the versions and commits that the
// tags follow: as late as it can be without anybody waiting, because another run
// may move them meanwhile.
type history struct {
	run       run
	publisher *publish.Publisher

	once sync.Once
	done chan struct{}

	mu       sync.Mutex
	known    metadata.Known
	unknown  []error // what could not be learnt
	versions bool    // are asked for
}

func newHistory(r run, publisher *publish.Publisher) *history {
	return &history{run: r, publisher: publisher, done: make(chan struct{}), known: metadata.Known{Contains: map[string]string{}}}
}

// begin starts to ask, and returns at once. Nothing is asked for tags that follow
// nothing, and nothing twice.
func (h *history) begin(ctx context.Context) {
	h.once.Do(func() {
		go func() {
			defer close(h.done)
			ctx, cancel := context.WithTimeout(ctx, learnWithin)
			defer cancel()
			h.learn(ctx)
		}()
	})
}

// end returns what has been learnt, and why there is no more.
func (h *history) end(ctx context.Context) (metadata.Known, []string) {
	h.begin(ctx)
	select {
	case <-h.done:
	case <-ctx.Done(): // nothing moves any more
		return metadata.Known{}, nil
	}
	var notices []string
	switch {
	case h.versions && h.known.Published == nil && h.known.Git == nil:
		notices = append(notices, fmt.Sprintf("it is not known which versions of %s there are: tags such as latest move as if there were no newer one\n%v", h.run.plan.Build.Repositories()[0], errors.Join(h.unknown...)))
	case !h.versions && len(h.unknown) > 0 && h.run.facts.Actions:
		notices = append(notices, fmt.Sprintf("it is not known whether a newer commit has the tag already: it moves as if there were none\n%v", errors.Join(h.unknown...)))
	}
	return h.known, notices
}

func (h *history) learn(ctx context.Context) {
	versions, branches := h.run.plan.Publish.Follows()
	h.versions = versions
	var group sync.WaitGroup
	if versions {
		group.Go(func() { h.askRegistry(ctx) })
		group.Go(func() { h.askGitHub(ctx) })
	}
	for _, tag := range branches {
		group.Go(func() { h.askBranch(ctx, tag) })
	}
	group.Wait()
}

func (h *history) askRegistry(ctx context.Context) {
	published, err := h.publisher.Tags(ctx, h.run.plan.Build.Repositories()[0])
	if err == nil && published == nil {
		published = []string{} // known to be none
	}
	h.note(err, func() { h.known.Published = published })
}

func (h *history) askGitHub(ctx context.Context) {
	tags, err := h.run.source.Tags(ctx, h.run.facts)
	h.note(err, func() { h.known.Git = tags })
}

// askBranch looks whether the image under a tag was made of a commit that
// contains this run's, and is another.
func (h *history) askBranch(ctx context.Context, tag name.Tag) {
	ours := h.run.facts.Revision()
	commit, err := h.publisher.Revision(ctx, tag)
	if err != nil || commit == "" || commit == ours {
		h.note(err, func() {})
		return
	}
	contains, err := h.run.source.Contains(ctx, h.run.facts, commit, ours)
	h.note(err, func() {
		if contains {
			h.known.Contains[tag.TagStr()] = commit
		}
	})
}

// note keeps an answer, or why there is none.
func (h *history) note(err error, keep func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.unknown = append(h.unknown, err)
		return
	}
	keep()
}
