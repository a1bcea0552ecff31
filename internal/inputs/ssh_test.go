package inputs_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"net"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"github.com/slipway-build/slipway/internal/inputs"
)

// privateKey makes a key in the format of OpenSSH.
func privateKey(tb testing.TB, passphrase string) []byte {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "test", []byte(passphrase))
	}
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// socket listens at a path, short enough for a socket.
func socket(tb testing.TB, dir, name string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	listener, err := net.Listen("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	return path
}

func TestSSH(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	agent, other := socket(t, dir, "agent"), socket(t, dir, "other")
	for _, name := range []string{"a", "b"} {
		write(t, filepath.Join(dir, name), string(privateKey(t, "")))
	}
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cases := map[string]struct {
		set  vars
		want []inputs.SSHAgent
	}{
		"the user's agent":            {vars{"ssh": "default"}, []inputs.SSHAgent{{ID: "default", Paths: []string{agent}}}},
		"an agent by its path":        {vars{"ssh": "default=" + other}, []inputs.SSHAgent{{ID: "default", Paths: []string{other}}}},
		"under another id":            {vars{"ssh": "github"}, []inputs.SSHAgent{{ID: "github", Paths: []string{agent}}}},
		"a key":                       {vars{"ssh": "default=./a"}, []inputs.SSHAgent{{ID: "default", Paths: []string{a}}}},
		"two keys of one id":          {vars{"ssh": "default=" + a + "," + b}, []inputs.SSHAgent{{ID: "default", Paths: []string{a, b}}}},
		"ids with commas":             {vars{"ssh": "default,x=" + a + ",y"}, []inputs.SSHAgent{{ID: "default", Paths: []string{agent}}, {ID: "x", Paths: []string{a}}, {ID: "y", Paths: []string{agent}}}},
		"ids on lines":                {vars{"ssh": "\n default \n\nx=" + a + "\n"}, []inputs.SSHAgent{{ID: "default", Paths: []string{agent}}, {ID: "x", Paths: []string{a}}}},
		"for a context over ssh":      {vars{"context": "git@github.com:octo/app.git"}, []inputs.SSHAgent{{ID: "default", Paths: []string{agent}}}},
		"another one for that":        {vars{"context": "ssh://git@github.com/octo/app.git", "ssh": "default=" + a}, []inputs.SSHAgent{{ID: "default", Paths: []string{a}}}},
		"for a named context as well": {vars{"build-contexts": "x=git@github.com:octo/app.git", "ssh": "y=" + a}, []inputs.SSHAgent{{ID: "y", Paths: []string{a}}, {ID: "default", Paths: []string{agent}}}},
		"none":                        {vars{"context": "https://github.com/octo/app.git"}, nil},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.set["SSH_AUTH_SOCK"] = agent
			in, err := parse(dir, c.set)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, in.SSH); diff != "" {
				t.Errorf("agents differ (-want, +got):\n%s", diff)
			}
		})
	}
}

// TestSSHMistakes are known before the build, and show nothing of a key.
func TestSSHMistakes(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	agent := socket(t, dir, "agent")
	dead := filepath.Join(dir, "dead")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	write(t, filepath.Join(dir, "locked"), string(privateKey(t, "correct horse")))
	write(t, filepath.Join(dir, "broken"), "-----BEGIN OPENSSH PRIVATE KEY-----\ncorrect-horse\n-----END OPENSSH PRIVATE KEY-----\n")
	write(t, filepath.Join(dir, "key"), string(privateKey(t, "")))
	symlink(t, "/etc/hostname", filepath.Join(dir, "out"))
	cases := map[string]struct {
		value, socket string
		says          []string
	}{
		"no agent":                {"default", "", []string{"line 1: default", "there is no agent: SSH_AUTH_SOCK is not set"}},
		"an agent elsewhere":      {"default", "/nowhere/agent.1", []string{"SSH_AUTH_SOCK=/nowhere/agent.1", "it is not there", "RUNNER_TEMP"}},
		"an agent that is dead":   {"default", dead, []string{"connection refused"}},
		"a variable with a file":  {"default", filepath.Join(dir, "key"), []string{"it is no socket"}},
		"a key that is not there": {"\n\nx=absent", agent, []string{"line 3: x", "there is no " + filepath.Join(dir, "absent")}},
		"a passphrase":            {"x=locked", agent, []string{"the key has a passphrase"}},
		"no key":                  {"x=broken", agent, []string{"broken: it is no private key"}},
		"a link out":              {"x=out", agent, []string{"outside the workspace"}},
		"a directory":             {"x=.", agent, []string{"is a directory"}},
		"an agent and a key":      {"x=" + agent + "," + filepath.Join(dir, "key"), agent, []string{"one agent, or keys"}},
		"twice":                   {"x=key\nx", agent, []string{`line 2: the id "x" is given twice`}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"ssh": c.value, "SSH_AUTH_SOCK": c.socket})
			wantMistake(t, err, "ssh", c.says...)
		})
	}
	_, err = parse(dir, vars{"context": "git@github.com:octo/app.git"})
	wantMistake(t, err, "ssh", "git fetches a context over ssh, and there is no agent for it")
}
