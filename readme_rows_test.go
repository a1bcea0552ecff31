package main

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// readmeRows are all examples, in the order of the README.
func readmeRows() []readmeRow {
	const main, release, version = "refs/heads/main", "refs/heads/release", "refs/tags/v1.2.3"
	const inTLS = "A remote BuildKit that trusts only clients"
	image := func(name string) string { return "ghcr.io/octo-org/" + name }
	withoutTLS := map[string]string{
		".dockerignore": ".tls\n",
		"Dockerfile":    "FROM --platform=linux/amd64 ghcr.io/octo-org/base/busybox AS look\nCOPY . /seen\nRUN test -e /seen/Dockerfile && test ! -e /seen/.tls\nFROM scratch\nCOPY --from=look /seen /\n",
	}
	unpublished := func(run readmeRun) readmeRun {
		run.reason = "the input push is false"
		return run.saying("the app was asked for --version")
	}
	writingFiles := func(run readmeRun) readmeRun {
		run.reason = "the input push is false"
		return run.saying("Writing type=local to ").checking(func(t *testing.T, j *readmeJob) {
			t.Helper()
			mustRead(t, filepath.Join(j.checkout.repo, "dist", "app"))
			mustRead(t, filepath.Join(j.checkout.repo, "image.tar"))
		})
	}
	published := "published ${{ steps.image.outputs.image }}"
	failing := func(run readmeRun) readmeRun {
		run.fails = true
		return run.saying("uploaded: ")
	}
	return []readmeRow{
		{
			above: "Slipway is a GitHub Action that builds", repository: "Whole", idle: []string{"refs/heads/feature/x", "refs/tags/1.2.3"},
			runs: []readmeRun{
				pullRequest().saying("skipped: steps.image.outputs.pushed == 'true'"),
				forksPullRequest().saying("skipped: steps.image.outputs.pushed == 'true'"),
				pushTo(main, image("whole:latest")).saying(published),
				pushTo(release, image("whole:release")).saying(published),
				pushTo(version, image("whole:1.2.3")).saying(published),
			},
		},
		{
			above: "The binaries of a stage", repository: "Files",
			files: map[string]string{"Dockerfile": "FROM scratch AS binaries\nCOPY Dockerfile /app\nFROM binaries\n"},
			runs:  []readmeRun{writingFiles(pushTo(main)), writingFiles(pullRequest())},
		},
		{
			above: "`ssh: default` hands the agent", repository: "SSH", agentlist: true,
			files: map[string]string{"Dockerfile": fromBusybox + "COPY --chmod=755 agentlist /\nRUN --mount=type=ssh /agentlist\n"},
			runs:  []readmeRun{pushTo(main, image("ssh:latest")).saying("signed by the deploy key")},
		},
		{
			above: "With `build-record: app.dockerbuild` BuildKit keeps", repository: "Recorded",
			files: map[string]string{"Dockerfile": fromBusybox + "RUN echo it is broken; false\n"},
			runs:  []readmeRun{failing(pushTo(main))},
		},
		{
			above: "The workflow that GitHub's documentation had for it", repository: "Older",
			runs: []readmeRun{pushTo(release, "docker.pkg.github.com/octo-org/older/octo-image:${{ github.sha }}")},
		},
		{
			above:  "Moving from the docker actions",
			cannot: "it is what this action takes the place of, and has no step with it",
		},
		{
			above: "become one:", repository: "Moved", idle: []string{release, "refs/tags/1.2.3"},
			runs: []readmeRun{
				pullRequest(),
				pushTo(main, image("moved:main")),
				pushTo(version, image("moved:1.2.3"), image("moved:latest")),
			},
		},
		{
			above: "Publish a release branch under the name of the commit", repository: "Release",
			runs: []readmeRun{pushTo(release, image("release:${{ github.sha }}"))},
		},
		{
			above: "An image with another name", repository: "Demo",
			runs: []readmeRun{pushTo(main, image("ghtoken_product_demo:latest")).checking(mustHaveItsLabel)},
		},
		{
			above: "A secret in a build step", repository: "Secret",
			files: map[string]string{"Dockerfile": fromBusybox + "RUN --mount=type=secret,id=npm test \"$(sha256sum < /run/secrets/npm)\" = \"${{ sums.NPM_TOKEN }}  -\"\n"},
			runs:  []readmeRun{pushTo(main, image("secret:latest"))},
		},
		{
			above: "The build cache in a registry", repository: "Cached",
			runs: []readmeRun{
				forksPullRequest().checking(func(_ *testing.T, j *readmeJob) { j.mustNotBeThere(image("cached:cache")) }),
				pushTo(main, image("cached:latest")).saying("exporting cache to registry"),
				pushTo(main, image("cached:latest")).saying("importing cache manifest from " + image("cached:cache")),
			},
		},
		{
			above: "The same in [GitHub's cache]", repository: "GitHubs", prepare: withGitHubsCache,
			runs: []readmeRun{pushTo(main, image("githubs:latest")).saying("exporting to GitHub Actions Cache")},
		},
		{
			above: "Provenance in the image", repository: "Attested",
			runs: []readmeRun{pushTo(main, image("attested:latest")).checking(mustShowTheDockerfile)},
		},
		{
			above: "The image for the next step", repository: "Loaded", builder: anEngine,
			files: map[string]string{
				"app":        "#!/bin/sh\necho \"the app was asked for $1\"\n",
				"Dockerfile": fromBusybox + "COPY --chmod=755 app /bin/\nENTRYPOINT [\"/bin/app\"]\n",
			},
			runs: []readmeRun{unpublished(pushTo(main)), unpublished(pullRequest())},
		},
		{
			above: "Several registries, from one build", repository: "Several",
			runs: []readmeRun{pushTo(main, image("several:latest"), "docker.io/octo/app:latest")},
		},
		{
			above: "Private base images", repository: "Private",
			files: map[string]string{"Dockerfile": "FROM registry.example.com/octo-org/base/busybox\nRUN echo built\n"},
			runs:  []readmeRun{pushTo(main, image("private:latest"))},
		},
		{
			above: "Another registry:", repository: "Another",
			runs: []readmeRun{pushTo(main, "registry.example.com/team/app:1.2.3", "registry.example.com/team/app:latest")},
		},
		{
			above: inTLS, repository: "Remote", files: withoutTLS, builder: noBuilder,
			runs: []readmeRun{pushTo(main, image("remote:latest")).saying("Building with BuildKit at tcp://")},
		},
		{
			above: "Two platforms, each built on a machine", repository: "Farm", files: withoutTLS, builder: noBuilder, after: inTLS,
			runs: []readmeRun{pushTo(main, image("farm:latest")).checking(mustHaveTwoPlatforms)},
		},
		{
			above: "On a runner whose Docker engine does not know the authority", repository: "Internal", builder: anEngine,
			files:   map[string]string{".ca/internal.pem": "${{ vars.INTERNAL_CA }}", "Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"},
			prepare: withBuildkitImage,
			runs:    []readmeRun{pushTo(main, "registry.internal/octo-org/internal:latest")},
		},
		{
			above: "A service container that publishes a port", repository: "Service", builder: anEngine,
			runs: []readmeRun{pushTo(main, "${{ services.registry }}/octo-org/service:latest").saying("Only the builder reaches ")},
		},
	}
}

