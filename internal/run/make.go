package run

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/report"
)

// builderMaker makes the image with a BuildKit.
type builderMaker struct{ *Run }

// make builds while permission is asked for. Until it is given, no credentials are
// handed out and the log is held back; a refusal ends both.
func (m builderMaker) make(ctx context.Context, a *access) (Made, error) {
	var b *builder.Builder
	var built build.Result
	log := m.report.Hold("Build")
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := a.granted(groupCtx)
		if err == nil {
			log.Open()
		}
		return err
	})
	group.Go(func() (err error) {
		if b, err = m.connect(groupCtx); err != nil {
			return err
		}
		a.builder <- b
		if a.unreached(groupCtx) {
			if err = a.granted(groupCtx); err != nil {
				return err
			}
		}
		built, err = build.Solve(groupCtx, b, m.request(ctx, a, log))
		return err
	})
	err := group.Wait()
	if !a.refused(ctx, err) { // the build failed by itself
		log.Open()
	}
	log.Close()
	made := m.made(b, built)
	made.Checks = m.warn(built)
	return made, err
}

func (m builderMaker) request(ctx context.Context, a *access, log *report.Held) build.Request {
	request := build.Request{
		Plan: m.plan.Build, Registries: m.registries, Log: log, Style: m.options.Style(log),
		Pushing: m.lookAhead(ctx, a), Hidden: m.report.Masked(),
	}
	if m.in.Preflight || m.in.RequireVisibility != "" {
		request.Permitted = a.granted
	}
	return request
}

// made is all that is told of a build, so that nobody asks its builder any more.
func (m builderMaker) made(b *builder.Builder, built build.Result) Made {
	made := Made{
		Image: image.Image{Digest: built.Digest, Config: built.Config}, Parts: built.Parts,
		Answers: built.Answers, Answer: built.Answer, Records: built.Records,
	}
	if b == nil {
		return made
	}
	made.By, made.ByName, made.Stores, made.Nodes = b.Capabilities, b.String(), b.Stores, len(b.Nodes) > 0
	made.alone, made.close = b.Alone, b.Close
	made.movers = map[plan.Mover]mover{plan.ByBuildKit: buildkitMover{m.Run, b}, plan.ByEngine: engineMover{m.Run, b}}
	return made
}

// connect finds the builder, and says what will be done with it.
func (m builderMaker) connect(ctx context.Context) (*builder.Builder, error) {
	b, err := builder.Connect(ctx, BuilderOptions(m.options, m.in, m.plan))
	if err == nil {
		m.announce(b)
	}
	return b, err
}

// BuilderOptions says which BuildKit the inputs ask for.
func BuilderOptions(o Options, in inputs.Inputs, p plan.Plan) builder.Options {
	return builder.Options{
		Want: in.Builder, Nodes: p.Nodes, Needs: p.Needs(), TLS: in.BuilderTLS, RegistryCA: in.RegistryCA, Image: in.BuilderImage, Volume: in.BuilderVolume,
		Executable: o.Executable, Lookup: o.Lookup,
	}
}

// warn hands on warnings, also when the build failed. It returns what BuildKit's
// checks found, whose turn is last.
func (m builderMaker) warn(built build.Result) (checks []report.Check) {
	m.report.Built(built.Build)
	for _, w := range built.Warnings {
		if w.Check {
			checks = append(checks, report.Check{File: w.File, Line: w.Line, Message: w.Message})
			continue
		}
		m.report.Warning(w.File, w.Line, w.Message)
	}
	return checks
}
