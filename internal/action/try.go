package action

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"time"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/localregistry"
	"github.com/slipway-build/slipway/internal/metadata"
)

// defaultKeep is how long the local registry stays after a try.
const defaultKeep = 10 * time.Minute

// try does on a machine what a step does in Actions, for the checkout in a
// directory. Where nothing says where to publish, it publishes to a registry on
// loopback.
func try(ctx context.Context, env Env, args []string) int {
	flags := flag.NewFlagSet("try", flag.ContinueOnError)
	flags.SetOutput(env.Stdout)
	keep := flags.Duration("keep", defaultKeep, "how long the local registry stays after the end")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 1 || *keep < 0 {
		fmt.Fprintf(env.Stdout, "slipway: try takes one directory, and options before it, of which -keep is no time in the past\n\n%s", usage)
		return 2
	}
	dir := env.Dir
	if flags.NArg() > 0 {
		dir = env.path(flags.Arg(0))
	}
	local := map[string]string{"GITHUB_ACTIONS": ""}
	if inputs.NameRegistry(env.Lookup) {
		return walkAndReport(ctx, env.with(local), dir)
	}
	served, err := localregistry.Start(ctx, env.Executable, *keep)
	if err != nil {
		fmt.Fprintln(env.Stdout, "error:", err)
		return 1
	}
	variable, value := inputs.Image(served.Host + "/" + metadata.PathName(filepath.Base(followLinks(dir))))
	local[variable] = value
	code := walkAndReport(ctx, env.with(local), dir)
	if code != 0 {
		served.Stop()
		return code
	}
	fmt.Fprintf(env.Stdout, "The registry %s stays up for %s; kill %d stops it now.\n", served.Host, *keep, served.Pid())
	return 0
}

// with returns the environment with some variables replaced.
func (e Env) with(vars map[string]string) Env {
	lookup := e.Lookup
	e.Lookup = func(name string) (string, bool) {
		if value, ok := vars[name]; ok {
			return value, true
		}
		return lookup(name)
	}
	return e
}
