// Package run is the walk of one run, from its environment to a published image. It
// calls each stage in turn and holds no rule of its own.
package run

import (
	"context"
	"errors"
	"time"

	"github.com/slipway-build/slipway/internal/facts"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/progress"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
	"github.com/slipway-build/slipway/internal/report"
)

// Options is what the process gives to a run.
type Options struct {
	Lookup     func(name string) (string, bool) // reads the environment
	Given      []string                         // names of the variables that Lookup knows
	Workspace  string                           // absolute, without symbolic links
	Executable string                           // this program
	Report     *report.Reporter
	Style      func(log *report.Held) progress.Style // how a build is shown
}

func (o Options) get(name string) string {
	value, _ := o.Lookup(name)
	return value
}

// Run is what is known of a run before anything is made.
type Run struct {
	options Options
	started time.Time
	report  *report.Reporter

	in     inputs.Inputs
	source facts.Source
	facts  plan.Facts
	plan   plan.Plan
	docker *dockerconfig.Config

	registries *registry.Client
	publisher  *publish.Publisher
	images     images // the publisher
	maker      maker
	history    *pending.Question[history]
	visibility *visibility
}

// Walk does all that a run does. What it learns goes from one line to the next: what
// is to be done, who may do it, what was made, which tags move, where the image is,
// and what was published.
func Walk(ctx context.Context, o Options) error {
	r, err := decide(ctx, o)
	if err != nil {
		return err
	}
	return r.walk(ctx)
}

func (r *Run) walk(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is still asked for
	access := r.ask(ctx)
	previous := r.lookBack(ctx, access)
	made, err := r.maker.make(ctx, access)
	defer func() { r.end(ctx, made) }()
	kept := r.keepRecord(made)
	defer func() { err = errors.Join(err, kept) }()
	if err != nil {
		return err
	}
	moving, err := r.settle(ctx, made, access, previous)
	if err != nil {
		return err
	}
	defer moving.end()
	placed, err := r.place(ctx, made, moving)
	if err != nil {
		return err
	}
	tagged, err := r.tag(ctx, made, moving, placed)
	if err != nil {
		return err
	}
	return r.tell(ctx, made, moving, tagged)
}

// end gives back what the maker holds, and says last what BuildKit's checks have
// found.
func (r *Run) end(ctx context.Context, made Made) {
	if made.close != nil {
		if err := made.close(ctx); err != nil {
			r.report.Warning("", 0, err.Error())
		}
	}
	r.warnOfConfig()
	r.report.Checks(made.Checks)
}
