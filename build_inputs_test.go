package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"golang.org/x/crypto/ssh/agent"

	"github.com/slipway-build/slipway/internal/testenv"
)

// buildInput is an input of the build, and what shows its effect: what it has in
// the log, and what is found in the workspace.
type buildInput struct {
	name       string
	dockerfile string
	files      map[string][]byte
	env        []string
	says       []string
	refused    map[string]string // by builders, and why
	wrap       func(cmd *exec.Cmd, work string)
	wrote      func(t *testing.T, workspace string)
}

// TestBuildInputs sets each input of a build on each of the builders, and looks
// for its effect in what the steps print.
func TestBuildInputs(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	git := newInputsGit(t)
	engine := testenv.NewEngine(t, testenv.EngineOptions{})
	graph := testenv.NewEngine(t, testenv.EngineOptions{GraphDriver: true})
	old := testenv.NewEngine(t, testenv.EngineOptions{Old: true})
	for _, one := range []*testenv.Engine{engine, graph, old} {
		one.Forward(t, registry.Host)
		one.Forward(t, git.server.Host)
	}
	granting := testenv.Buildkitd(t, testenv.BuildkitdOptions{Config: "insecure-entitlements = [\"network.host\", \"security.insecure\"]\n"})
	strict := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	builders := []struct {
		name string
		env  []string
	}{
		{"engine 29 containerd", []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host}},
		{"remote buildkitd", []string{"INPUT_BUILDER=" + granting.Address}},
		{"remote that grants nothing", []string{"INPUT_BUILDER=" + strict.Address}},
		{"child", []string{"INPUT_BUILDER=local"}},
		{"engine 29 graph driver", []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + graph.Host}},
		{"engine 20.10", []string{"INPUT_BUILDER=docker", "DOCKER_HOST=" + old.Host}},
	}
	all := slices.Concat(buildInputs(t, registry.Host, git), outputInputs(testenv.BaseImage(t, registry.Host).Name()))
	for _, b := range builders {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range all {
				t.Run(c.name, func(t *testing.T) { // one after the other is enough for two processors
					r := start(t, step{dockerfile: c.dockerfile, files: c.files, wrap: c.wrap, env: slices.Concat([]string{"INPUT_PUSH=false", "INPUT_NO-CACHE=true", "INPUT_IMAGE=" + registry.Host + "/octo/app"}, b.env, c.env)})
					code := r.wait()
					if reason := c.refused[b.name]; reason != "" {
						if code != 1 {
							t.Errorf("exit code %d, want 1", code)
						}
						r.mustSay("::error", reason)
						mustNotBuild(t, r)
						return
					}
					if code != 0 {
						t.Fatalf("exit code %d\n%s", code, r.said())
					}
					r.mustSay(c.says...)
					if c.wrote != nil {
						c.wrote(t, r.cmd.Dir)
					}
					if strings.Contains(strings.ReplaceAll(r.said(), "::add-mask::"+inputsToken, ""), inputsToken) {
						t.Errorf("the log shows the token:\n%s", r.said())
					}
				})
			}
		})
	}
}

const inputsToken = "ghs_correcthorsebatterystaple0123456789ab"

// inputsGit is a git server that wants the run's token, and the commits there.
type inputsGit struct {
	server *testenv.GitServer
	main   string // commit on main of octo/app
	run    []string
}

func newInputsGit(t *testing.T) inputsGit {
	t.Helper()
	g := inputsGit{server: testenv.NewGitServer(t, inputsToken)}
	dockerfile := "ARG BASE\nFROM $BASE\nCOPY where /\nRUN echo \"built from $(cat /where)\"\n"
	g.main = g.server.Commit(t, "octo/app", "main", map[string]string{
		"Dockerfile": dockerfile, "where": "the main branch", "sub/Dockerfile": dockerfile, "sub/where": "a subdirectory", "sub/other.Dockerfile": dockerfile + "RUN echo \"by $(echo another) Dockerfile\"\n",
	})
	g.server.Commit(t, "octo/app", "feature", map[string]string{"Dockerfile": dockerfile, "where": "a feature"})
	g.run = []string{"GITHUB_SERVER_URL=" + g.server.URL, "GITHUB_REPOSITORY=octo/app", "GITHUB_SHA=" + g.main, "INPUT_TOKEN=" + inputsToken}
	return g
}

// with adds a run of the git server's own repository to variables.
func (g inputsGit) with(base string, env ...string) []string {
	return slices.Concat(g.run, []string{"INPUT_BUILD-ARGS=BASE=" + base}, env)
}

