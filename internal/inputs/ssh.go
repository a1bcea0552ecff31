package inputs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/regular"
)

// SSHAgent is an SSH agent, or keys, that steps with RUN --mount=type=ssh may use.
type SSHAgent struct {
	ID    string
	Paths []string // absolute: of the socket of one agent, or of key files
}

// authSock is the variable by which programs find the user's agent.
const authSock = "SSH_AUTH_SOCK"

const acceptsSSH = "default, or ID[=PATH[,PATH]] with the socket of an agent, or files of private keys without a passphrase, one per line; default is the agent at " + authSock

// sshAgents reads ssh. Each agent is asked for, and each key is read, so that what
// is missing is known before the build. A context that git fetches over ssh takes
// the agent default, which nobody need name.
func (p *parser) sshAgents(input string, in Inputs) []SSHAgent {
	var all []SSHAgent
	for _, it := range p.sshItems(input) {
		id, paths, _ := strings.Cut(it.text, "=")
		agent := SSHAgent{ID: id}
		if agent.ID == "" {
			agent.ID = defaultAgent
		}
		if slices.ContainsFunc(all, func(other SSHAgent) bool { return other.ID == agent.ID }) {
			p.problems.add(input, acceptsSSH, "line %d: the id %q is given twice", it.line, agent.ID)
			continue
		}
		var err error
		if agent.Paths, err = p.sshPaths(paths); err != nil {
			p.problems.add(input, acceptsSSH, "line %d: %s: %v", it.line, agent.ID, err)
		}
		all = append(all, agent)
	}
	overSSH := func(s source.Source) bool {
		return s.Kind == source.Git && (source.ScpStyle.MatchString(s.Where) || strings.HasPrefix(s.Where, "ssh://"))
	}
	named := slices.ContainsFunc(all, func(a SSHAgent) bool { return a.ID == defaultAgent })
	if !named && slices.ContainsFunc(in.Fetched(), overSSH) {
		paths, err := p.sshPaths("")
		if err != nil {
			p.problems.add(input, acceptsSSH, "git fetches a context over ssh, and there is no agent for it: %v", err)
		}
		all = append(all, SSHAgent{ID: defaultAgent, Paths: paths})
	}
	return all
}

// defaultAgent is the id of a mount that names none.
const defaultAgent = "default"

// sshItems splits the list at line ends and commas. A path after a comma is one
// more key of the id before it.
func (p *parser) sshItems(input string) []item {
	items, err := words(p.raw(input))
	if err != nil {
		p.problems.add(input, acceptsSSH, "%v", err)
	}
	var all []item
	for _, it := range items {
		last := len(all) - 1
		if last >= 0 && all[last].line == it.line && !strings.Contains(it.text, "=") && strings.Contains(it.text, "/") {
			all[last].text += "," + it.text
			continue
		}
		all = append(all, it)
	}
	return all
}

// sshPaths returns the socket of an agent, or files of keys, by default the
// user's agent.
func (p *parser) sshPaths(list string) ([]string, error) {
	if list == "" {
		socket, _ := p.env.Lookup(authSock)
		if socket == "" {
			return nil, errors.New("there is no agent: " + authSock + " is not set; start one and add the key in a step before" + elsewhere("/"))
		}
		if err := answers(socket); err != nil {
			return nil, fmt.Errorf("the agent at %s=%s cannot be used: %w", authSock, socket, err)
		}
		return []string{socket}, nil
	}
	var paths []string
	for written := range strings.SplitSeq(list, ",") {
		path, err := p.resolve(written, filepath.IsAbs(written))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no %s%s", p.absolute(written), elsewhere(written))
		}
		if err == nil {
			err = agentOrKey(path)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", written, err)
		}
		paths = append(paths, path)
	}
	if len(paths) > 1 && slices.ContainsFunc(paths, isSocket) {
		return nil, errors.New("an id has one agent, or keys, and not both")
	}
	return paths, nil
}

// answers tells why nobody listens at a socket.
func answers(socket string) error {
	if _, err := os.Stat(socket); errors.Is(err, fs.ErrNotExist) {
		return errors.New("it is not there" + elsewhere(socket))
	}
	if !isSocket(socket) {
		return errors.New("it is no socket")
	}
	conn, err := net.DialTimeout("unix", socket, time.Second) //nolint:noctx // a local socket answers at once
	if err != nil {
		return err
	}
	return conn.Close()
}

// elsewhere explains an absolute path that is not there.
func elsewhere(path string) string {
	if !filepath.IsAbs(path) {
		return ""
	}
	return "; a container action sees the workspace and the directory at RUNNER_TEMP of the runner, and nothing else: have the agent listen there (ssh-agent -a \"$RUNNER_TEMP/agent.sock\")"
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&os.ModeSocket != 0
}

// maxKeySize is far more than any private key has, in bytes.
const maxKeySize = 100 << 10

// agentOrKey tells why a file is neither a socket that answers nor a key. What it
// holds is not shown.
func agentOrKey(path string) error {
	if isSocket(path) {
		return answers(path)
	}
	file, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxKeySize))
	if err != nil {
		return err
	}
	var locked *ssh.PassphraseMissingError
	switch _, err := ssh.ParseRawPrivateKey(content); {
	case errors.As(err, &locked):
		return errors.New("the key has a passphrase, and nobody is there to type it; add it to an agent")
	case err != nil:
		return errors.New("it is no private key")
	}
	return nil
}
