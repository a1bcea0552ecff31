package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// readmeJob is a run of the job of an example.
type readmeJob struct {
	*readmeLab

	t        *testing.T
	checkout seeds // of its own, which steps may change
	row      readmeRow
	run      readmeRun
	known    expressions // as far as the job has come
	replace  *strings.Replacer
	env      []string                     // of every step
	with     map[string]string            // inputs that only this machine needs
	services map[string]*testenv.Registry // by the host that steps have for it
	temp     string                       // of the runner
	log      bytes.Buffer
	outputs  map[string]string // of the step with the action
	failed   bool
}

func newReadmeJob(t *testing.T, l *readmeLab, s seeds, row readmeRow, run readmeRun) *readmeJob {
	t.Helper()
	temp, err := os.MkdirTemp("", "runner-") //nolint:usetesting // short, for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	checkout := t.TempDir()
	if err := os.CopyFS(checkout, os.DirFS(s.repo)); err != nil {
		t.Fatal(err)
	}
	s.github, s.repo = l.github, checkout
	j := &readmeJob{readmeLab: l, checkout: s, t: t, row: row, run: run, temp: temp, with: map[string]string{}, services: map[string]*testenv.Registry{}}
	j.known = s.expressions(run.seedRun)
	maps.Copy(j.known, l.known)
	j.known["runner.temp"] = temp
	j.env = map[string][]string{
		"":        {"BUILDKIT_HOST=" + l.buildkit.Address},
		anEngine:  {"DOCKER_HOST=" + l.engine.Host},
		noBuilder: {"DOCKER_HOST=unix:///nowhere/docker.sock"},
	}[row.builder]
	if row.prepare != nil {
		row.prepare(t, j)
	}
	return j
}

// runJob runs the steps of an example, those with the action or only the others.
func (j *readmeJob) runJob(example readmeExample, action bool) {
	j.t.Helper()
	file := readWorkflow(j.t, example.whole)
	if !file.runsFor(j.run.event, j.run.ref) {
		j.t.Errorf("the workflow does not run for the event %s of %s", j.run.event, j.run.ref)
	}
	if len(file.Jobs) != 1 {
		j.t.Fatalf("the tests know how to run one job, and the workflow has %d", len(file.Jobs))
	}
	for _, job := range file.Jobs {
		j.startServices(job)
		for _, step := range job.Steps {
			if action || step.Uses == "" {
				j.step(step)
			}
		}
	}
}

// startServices starts registries where the engine reaches them at a port of the
// runner, as service containers are, and this process does not.
func (j *readmeJob) startServices(job workflowJob) {
	j.t.Helper()
	instead := maps.Clone(j.instead)
	for name, service := range job.Services {
		if service.Image != "registry:3" || !slices.Equal(service.Ports, []string{"5000:5000"}) || j.row.builder != anEngine {
			j.t.Fatalf("the tests cannot start the service %s, %+v", name, service)
		}
		registry := testenv.NewRegistry(j.t, testenv.RegistryOptions{Network: j.engine.Network(j.t)})
		host := strings.Replace(registry.Host, "127.0.0.1", "localhost", 1)
		j.services[host], instead["localhost:5000"] = registry, host
		j.known["services."+name] = host
	}
	var pairs []string
	for text, other := range instead {
		pairs = append(pairs, text, other)
	}
	j.replace = strings.NewReplacer(pairs...)
}

// values are those of a step's texts.
func (j *readmeJob) values(texts map[string]string) map[string]string {
	j.t.Helper()
	all := j.known.mustIn(j.t, texts)
	for key, value := range all {
		all[key] = j.replace.Replace(value)
	}
	return all
}

func (j *readmeJob) step(step workflowStep) {
	j.t.Helper()
	holds, err := j.known.hold(step.If, j.failed)
	if err != nil {
		j.t.Fatal(err)
	}
	if !holds {
		fmt.Fprintf(&j.log, "skipped: %s\n", step.If)
		return
	}
	env := append(slices.Clone(j.env), "RUNNER_TEMP="+j.temp)
	for variable, value := range j.values(step.Env) {
		env = append(env, variable+"="+value)
	}
	switch action, _, _ := strings.Cut(step.Uses, "@"); action {
	case "":
		j.shell(j.replace.Replace(step.Run), env)
	case "./":
		j.action(step, env)
	case "actions/checkout": // is done already
	case "actions/upload-artifact":
		j.upload(j.values(step.With)["path"])
	default:
		j.t.Fatalf("the tests have nothing in place of %s", step.Uses)
	}
}

func (j *readmeJob) action(step workflowStep, env []string) {
	j.t.Helper()
	with := maps.Clone(j.with)
	maps.Copy(with, step.With)
	inputs := j.known.inputs(j.t, with)
	for input, value := range inputs {
		inputs[input] = j.replace.Replace(value)
	}
	r, outputs := j.checkout.step(j.t, j.run.seedRun, inputs, env...)
	j.log.WriteString(r.said())
	code := r.cmd.ProcessState.ExitCode()
	if j.failed = code != 0; j.failed != j.run.fails {
		j.t.Fatalf("%s: exit code %d\n%s", j.run.title, code, r.said())
	}
	j.outputs = outputs
	for output, value := range outputs {
		j.known["steps."+cmp.Or(step.ID, "image")+".outputs."+output] = value
	}
}

// upload looks at the files of an artifact.
func (j *readmeJob) upload(paths string) {
	j.t.Helper()
	for path := range strings.FieldsSeq(paths) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(j.checkout.repo, path)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().IsRegular() && info.Size() == 0 {
			j.t.Errorf("%s: there is nothing to upload: %v, %v", j.run.title, info, err)
		}
	}
	fmt.Fprintf(&j.log, "uploaded: %s\n", paths)
}

// shell runs a step as GitHub's runner does, which ends what it has left running
// when the job ends.
func (j *readmeJob) shell(script string, env []string) {
	j.t.Helper()
	tracking := "RUNNER_TRACKING_ID=" + filepath.Base(j.temp)
	cmd := testenv.Command(j.t, "bash", "-e", "-c", script)
	cmd.Dir = j.checkout.repo
	docker := filepath.Join(filepath.Dir(testenv.Tool(j.t, "buildkitd")), "../docker-20.10/usr/bin")
	cmd.Env = slices.Concat([]string{"PATH=" + docker + ":" + os.Getenv("PATH"), "HOME=" + j.temp, tracking}, env)
	cmd.WaitDelay = 10 * time.Second
	j.t.Cleanup(func() { killWith(j.t, tracking) })
	said, err := cmd.CombinedOutput()
	j.log.Write(said)
	if err != nil {
		j.t.Fatalf("%s: %v\n%s\n%s", j.run.title, err, script, said)
	}
}

// killWith ends the processes that have a variable in their environment.
func killWith(t *testing.T, variable string) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		environment, err := os.ReadFile(path)
		if err != nil || !slices.Contains(strings.Split(string(environment), "\x00"), variable) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(path, "/proc/%d/", &pid); err != nil {
			t.Fatal(err)
		}
		if process, err := os.FindProcess(pid); err == nil {
			_ = process.Kill()
			_ = process.Release()
		}
	}
}
