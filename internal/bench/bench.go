package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/testenv"
)

// options are the program's flags.
type options struct {
	rounds, warmups int
	delay           time.Duration
	timeline        bool
	only            []string // names of cases; empty: all
}

// bench is one daemon, one registry, and that registry seen from afar.
type bench struct {
	*host
	options

	out      io.Writer
	dir      string // home directory of the programs
	daemon   *testenv.Daemon
	registry *testenv.Registry
	far      *testenv.Proxy
	busybox  name.Reference
}

// measureAll starts the daemons, measures every case and prints the table. A
// case that cannot be measured is an error at the end, and the others are
// measured.
func measureAll(ctx context.Context, o options, out, log io.Writer) error {
	var failures error
	err := attempt(ctx, log, func(h *host) {
		b := &bench{host: h, options: o, out: out}
		b.start()
		before := load()
		var rows []row
		for _, c := range cases() {
			if len(o.only) > 0 && !slices.Contains(o.only, c.name) {
				continue
			}
			b.Logf("measuring: %s", c.name)
			measured, err := b.measure(c)
			rows = append(rows, measured...)
			failures = errors.Join(failures, err)
		}
		fmt.Fprint(out, table(rows))
		fmt.Fprintf(out, "\nMedians of %d rounds, the programs in turn, after %d rounds of warming up. "+
			"Load of the machine: %s before, %s after.\n", o.rounds, o.warmups, before, load())
		fmt.Fprint(out, notes)
		fmt.Fprintln(out, decision(rows))
	})
	return errors.Join(err, failures)
}

// measure measures one case. What it made ends with it.
func (b *bench) measure(c benchCase) (rows []row, err error) {
	err = attempt(b.ctx, b.log, func(h *host) {
		inner := *b
		inner.host = h
		rows = c.measure(&inner)
	})
	if err != nil {
		return nil, fmt.Errorf("measuring %s: %w", c.name, err)
	}
	return rows, nil
}

const notes = `All build the same Dockerfile on the same BuildKit and push to the same registry, each to a repository of its own in which the tags exist already. buildx runs with --provenance=false, because with its default it would do more.
`

func (b *bench) start() {
	b.dir = b.TempDir()
	b.registry = testenv.NewRegistry(b, testenv.RegistryOptions{})
	b.far = testenv.NewProxy(b, b.registry.Host, testenv.ProxyOptions{Delay: b.delay})
	b.busybox = testenv.BaseImage(b, b.registry.Host)
	b.daemon = testenv.Buildkitd(b, testenv.BuildkitdOptions{
		Env: []string{"BUILDKIT_STEP_LOG_MAX_SIZE=-1", "BUILDKIT_STEP_LOG_MAX_SPEED=-1"}, // else most of a long log is clipped
	})
	b.check("creating a directory", os.Mkdir(filepath.Join(b.dir, "buildx"), 0o700))
	cmd := exec.CommandContext(b.ctx, testenv.Tool(b, "buildx"),
		"create", "--driver", "remote", "--name", buildxBuilder, b.daemon.Address)
	cmd.Env = b.plainEnv()
	if output, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("creating buildx's builder: %w\n%s", err, output)
	}
}

// load returns the load average of the last minute, which says how far the
// times can be trusted: at rest it is below one.
func load() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	average, _, _ := strings.Cut(string(content), " ")
	return average
}
