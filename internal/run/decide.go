package run

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/facts"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
	"github.com/slipway-build/slipway/internal/report"
)

// decide turns the environment into a run with its plan. Every mistake that can be
// known is found before it returns, whichever stage finds it.
func decide(ctx context.Context, o Options) (*Run, error) {
	r := &Run{options: o, report: o.Report, started: time.Now()} //nolint:forbidigo // how long a run takes is a fact of the clock
	var inputsErr error
	r.in, inputsErr = inputs.Parse(inputs.Env{Lookup: o.Lookup, Workspace: o.Workspace, Given: o.Given})
	mask(r.report, r.in)
	maskProxies(r.report, o)
	r.docker = dockerconfig.Read(o.Lookup, hiding(r.report, "a password of the Docker config"))
	r.warnOfConfig()
	server := packages.ServerAt(o.get("GITHUB_SERVER_URL"))
	r.source = facts.Source{
		Lookup: o.Lookup, Dir: o.Workspace, Context: r.in.Context, Build: r.in.Local(), Fetched: r.in.Fetched(), Token: r.in.APIToken(server).Reveal(), Now: r.started, Offline: inputsErr != nil,
	}
	f, err := facts.Load(ctx, r.source)
	if err != nil {
		return nil, errors.Join(inputsErr, err)
	}
	f.Logins, f.Proxies = strings.Join(r.docker.Hosts(), " "), proxiesOf(r.docker, o)
	r.facts = f
	r.plan, err = plan.New(r.in, f)
	notices := r.plan.Notices
	if err != nil { // there is no plan
		notices = r.in.Notices
	}
	for _, notice := range notices {
		r.report.Note(notice)
	}
	if err = errors.Join(inputsErr, err); err != nil {
		return nil, err
	}
	return r, r.open(ctx)
}

// open makes ready what the stages talk to registries and builders with.
func (r *Run) open(ctx context.Context) (err error) {
	r.registries, err = registry.NewTrustingClient(credentialsOf(r.plan, r.docker), r.situation(), r.in.RegistryCA)
	if err != nil {
		return err
	}
	r.registries.RetryPolicy = telling(r.registries.RetryPolicy, r.report)
	r.publisher = publish.New(ctx, r.registries)
	r.images = r.publisher
	r.maker = builderMaker{r}
	r.history = pending.NewQuestion(plan.HistoryWithin, r.learnHistory)
	r.visibility = &visibility{run: r}
	return nil
}

// telling has the log say every wait before something is tried again.
func telling(p registry.RetryPolicy, r *report.Reporter) registry.RetryPolicy {
	p.Notice = func(wait registry.Wait) { r.Printf("%s", wait) }
	return p
}

// warnOfConfig says what is wrong with the Docker config, as far as it is known by
// now.
func (r *Run) warnOfConfig() {
	for _, notice := range r.docker.Notices() {
		r.report.Warning("", 0, notice)
	}
}
