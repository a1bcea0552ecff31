package run

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/facts"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
	"github.com/slipway-build/slipway/internal/report"
)

// Imagined are the facts of a run that are given in place of those of the
// environment; empty ones are not.
type Imagined struct {
	Ref, Event, Repository string
}

// Plan decides as a run with these facts would. Nobody is asked over the network. The
// inputs are returned with an error, too.
func Plan(ctx context.Context, o Options, given Imagined) (inputs.Inputs, plan.Plan, error) {
	in, inputsErr := inputs.Parse(inputs.Env{Lookup: o.Lookup, Workspace: o.Workspace, Given: o.Given})
	source := facts.Source{Lookup: o.Lookup, Dir: o.Workspace, Context: in.Context, Build: in.Local(), Fetched: in.Fetched(), Now: time.Now(), Offline: true} //nolint:forbidigo // dates in tags are those of a run that begins now
	f, err := facts.Load(ctx, source)
	if err != nil {
		return in, plan.Plan{}, errors.Join(inputsErr, err)
	}
	if given.Ref+given.Event != "" {
		f.Pull, f.Upstream, f.Checkout, f.BaseRef, f.Schedule, f.Commented, f.Prerelease = plan.Pull{}, plan.Upstream{}, plan.Checkout{}, "", "", 0, false // of another run
		f.Tree = plan.Tree{Own: true}                                                                                                                      // as that would check it out
	}
	if given.Repository != "" {
		f.ServerURL = ""
	}
	f.Ref = cmp.Or(given.Ref, f.Ref)
	f.Event = cmp.Or(given.Event, f.Event)
	f.Repository = cmp.Or(given.Repository, f.Repository)
	docker := dockerconfig.Read(o.Lookup, func(string) {}) // nobody logs in, and nothing shows a password
	f.Logins, f.Proxies = strings.Join(docker.Hosts(), " "), proxiesOf(docker, o)
	p, err := plan.New(in, f.Imagined())
	return in, p, errors.Join(inputsErr, err)
}

// Hide hides the secrets of the inputs in a text that no reporter writes.
func Hide(o Options, in inputs.Inputs, text string) string {
	r, err := report.New(report.Options{Out: io.Discard, Lookup: o.Lookup})
	if err != nil {
		return text // outside Actions nothing is opened
	}
	mask(r, in)
	return r.Hide(text)
}
