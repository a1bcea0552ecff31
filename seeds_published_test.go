package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// seedOutputs are some outputs of a step.
type seedOutputs struct {
	Pushed  bool
	Reason  string
	Digest  string
	Image   string
	Images  []string
	Tags    []string
	Version string
	Labels  map[string]string
}

// mustHavePublished compares the outputs with what the registry answers.
func (s *seeds) mustHavePublished(t *testing.T, run seedRun, got seedOutputs) {
	t.Helper()
	tag, err := name.NewTag(run.publishes)
	if err != nil {
		t.Fatal(err)
	}
	there, err := remote.Image(tag, s.reach(t)...)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := there.Digest()
	config, err2 := there.ConfigFile()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	image := tag.Context().Digest(digest.String()).Name()
	want := seedOutputs{
		Pushed: true, Digest: digest.String(), Image: image, Images: []string{image},
		Tags: []string{run.publishes}, Version: tag.TagStr(), Labels: config.Config.Labels,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the outputs are not what the registry has (-want, +got):\n%s", diff)
	}
	labels := map[string]string{
		"org.opencontainers.image.source":   "https://github.com/Octo-Org/Hello-World",
		"org.opencontainers.image.revision": s.sha,
		"org.opencontainers.image.version":  tag.TagStr(),
	}
	if key, value, ok := strings.Cut(run.label, "="); ok {
		labels[key] = value
	}
	for key, want := range labels {
		if got := config.Config.Labels[key]; got != want {
			t.Errorf("label %s = %q, want %q", key, got, want)
		}
	}
}

// mustHavePublishedNothing is for pull requests, before anything is published.
func (s *seeds) mustHavePublishedNothing(t *testing.T, run seedRun, got seedOutputs) {
	t.Helper()
	if got.Pushed || got.Digest+got.Image != "" || len(got.Images) > 0 || !strings.Contains(got.Reason, run.reason) {
		t.Errorf("the outputs do not say that nothing was published, because of the %s: %+v", run.reason, got)
	}
	if there := s.tags(t); len(there) > 0 {
		t.Errorf("the registries have %q", there)
	}
	for _, request := range s.github.Requests() {
		ours := strings.HasPrefix(request.Path, "/v2/") && !strings.HasPrefix(request.Path, "/v2/octo-org/base/")
		if ours && request.Method != http.MethodGet && request.Method != http.MethodHead {
			t.Errorf("%s https://%s%s was sent", request.Method, request.Host, request.Path)
		}
	}
}

// tags are all that the repository's packages have, but those of the base image.
func (s *seeds) tags(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, image := range []string{
		"ghcr.io/octo-org/ghtoken_product_demo", "ghcr.io/octo-org/hello-world", "docker.pkg.github.com/octo-org/hello-world/octo-image",
	} {
		repository, err := name.NewRepository(image)
		if err != nil {
			t.Fatal(err)
		}
		tags, err := remote.List(repository, s.reach(t)...)
		var missing *transport.Error
		if errors.As(err, &missing) && missing.StatusCode == http.StatusNotFound {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range tags {
			all = append(all, repository.Tag(tag).Name())
		}
	}
	slices.Sort(all)
	return all
}
