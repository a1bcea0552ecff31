package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// at is a push to main of a repository on a server.
func at(server string) plan.Facts {
	f := pushOf("refs/heads/main")
	f.ServerURL = server
	return f
}

const (
	github = "https://github.com"
	own    = "https://git.example.com"
)

func TestImagesOfHosts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		server           string
		in               inputs.Inputs
		byDigest, byTag  []string
		noticed, refused string
	}{
		"docker.pkg.github.com: the repository's own": {
			github,
			inputs.Inputs{Registry: "docker.pkg.github.com"},
			nil,
			[]string{"docker.pkg.github.com/octo/hello-world/hello-world"},
			"publish to ghcr.io/octo/hello-world/hello-world instead", "",
		},
		"a name, under the repository": {
			github,
			inputs.Inputs{Registry: "docker.pkg.github.com", Images: []string{"Octo-Image"}},
			nil,
			[]string{"docker.pkg.github.com/octo/hello-world/octo-image"},
			"publish to ghcr.io/octo/hello-world/octo-image instead", "",
		},
		"a full name": {
			github,
			inputs.Inputs{Images: []string{"docker.pkg.github.com/Octo/Hello-World/octo-image"}},
			nil,
			[]string{"docker.pkg.github.com/octo/hello-world/octo-image"},
			"publish to ghcr.io/octo/hello-world/octo-image instead", "",
		},
		"two parts of three": {
			github,
			inputs.Inputs{Registry: "docker.pkg.github.com", Images: []string{"octo/app"}},
			nil, nil,
			"", "docker.pkg.github.com publishes OWNER/REPOSITORY/NAME, and not octo/app; use docker.pkg.github.com/octo/hello-world/app",
		},
		"four parts": {github, inputs.Inputs{Images: []string{"docker.pkg.github.com/octo/a/b/c"}}, nil, nil, "", "use docker.pkg.github.com/octo/hello-world/c"},
		"a full reference": {
			github,
			inputs.Inputs{Tags: rules(t, "docker.pkg.github.com/octo/hello-world/octo-image:1")},
			nil,
			[]string{"docker.pkg.github.com/octo/hello-world/octo-image"},
			"publish to ghcr.io/octo/hello-world/octo-image instead", "",
		},
		"a full reference in two parts": {github, inputs.Inputs{Tags: rules(t, "docker.pkg.github.com/octo/app:1")}, nil, nil, "", "use docker.pkg.github.com/octo/hello-world/app"},
		"both registries of github.com": {
			github,
			inputs.Inputs{Images: []string{"docker.pkg.github.com/octo/hello-world/app", "app"}},
			[]string{"ghcr.io/octo/app"},
			[]string{"docker.pkg.github.com/octo/hello-world/app"},
			"publish to ghcr.io/octo/hello-world/app instead", "",
		},
		"an own server's":                  {own, inputs.Inputs{Registry: "docker.git.example.com"}, nil, []string{"docker.git.example.com/octo/hello-world/hello-world"}, "publish to containers.git.example.com/octo/hello-world/hello-world instead", ""},
		"without subdomains":               {own, inputs.Inputs{Registry: "git.example.com", Images: []string{"app"}}, nil, []string{"git.example.com/octo/hello-world/app"}, "publish to containers.git.example.com/octo/hello-world/app instead", ""},
		"without subdomains, two parts":    {own, inputs.Inputs{Images: []string{"git.example.com/octo/app"}}, nil, nil, "", "use git.example.com/octo/hello-world/app"},
		"its container registry":           {own, inputs.Inputs{}, []string{"containers.git.example.com/octo/hello-world"}, nil, "", ""},
		"github.com's from one's own":      {own, inputs.Inputs{Images: []string{"docker.pkg.github.com/o/r/app"}}, nil, []string{"docker.pkg.github.com/o/r/app"}, "publish to ghcr.io/o/r/app instead", ""},
		"data residency":                   {"https://octo.ghe.com", inputs.Inputs{Images: []string{"app"}}, []string{"containers.octo.ghe.com/octo/app"}, nil, "", ""},
		"data residency, no owner":         {"https://octo.ghe.com", inputs.Inputs{Images: []string{"containers.octo.ghe.com/app"}}, nil, nil, "", "use containers.octo.ghe.com/octo/app"},
		"ghcr.io without an owner":         {github, inputs.Inputs{Images: []string{"ghcr.io/App"}}, nil, nil, "", "ghcr.io publishes OWNER/NAME, and not app; use ghcr.io/octo/app"},
		"a reference without an owner":     {github, inputs.Inputs{Tags: rules(t, "ghcr.io/app:1")}, nil, nil, "", "use ghcr.io/octo/app"},
		"Docker Hub":                       {github, inputs.Inputs{Registry: "docker.io", Images: []string{"app"}}, []string{"index.docker.io/octo/app"}, nil, "", ""},
		"Docker Hub, as a user":            {github, inputs.Inputs{Registry: "docker.io", Username: "Mona", Images: []string{"app"}}, []string{"index.docker.io/mona/app"}, nil, "", ""},
		"Docker Hub's default, as a user":  {github, inputs.Inputs{Registry: "index.docker.io", Username: "mona"}, []string{"index.docker.io/mona/hello-world"}, nil, "", ""},
		"a user elsewhere":                 {github, inputs.Inputs{Registry: "quay.io", Username: "mona", Images: []string{"app"}}, []string{"quay.io/octo/app"}, nil, "", ""},
		"Docker's own images":              {github, inputs.Inputs{Images: []string{"docker.io/App"}}, nil, nil, "", "docker.io publishes NAMESPACE/NAME, and not library/app; use docker.io/NAMESPACE/app"},
		"Docker's own by its whole name":   {github, inputs.Inputs{Images: []string{"docker.io/library/app"}}, nil, nil, "", "use docker.io/NAMESPACE/app"},
		"Docker's own as the user":         {github, inputs.Inputs{Registry: "docker.io", Username: "library"}, nil, nil, "", "use docker.io/NAMESPACE/hello-world"},
		"a near miss":                      {github, inputs.Inputs{Registry: "ghrc.io"}, []string{"ghrc.io/octo/hello-world"}, nil, "the registry ghrc.io looks like ghcr.io: did you mean that?", ""},
		"a near miss in a reference":       {github, inputs.Inputs{Tags: rules(t, "qauy.io/o/app:1")}, []string{"qauy.io/o/app"}, nil, "did you mean that?", ""},
		"Google's, with GitHub's owner":    {github, inputs.Inputs{Images: []string{"gcr.io/octo/app"}}, []string{"gcr.io/octo/app"}, nil, "did you mean ghcr.io/octo/app?", ""},
		"Google's, the token is ghcr.io's": {github, inputs.Inputs{Images: []string{"gcr.io/project/app"}}, []string{"gcr.io/project/app"}, nil, "set the input registry to gcr.io", ""},
		"Google's":                         {github, inputs.Inputs{Registry: "gcr.io", Images: []string{"gcr.io/project/app"}}, []string{"gcr.io/project/app"}, nil, "", ""},
		"somebody's own":                   {github, inputs.Inputs{Registry: "registry.example.com:5000"}, []string{"registry.example.com:5000/octo/hello-world"}, nil, "", ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			c.in.Token = "secret"
			got, err := plan.New(c.in, at(c.server))
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("New = %v, want %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{c.byDigest, c.byTag}, [][]string{repositories(got.Build.PushTo), repositories(got.Build.ByTag)}); diff != "" {
				t.Errorf("New publishes to (-want, +got):\n%s", diff)
			}
			if noticed := strings.Join(got.Notices, "\n"); (noticed == "") != (c.noticed == "") || !strings.Contains(noticed, c.noticed) {
				t.Errorf("New notices %q, want %q", noticed, c.noticed)
			}
			if n := got.Needs().Repositories; n != len(c.byDigest)+len(c.byTag) {
				t.Errorf("the builder needs %d repositories, of %v", n, got.Build.Repositories())
			}
		})
	}
}

