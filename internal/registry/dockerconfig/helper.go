package dockerconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/slipway-build/slipway/internal/processes"
)

// helper is a program docker-credential-SUFFIX that knows one host's login. It is
// asked once, when the login is needed.
type helper struct {
	suffix string
	server string // the host, as the config writes it
	lookup func(name string) (string, bool)

	asking chan struct{} // has room for the one that asks; others wait for it, each as long as its context lasts
	asked  bool
	login  authn.AuthConfig
}

func newHelper(suffix, server string, lookup func(string) (string, bool)) *helper {
	return &helper{suffix: suffix, server: server, lookup: lookup, asking: make(chan struct{}, 1)}
}

// helpWithin is how long a helper may take: those of clouds ask over the network.
const helpWithin = 10 * time.Second

// ask returns the login, after known was told of it. The error of a helper is
// returned once; afterwards there is no login.
func (h *helper) ask(ctx context.Context, known func(authn.AuthConfig)) (authn.AuthConfig, error) {
	select {
	case h.asking <- struct{}{}:
		defer func() { <-h.asking }()
	case <-ctx.Done():
		return authn.AuthConfig{}, nil // nobody needs it any more
	}
	if h.asked {
		return h.login, nil
	}
	limited, cancel := context.WithTimeout(ctx, helpWithin)
	defer cancel()
	login, err := h.run(limited)
	if ctx.Err() != nil {
		return authn.AuthConfig{}, nil // it was cut off, and says nothing of the login
	}
	known(login)
	h.asked, h.login = true, login
	return login, err
}

// suffixes are what a helper may be called. The name becomes part of a path.
var suffixes = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

func (h *helper) run(ctx context.Context) (authn.AuthConfig, error) {
	if !suffixes.MatchString(h.suffix) {
		return authn.AuthConfig{}, errors.New("its credential helper has a name that no program has")
	}
	name := "docker-credential-" + h.suffix
	path := processes.Find(h.lookup, []string{name})
	if path == "" {
		return authn.AuthConfig{}, fmt.Errorf("its credential helper %s is not on PATH; the action's own image has none: give the login in the input registry-auth", name)
	}
	said, err := client.Get(func(arguments ...string) client.Program { return newProgram(ctx, path, arguments) }, h.server)
	switch {
	case credentials.IsErrCredentialsNotFound(err):
		return authn.AuthConfig{}, nil
	case ctx.Err() != nil:
		return authn.AuthConfig{}, fmt.Errorf("%s has not answered within %s", name, helpWithin)
	case err != nil: // what it says may be the login itself
		return authn.AuthConfig{}, fmt.Errorf("%s failed; run it by hand to see why", name)
	case said.Username == "<token>":
		return authn.AuthConfig{IdentityToken: said.Secret}, nil
	}
	return authn.AuthConfig{Username: said.Username, Password: said.Secret}, nil
}

// program is one run of a helper. It gets the step's environment without the
// inputs and the runner's own tokens.
type program struct{ cmd *exec.Cmd }

func newProgram(ctx context.Context, path string, arguments []string) program {
	cmd := exec.CommandContext(ctx, path, arguments...)
	cmd.Env = slices.DeleteFunc(cmd.Environ(), processes.Secret)
	// Should we be killed, the kernel kills it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second // what it has started may keep its output open
	return program{cmd}
}

// Input is what the helper reads.
func (p program) Input(in io.Reader) { p.cmd.Stdin = in }

// MaxSaid is how much a helper may say, in bytes: a login has some thousand at most.
const MaxSaid = 1 << 20

// Output runs the helper and returns what it says. Its standard error is dropped, and
// one that says more than maxSaid is ended.
func (p program) Output() ([]byte, error) {
	said := &limited{}
	p.cmd.Stdout = said
	// The kernel takes the end of the thread that started it for ours.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Run()
	return said.kept.Bytes(), err
}

// limited keeps what is written up to maxSaid bytes, and takes no more. It embeds
// nothing: a buffer's ReadFrom would take all.
type limited struct{ kept bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.kept.Len()+len(p) > MaxSaid {
		return 0, fmt.Errorf("it says more than %d bytes", MaxSaid)
	}
	return l.kept.Write(p)
}
