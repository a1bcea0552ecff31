package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

func output(kind inputs.OutputType, attributes attrs) inputs.Output {
	return inputs.Output{Type: kind, Dest: "/w/" + string(kind), Attrs: attributes}
}

// Files are written whether or not anything is published. Images in them have the
// names of the tags, unless they have some.
func TestOutputsArePlanned(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Tags: rules(t, "1.2.3", "latest"), Outputs: []inputs.Output{
		output(inputs.OutputLocal, attrs{}), output(inputs.OutputOCI, attrs{}), output(inputs.OutputDocker, attrs{"name": "octo/own"}),
	}}
	want := []inputs.Output{
		output(inputs.OutputLocal, attrs{}),
		output(inputs.OutputOCI, attrs{"name": "ghcr.io/octo/hello-world:1.2.3,ghcr.io/octo/hello-world:latest"}),
		output(inputs.OutputDocker, attrs{"name": "octo/own"}),
	}
	for _, f := range []plan.Facts{pushOf("refs/heads/main"), pullFrom("stranger/hello-world")} {
		p, err := plan.New(in, f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.Build.Outputs); diff != "" {
			t.Errorf("outputs, -want +got:\n%s", diff)
		}
		if got := p.Needs().Outputs; len(got) != 3 || got[1] != inputs.OutputOCI {
			t.Errorf("the plan needs the outputs %v", got)
		}
	}
	if _, changed := in.Outputs[1].Attrs["name"]; changed {
		t.Error("the inputs have changed")
	}
}

// Attestations are part of what is written, also where nothing is published, but
// docker save has no place for them.
func TestAttestationsInFiles(t *testing.T) {
	t.Parallel()
	for kind, want := range map[inputs.OutputType]int{inputs.OutputLocal: 1, inputs.OutputTar: 1, inputs.OutputOCI: 1, inputs.OutputDocker: 0} {
		in := inputs.Inputs{Push: inputs.PushFalse, Attestations: []inputs.Attestation{{Type: inputs.SBOM}}, Outputs: []inputs.Output{output(kind, nil)}}
		p, err := plan.New(in, pushOf("refs/heads/main"))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Build.Attestations) != want || len(p.Remarks) != 1-want {
			t.Errorf("type=%s has the attestations %v and the remarks %q", kind, p.Build.Attestations, p.Remarks)
		}
	}
}

// What the input outputs says of the push is said back by that name.
func TestOutputsDecideThePush(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Push: inputs.PushFalse, Pushed: inputs.Pushed{Push: inputs.PushFalse}}
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil || p.Publish.Push || p.Publish.Reason != "the input outputs says not to push" {
		t.Errorf("publish = %+v, %v", p.Publish, err)
	}
	in = inputs.Inputs{Push: inputs.PushTrue, Pushed: inputs.Pushed{Push: inputs.PushTrue}}
	_, err = plan.New(in, pullFrom("stranger/hello-world"))
	wantRefusal(t, err, "the input outputs says to push, but this pull request comes from the fork")
	wantRefusal(t, err, "write type=image without push in outputs: such a run")
}

// By digest alone no tag moves, whatever there is.
func TestPushByDigest(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Tags: rules(t, "1.2.3", "latest"), Pushed: inputs.Pushed{ByDigest: true}}
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	if versions, branches := p.Publish.Follows(); versions || branches != nil {
		t.Errorf("it asks for versions: %v, and commits of %v", versions, branches)
	}
	moving, unmoved := p.Publish.Moving(metadata.Known{})
	if !moving.Push || len(moving.Tags) != 0 || len(unmoved) != 2 || unmoved[0].Reason != "in outputs push-by-digest is true" {
		t.Errorf("moving %v, and %v stay", moving.Tags, unmoved)
	}
	if !p.Needs().ByDigest {
		t.Error("the plan takes an engine that pushes by tags")
	}
}

// Docker's media types have no annotations.
func TestDockerMediaTypes(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Pushed: inputs.Pushed{Options: attrs{"oci-mediatypes": "false"}}}
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil || len(p.Build.Annotations) != 0 || len(p.Remarks) != 1 {
		t.Errorf("annotations %v, remarks %q, %v", p.Build.Annotations, p.Remarks, err)
	}
	in.Annotations = annotations(t, "a=b")
	_, err = plan.New(in, pushOf("refs/heads/main"))
	wantRefusal(t, err, "pushing with oci-mediatypes=false: an image with annotations")
}

func TestOutputsThatCannotBe(t *testing.T) {
	t.Parallel()
	nodes := []inputs.Node{{Address: "tcp://one:1", Platforms: []v1.Platform{amd64}}, {Address: "tcp://two:1", Platforms: []v1.Platform{arm64}}}
	old := []string{"docker.pkg.github.com/octo/hello-world/app"}
	cases := map[string]struct {
		in   inputs.Inputs
		says string
	}{
		"docker save of two platforms": {inputs.Inputs{Platforms: two, Outputs: []inputs.Output{output(inputs.OutputDocker, nil)}}, "writing type=docker to /w/docker: the format of docker save holds one platform (linux/amd64, linux/arm64 are asked for)"},
		"annotations of Docker's":      {inputs.Inputs{Annotations: annotations(t, "a=b"), Outputs: []inputs.Output{output(inputs.OutputOCI, attrs{"oci-mediatypes": "0"})}}, "oci-mediatypes is false"},
		"an index of one":              {inputs.Inputs{Outputs: []inputs.Output{output(inputs.OutputOCI, attrs{"annotation-index.a": "b"})}}, "its annotation is for an index"},
		"a farm":                       {inputs.Inputs{Nodes: nodes, Outputs: []inputs.Output{output(inputs.OutputLocal, nil)}}, "writing type=local to /w/local: the platforms are built on several nodes of the farm"},
		"Docker's types of a farm":     {inputs.Inputs{Nodes: nodes, Pushed: inputs.Pushed{Options: attrs{"oci-mediatypes": "false"}}}, "the index that joins the nodes' images has OCI's media types"},
		"another image's name":         {inputs.Inputs{Images: []string{"octo/app"}, Pushed: inputs.Pushed{Names: []string{"ghcr.io/octo/other"}}}, "publishing to ghcr.io/octo/other, which outputs names: the inputs image and tags name other images"},
		"by digest without digests":    {inputs.Inputs{Images: old, Pushed: inputs.Pushed{ByDigest: true}}, "docker.pkg.github.com knows an image by its tags alone"},
		"zstd for Docker's types":      {inputs.Inputs{Images: old, Pushed: inputs.Pushed{Options: attrs{"compression": "zstd"}}}, "docker.pkg.github.com takes only Docker's media types"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := plan.New(c.in, pushOf("refs/heads/main"))
			wantRefusal(t, err, c.says)
		})
	}
	fits := inputs.Inputs{Images: []string{"docker.io/octo/app"}, Pushed: inputs.Pushed{Names: []string{"docker.io/octo/app"}}}
	if _, err := plan.New(fits, pushOf("refs/heads/main")); err != nil {
		t.Errorf("New = %v for the name of the image itself", err)
	}
	oneNode := inputs.Inputs{Nodes: nodes, Platforms: two[1:], Outputs: []inputs.Output{output(inputs.OutputLocal, nil)}}
	if _, err := plan.New(oneNode, pushOf("refs/heads/main")); err != nil {
		t.Errorf("New = %v for a farm of which one node builds", err)
	}
}