// What such a registry cannot hold is a mistake where something is published.
func TestRefusalsByTag(t *testing.T) {
	t.Parallel()
	amd64, arm64 := v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	in := inputs.Inputs{
		Images:       []string{"docker.pkg.github.com/octo/hello-world/app", "app"},
		Platforms:    []v1.Platform{amd64, arm64},
		Attestations: []inputs.Attestation{{Type: inputs.Provenance}, {Type: inputs.SBOM}},
	}
	_, err := plan.New(in, at(github))
	if got := refusals(t, err); len(got) != 3 {
		t.Errorf("New refuses %d of platforms, provenance and sbom: %v", len(got), err)
	}
	for _, want := range []string{"building for linux/amd64, linux/arm64", "publish to ghcr.io/octo/hello-world/app, or set", "(provenance)", "(sbom)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want %q", err, want)
		}
	}
	in.Push = inputs.PushFalse
	if _, err := plan.New(in, at(github)); err != nil {
		t.Errorf("New, with nothing published, = %v", err)
	}
	nodes := inputs.Inputs{Images: in.Images, Nodes: []inputs.Node{{Address: "tcp://a:1", Platforms: []v1.Platform{amd64}}, {Address: "tcp://b:1", Platforms: []v1.Platform{arm64}}}}
	_, err = plan.New(nodes, at(github))
	wantRefusal(t, err, "several platforms are an index")
	nodes.Platforms = []v1.Platform{arm64}
	if _, err := plan.New(nodes, at(github)); err != nil {
		t.Errorf("New, for one platform of a farm, = %v", err)
	}

	cached := inputs.Inputs{CacheTo: []inputs.Cache{{Type: inputs.CacheRegistry, Attrs: map[string]string{"ref": "docker.git.example.com/o/r/app:cache"}}}}
	_, err = plan.New(cached, at(own))
	wantRefusal(t, err, "exporting the cache to docker.git.example.com/o/r/app:cache", "use a repository of containers.git.example.com")
	cached.CacheFrom, cached.CacheTo = cached.CacheTo, nil
	got, err := plan.New(cached, at(own))
	if err != nil || !strings.Contains(strings.Join(got.Notices, "\n"), "no cache can be imported from docker.git.example.com/o/r/app:cache") {
		t.Errorf("New = %q, %v, want a notice that nothing is imported", got.Notices, err)
	}
}

