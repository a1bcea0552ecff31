// Command slipway is a GitHub Action that builds a repository's Dockerfile and
// publishes the image.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/sirupsen/logrus"

	"github.com/slipway-build/slipway/internal/action"
)

// version is set by the linker for a release.
var version = "dev"

func main() { os.Exit(run()) }

// run is main with its defers.
func run() int {
	logrus.SetOutput(io.Discard) // libraries that take the logger which all share: the runner would read their words as part of our output
	// The runner cancels a step with SIGINT, 7.5 s later SIGTERM; a terminal that
	// is closed sends SIGHUP.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// Whoever read the log may be gone: that must not keep us from cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "finding the working directory:", err)
		return 1
	}
	executable, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "finding this program:", err)
		return 1
	}
	return action.Main(ctx, action.Env{
		Args:       os.Args[1:],
		Lookup:     os.LookupEnv,
		Given:      variables(),
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		Dir:        dir,
		Executable: executable,
		Version:    version,
	})
}

// variables are the names of those in the environment.
func variables() []string {
	var names []string
	for _, one := range os.Environ() {
		name, _, _ := strings.Cut(one, "=")
		names = append(names, name)
	}
	return names
}
