package action

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/run"
)

// showBuilder connects as a run would, to every node by itself, so that
// one that is down does not hide the others.
func showBuilder(ctx context.Context, env Env, args []string) int {
	if len(args) > 0 {
		fmt.Fprintf(env.Stdout, "slipway: builder takes no arguments\n\n%s", usage)
		return 2
	}
	in, err := inputs.Builder(inputs.Env{Lookup: env.Lookup, Workspace: followLinks(env.workspace())})
	if err != nil {
		fmt.Fprintln(env.Stdout, err)
		return 1
	}
	one := run.BuilderOptions(env.options("", nil), in, plan.Plan{})
	all := []builder.Options{one}
	if len(in.Nodes) > 0 {
		all = nil
	}
	for _, node := range in.Nodes {
		one.Nodes = []plan.Share{{Address: node.Address, Platforms: node.Platforms}}
		all = append(all, one)
	}
	said := make([]string, len(all))
	errs := make([]error, len(all))
	var group sync.WaitGroup
	for i, o := range all {
		group.Go(func() { said[i], errs[i] = describeBuilder(ctx, o) })
	}
	group.Wait()
	code := 0
	for i := range all {
		if said[i] != "" {
			fmt.Fprintln(env.Stdout, said[i])
		}
		if errs[i] != nil {
			fmt.Fprintln(env.Stdout, errs[i])
			code = 1
		}
	}
	return code
}

// describeBuilder connects to one builder and says what it is.
func describeBuilder(ctx context.Context, o builder.Options) (string, error) {
	b, err := builder.Connect(ctx, o)
	if err != nil {
		return "", err
	}
	var said []string
	for _, refused := range b.Refused() {
		said = append(said, fmt.Sprintf("not %s", refused))
	}
	said = append(append(said, b.String()), b.Notices...)
	return strings.Join(said, "\n"), b.Close(ctx)
}