// The standard annotations make no image fail.
func TestAnnotationsByTag(t *testing.T) {
	t.Parallel()
	got, err := plan.New(inputs.Inputs{Images: []string{"docker.pkg.github.com/octo/hello-world/app", "app"}}, at(github))
	if err != nil || len(got.Build.Annotations) > 0 || len(got.Build.Labels) == 0 || !strings.Contains(strings.Join(got.Remarks, "\n"), "has no annotations") {
		t.Errorf("New = %v annotations, %d labels, remarks %q, %v", got.Build.Annotations, len(got.Build.Labels), got.Remarks, err)
	}
	own, err := metadata.ParseAnnotations(lines("org.example.team=octo"))
	if err != nil {
		t.Fatal(err)
	}
	in := inputs.Inputs{Images: []string{"docker.pkg.github.com/octo/hello-world/app"}, Annotations: own}
	_, err = plan.New(in, at(github))
	wantRefusal(t, err, "annotating the image", "use the input labels")
}

func TestTakenByTag(t *testing.T) {
	t.Parallel()
	got, err := plan.New(inputs.Inputs{Images: []string{"docker.pkg.github.com/octo/hello-world/app", "app"}, Tags: rules(t, "1.2.3", "latest")}, at(github))
	if err != nil {
		t.Fatal(err)
	}
	versions, _ := got.Publish.MoveOrder()
	byTag, others := got.Build.TakenByTag(versions)
	if diff := cmp.Diff([][]string{{"docker.pkg.github.com/octo/hello-world/app:1.2.3"}, {"ghcr.io/octo/app:1.2.3"}}, [][]string{names(byTag), names(others)}); diff != "" {
		t.Errorf("TakenByTag (-want, +got):\n%s", diff)
	}
}
