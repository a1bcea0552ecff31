package testenv

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// EngineOptions configure a Docker engine; the zero value keeps its images in containerd, as Docker 29 does by default.
type EngineOptions struct {
	// GraphDriver keeps images with the overlay2 graph driver, as Docker 28 and before do.
	GraphDriver bool
	// Old is Debian's Docker 20.10, which has a graph driver only.
	Old bool
	// Trust is the authority of registries with TLS. The engine trusts no other then.
	Trust *CA
	// Disk is how large its disk is, in bytes, which is then in memory; by default the machine's own.
	Disk int64
	// Proxy is the URL of an HTTP proxy for HTTPS, on this host's loopback, by which it reaches all but its own loopback.
	Proxy string
}

// Engine is a running dockerd 29 with its own containerd, in a network and a mount namespace of its own: in the host's,
// a second engine without a bridge would delete the docker0 of the first.
type Engine struct {
	Host string // unix:///tmp/..., for DOCKER_HOST
	Pid  int

	dir     string
	process *process
}

// NewEngine starts an engine (root only) and returns when it answers. It ends with the test, and its state is removed.
func NewEngine(t T, opt EngineOptions) *Engine {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "dockerd-") // short, for its sockets
	if err != nil {
		t.Fatalf("creating the state directory of dockerd: %v", err)
	}
	t.Cleanup(func() { removeState(t, dir) })
	config := filepath.Join(dir, "daemon.json")
	if err := os.WriteFile(config, engineConfig(opt), 0o600); err != nil {
		t.Fatalf("writing the configuration of dockerd: %v", err)
	}
	if opt.Disk > 0 {
		smallDisk(t, filepath.Join(dir, "data"), opt.Disk)
	}
	socket := filepath.Join(dir, "docker.sock")
	dockerd := Tool(t, "dockerd")
	programs := filepath.Dir(dockerd) // containerd and its shim are beside it
	cache := filepath.Dir(programs)
	runc := filepath.Join(cache, "runc-1.5") // Debian's knows no time namespaces, which containerd 2.4 asks for
	if opt.Old {
		// Unpacked and not installed: the package would start an engine of its own.
		root := filepath.Join(cache, "docker-20.10")
		dockerd, programs, runc = filepath.Join(root, "usr/sbin/dockerd"), filepath.Join(root, "usr/bin"), oldRunc(t, dir)
	}
	env := []string{"PATH=" + programs + ":" + runc + ":" + os.Getenv("PATH") + ":/usr/sbin", "HOME=" + dir, "TMPDIR=" + dir}
	if opt.Trust != nil {
		writeFiles(t, dir, map[string][]byte{"trust.pem": opt.Trust.PEM})
		env = append(env, "SSL_CERT_FILE="+filepath.Join(dir, "trust.pem"))
	}
	if opt.Proxy != "" {
		env = append(env, "HTTPS_PROXY="+opt.Proxy)
	}
	p := startIn(t, place{namespaces: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}, env, dockerd,
		"--config-file", config,
		"--host", "unix://"+socket,
		"--data-root", filepath.Join(dir, "data"),
		"--exec-root", filepath.Join(dir, "exec"),
		"--pidfile", filepath.Join(dir, "dockerd.pid"))
	t.Cleanup(func() {
		p.terminate()
		killNaming(dir)
		p.logOnFailure(t)
	})
	p.waitLog(t, `(API listen on \S+docker\.sock)`)
	e := &Engine{Host: "unix://" + socket, Pid: p.cmd.Process.Pid, dir: dir, process: p}
	if err := e.Network(t).in(loopbackUp); err != nil {
		t.Fatalf("raising loopback in the engine's network: %v", err)
	}
	if opt.Proxy != "" {
		e.Forward(t, strings.TrimPrefix(opt.Proxy, "http://"))
	}
	return e
}

// smallDisk mounts a file system of this size, which removeState unmounts.
func smallDisk(t T, dir string, size int64) {
	t.Helper()
	err := os.Mkdir(dir, 0o711)
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	}
	if err != nil {
		t.Fatalf("making a small disk for dockerd: %v", err)
	}
}

// oldRunc puts a runc for Docker 20.10 into a directory and returns that. Such an
// engine gives a privileged container every capability there is, also those that
// a machine withholds from its root, which runc cannot give.
func oldRunc(t T, dir string) string {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	script := "#!/bin/sh\nfor a; do [ \"$last\" != --bundle ] || sed -i 's/\"CAP_SYS_RESOURCE\",//g' \"$a/config.json\"; last=$a; done\nexec " + Tool(t, "runc") + " \"$@\"\n"
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatalf("writing a runc for Docker 20.10: %v", err)
	}
	WriteProgram(t, filepath.Join(bin, "runc"), script)
	return bin
}

func engineConfig(opt EngineOptions) []byte {
	config := map[string]any{"iptables": false, "userland-proxy": false, "bip": BridgeIP + "/16", "shutdown-timeout": 1}
	if !opt.Old {
		config["ip6tables"] = false
		config["features"] = map[string]bool{"containerd-snapshotter": !opt.GraphDriver}
	}
	if opt.GraphDriver || opt.Old {
		config["storage-driver"] = "overlay2"
	}
	text, err := json.Marshal(config)
	if err != nil {
		panic(err) // a map of constants
	}
	return text
}

// Kill ends the engine and everything it runs with SIGKILL, and returns when it has ended.
func (e *Engine) Kill() {
	e.process.kill()
	killNaming(e.dir)
}

// Forward lets the engine reach a server on this host's loopback, such as a Registry, under the same address.
func (e *Engine) Forward(t T, hostport string) {
	t.Helper()
	e.Network(t).Forward(t, hostport)
}

// OverTCP lets the engine be reached at a port of 127.0.0.1, too, and returns that as host:port: a Proxy can be put in
// front of it.
func (e *Engine) OverTCP(t T) string {
	t.Helper()
	listener := (*Network)(nil).listen(t, "127.0.0.1:0")
	passOn(t, listener, "unix", strings.TrimPrefix(e.Host, "unix://"))
	return listener.Addr().String()
}

// loopbackUp raises lo in the current network namespace, where a new one has it down.
func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}
