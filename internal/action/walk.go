package action

import (
	"context"
	"errors"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/facts"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/report"
)

// walk is the whole program: parse, learn, decide, build and push by digest with
// the registry's permission, move the tags, report.
func walk(ctx context.Context, env Env, workspace string, r *report.Reporter) error {
	started := time.Now() //nolint:forbidigo // how long a run takes is a fact of the clock
	in, p, err := decide(ctx, env, workspace, r)
	if err != nil {
		return err
	}
	for _, notice := range p.Notices {
		r.Warning("", 0, notice)
	}
	credentials := registry.NewCredentials(p.Login.Registry, p.Login.Username, p.Login.Password.Reveal())
	publisher := publish.New(registry.NewClient(credentials))

	// The build starts while permission is asked for. Until it is given, no
	// credentials are handed out and the log is held back; a refusal ends both.
	var b *builder.Builder
	var built build.Result
	log := r.Hold("Build")
	permission := newPermission()
	tags := &tagger{report: r, plan: p, publisher: publisher, credentials: credentials, permission: permission, connected: make(chan *builder.Builder, 1)}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		refusal := permission.give(tags.permit(groupCtx, in.Preflight))
		if refusal == nil {
			log.Open()
		}
		return refusal
	})
	group.Go(func() (err error) {
		if b, err = builder.Connect(groupCtx, builderOptions(env, in, p)); err != nil {
			return err
		}
		announce(r, b, p)
		tags.connected <- b
		if err = permission.settle(groupCtx); err != nil {
			return err
		}
		built, err = build.Solve(groupCtx, b, build.Request{
			Plan: p.Build, Credentials: credentials, Log: log,
			Permitted: permission.before(in.Preflight), Pushing: tags.lookAhead(ctx),
		})
		return err
	})
	err = group.Wait()
	if b != nil {
		defer closeBuilder(b, r)
	}
	if !permission.refused(err) { // the build failed by itself
		log.Open()
	}
	log.Close()
	warn(r, built)
	if err != nil {
		return err
	}

	image, err := tags.tag(ctx, b, &built)
	if err != nil {
		return err
	}
	return r.Success(outcome(started, p, b, built, image))
}

// decide turns the environment into a plan. Every mistake that can be known is
// found before it returns, whichever stage finds it.
func decide(ctx context.Context, env Env, workspace string, r *report.Reporter) (inputs.Inputs, plan.Plan, error) {
	in, inputsErr := inputs.Parse(inputs.Env{Lookup: env.Lookup, Workspace: workspace})
	r.Mask(in.Token.Reveal())
	r.Mask(in.BuilderTLS.Key.Reveal())
	for _, secret := range in.Secrets {
		r.Mask(secret.Reveal())
	}
	for _, secret := range in.CacheSecrets() {
		r.Mask(secret.Reveal())
	}
	f, err := facts.Load(ctx, facts.Source{
		Lookup: env.Lookup, Dir: workspace, Token: in.APIToken().Reveal(), Offline: inputsErr != nil,
	})
	if err != nil {
		return in, plan.Plan{}, errors.Join(inputsErr, err)
	}
	p, err := plan.New(in, f)
	return in, p, errors.Join(inputsErr, err)
}

// warn hands on what BuildKit's checks found, also when the build failed.
func warn(r *report.Reporter, built build.Result) {
	for _, w := range built.Warnings {
		r.Warning(w.File, w.Line, w.Message)
	}
}

func closeBuilder(b *builder.Builder, r *report.Reporter) {
	if err := b.Close(); err != nil {
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
		r.Printf("Loading %s", tag)
	}
	if !p.Publish.Push {
		r.Printf("Publishing nothing: %s", p.Publish.Reason)
		return
	}
	for _, tag := range p.Publish.Tags {
		r.Printf("Publishing %s", tag)
	}
}

// outcome puts together what the stages have told.
func outcome(started time.Time, p plan.Plan, b *builder.Builder, built build.Result, image publish.Image) report.Outcome {
	o := report.Outcome{
		Pushed:    p.Publish.Push,
		Reason:    p.Publish.Reason,
		Digest:    image.Digest,
		ImageID:   built.Config,
		Loaded:    p.Build.LoadAs,
		Tags:      p.Publish.Tags,
		Version:   p.Publish.Version,
		Platforms: map[string]v1.Hash{},
		Labels:    p.Build.Labels,
		Builder:   b.String(),
		Size:      image.Size,
		Steps:     built.Steps,
		Cached:    built.Cached,
		Took:      time.Since(started),
	}
	if !o.Pushed {
		return o
	}
	for _, repo := range p.Build.PushTo {
		o.Images = append(o.Images, repo.Digest(image.Digest.String()))
	}
	for _, child := range image.Platforms {
		o.Platforms[child.Platform.String()] = child.Digest
	}
	if o.ImageID == (v1.Hash{}) {
		o.ImageID = image.Config
	}
	if len(image.Platforms) == 0 && len(p.Build.Platforms) < 2 {
		o.Platforms[singlePlatform(p, b).String()] = image.Digest
	}
	return o
}

// singlePlatform is what a manifest that is no index was built for.
func singlePlatform(p plan.Plan, b *builder.Builder) v1.Platform {
	if len(p.Build.Platforms) > 0 {
		return p.Build.Platforms[0]
	}
	return b.Platforms[0]
}
