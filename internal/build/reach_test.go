package build

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
)

// TestUnreached has words that BuildKit hands on from Go's packages and from
// registries.
func TestUnreached(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`failed to do request: Head "http://localhost:5000/v2/a/b/manifests/latest": dial tcp 127.0.0.1:5000: connect: connection refused`:                             true,
		`failed to do request: Head "https://nowhere.invalid/v2/a/b/manifests/latest": dial tcp: lookup nowhere.invalid: no such host`:                                 true,
		`failed to do request: Head "https://10.1.2.3/v2/a/b/manifests/latest": dial tcp 10.1.2.3:443: i/o timeout`:                                                    true,
		`failed to do request: Head "https://registry:5000/v2/a/b/manifests/latest": http: server gave HTTP response to HTTPS client`:                                  true,
		`failed to do request: Head "https://registry:5000/v2/a/b/manifests/latest": tls: failed to verify certificate: x509: certificate signed by unknown authority`: true,
		`localhost:5000/a/b:latest: not found`: false,
		`failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://ghcr.io/token: 401 Unauthorized`:     false,
		`unexpected status from HEAD request to http://localhost:5000/v2/a/b/manifests/latest: 401 Unauthorized`:                               false,
		`pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`: false,
		`unexpected status from HEAD request to http://localhost:5000/v2/a/b/manifests/latest: 503 Service Unavailable`:                        false,
		`no match for platform in manifest: not found`: false,
	} {
		if got := unreached(errors.New(text)); got != want {
			t.Errorf("unreached(%q) = %t, want %t", text, got, want)
		}
	}
	if unreached(nil) {
		t.Error("an answer is taken for none")
	}
}

func TestPushedBefore(t *testing.T) {
	t.Parallel()
	tags := tagsOf(t, "ghcr.io/a/b:1.2.3", "ghcr.io/a/b:1", "ghcr.io/a/b:latest")
	for text, want := range map[string][]name.Tag{
		"failed to solve: failed to push ghcr.io/a/b:1.2.3: denied":          nil,
		"failed to solve: failed to push ghcr.io/a/b:1: denied":              tags[:1],
		"failed to push ghcr.io/a/b:latest: unexpected status: 500":          tags[:2],
		"failed to push ghcr.io/c/d:latest: what nobody asked for":           nil,
		"failed to push layers of ghcr.io/a/b:latest: other words than ours": nil,
	} {
		got := pushedBefore(errors.New(text), tags)
		if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", text, diff)
		}
	}
}

func tagsOf(t *testing.T, all ...string) []name.Tag {
	t.Helper()
	tags := make([]name.Tag, len(all))
	for i, text := range all {
		tag, err := name.NewTag(text)
		if err != nil {
			t.Fatal(err)
		}
		tags[i] = tag
	}
	return tags
}

func texts(tags []name.Tag) (all []string) {
	for _, tag := range tags {
		all = append(all, tag.Name())
	}
	return all
}

// TestByTag leaves all that makes the image what it is.
func TestByTag(t *testing.T) {
	t.Parallel()
	tags := tagsOf(t, "ghcr.io/a/b:1.2.3", "ghcr.io/a/b:latest")
	b := &builder.Builder{Stores: true}
	b.PushByDigest = true
	digest := solveopt.Exports(plan.Build{PushTo: []name.Repository{tags[0].Repository}}, b, nil)
	before := maps.Clone(digest[0].Attrs)
	got := byTag(append([]client.ExportEntry{{Type: client.ExporterLocal}}, digest...), tags)
	want := []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{
		"name": "ghcr.io/a/b:1.2.3,ghcr.io/a/b:latest", "push": "true", "oci-mediatypes": "true", "store": "false",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("byTag (-want, +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, digest[0].Attrs); diff != "" {
		t.Errorf("byTag changed the export by digest (-before, +after):\n%s", diff)
	}
}
