package run

import (
	"context"
	"errors"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// history is what is known, when the tags move, of the versions and commits that
// they follow. It is learnt while the image is pushed: as late as it can be without
// anybody waiting, because another run may move them meanwhile.
type history struct {
	known   metadata.Known
	unknown plan.Unlearnt
}

// learner takes down the answers, which come at the same time.
type learner struct {
	run *Run
	mu  sync.Mutex
	history
}

// learnHistory asks the registry and GitHub. Nothing is asked for tags that follow
// nothing. What is not known in time is as good as unknown, and no error.
func (r *Run) learnHistory(ctx context.Context) (history, error) {
	l := &learner{run: r, history: history{known: metadata.Known{Contains: map[string]string{}, Versions: map[string]string{}}}}
	versions, branches := r.plan.Publish.Follows()
	var group sync.WaitGroup
	if versions {
		group.Go(func() { l.askRegistry(ctx) })
		group.Go(func() { l.askGitHub(ctx) })
	}
	for _, tag := range branches {
		group.Go(func() { l.askCommit(ctx, tag) })
	}
	group.Wait()
	for _, tag := range r.plan.Publish.Contested(l.known) {
		group.Go(func() { l.askCommit(ctx, tag) })
	}
	group.Wait()
	return l.history, nil
}

func (l *learner) askRegistry(ctx context.Context) {
	published, err := l.run.publisher.Tags(ctx, l.run.plan.Build.Repositories()[0])
	if err == nil && published == nil {
		published = []string{} // known to be none
	}
	l.note(&l.unknown.Versions, err, func() { l.known.Published = published })
}

func (l *learner) askGitHub(ctx context.Context) {
	tags, err := l.run.source.Tags(ctx, l.run.facts)
	l.note(&l.unknown.Versions, err, func() { l.known.Git = tags })
}

// askCommit looks whether the image under a tag was made of a commit that
// contains this run's, and is another.
func (l *learner) askCommit(ctx context.Context, tag name.Tag) {
	ours, named := l.run.facts.Revision(), l.run.plan.Publish.Named(tag)
	made, err := l.run.publisher.Made(ctx, tag)
	if err != nil || made.Commit == "" || made.Commit == ours {
		l.note(&l.unknown.Commits, err, func() {})
		return
	}
	contains, err := l.run.source.Contains(ctx, l.run.facts, made.Commit, ours)
	l.note(&l.unknown.Commits, err, func() {
		if contains {
			l.known.Contains[named], l.known.Versions[named] = made.Commit, made.Version
		}
	})
}

// note keeps an answer, or why there is none.
func (l *learner) note(unknown *error, err error, keep func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		*unknown = errors.Join(*unknown, err)
		return
	}
	keep()
}
