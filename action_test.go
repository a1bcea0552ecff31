package main

import (
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// registryPassword has not the form of GitHub's tokens, which go to GitHub alone.
const registryPassword = "correct-horse-battery-staple"

// actionImage is the project's own image, and the registry that it publishes to.
type actionImage struct {
	ref      string            // in store
	store    *testenv.Registry // open, on the loopback of this host and of every engine
	ca       *testenv.CA       // which the image and the engines trust besides others
	registry *testenv.Registry // of that authority, with a login
}

// actionTest runs steps on a machine of which it has all for itself, because it
// looks at what they leave there.
type actionTest struct {
	title string
	run   func(*testing.T, *jobHost)
}

// TestAction builds the action's image once and runs it on every kind of engine,
// as GitHub's runner does.
func TestAction(t *testing.T) {
	t.Parallel()
	a := newActionImage(t)
	t.Run("image", func(t *testing.T) {
		t.Parallel()
		checkImageConfig(t, a.ref)
		checkImageFiles(t, a.ref)
	})
	t.Run("seeds", func(t *testing.T) {
		t.Parallel()
		testSeeds(t, a)
	})
	everywhere := []actionTest{
		{"publishes", testPublishes},
		{"two at once", testTwoAtOnce},
		{"cancelled in a step", testCancelledInStep},
		{"cancelled in a push", testCancelledInPush},
		{"cancelled beside silence", testCancelledBesideSilence},
		{"sibling", testOwnBuilderContainer},
		{"sibling of a killed action", testBuilderContainerOfAKilledAction},
	}
	for _, engine := range []struct {
		name    string
		options testenv.EngineOptions
		tests   []actionTest // a crash is the last: nothing can follow
	}{
		{"Engine-29", testenv.EngineOptions{}, []actionTest{
			{"services", testServices},
			{"sockets", testSockets},
			{"workflow", testWorkflow},
			{"crash in a push", testCrashInPush},
		}},
		{"Engine-29-Graph-Driver", testenv.EngineOptions{GraphDriver: true}, []actionTest{
			{"cancelled before permission", testCancelledBeforePermission},
			{"crash in a step", testCrashInStep},
		}},
		{"Engine-20", testenv.EngineOptions{Old: true}, []actionTest{
			{"cancelled before permission", testCancelledBeforePermission},
			{"crash in a push", testCrashInPush},
		}},
	} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			m := a.newJobHost(t, engine.name, engine.options)
			for _, test := range slices.Concat(everywhere, engine.tests) {
				t.Run(test.title, func(t *testing.T) { test.run(t, m) }) //nolint:paralleltest // it looks at what is left
			}
		})
	}
}

func newActionImage(t *testing.T) *actionImage {
	t.Helper()
	ca := testenv.NewCA(t, "authority of the action's tests")
	a := &actionImage{
		store: testenv.NewRegistry(t, testenv.RegistryOptions{}),
		ca:    ca,
		registry: testenv.NewRegistry(t, testenv.RegistryOptions{
			TLS: true, CA: ca, Htpasswd: map[string]string{user: registryPassword},
		}),
	}
	testenv.BaseImage(t, a.store.Host)
	testenv.BaseImage(t, a.registry.Host, a.reach()...)
	a.ref = buildActionImage(t, a.store.Host, ca)
	return a
}

// reach is how this process reaches the registry.
func (a *actionImage) reach() []remote.Option {
	return []remote.Option{
		remote.WithAuth(&authn.Basic{Username: user, Password: registryPassword}),
		remote.WithTransport(a.registry.Transport()),
	}
}
