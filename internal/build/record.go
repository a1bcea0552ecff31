package build

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/identity"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/record"
	"github.com/slipway-build/slipway/internal/trace"
)

// forgetWithin is how long a BuildKit may take to forget the record of a build that
// was cancelled.
const forgetWithin = time.Second

// recorded has BuildKit keep a record of the build, where that is asked for, under
// a reference of ours.
func (a *attempt) recorded(opt client.SolveOpt) client.SolveOpt {
	if a.Plan.Record {
		a.ref = identity.NewID()
		opt.Ref, opt.Internal = a.ref, false
	}
	return opt
}

// fetchRecord takes the record of the build that has just ended into its result.
func (a *attempt) fetchRecord(ctx context.Context, b *builder.Builder, result *Result) {
	if a.ref == "" {
		return
	}
	ref := a.ref
	a.ref = ""
	if ctx.Err() != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetWithin)
		defer cancel()
		_ = record.Forget(ctx, b.Client, ref) // there may be none, and nobody waits
		return
	}
	if len(result.Timeline) == 0 { // BuildKit has refused to begin, and writes none
		return
	}
	fetched, err := record.Fetch(ctx, b.Client, ref, b.Platforms[0].String(), a.Hidden)
	if err != nil {
		result.Warnings = append(result.Warnings, trace.Warning{Message: fmt.Sprintf("no build record: %s: %v", b.Name, err)})
		return
	}
	result.Records = []record.Record{fetched}
}
