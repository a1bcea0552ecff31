package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/build/session"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/trace"
)

// ask has the Dockerfile frontend say something about a Dockerfile in place of
// building it. Of several nodes the first node is asked: they all say the same.
func ask(ctx context.Context, b *builder.Builder, r Request) (Result, error) {
	if len(b.Nodes) > 0 {
		b = b.Nodes[0].Builder
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	files := &session.Sending{Fail: fail}
	opt, err := solveOpt(attempt{Request: r}, b, nil, files)
	if err != nil {
		return Result{}, err
	}
	attrs := opt.FrontendAttrs
	maps.Copy(attrs, callAttrs(r.Plan.Call, attrs["frontend.caps"]))
	for _, named := range r.Plan.Contexts {
		if named.Kind == source.Stage { // it would have to be built
			attrs["context:"+named.Name] = "docker-image://scratch"
		}
	}
	frontend := opt.Frontend
	w := watch(r, b)
	var answer map[string][]byte
	_, err = b.Client.Build(quiet(ctx), opt, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		result, err := c.Solve(ctx, gateway.SolveRequest{Frontend: frontend, FrontendOpt: c.BuildOpts().Opts})
		if err != nil {
			return nil, err
		}
		answer = result.Metadata
		return gateway.NewResult(), nil
	}, w.statuses)
	result := w.result()
	result.Warnings = append(result.Warnings, files.Warnings()...)
	switch {
	case doesNotKnow(err):
		return result, fmt.Errorf("asking for %s: the frontend that the Dockerfile names in its syntax line does not know that; use a newer one, or leave the line out: %w", r.Plan.Call, diagnose.Trim(err))
	case err != nil:
		return result, w.Explain(ctx, err)
	}
	return result.answered(answer, w)
}

// doesNotKnow tells whether a frontend has said that it cannot answer.
func doesNotKnow(err error) bool {
	var request *errdefs.UnsupportedSubrequestError
	var capability *errdefs.UnsupportedFrontendCapError
	return errors.As(err, &request) || errors.As(err, &capability)
}

// callAttrs are the options that ask a frontend, and make one fail that would build
// in place of an answer. The capabilities are those that are asked for already.
func callAttrs(call inputs.Call, capabilities string) map[string]string {
	request := string(call)
	if call == inputs.CallCheck {
		request = "lint"
	}
	const answers = "moby.buildkit.frontend.subrequests+forward"
	return map[string]string{
		"requestid":     "frontend." + request,
		"frontend.caps": strings.TrimPrefix(capabilities+","+answers, ","),
	}
}

// answered adds the answer of a frontend. What checks find are warnings, and it is
// an error where the Dockerfile cannot be read, or wants to fail by them.
func (r Result) answered(answer map[string][]byte, w *watcher) (Result, error) {
	r.Answer = string(answer["result.txt"])
	if w.request.Plan.Call != inputs.CallCheck {
		return r, nil
	}
	var found lint.LintResults
	if err := json.Unmarshal(answer["result.json"], &found); err != nil {
		return r, fmt.Errorf("reading what the checks of the Dockerfile have found: %w", err)
	}
	for _, one := range found.Warnings {
		r.Warnings = append(r.Warnings, w.newCheck(one, found.Sources))
	}
	if found.Error == nil {
		return r, nil
	}
	err := errors.New(found.Error.Message)
	if s := sourceAt(&found.Error.Location, found.Sources); s != nil {
		return r, w.PlaceAt(s, err)
	}
	return r, w.PlaceOf(err, err, r.Warnings)
}

func (w *watcher) newCheck(one lint.Warning, sources []*pb.SourceInfo) trace.Warning {
	check := trace.Warning{Check: true, Message: one.RuleName + ": " + one.Detail}
	if s := sourceAt(one.Location, sources); s != nil {
		check.Line, _ = diagnose.LineRange(s.Ranges)
		check.Message += fmt.Sprintf(" (line %d)", check.Line) // as in a build
		check.File = diagnose.SourcePath(s.Info.Filename, w.request.Plan)
	}
	if one.URL != "" {
		check.Message += "\n" + one.URL
	}
	return check
}

// sourceAt returns a place of an answer, or nil.
func sourceAt(at *pb.Location, sources []*pb.SourceInfo) *errdefs.Source {
	if at == nil || at.SourceIndex < 0 || int(at.SourceIndex) >= len(sources) || len(at.Ranges) == 0 || sources[at.SourceIndex] == nil {
		return nil
	}
	return &errdefs.Source{Info: sources[at.SourceIndex], Ranges: at.Ranges}
}