func buildInputs(t *testing.T, host string, git inputsGit) []buildInput {
	t.Helper()
	base := testenv.BaseImage(t, host).Name()
	run := func(command string) string { return "FROM " + base + "\nRUN " + command + "\n" }
	old := func(reason string) map[string]string { return map[string]string{"engine 20.10": reason} }
	noSubdirectory := old("it takes no subdirectory of a repository")
	const noContexts, noLimits = "it silently drops named contexts", "silently drops"
	socket := startAgent(t, "the test's key")
	withAgent := "FROM " + base + "\nCOPY --chmod=755 agentlist /\nRUN --mount=type=ssh /agentlist\n"
	agentFiles := map[string][]byte{"agentlist": staticProgram(t, "./testdata/agentlist")}
	denied := map[string]string{"remote that grants nothing": "this builder does not allow"}
	gateway := map[string]string{}
	for _, builder := range []string{"remote buildkitd", "remote that grants nothing", "child", "engine 20.10"} {
		gateway[builder] = "it does not say which address host-gateway is"
	}
	archived := git.server.Serve("/context.tar.gz", archive(t, map[string]string{"Dockerfile": "FROM " + base + "\nCOPY where /\nRUN echo \"built from $(cat /where)\"\n", "where": "an archive"}))
	url := git.server.URL + "/octo/app.git"
	named := "FROM " + base + "\nCOPY --from=extra /where /\nRUN echo \"found $(cat /where)\"\n"
	oci := map[string][]byte{}
	for path, content := range readTree(t, layoutOf(t, base)) {
		oci["oci/"+path] = content
	}
	noLayouts := old(noContexts)
	noLayouts["engine 29 graph driver"] = "it reads no OCI layouts (extra)"
	return []buildInput{
		{name: "context, default", env: git.with(base, "INPUT_CONTEXT={{defaultContext}}"), says: []string{"built from the main branch"}},
		{name: "context, default, subdirectory", env: git.with(base, "INPUT_CONTEXT={{defaultContext}}:sub"), says: []string{"built from a subdirectory"}, refused: noSubdirectory},
		{name: "context, branch", env: git.with(base, "INPUT_CONTEXT="+url+"#feature"), says: []string{"built from a feature"}},
		{name: "context, query", env: git.with(base, "INPUT_CONTEXT="+url+"?branch=main&subdir=sub"), says: []string{"built from a subdirectory"}, refused: old("it does not know the options of a git URL")},
		{name: "context, archive", env: []string{"INPUT_CONTEXT=" + archived}, says: []string{"built from an archive"}},
		{name: "build-contexts, file", dockerfile: "FROM " + base + "\nCOPY --from=extra /context /\nRUN echo \"$(wc -c < /context) bytes are $(tar xzOf /context where)\"\n", env: []string{"INPUT_BUILD-CONTEXTS=extra=" + archived}, says: []string{"bytes are an archive"}, refused: old(noContexts)},
		{name: "context, file in it", env: git.with(base, "INPUT_CONTEXT={{defaultContext}}:sub", "INPUT_FILE=other.Dockerfile"), says: []string{"by another Dockerfile"}, refused: noSubdirectory},
		{
			name: "context, another's Dockerfile",
			env:  git.with(base, "INPUT_CONTEXT={{defaultContext}}", "INPUT_FILE="+localDockerfile(t)), says: []string{"local Dockerfile and the main branch"},
		},
		{name: "build-contexts, directory", dockerfile: named, files: map[string][]byte{"lib/where": []byte("a directory")}, env: []string{"INPUT_BUILD-CONTEXTS=extra=lib"}, says: []string{"found a directory"}, refused: old(noContexts)},
		{name: "build-contexts, git", dockerfile: named, env: git.with(base, "INPUT_BUILD-CONTEXTS=extra={{defaultContext}}:sub"), says: []string{"found a subdirectory"}, refused: old(noContexts)},
		{name: "build-contexts, image", dockerfile: "FROM nowhere.example/extra\nRUN echo \"an image with $(echo busybox)\"\n", env: []string{"INPUT_BUILD-CONTEXTS=nowhere.example/extra=docker-image://" + base}, says: []string{"an image with busybox"}, refused: old(noContexts)},
		{name: "build-contexts, layout", dockerfile: "FROM extra\nRUN echo \"a layout with $(echo busybox)\"\n", files: oci, env: []string{"INPUT_BUILD-CONTEXTS=extra=oci-layout://oci:test"}, says: []string{"a layout with busybox"}, refused: noLayouts},
		{name: "build-contexts, stage", dockerfile: "FROM " + base + " AS own\nENV WHO=stage\nRUN echo made > /made\nFROM nowhere.example/extra AS last\nRUN echo \"$(cat /made) by a $WHO\"\n", env: []string{"INPUT_TARGET=last", "INPUT_BUILD-CONTEXTS=nowhere.example/extra=target:own"}, says: []string{"made by a stage"}, refused: old(noContexts)},
		{name: "ssh, agent", dockerfile: withAgent, files: agentFiles, env: []string{"INPUT_SSH=default", "SSH_AUTH_SOCK=" + socket}, says: []string{"signed by the test's key"}},
		{name: "ssh, id", dockerfile: strings.ReplaceAll(withAgent, "type=ssh", "type=ssh,id=other"), files: agentFiles, env: []string{"INPUT_SSH=other=" + socket}, says: []string{"signed by the test's key"}},
		{name: "no-cache-filters", dockerfile: "FROM " + base + " AS one\nRUN echo first > /a\nFROM " + base + " AS two\nCOPY --from=one /a /\nRUN echo second > /b\n", env: []string{"INPUT_NO-CACHE=false", "INPUT_NO-CACHE-FILTERS=two"}, says: []string{"RUN echo second"}},
		{name: "network none", dockerfile: run(`echo "interfaces $(ls /sys/class/net | tr '\n' ' ')and routes $(wc -l < /proc/net/route)"`), env: []string{"INPUT_NETWORK=none"}, says: []string{"interfaces lo and routes 1"}},
		{name: "network host", dockerfile: run("echo network host is granted"), env: []string{"INPUT_NETWORK=host"}, says: []string{"network host is granted"}, refused: denied},
		{
			name: "allow insecure", dockerfile: run("--security=insecure echo \"insecure $(echo step)\""), env: []string{"INPUT_ALLOW=security.insecure"}, says: []string{"insecure step"},
			refused: map[string]string{"remote that grants nothing": "this builder does not allow security.insecure", "engine 29 containerd": "this builder does not allow security.insecure", "engine 29 graph driver": "this builder does not allow security.insecure", "engine 20.10": "this builder does not allow security.insecure"},
		},
		{name: "add-hosts", dockerfile: run(`echo "hosts $(tr '\t\n' '  ' < /etc/hosts)"`), env: []string{"INPUT_ADD-HOSTS=myhost:10.1.2.3,six=[fd00::1]"}, says: []string{"10.1.2.3 myhost", "fd00::1 six"}},
		{name: "add-hosts, gateway", dockerfile: run(`echo "hosts $(tr '\t\n' '  ' < /etc/hosts)"`), env: []string{"INPUT_ADD-HOSTS=myhost:host-gateway"}, says: []string{testenv.BridgeIP + " myhost"}, refused: gateway},
		{name: "shm-size", dockerfile: run(`echo "shm $(df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2)"`), env: []string{"INPUT_SHM-SIZE=96m"}, says: []string{"shm 98304"}, refused: old(noLimits)},
		{name: "ulimit", dockerfile: run(`echo "soft $(ulimit -S -n) hard $(ulimit -H -n)"`), env: []string{"INPUT_ULIMIT=nofile=1000:2000"}, says: []string{"soft 1000 hard 2000"}, refused: old(noLimits)},
		{
			name: "reproducible", dockerfile: run("echo file > /file"), env: []string{"INPUT_REPRODUCIBLE=true", "INPUT_PUSH=true", "INPUT_BUILD-ARGS=SOURCE_DATE_EPOCH=1700000000", "RUNNER_DEBUG=1"}, says: []string{"rewriting layers with source-date-epoch 1700000000"},
			refused: map[string]string{"engine 29 graph driver": "it leaves the files of an image the times of the build", "engine 20.10": "it leaves the files of an image the times of the build"},
		},
		{name: "cgroup-parent", dockerfile: run(`echo "group $(cut -d : -f 3 /proc/self/cgroup | sort -u | head -n 3 | tr '\n' ' ')"; cat /proc/self/mountinfo | grep cgroup | head -n 3`), env: []string{"INPUT_CGROUP-PARENT=slipwaytest"}, says: []string{"slipwaytest"}, refused: old(noLimits)},
	}
}

