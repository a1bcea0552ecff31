// Package action is the process: a step of a workflow, and the commands for people.
// What a run does is in package run.
package action

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/builder/launch"
	"github.com/slipway-build/slipway/internal/localregistry"
	"github.com/slipway-build/slipway/internal/report"
	"github.com/slipway-build/slipway/internal/run"
)

// Env is the process, as main found it.
type Env struct {
	Args       []string // without the program's name
	Lookup     func(name string) (string, bool)
	Given      []string // names of the variables that Lookup knows
	Stdin      io.Reader
	Stdout     io.Writer // takes all that a run says
	Stderr     io.Writer // only for a command whose standard output is data
	Dir        string    // working directory
	Executable string    // this program
	Version    string
}

func (e Env) get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Main runs the command that the arguments name and returns the exit code: 0
// when all was done, 1 when the run failed, 2 for a command line that is wrong.
// Without arguments it is a step of a workflow.
func Main(ctx context.Context, env Env) int {
	if len(env.Args) == 0 {
		return step(ctx, env)
	}
	switch command, rest := env.Args[0], env.Args[1:]; command {
	case "try":
		return try(ctx, env, rest)
	case "plan":
		return showPlan(ctx, env, rest)
	case "builder":
		return showBuilder(ctx, env, rest)
	case "version":
		fmt.Fprintln(env.Stdout, "slipway", env.Version)
		return 0
	case localregistry.Command:
		return serveRegistry(ctx, env, rest)
	case builder.ServeCommand:
		return serveBuildkit(ctx, env, rest)
	case launch.InsideCommand:
		return inside(ctx, env, rest)
	case "help", "-h", "--help":
		fmt.Fprint(env.Stdout, usage)
		return 0
	default:
		fmt.Fprintf(env.Stdout, "slipway: there is no command %q\n\n%s", command, usage)
		return 2
	}
}

const usage = `slipway builds a Dockerfile with BuildKit and publishes the image.

  slipway                      run as a step of GitHub Actions, from INPUT_* and GITHUB_*
  slipway try [-keep T] [DIR]  do the same for a checkout on this machine, without a token;
                               without INPUT_IMAGE into a registry on loopback, which stays for T (10m)
  slipway plan [-json] [-ref R] [-event E] [-repository O/N] [DIR]
                               say what a run would publish, with the rule that makes each tag; asks nobody
  slipway builder              say which BuildKit would be used, and why no other; of a farm, every node
  slipway version
`

// step runs as the runner starts the action.
func step(ctx context.Context, env Env) int {
	return walkAndReport(ctx, env, env.workspace())
}

func (e Env) workspace() string { return cmp.Or(e.get("GITHUB_WORKSPACE"), e.Dir) }

// path is what a path of the command line means.
func (e Env) path(written string) string {
	if filepath.IsAbs(written) {
		return written
	}
	return filepath.Join(e.Dir, written)
}

// walkAndReport walks and reports the outcome.
func walkAndReport(ctx context.Context, env Env, workspace string) int {
	workspace = followLinks(workspace)
	r, err := report.New(report.Options{
		Out:       env.Stdout,
		Lookup:    env.Lookup,
		Workspace: workspace,
		Actions:   env.inActions(),
		Size:      env.terminalSize(),
		Colours:   env.colours(),
	})
	if err == nil {
		err = run.Walk(ctx, env.options(workspace, r))
	}
	if err != nil {
		r.Failure(err)
		return 1
	}
	return 0
}

// followLinks makes every path of a run start the same way.
func followLinks(dir string) string {
	if followed, err := filepath.EvalSymlinks(dir); err == nil {
		return followed
	}
	return dir
}

// options is what a run is given of the process.
func (e Env) options(workspace string, r *report.Reporter) run.Options {
	return run.Options{Lookup: e.Lookup, Given: e.Given, Workspace: workspace, Executable: e.Executable, Report: r, Style: e.style}
}

// serveBuildkit is what runs in a container that a run has made for itself.
// Standard output is the connection, and errors go where the other end expects
// them.
func serveBuildkit(ctx context.Context, env Env, args []string) int {
	if err := builder.Serve(ctx, env.Stdin, env.Stdout, args, builder.Options{Executable: env.Executable, Lookup: env.Lookup}); err != nil {
		fmt.Fprintln(env.Stderr, err)
		return 1
	}
	return 0
}

func serveRegistry(ctx context.Context, env Env, args []string) int {
	keep, err := time.ParseDuration(strings.Join(args, ""))
	if err == nil {
		err = localregistry.Serve(ctx, keep, env.Stdin, env.Stdout)
	}
	if err != nil {
		return 1
	}
	return 0
}

// inside is what runs in the namespaces of a child process.
func inside(ctx context.Context, env Env, args []string) int {
	if err := launch.Inside(ctx, env.Stdin, env.Stdout, args); err != nil {
		fmt.Fprintln(env.Stdout, err)
		return 1
	}
	return 0
}
