package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// shown writes tags as the outputs of a run do.
func shown(p plan.Plan) []string {
	var all []string
	for _, tag := range p.Publish.Tags {
		all = append(all, host.Tag(tag))
	}
	return all
}

// What a name without a host means does not depend on who reads it: a line of
// tags and name= in outputs follow one rule.
func TestNamesWithoutAHost(t *testing.T) {
	t.Parallel()
	load := func(in inputs.Inputs) inputs.Inputs { in.Load = true; return in }
	files := func(in inputs.Inputs) inputs.Inputs {
		in.Outputs = []inputs.Output{output(inputs.OutputLocal, nil)}
		return in
	}
	push := func(push inputs.Push, registry string) inputs.Inputs {
		return inputs.Inputs{Push: push, Registry: registry}
	}
	cases := map[string]struct {
		in   inputs.Inputs
		name string
		want string // empty: refused
	}{
		"a registry, owner and name":       {push("", "quay.io"), "octo/app:1", "quay.io/octo/app:1"},
		"a registry and a name":            {push("", "quay.io"), "app:1", "quay.io/octo/app:1"},
		"Docker Hub as the registry":       {push("", "docker.io"), "acme/app:1", "docker.io/acme/app:1"},
		"the default registry, by name":    {push("", "ghcr.io"), "app:1", "ghcr.io/octo/app:1"},
		"capitals":                         {push("", "quay.io"), "Acme/App:RC", "quay.io/acme/app:RC"},
		"a registry, and nothing pushed":   {push(inputs.PushFalse, "quay.io"), "app:1", "quay.io/octo/app:1"},
		"push is false":                    {push(inputs.PushFalse, ""), "app:test", "app:test"},
		"push is false, owner and name":    {push(inputs.PushFalse, ""), "octo/app:test", "octo/app:test"},
		"push is false, capitals":          {push(inputs.PushFalse, ""), "Octo/App:RC", "octo/app:RC"},
		"a load":                           {load(push("", "")), "app:test", "app:test"},
		"a load, push is auto":             {load(push(inputs.PushAuto, "")), "app:test", "app:test"},
		"files":                            {files(push("", "")), "octo/app:test", "octo/app:test"},
		"a load and a push":                {load(push(inputs.PushTrue, "")), "app:test", ""},
		"files and a push":                 {files(push(inputs.PushTrue, "")), "app:test", ""},
		"push is auto":                     {push(inputs.PushAuto, ""), "octo/app:test", ""},
		"a push":                           {push(inputs.PushTrue, ""), "octo/app:test", ""},
		"a host":                           {push(inputs.PushTrue, ""), "docker.io/octo/app:1", "docker.io/octo/app:1"},
		"a host, and nothing pushed":       {push(inputs.PushFalse, ""), "docker.io/octo/app:1", "docker.io/octo/app:1"},
		"a host with a port, not a tag":    {push(inputs.PushFalse, ""), "localhost:5000/app:1", "localhost:5000/app:1"},
		"what looks like a port is a tag":  {push(inputs.PushFalse, ""), "localhost:5000", "localhost:5000"},
		"no tag":                           {push(inputs.PushFalse, ""), "octo/app", "octo/app:latest"},
		"a local name that cannot be":      {push(inputs.PushFalse, ""), "a..b/c:1", ""},
		"a local name with an empty owner": {push(inputs.PushFalse, ""), "/c:1", ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			byTags, byName := c.in, c.in
			byTags.Tags = rules(t, c.name)
			image, tag, _ := strings.Cut(c.name, ":")
			if i := strings.LastIndex(c.name, ":"); i > strings.LastIndex(c.name, "/") {
				image, tag = c.name[:i], c.name[i+1:]
			}
			byName.Pushed.Names = []string{image}
			if tag != "" {
				byName.Tags = rules(t, tag)
			}
			if tag == "" {
				byName.Tags = rules(t, "latest")
			}
			for _, f := range []plan.Facts{pushOf("refs/heads/main"), pullFrom("Octo/Hello-World")} {
				for by, in := range map[string]inputs.Inputs{"tags": byTags, "name=": byName} {
					p, err := plan.New(in, f)
					if c.want == "" {
						if err == nil {
							t.Errorf("%s on %s: %q means %v, want a refusal", by, f.Event, c.name, shown(p))
						}
						continue
					}
					if err != nil {
						t.Errorf("%s on %s: New(%q) = %v, want %s", by, f.Event, c.name, err, c.want)
						continue
					}
					if diff := cmp.Diff([]string{c.want}, shown(p)); diff != "" {
						t.Errorf("%s on %s: %q means, -want +got:\n%s", by, f.Event, c.name, diff)
					}
				}
			}
		})
	}
}

// Who writes a name that could be two places is told both.
func TestBothFullForms(t *testing.T) {
	t.Parallel()
	user := inputs.Inputs{Username: "Robot", Tags: rules(t, "app:1")}
	enterprise := pushOf("refs/heads/main")
	enterprise.ServerURL = "https://git.example.com"
	cases := map[string]struct {
		in   inputs.Inputs
		f    plan.Facts
		says []string
	}{
		"tags":                {inputs.Inputs{Tags: rules(t, "Acme/App:1")}, pushOf("refs/heads/main"), []string{`reading the tag "Acme/App:1"`, "write docker.io/acme/app:1 or ghcr.io/acme/app:1", "set the input registry", "push: false"}},
		"a user of Docker's":  {user, pushOf("refs/heads/main"), []string{"write docker.io/robot/app:1 or ghcr.io/octo/app:1"}},
		"another server":      {inputs.Inputs{Tags: rules(t, "app:1")}, enterprise, []string{"write docker.io/octo/app:1 or containers.git.example.com/octo/app:1"}},
		"outputs":             {inputs.Inputs{Pushed: inputs.Pushed{Names: []string{"octo/app"}}}, pushOf("refs/heads/main"), []string{"reading name=octo/app in outputs", "write docker.io/octo/app or ghcr.io/octo/app"}},
		"outputs, with image": {inputs.Inputs{Images: []string{"app"}, Pushed: inputs.Pushed{Names: []string{"octo/app"}}}, pushOf("refs/heads/main"), []string{"reading name=octo/app in outputs"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := plan.New(c.in, c.f)
			wantRefusal(t, err, c.says...)
		})
	}
}

