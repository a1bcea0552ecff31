package action

import (
	"context"
	"sync"
	"time"

	"github.com/slipway-build/slipway/internal/image"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/publish"
)

// earlierWithin is how long it is asked what a tag holds, and mostAsked of how many
// tags. It is for the summary alone.
const (
	earlierWithin = 3 * time.Second
	mostAsked     = 4
)

// earlier learns, while the image is built, what a tag held before this run: the
// first tag that is there already.
type earlier struct {
	publisher *publish.Publisher
	tags      []name.Tag

	asked *pending.Answer[struct{}] // nil where nobody asks

	mu     sync.Mutex
	moving bool // the tags move, and what one answers from now on may be new
	before before
}

// before is what a tag held.
type before struct {
	known bool     // whether there was any of the tags
	tag   name.Tag // the one there was; zero where there was none
	image image.Image
}

func newEarlier(publisher *publish.Publisher, tags []name.Tag) *earlier {
	return &earlier{publisher: publisher, tags: tags[:min(len(tags), mostAsked)]}
}

// begin asks, and returns at once.
func (e *earlier) begin(ctx context.Context) {
	if len(e.tags) == 0 {
		return
	}
	e.asked = pending.Begin(ctx, earlierWithin, func(ctx context.Context) (struct{}, error) {
		e.ask(ctx)
		return struct{}{}, nil
	})
}

func (e *earlier) ask(ctx context.Context) {
	var found before
	for _, tag := range e.tags {
		image, there, err := e.publisher.Held(ctx, tag)
		if err != nil {
			return
		}
		if there {
			found.tag, found.image = tag, image
			break
		}
	}
	if !e.keep(found) {
		return
	}
	// What is under a digest stays.
	image := e.publisher.Weigh(ctx, found.tag.Repository, found.image)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.before.image = image
}

// keep takes an answer that came in time.
func (e *earlier) keep(found before) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.moving {
		return false
	}
	e.before, e.before.known = found, true
	return true
}

// freeze is told that the tags move from now on.
func (e *earlier) freeze() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.moving = true
}

// end returns what has been learnt. It waits for sizes that are still asked for.
func (e *earlier) end(ctx context.Context) before {
	if e.asked == nil {
		return before{}
	}
	e.mu.Lock()
	known := e.before.known
	e.mu.Unlock()
	if !known {
		return before{}
	}
	if _, err := e.asked.Wait(ctx); err != nil {
		return before{}
	}
	return e.before
}
