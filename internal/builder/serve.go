package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/slipway-build/slipway/internal/builder/launch"
	"github.com/slipway-build/slipway/internal/inputs"
)

// ServeCommand is the argument with which the program is process 1 of a builder container
// container. Those that Serve reads may follow it.
const ServeCommand = "serve-buildkit"

// serveAndKeep says that the state is kept. Other arguments are entitlements.
const serveAndKeep = "keep"

// stateDir is where BuildKit's own images keep their state, and where a builder container
// container has its volume.
const stateDir = "/var/lib/buildkit"

// Serve runs buildkitd for the one client that in and out are connected to, and
// ends with it: when the client is gone, however it died, in ends. Kept state is
// cleaned up as BuildKit does by default, and other state not at all. Of the
// options it reads Executable and Lookup.
func Serve(ctx context.Context, in io.Reader, out io.Writer, arguments []string, o Options) error {
	c, keep := newChild(o), false
	for _, argument := range arguments {
		if argument == serveAndKeep {
			keep = true
		} else {
			c.allow = append(c.allow, inputs.Entitlement(argument))
		}
	}
	how, path, runtime, err := c.prepare()
	if err != nil {
		return fmt.Errorf("serving BuildKit: %w", err)
	}
	dir, err := os.MkdirTemp("", "slipway-")
	if err != nil {
		return fmt.Errorf("serving BuildKit: making a directory for its sockets: %w", err)
	}
	d := &daemon{Launcher: how, dir: dir, state: filepath.Join(stateDir, "slipway"), gc: keep, allow: c.allow, log: &launch.Tail{}}
	if err := d.start(path, runtime, c.environment(dir)); err != nil {
		return fmt.Errorf("serving BuildKit: %w", errors.Join(err, os.RemoveAll(dir)))
	}
	err = d.accepting(ctx)
	if err == nil {
		err = d.relay(ctx, in, out)
	}
	if err := errors.Join(err, d.stop()); err != nil {
		return fmt.Errorf("serving BuildKit: %w", err)
	}
	return nil
}

// dying is how long a buildkitd that has dropped its connection may take to be
// gone.
const dying = 50 * time.Millisecond

// relay connects in and out to the daemon until one of them ends.
func (d *daemon) relay(ctx context.Context, in io.Reader, out io.Writer) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", d.address())
	if err != nil {
		return err
	}
	defer conn.Close()
	ended := make(chan error, 2)
	for _, copied := range []struct {
		to   io.Writer
		from io.Reader
	}{{conn, in}, {out, conn}} {
		go func() {
			_, err := io.Copy(copied.to, copied.from)
			ended <- err
		}()
	}
	select {
	case err = <-ended:
		if d.ended(dying) {
			return fmt.Errorf("buildkitd ended:\n%s", d.log)
		}
		return err
	case <-d.exited:
		return fmt.Errorf("buildkitd ended:\n%s", d.log)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