// withBuildkitImage is for what runs in the action's own image, where that is not
// there.
func withBuildkitImage(t *testing.T, j *readmeJob) {
	t.Helper()
	j.checkout.program = staticSlipway(t)
	images := testenv.NewRegistry(t, testenv.RegistryOptions{})
	j.engine.Forward(t, images.Host)
	j.with["builder-image"] = testenv.BuildkitImage(t, images.Host)
}

// withGitHubsCache gives a job what the runner has of GitHub's cache.
func withGitHubsCache(t *testing.T, j *readmeJob) {
	t.Helper()
	cache := testenv.NewGitHubCache(t, testenv.GitHubCacheOptions{})
	j.env = append(j.env, "ACTIONS_RUNTIME_TOKEN="+cache.Token(j.run.ref), "ACTIONS_RESULTS_URL="+cache.URL)
}

func mustHaveItsLabel(t *testing.T, j *readmeJob) {
	t.Helper()
	reference := j.outputs["tags"]
	there, err := remote.Image(mustParse(t, reference), j.options(reference)...)
	if err != nil {
		t.Fatal(err)
	}
	config, err := there.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config.Labels["runnumber"]; got != seedRunID {
		t.Errorf("the label runnumber is %q, want %s", got, seedRunID)
	}
}

// mustShowTheDockerfile wants what only provenance of the mode max has.
func mustShowTheDockerfile(t *testing.T, j *readmeJob) {
	t.Helper()
	reference := j.outputs["tags"]
	said, err := statementsOf(mustParse(t, reference), j.options(reference)...)
	if err != nil {
		t.Fatal(err)
	}
	dockerfile := base64.StdEncoding.EncodeToString([]byte(mustRead(t, j.checkout.repo+"/Dockerfile")))
	if !strings.Contains(said, `"predicateType":"https://slsa.dev/provenance/v`) || !strings.Contains(said, dockerfile) {
		t.Errorf("the statements of the image have no provenance with the Dockerfile, %s:\n%s", dockerfile, said)
	}
}

func mustHaveTwoPlatforms(t *testing.T, j *readmeJob) {
	t.Helper()
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		if !strings.Contains(j.outputs["platforms"], `"`+platform+`":"sha256:`) {
			t.Errorf("the output platforms has no %s: %s", platform, j.outputs["platforms"])
		}
	}
}
