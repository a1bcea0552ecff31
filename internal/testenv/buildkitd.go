package testenv

import (
	"context"
	"os"
	"path/filepath"

	"github.com/moby/buildkit/client"
)

// BuildkitdOptions configure a buildkitd; the zero value listens on a unix socket only.
type BuildkitdOptions struct {
	// TCP also listens on a free port of 127.0.0.1, without TLS unless there is one of these authorities.
	TCP bool
	// TLS signs the certificate of the TCP listener.
	TLS *CA
	// Clients is, with TLS, the authority whose certificate every client must have; by default they need none.
	Clients *CA
	// Config is the text of buildkitd.toml, empty by default. Registries on 127.0.0.1 need none unless they speak TLS:
	// see Registry.BuildkitConfig.
	Config string
	// Network is the one it works in, in place of the host's. The unix socket is reached all the same.
	Network *Network
	// Platform is what it says it runs in the first place, such as linux/arm64; by default this machine's. It goes on
	// running only what this machine runs: a build for another platform may COPY, and not RUN.
	Platform string
	// Env is added to its environment, which has nothing of this process's but PATH: see GitHub.Env.
	Env []string
	// Older runs BuildKit v0.31.2, of internal/tools/older.
	Older bool
}

// Daemon is a running buildkitd with a state directory of its own, so that its cache starts empty.
type Daemon struct {
	Address    string // unix:///tmp/..., for BUILDKIT_HOST and client.New
	TCPAddress string // tcp://127.0.0.1:port, or empty without BuildkitdOptions.TCP
	Pid        int

	process *process
}

// Buildkitd starts a buildkitd (root only: its runc worker is not rootless) and returns when it answers. It ends with
// the test, and its state is removed.
func Buildkitd(t T, opt BuildkitdOptions) *Daemon {
	t.Helper()
	// Not TempDir: that has the name of the test in it, and a unix socket's path holds 108 bytes.
	dir, err := os.MkdirTemp("/tmp", "buildkitd-")
	if err != nil {
		t.Fatalf("creating the state directory of buildkitd: %v", err)
	}
	t.Cleanup(func() { removeState(t, dir) })
	config, tmp := filepath.Join(dir, "buildkitd.toml"), filepath.Join(dir, "tmp")
	if err := os.WriteFile(config, []byte(opt.Config), 0o600); err != nil {
		t.Fatalf("writing the configuration of buildkitd: %v", err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatalf("creating the temporary directory of buildkitd: %v", err)
	}

	socket := filepath.Join(dir, "buildkitd.sock")
	args := []string{
		"--config", config, // always: the default is a file of the host
		"--root", filepath.Join(dir, "root"),
		"--addr", "unix://" + socket,
		"--otel-socket-path", filepath.Join(dir, "otel.sock"), // the default is one path for all daemons of the host
		"--containerd-worker=false",
		"--oci-worker-gc=false", // its default policy drops cache when the disk has less than a fifth free
	}
	if opt.Platform != "" {
		args = append(args, "--oci-worker-platform", opt.Platform)
	}
	if opt.TCP {
		args = append(args, "--addr", "tcp://127.0.0.1:0")
		args = append(args, tlsFlags(t, dir, opt)...)
	}
	env := []string{"PATH=" + filepath.Dir(Tool(t, "runc")) + ":" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + tmp}
	env = append(env, opt.Env...)
	program := "buildkitd"
	if opt.Older {
		program = "buildkitd-older"
	}
	p := startIn(t, place{network: opt.Network}, env, Tool(t, program), args...)
	t.Cleanup(func() {
		p.terminate()
		p.logOnFailure(t)
	})

	d := &Daemon{Address: "unix://" + socket, Pid: p.cmd.Process.Pid, process: p}
	p.waitLog(t, `running server on (/\S+buildkitd\.sock)`)
	if opt.TCP {
		d.TCPAddress = "tcp://" + p.waitLog(t, `running server on (127\.0\.0\.1:\d+)`)
	}
	d.waitInfo(t)
	return d
}

// tlsFlags writes the certificates of the TCP listener.
func tlsFlags(t T, dir string, opt BuildkitdOptions) []string {
	t.Helper()
	if opt.TLS == nil {
		return nil
	}
	cert, key := opt.TLS.Server("slipway test buildkitd")
	files := map[string][]byte{"cert.pem": cert, "key.pem": key}
	flags := []string{"--tlscert", filepath.Join(dir, "cert.pem"), "--tlskey", filepath.Join(dir, "key.pem")}
	if opt.Clients != nil {
		files["clients.pem"] = opt.Clients.PEM
		flags = append(flags, "--tlscacert", filepath.Join(dir, "clients.pem"))
	}
	writeFiles(t, dir, files)
	return flags
}

// Log returns what the daemon has written so far.
func (d *Daemon) Log() string { return d.process.log.String() }

// Kill ends the daemon and the steps it runs with SIGKILL, and returns when it has ended.
func (d *Daemon) Kill() { d.process.kill() }

// waitInfo asks once: the socket already listens, so the call waits in its queue, where asking again after a refusal
// would sit out gRPC's back-off of a second.
func (d *Daemon) waitInfo(t T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	c, err := client.New(ctx, d.Address)
	if err != nil {
		t.Fatalf("connecting to buildkitd: %v", err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Info(ctx); err != nil {
		t.Fatalf("asking buildkitd for its version: %v\n%s", err, d.Log())
	}
}

func removeState(t T, dir string) {
	if err := unmountUnder(dir); err != nil {
		t.Logf("cleaning up after buildkitd: %v", err)
		return // removing would go through the mount
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Logf("cleaning up after buildkitd: %v", err)
	}
}