// Whether a local name is meant is decided by the inputs: a pull request, which
// publishes nothing, reads the same as main.
func TestLocalNamesAreLoaded(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Tags: rules(t, "app:test", "octo/app:test"), Load: true}
	p, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	var loaded []string
	for _, tag := range p.Build.LoadAs {
		loaded = append(loaded, host.Tag(tag)+" "+host.Shown(tag.Name()))
	}
	want := []string{"app:test docker.io/library/app:test", "octo/app:test docker.io/octo/app:test"}
	if diff := cmp.Diff(want, loaded); diff != "" || p.Publish.Push || len(p.Build.PushTo) != 0 {
		t.Errorf("New loads and pushes to %v, -want +got:\n%s", p.Build.PushTo, diff)
	}
}

// A step for files or a load publishes nothing by itself, and says so where the
// event would have published.
func TestResultsAreNotPublished(t *testing.T) {
	t.Parallel()
	load := inputs.Inputs{Load: true}
	files := inputs.Inputs{Outputs: []inputs.Output{output(inputs.OutputOCI, nil)}}
	with := func(in inputs.Inputs, push inputs.Push) inputs.Inputs { in.Push = push; return in }
	asked := inputs.Inputs{Load: true, Call: inputs.CallCheck}
	cases := map[string]struct {
		in     inputs.Inputs
		f      plan.Facts
		reason string // empty: it publishes
		warns  bool
	}{
		"a load":                       {load, pushOf("refs/heads/main"), "the input load is true, and the input push is not set", true},
		"a load, push: auto":           {with(load, inputs.PushAuto), pushOf("refs/heads/main"), "the input load is true, and the input push is not set", true},
		"files":                        {files, pushOf("refs/heads/main"), "the input outputs asks for files, and the input push is not set", true},
		"files of a release":           {files, runOf("release"), "the input outputs asks for files", true},
		"files, on a pull request":     {files, pullFrom("Octo/Hello-World"), "pull requests are built and not published", false},
		"files, from a fork":           {files, pullFrom("stranger/hello-world"), "this pull request comes from the fork", false},
		"files, push: false":           {with(files, inputs.PushFalse), pushOf("refs/heads/main"), "the input push is false", false},
		"files, push: true":            {with(files, inputs.PushTrue), pushOf("refs/heads/main"), "", false},
		"a load, push: true":           {with(load, inputs.PushTrue), pushOf("refs/heads/main"), "", false},
		"a question, with a load":      {asked, pushOf("refs/heads/main"), "the input call is check", false},
		"neither":                      {inputs.Inputs{}, pushOf("refs/heads/main"), "", false},
		"a laptop, which has no event": {load, plan.Facts{Repository: "octo/hello", Ref: "refs/heads/main"}, "the input load is true", true},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p, err := plan.New(c.in, c.f)
			if err != nil {
				t.Fatal(err)
			}
			if p.Publish.Push != (c.reason == "") || !strings.Contains(p.Publish.Reason, c.reason) {
				t.Errorf("New publishes: %v, for %q, want the reason %q", p.Publish.Push, p.Publish.Reason, c.reason)
			}
			warned := strings.Contains(strings.Join(p.Notices, "\n"), "push: true does both")
			if warned != c.warns {
				t.Errorf("New notices %q, want a warning: %v", p.Notices, c.warns)
			}
		})
	}
}

// GitHub has repositories whose name no image can have.
func TestRepositoryThatNoImageCanBeNamedAfter(t *testing.T) {
	t.Parallel()
	for _, repository := range []string{"octo/.github", "octo/_x", "octo/-", "octo/a..b", "octo/x-", "octo/a._b"} {
		f := pushOf("refs/heads/main")
		f.Repository = repository
		_, err := plan.New(inputs.Inputs{}, f)
		wantRefusal(t, err, "naming the image after the repository "+repository, "set the input image, such as `image: ")
		if _, err := plan.New(inputs.Inputs{Images: []string{"app"}}, f); err != nil {
			t.Errorf("New(image: app) in %s = %v", repository, err)
		}
	}
}

// A line of tags that has a mistake is not said to have made no tag, too, nor to
// be missing for an image.
func TestOneErrorOfOneMistake(t *testing.T) {
	t.Parallel()
	release := pushOf("refs/heads/main")
	for title, in := range map[string]inputs.Inputs{
		"no other rule fits":      {TagsWrong: true, Tags: rules(t, "type=semver,pattern={{version}}")},
		"no rule is left":         {TagsWrong: true},
		"all left are references": {TagsWrong: true, Images: []string{"app"}, Tags: rules(t, "quay.io/acme/app:1")},
	} {
		if _, err := plan.New(in, release); err != nil {
			t.Errorf("%s: New = %v, want the mistake in tags to be all there is", title, err)
		}
	}
}
