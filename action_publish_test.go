package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testPublishes has a step with nothing but a registry and its login.
func testPublishes(t *testing.T, m *jobHost) {
	before := m.left(t)
	r := runAction(t, m, actionStep{
		dockerfile: "FROM " + m.base() + "\nCOPY hello.txt /\nRUN test \"$(cat /hello.txt)\" = hello && touch /built\n",
		files:      map[string]string{"hello.txt": "hello\n"},
	})
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.said())
	}
	r.mustSay("Building with BuildKit inside the Docker engine at unix:///var/run/docker.sock")
	digest := m.published(t, "app")
	image := m.host + "/" + m.image("app")
	for output, want := range map[string]string{
		"digest":  digest,
		"image":   image + "@" + digest,
		"tags":    image + ":latest",
		"version": "latest",
		"pushed":  "true",
	} {
		if got := r.outputs[output]; got != want {
			t.Errorf("output %s = %q, want %q", output, got, want)
		}
	}
	if want := "docker pull " + image + "@" + digest; !strings.Contains(r.summary, want) {
		t.Errorf("the summary does not say %q:\n%s", want, r.summary)
	}
	r.mustLeaveNothing(before)
}

// mustLeaveNothing compares the engine and the runner's directories, which later
// steps share, with what was there before.
func (r *actionRun) mustLeaveNothing(before []string) {
	r.t.Helper()
	if diff := cmp.Diff(before, r.left(r.t)); diff != "" {
		r.t.Errorf("the engine is not as before (-before, +after):\n%s", diff)
	}
	r.mustLeaveNoFile()
}

func (r *actionRun) mustLeaveNoFile() {
	r.t.Helper()
	if diff := cmp.Diff(r.files, r.list(r.t)); diff != "" {
		r.t.Errorf("the runner's directories are not as before (-before, +after):\n%s", diff)
	}
}

// testTwoAtOnce has a runner with two jobs at a time on one engine.
func testTwoAtOnce(t *testing.T, m *jobHost) {
	before := m.left(t)
	repositories := []string{"one", "two"}
	var runs []*actionRun
	for _, repository := range repositories {
		runs = append(runs, startAction(t, m, actionStep{
			repository: repository,
			dockerfile: "FROM " + m.base() + "\nRUN sleep 1; echo " + repository + " > /name\n",
		}))
	}
	digests := map[string]bool{}
	for i, r := range runs {
		r.wait()
		if r.code != 0 {
			t.Fatalf("%s: exit code %d\n%s", repositories[i], r.code, r.said())
		}
		digest := m.published(t, repositories[i])
		if got := r.outputs["digest"]; got != digest {
			t.Errorf("%s has the digest %s, and the output says %q", repositories[i], digest, got)
		}
		digests[digest] = true
	}
	if len(digests) != len(runs) {
		t.Error("two repositories got one image")
	}
	for _, r := range runs {
		r.mustLeaveNothing(before)
	}
}

// testServices has a job with a service container: the action is in its network,
// and the engine's BuildKit is not.
func testServices(t *testing.T, m *jobHost) {
	network := m.service(t)
	before := m.left(t)
	r := runAction(t, m, actionStep{repository: "job", dockerfile: "FROM " + m.base() + "\nRUN true\n", network: network})
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.said())
	}
	if digest := m.published(t, "job"); r.outputs["digest"] != digest {
		t.Errorf("output digest = %q, want %s", r.outputs["digest"], digest)
	}
	r.mustLeaveNothing(before)

	r = runAction(t, m, actionStep{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n", network: network,
		with: map[string]string{"registry": "registry:5000"},
	})
	if r.code != 1 || r.outputs["digest"] != "" {
		t.Errorf("exit code %d, digest %q, want 1 and none", r.code, r.outputs["digest"])
	}
	r.mustSay("::error", "registry:5000/"+m.image("app"))
	r.mustLeaveNothing(before)
}
