package builder

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"

	"github.com/slipway-build/slipway/internal/inputs"
)

// grants tells why this BuildKit would not let the steps of a build have these
// privileges. It does not say what it grants, so that it is asked for them with a
// build of nothing, which it refuses as it would refuse the real one.
func (b *Builder) grants(ctx context.Context, wanted []inputs.Entitlement) error {
	if len(wanted) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, aliveWithin, fmt.Errorf("no answer within %s", aliveWithin))
	defer cancel()
	nothing, err := llb.Scratch().Marshal(ctx)
	if err != nil {
		return fmt.Errorf("asking for privileges: %w", err)
	}
	names := make([]string, len(wanted))
	for i, one := range wanted {
		names[i] = string(one)
	}
	_, err = b.Client.Solve(ctx, nothing, client.SolveOpt{AllowedEntitlements: names, Internal: true}, nil)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("asking for privileges: %w", context.Cause(ctx))
	case strings.Contains(err.Error(), "unknown entitlement"):
		return fmt.Errorf("it is too old to know %s: %w", strings.Join(names, ", "), err)
	case strings.Contains(err.Error(), "not allowed by build daemon configuration"):
		return fmt.Errorf("this builder does not allow %s: %w; start buildkitd with --allow-insecure-entitlement for each, or of a Docker engine set builder.entitlements in daemon.json", strings.Join(names, ", "), err)
	}
	return fmt.Errorf("asking for privileges: %w", err)
}

// kinds are the kinds of entitlements, each once: a daemon grants devices, and a
// build says which.
func kinds(all []inputs.Entitlement) []inputs.Entitlement {
	var some []inputs.Entitlement
	for _, one := range all {
		if !slices.Contains(some, one.Kind()) {
			some = append(some, one.Kind())
		}
	}
	return some
}

// grants are the arguments with which a buildkitd of ours grants them.
func grants(allowed []inputs.Entitlement) []string {
	var flags []string
	for _, kind := range kinds(allowed) {
		flags = append(flags, "--allow-insecure-entitlement", string(kind))
	}
	return flags
}
