package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestRefusedInWordsOfItsOwn has a registry refuse in the words of others, at the
// preflight and in a real BuildKit's push: its reason leads, and what the preflight
// hears ends the run long before the build would.
func TestRefusedInWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	const (
		absent  = `{"errors":[{"code":"NAME_UNKNOWN","message":"The repository with name 'octo/repo' does not exist in the registry with id '123456789012'"}]}`
		quota   = `{"errors":[{"code":"DENIED","message":"adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB."}]}`
		other   = `{"errors":[{"code":"PRECONDITION","message":"the image was not signed by the release team"}]}`
		unmoved = `{"errors":[{"code":"PRECONDITION","message":"Failed to process request due to 'repo:latest' configured as immutable."}]}`
	)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	begins := func(r *http.Request) bool { return r.Method == http.MethodPost }
	puts := func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/")
	}
	sleeps, builds := "FROM "+base.Name()+"\nRUN sleep 300\n", "FROM scratch\nCOPY Dockerfile /\n"
	for _, c := range []struct {
		name, dockerfile, preflight string
		refuses                     func(*http.Request) bool
		answer                      testenv.Answer
		says                        []string
	}{
		{"no repository", sleeps, "true", begins, testenv.Answer{Status: 404, Body: absent}, []string{"refuses this: The repository with name 'octo/repo' does not exist", "create it there"}},
		{"no repository, without preflight", builds, "false", begins, testenv.Answer{Status: 404, Body: absent}, []string{"refuses this: The repository with name 'octo/repo' does not exist", "create it there"}},
		{"a quota", sleeps, "true", begins, testenv.Answer{Status: 403, Body: quota}, []string{"refuses this: adding 29.0 MiB of storage resource", "delete what is no longer needed"}},
		{"a quota, in the push", builds, "true", puts, testenv.Answer{Status: 403, Body: quota}, []string{"refuses this: adding 29.0 MiB of storage resource", "delete what is no longer needed"}},
		{"words of no catalogue, in the push", builds, "true", puts, testenv.Answer{Status: 412, Body: other}, []string{"the image was not signed by the release team"}},
		{"an immutable tag", builds, "true", putsTag("latest"), testenv.Answer{Status: 412, Body: unmoved}, []string{"refuses this: Failed to process request due to 'repo:latest' configured as immutable", "tags that are new each time"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := busy(t, registry.Host, 1000, c.refuses, c.answer)
			started := time.Now()
			r := start(t, step{dockerfile: c.dockerfile + "# " + c.name + "\n", env: []string{
				"INPUT_REGISTRY=" + proxy.Host, "INPUT_USERNAME=writer-4711", "INPUT_TOKEN=password-4711", "INPUT_PREFLIGHT=" + c.preflight, "BUILDKIT_HOST=" + daemon.Address,
			}})
			if code := r.wait(); code != 1 {
				t.Errorf("exit code %d, want 1\n%s", code, r.said())
			}
			if took := time.Since(started); took > 2*time.Minute {
				t.Errorf("it took %s: the build was waited for", took)
			}
			r.mustSay(append(c.says, "::error")...)
			if strings.Contains(r.said(), "does not accept the user name and token") {
				t.Errorf("it blames the login:\n%s", r.said())
			}
		})
	}
	// A bare 404 is a proxy's, and says nothing.
	bare := busy(t, registry.Host, 1, begins, testenv.Answer{Status: 404})
	r := start(t, step{dockerfile: builds, env: []string{"INPUT_REGISTRY=" + bare.Host, "BUILDKIT_HOST=" + daemon.Address}})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d after a bare 404 to the preflight, want 0\n%s", code, r.said())
	}
}
