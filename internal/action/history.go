package action

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
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

	mu      sync.Mutex
	known   metadata.Known
	unknown plan.Unlearnt
}

func newHistory(r run, publisher *publish.Publisher) *history {
	return &history{run: r, publisher: publisher, done: make(chan struct{}), known: metadata.Known{Contains: map[string]string{}, Versions: map[string]string{}}}
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

// end returns what has been learnt, and what becomes of tags of which it is not
// known what they follow. Which commit the branch has is asked now, as late as it
// can be, and only where a tag would go to an older one.
func (h *history) end(ctx context.Context) (metadata.Known, []string) {
	h.begin(ctx)
	select {
	case <-h.done:
	case <-ctx.Done(): // nothing moves any more
		return metadata.Known{}, nil
	}
	if h.run.plan.Publish.GoesBack(h.known) {
		head, err := h.run.source.Head(ctx, h.run.facts, h.run.facts.Tip())
		h.known.SetBack, h.unknown.Head = head != "" && head == h.run.facts.Revision(), err
	}
	return h.known, h.run.plan.Doubts(h.run.facts, h.known, h.unknown)
}

func (h *history) learn(ctx context.Context) {
	versions, branches := h.run.plan.Publish.Follows()
	var group sync.WaitGroup
	if versions {
		group.Go(func() { h.askRegistry(ctx) })
		group.Go(func() { h.askGitHub(ctx) })
	}
	for _, tag := range branches {
		group.Go(func() { h.askCommit(ctx, tag) })
	}
	group.Wait()
	for _, tag := range h.run.plan.Publish.Contested(h.known) {
		group.Go(func() { h.askCommit(ctx, tag) })
	}
	group.Wait()
}

func (h *history) askRegistry(ctx context.Context) {
	published, err := h.publisher.Tags(ctx, h.run.plan.Build.Repositories()[0])
	if err == nil && published == nil {
		published = []string{} // known to be none
	}
	h.note(&h.unknown.Versions, err, func() { h.known.Published = published })
}

func (h *history) askGitHub(ctx context.Context) {
	tags, err := h.run.source.Tags(ctx, h.run.facts)
	h.note(&h.unknown.Versions, err, func() { h.known.Git = tags })
}

// askCommit looks whether the image under a tag was made of a commit that
// contains this run's, and is another.
func (h *history) askCommit(ctx context.Context, tag name.Tag) {
	ours, named := h.run.facts.Revision(), h.run.plan.Publish.Named(tag)
	made, err := h.publisher.Made(ctx, tag)
	if err != nil || made.Commit == "" || made.Commit == ours {
		h.note(&h.unknown.Commits, err, func() {})
		return
	}
	contains, err := h.run.source.Contains(ctx, h.run.facts, made.Commit, ours)
	h.note(&h.unknown.Commits, err, func() {
		if contains {
			h.known.Contains[named], h.known.Versions[named] = made.Commit, made.Version
		}
	})
}

// note keeps an answer, or why there is none.
func (h *history) note(unknown *error, err error, keep func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		*unknown = errors.Join(*unknown, err)
		return
	}
	keep()
}
