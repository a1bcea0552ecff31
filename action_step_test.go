package main

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"
)

// actionStep is a step of a workflow that uses the action: a push to main. It
// logs in to the machine's registry unless with says otherwise.
type actionStep struct {
	repository string            // without the owner, which is the machine's; default app
	dockerfile string            // with files, the checkout's only commit
	files      map[string]string // path in the checkout to content
	with       map[string]string // inputs
	network    string            // of a job with services
	socket     string            // what is mounted as the engine's socket; default the engine's own
	user       string            // of the container; a runner names none
	env        map[string]string // in place of what the runner sets
}

// actionRun is a step that has been started.
type actionRun struct {
	running

	*jobHost
	runnerDir

	id    string // of the container
	read  chan struct{}
	ended moby.ContainerWaitResult

	// What wait has found.
	code    int
	outputs map[string]string
	summary string
}

// runAction starts a step and waits for its end.
func runAction(t *testing.T, m *jobHost, s actionStep) *actionRun {
	t.Helper()
	r := startAction(t, m, s)
	r.wait()
	return r
}

// startAction starts a step's container with what the runner gives it: no
// privilege, and nothing of the host but the runner's directories and the socket
// (actions/runner, ContainerActionHandler.cs and DockerCommandManager.cs).
func startAction(t *testing.T, m *jobHost, s actionStep) *actionRun {
	t.Helper()
	s.repository = m.owner + "/" + cmp.Or(s.repository, "app")
	r := &actionRun{running: running{t: t}, jobHost: m, runnerDir: newRunnerDir(t, s), read: make(chan struct{})}
	binds := []string{cmp.Or(s.socket, strings.TrimPrefix(m.engine.Host, "unix://")) + ":/var/run/docker.sock"}
	for from, to := range runnerDirs() {
		binds = append(binds, filepath.Join(r.dir, from)+":"+to)
	}
	created, err := m.docker.ContainerCreate(t.Context(), moby.ContainerCreateOptions{
		Name: "ghcr_io_slipway_build_slipway_" + filepath.Base(r.dir),
		Config: &container.Config{
			Image: m.ref, Env: r.environment(s), User: s.user,
			WorkingDir: "/github/workspace", Labels: map[string]string{"5588e4": ""},
			AttachStdout: true, AttachStderr: true,
		},
		HostConfig: &container.HostConfig{AutoRemove: true, NetworkMode: container.NetworkMode(s.network), Binds: binds},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.id = created.ID
	t.Cleanup(func() { // after a test that has failed
		_, _ = m.docker.ContainerRemove(context.WithoutCancel(t.Context()), r.id, moby.ContainerRemoveOptions{Force: true})
	})
	r.start()
	return r
}

// start is what docker run does once it has created a container.
func (r *actionRun) start() {
	r.t.Helper()
	ctx := r.t.Context()
	attached, err := r.docker.ContainerAttach(ctx, r.id, moby.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		r.t.Fatal(err)
	}
	go func() {
		defer close(r.read)
		defer attached.Close()
		_, _ = stdcopy.StdCopy(r, r, attached.Reader) // until the container ends, or the engine
	}()
	r.ended = r.docker.ContainerWait(ctx, r.id, moby.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	if _, err := r.docker.ContainerStart(ctx, r.id, moby.ContainerStartOptions{}); err != nil {
		r.t.Fatal(err)
	}
}

// wait waits until the container is gone, and reads what it has written for the
// runner.
func (r *actionRun) wait() {
	r.t.Helper()
	select {
	case end := <-r.ended.Result:
		r.code = int(end.StatusCode)
	case err := <-r.ended.Error:
		r.t.Fatalf("waiting for the container: %v\n%s", err, r.said())
	case <-time.After(waitLimit):
		r.t.Fatalf("the container does not end:\n%s", r.said())
	}
	select {
	case <-r.read:
	case <-time.After(waitLimit):
		r.t.Fatalf("the engine does not end the log of a container that is gone:\n%s", r.said())
	}
	r.outputs, r.summary = r.written(r.t)
}

// waitFor waits until the log has a text.
func (r *actionRun) waitFor(text string) {
	r.t.Helper()
	for deadline := time.After(waitLimit); !strings.Contains(r.said(), text); {
		select {
		case <-r.read:
			r.t.Fatalf("it has ended without %q:\n%s", text, r.said())
		case <-deadline:
			r.t.Fatalf("it does not say %q:\n%s", text, r.said())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// waitUntil waits for something that happens while the step runs.
func (r *actionRun) waitUntil(happened <-chan struct{}) {
	r.t.Helper()
	select {
	case <-happened:
	case <-r.read:
		r.t.Fatalf("it has ended before:\n%s", r.said())
	case <-time.After(waitLimit):
		r.t.Fatalf("it does not come to that:\n%s", r.said())
	}
}

// environment is what the runner passes with -e.
func (r *actionRun) environment(s actionStep) []string {
	r.t.Helper()
	env := []string{
		"HOME=/github/home", "CI=true", "GITHUB_ACTIONS=true",
		"GITHUB_ACTION=__slipway-build_slipway", "GITHUB_ACTOR=" + user, "GITHUB_API_URL=http://127.0.0.1:1",
		"GITHUB_EVENT_NAME=push", "GITHUB_EVENT_PATH=/github/workflow/event.json", "GITHUB_JOB=image",
		"GITHUB_REF=refs/heads/main", "GITHUB_REF_NAME=main", "GITHUB_REF_TYPE=branch",
		"GITHUB_REPOSITORY=" + s.repository, "GITHUB_REPOSITORY_OWNER=" + r.owner,
		"GITHUB_RUN_ATTEMPT=1", "GITHUB_RUN_ID=1658821493", "GITHUB_RUN_NUMBER=3", "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_SHA=" + r.sha, "GITHUB_WORKFLOW=Image", "GITHUB_WORKSPACE=/github/workspace",
		"RUNNER_ARCH=X64", "RUNNER_ENVIRONMENT=github-hosted", "RUNNER_NAME=GitHub Actions 2", "RUNNER_OS=Linux",
		"RUNNER_TEMP=/github/runner_temp", "RUNNER_TOOL_CACHE=/opt/hostedtoolcache", "RUNNER_WORKSPACE=" + filepath.Join(r.dir, "repo"),
	}
	for variable, file := range fileCommands() {
		env = append(env, variable+"=/github/file_commands/"+file)
	}
	inputs, err := inputDefaults()
	if err != nil {
		r.t.Fatal(err)
	}
	inputs["registry"], inputs["username"], inputs["token"] = r.host, user, registryPassword
	maps.Copy(inputs, s.with)
	for input, value := range inputs {
		env = append(env, inputVariable(input)+"="+value)
	}
	for variable, value := range s.env {
		env = append(env, variable+"="+value)
	}
	return env
}