// archive makes a tar.gz.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var content bytes.Buffer
	compressed := gzip.NewWriter(&content)
	w := tar.NewWriter(compressed)
	var errs []error
	for path, text := range files {
		errs = append(errs, w.WriteHeader(&tar.Header{Name: path, Mode: 0o644, Size: int64(len(text))}))
		_, err := w.Write([]byte(text))
		errs = append(errs, err)
	}
	if err := errors.Join(append(errs, w.Close(), compressed.Close())...); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// localDockerfile is one outside every context.
func localDockerfile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Dockerfile")
	mustWrite(t, path, []byte("ARG BASE\nFROM $BASE\nCOPY where /\nRUN echo \"local Dockerfile and $(cat /where)\"\n"))
	return path
}

// layoutOf writes an image into an OCI layout, under the tag test.
func layoutOf(t *testing.T, reference string) string {
	t.Helper()
	dir := t.TempDir()
	at, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = at.AppendImage(mustPull(t, reference), layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "test"}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// startAgent starts an SSH agent with one key and returns its socket.
func startAgent(t *testing.T, comment string) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key, Comment: comment}); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "agent-") //nolint:usetesting // short, for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "agent.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn) }()
		}
	}()
	return listener.Addr().String()
}

// staticProgram compiles a program of this module for a step.
func staticProgram(t *testing.T, dir string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	cmd := testenv.Command(t, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, dir)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", dir, err, said)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
