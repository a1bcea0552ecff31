package action

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/facts"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/report"
)

// walk is the whole program: parse, learn, decide, build and push by digest with
// the registry's permission, move the tags, report.
func walk(ctx context.Context, env Env, workspace string, r *report.Reporter) error {
	started := time.Now() //nolint:forbidigo // how long a run takes is a fact of the clock
	run, err := decide(ctx, env, workspace, started, r)
	if err != nil {
		return err
	}
	in, p := run.in, run.plan
	registries, err := newRegistries(run, r)
	if err != nil {
		return err
	}
	var checks []report.Check
	defer func() { r.Checks(checks) }()
	defer warnOfConfig(r, run.docker)
	publisher := publish.New(ctx, registries)

	// The build starts while permission is asked for. Until it is given, no
	// credentials are handed out and the log is held back; a refusal ends both.
	b, built, log := (*builder.Builder)(nil), build.Result{}, r.Hold("Build")
	permission, watch := newPermission(), &watcher{run: run, publisher: publisher}
	tags := newTagger(run, r, registries, publisher, permission, watch)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return tags.ask(groupCtx, in.Preflight, func() {
			log.Open()
			tags.lookBack(ctx)
		})
	})
	group.Go(func() (err error) {
		if b, err = connect(groupCtx, env, run, r); err != nil {
			return err
		}
		tags.connected <- b
		if err = permission.settle(groupCtx); err != nil {
			return err
		}
		built, err = build.Solve(groupCtx, b, build.Request{
			Plan: p.Build, Registries: registries, Log: log, Style: env.style(log),
			Permitted: permission.before(in.Preflight || in.RequireVisibility != ""), Pushing: tags.lookAhead(ctx), Hidden: r.Masked(),
		})
		return err
	})
	err = group.Wait()
	if b != nil {
		defer closeBuilder(ctx, b, r)
	}
	if !permission.refused(err) { // the build failed by itself
		log.Open()
	}
	log.Close()
	checks = warn(r, built)
	kept := keepRecord(in, built)
	if err != nil {
		return errors.Join(err, kept)
	}

	image, moving, stays, err := tags.publish(ctx, b, &built)
	if err != nil {
		return errors.Join(err, kept)
	}
	o := outcome(started, p, b, built, image, moving, stays)
	compare(&o, image, tags.earlier.end(ctx))
	unfit := watch.tell(ctx, r, &o)
	return errors.Join(kept, keepMetadata(in, o), r.Success(o), unfit, plan.Checked(in.Call, len(checks)))
}

func newRegistries(run run, r *report.Reporter) (*registry.Client, error) {
	registries, err := registry.NewTrustingClient(credentialsOf(run.plan, run.docker), situation(run), run.in.RegistryCA)
	if err == nil {
		registries.Patience = telling(registries.Patience, r)
	}
	return registries, err
}

// connect finds the builder, and says what will be done with it.
func connect(ctx context.Context, env Env, run run, r *report.Reporter) (*builder.Builder, error) {
	b, err := builder.Connect(ctx, builderOptions(env, run.in, run.plan))
	if err == nil {
		announce(r, b, run.plan)
		announceAuthorities(r, b, run.in)
	}
	return b, err
}

// run is what is known of a run when it begins.
type run struct {
	in     inputs.Inputs
	source facts.Source
	facts  plan.Facts
	plan   plan.Plan
	docker *registry.DockerConfig
}

// decide turns the environment into a plan. Every mistake that can be known is
// found before it returns, whichever stage finds it.
func decide(ctx context.Context, env Env, workspace string, started time.Time, r *report.Reporter) (run, error) {
	in, inputsErr := inputs.Parse(inputs.Env{Lookup: env.Lookup, Workspace: workspace, Given: env.Given})
	mask(r, in)
	maskProxies(r, env)
	docker := registry.ReadDockerConfig(env.Lookup, hiding(r, "a password of the Docker config"))
	warnOfConfig(r, docker)
	server := packages.ServerAt(env.get("GITHUB_SERVER_URL"))
	source := facts.Source{
		Lookup: env.Lookup, Dir: workspace, Context: in.Context, Build: in.Local(), Fetched: in.Fetched(), Token: in.APIToken(server).Reveal(), Now: started, Offline: inputsErr != nil,
	}
	f, err := facts.Load(ctx, source)
	if err != nil {
		return run{}, errors.Join(inputsErr, err)
	}
	f.Logins, f.Proxies = strings.Join(docker.Hosts(), " "), proxiesOf(docker, env)
	p, err := plan.New(in, f)
	notices := p.Notices
	if err != nil { // there is no plan
		notices = in.Notices
	}
	for _, notice := range notices {
		r.Note(notice)
	}
	return run{in: in, source: source, facts: f, plan: p, docker: docker}, errors.Join(inputsErr, err)
}

// telling has the log say every wait before something is tried again.
func telling(p registry.Patience, r *report.Reporter) registry.Patience {
	p.Notice = func(wait registry.Wait) { r.Printf("%s", wait) }
	return p
}

// warn hands on warnings, also when the build failed. It returns what BuildKit's
// checks found, whose turn is last.
func warn(r *report.Reporter, built build.Result) (checks []report.Check) {
	r.Built(done(built))
	for _, w := range built.Warnings {
		if w.Check {
			checks = append(checks, report.Check{File: w.File, Line: w.Line, Message: w.Message})
			continue
		}
		r.Warning(w.File, w.Line, w.Message)
	}
	return checks
}

func closeBuilder(ctx context.Context, b *builder.Builder, r *report.Reporter) {
	if err := b.Close(ctx); err != nil {
		r.Warning("", 0, err.Error())
	}
}

// announce says what will be done, with what, and what was not taken for it.
func announce(r *report.Reporter, b *builder.Builder, p plan.Plan) {
	for _, refused := range b.Refused() {
		r.Printf("Not building with %s", refused)
	}
	for _, one := range b.All() {
		r.Printf("Building with %s", one)
	}
	for _, notice := range b.Notices {
		r.Printf("%s", notice)
	}
	for _, remark := range p.Remarks {
		r.Printf("%s", remark)
	}
	for _, tag := range p.Build.LoadAs {
		r.Printf("Loading %s", host.Tag(tag))
	}
	for _, out := range p.Build.Outputs {
		r.Printf("Writing %s", out)
	}
	if !p.Publish.Push {
		r.Printf("Publishing nothing: %s", p.Publish.Reason)
		return
	}
	if p.Publish.ByDigest {
		for _, repo := range p.Build.PushTo {
			r.Printf("Publishing %s by digest alone", repo)
		}
		return
	}
	for _, tag := range p.Publish.Tags {
		r.Printf("Publishing %s", host.Shown(tag.Name()))
	}
}
