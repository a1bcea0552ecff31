package main

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestPrivateBaseImages builds on a base image, and with a cache, that only some
// may read. The token that pushes opens them, and one that may not read them is
// told of it where the image is named.
func TestPrivateBaseImages(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: "octo", Password: "all-of-it", Repository: "*", Actions: []string{"pull", "push"}},
		testenv.Grant{User: "mallory", Password: "only-hers", Repository: "octo-org/*", Actions: []string{"pull", "push"}},
	)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	base := testenv.BaseImage(t, registry.Host, remote.WithAuth(&authn.Basic{Username: "octo", Password: "all-of-it"}))
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	run := func(t *testing.T, user, password, dockerfile string) (*running, int) {
		t.Helper()
		r := start(t, step{dockerfile: dockerfile, env: []string{
			"BUILDKIT_HOST=" + daemon.Address, "INPUT_REGISTRY=" + registry.Host, "INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password,
			"INPUT_IMAGE=octo-org/app", "INPUT_CACHE-FROM=" + registry.Host + "/base/cache:main",
		}})
		return r, r.wait()
	}
	from := "# the base\nFROM " + base.Name() + "\nRUN true\n"

	r, code := run(t, "mallory", "only-hers", from)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error file=Dockerfile,line=2::building: reading "+base.Name(), "does not accept the user name and token for base/busybox", "may read base/busybox", registry.Host+" says: ")
	if strings.Contains(r.said(), "may push to base") {
		t.Errorf("advises on pushing to a base image:\n%s", r.said())
	}

	r, code = run(t, "octo", "all-of-it", from)
	if code != 0 || strings.Contains(r.said(), "::warning::importing") {
		t.Errorf("exit code %d, want 0 and no warning of the cache, which is not there yet:\n%s", code, r.said())
	}

	// Without a base image of its own, only the cache is denied: the build goes on.
	r, code = run(t, "mallory", "only-hers", "FROM scratch\nCOPY Dockerfile /\n")
	if code != 0 {
		t.Errorf("exit code %d, want 0: a cache is no condition", code)
	}
	r.mustSay("::warning::importing the cache "+registry.Host+"/base/cache:main", "may read base/cache")
}
