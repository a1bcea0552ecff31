package plan_test

import (
	"errors"
	"testing"

	"github.com/distribution/reference"
	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestImageForms(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in   inputs.Inputs
		want []string
	}{
		"none: the repository's":           {inputs.Inputs{}, []string{"ghcr.io/octo/hello-world"}},
		"none, and a registry":             {inputs.Inputs{Registry: "quay.io"}, []string{"quay.io/octo/hello-world"}},
		"a name: under the owner":          {inputs.Inputs{Images: []string{"app"}}, []string{"ghcr.io/octo/app"}},
		"a name, and a registry":           {inputs.Inputs{Images: []string{"app"}, Registry: "localhost:5000"}, []string{"localhost:5000/octo/app"}},
		"owner and name":                   {inputs.Inputs{Images: []string{"acme/app"}}, []string{"ghcr.io/acme/app"}},
		"owner and name, and a registry":   {inputs.Inputs{Images: []string{"acme/app"}, Registry: "quay.io"}, []string{"quay.io/acme/app"}},
		"a deeper path":                    {inputs.Inputs{Images: []string{"acme/tools/app"}}, []string{"ghcr.io/acme/tools/app"}},
		"a host with a dot":                {inputs.Inputs{Images: []string{"quay.io/acme/app"}, Registry: "ghcr.io"}, []string{"quay.io/acme/app"}},
		"a host and a name":                {inputs.Inputs{Images: []string{"quay.io/app"}}, []string{"quay.io/app"}},
		"a host with a port":               {inputs.Inputs{Images: []string{"registry:5000/app"}}, []string{"registry:5000/app"}},
		"localhost":                        {inputs.Inputs{Images: []string{"localhost/acme/app"}}, []string{"localhost/acme/app"}},
		"localhost with a port":            {inputs.Inputs{Images: []string{"localhost:5000/app"}}, []string{"localhost:5000/app"}},
		"a host that starts like it":       {inputs.Inputs{Images: []string{"localhosts/app"}}, []string{"ghcr.io/localhosts/app"}},
		"an address":                       {inputs.Inputs{Images: []string{"127.0.0.1:5000/app"}}, []string{"127.0.0.1:5000/app"}},
		"an IPv6 address":                  {inputs.Inputs{Images: []string{"[::1]:5000/app"}}, []string{"[::1]:5000/app"}},
		"Docker Hub":                       {inputs.Inputs{Images: []string{"docker.io/acme/app"}}, []string{"index.docker.io/acme/app"}},
		"Docker Hub as the registry":       {inputs.Inputs{Images: []string{"acme/app"}, Registry: "docker.io"}, []string{"index.docker.io/acme/app"}},
		"capitals":                         {inputs.Inputs{Images: []string{"GHCR.io/ACME/My-App"}}, []string{"ghcr.io/acme/my-app"}},
		"capitals in a name":               {inputs.Inputs{Images: []string{"App"}}, []string{"ghcr.io/octo/app"}},
		"separators":                       {inputs.Inputs{Images: []string{"a.b/c_d-e__f--g"}}, []string{"a.b/c_d-e__f--g"}},
		"several, in order":                {inputs.Inputs{Images: []string{"b", "quay.io/acme/a"}}, []string{"ghcr.io/octo/b", "quay.io/acme/a"}},
		"each once, whatever its spelling": {inputs.Inputs{Images: []string{"app", "Octo/App", "ghcr.io/octo/app", "b"}}, []string{"ghcr.io/octo/app", "ghcr.io/octo/b"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(c.in, pushOf("refs/heads/main"))
			if err != nil {
				t.Fatalf("New(image: %v, registry: %q) = %v, want %v", c.in.Images, c.in.Registry, err, c.want)
			}
			if diff := cmp.Diff(c.want, repositories(got.Build.PushTo)); diff != "" {
				t.Errorf("New(image: %v, registry: %q) pushes to, -want +got:\n%s", c.in.Images, c.in.Registry, diff)
			}
		})
	}
}

func TestImagesThatAreNone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ image, says string }{
		"a tag":                     {"app:1.2.3", "it holds a tag or a digest"},
		"a tag after a host":        {"ghcr.io/acme/app:latest", "it holds a tag or a digest"},
		"a port for a tag":          {"localhost:5000", "it holds a tag or a digest"},
		"a digest":                  {"ghcr.io/acme/app@sha256:" + headSHA + headSHA[:24], "it holds a tag or a digest"},
		"a blank":                   {"my app", "invalid reference format"},
		"empty":                     {"", "invalid reference format"},
		"a slash at the end":        {"acme/", "invalid reference format"},
		"two slashes":               {"acme//app", "invalid reference format"},
		"a slash at the start":      {"/app", "invalid reference format"},
		"a host alone":              {"ghcr.io/", "invalid reference format"},
		"a separator at the end":    {"app-", "invalid reference format"},
		"three underscores":         {"a___b", "invalid reference format"},
		"unicode":                   {"ünï", "invalid reference format"},
		"a scheme":                  {"https://ghcr.io/acme/app", "invalid reference format"},
		"a host with an underscore": {"my_host.example.com/app", "its first element is not a legal host"},
		"a command":                 {"app$(id)", "invalid reference format"},
		"one letter on a host":      {"ghcr.io/x", "between 2 and 255 characters"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := plan.New(inputs.Inputs{Images: []string{c.image}}, pushOf("refs/heads/main"))
			wantRefusal(t, err, `naming the image "`+c.image+`"`, c.says, "use name, owner/name or registry/owner/name")
		})
	}
}

// The library's error stays in the chain.
func TestRefusalKeepsItsCause(t *testing.T) {
	t.Parallel()
	_, err := plan.New(inputs.Inputs{Images: []string{"my app"}}, pushOf("refs/heads/main"))
	if !errors.Is(err, reference.ErrReferenceInvalidFormat) {
		t.Errorf("New(image: my app) = %v, want it to wrap %v", err, reference.ErrReferenceInvalidFormat)
	}
}

// Without the input registry, images go to the registry that belongs to the
// server, and so does the token.
func TestRegistryOfTheServer(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ server, want string }{
		"github.com":               {"https://github.com", "ghcr.io"},
		"github.com in capitals":   {"https://GitHub.com", "ghcr.io"},
		"Enterprise Server":        {"https://github.example.com", "containers.github.example.com"},
		"Enterprise with a port":   {"https://github.example.com:8443", "containers.github.example.com:8443"},
		"data residency":           {"https://octo.ghe.com", "containers.octo.ghe.com"},
		"a server in capitals":     {"https://GitHub.Example.com", "containers.github.example.com"},
		"not known":                {"", "ghcr.io"},
		"not an address":           {"https://a b", "ghcr.io"},
		"a name that ends like it": {"https://notgithub.com", "containers.notgithub.com"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.ServerURL = c.server
			got, err := plan.New(inputs.Inputs{Token: "t0ken"}, f)
			if err != nil {
				t.Fatalf("New(server %q) = %v, want %s", c.server, err, c.want)
			}
			if to := repositories(got.Build.PushTo); len(to) != 1 || to[0] != c.want+"/octo/hello-world" || loginFor(got, c.want).Password == "" {
				t.Errorf("New(server %q) pushes to %v and logs in to %v, want %s", c.server, to, got.Logins, c.want)
			}
		})
	}
}

func TestImageWithoutARepository(t *testing.T) {
	t.Parallel()
	laptop := plan.Facts{Ref: "refs/heads/main"}
	_, err := plan.New(inputs.Inputs{}, laptop)
	wantRefusal(t, err, "neither the input image is set nor the repository known", "set image")
	got, err := plan.New(inputs.Inputs{Images: []string{"localhost:5000/hello"}}, laptop)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"localhost:5000/hello"}, repositories(got.Build.PushTo)); diff != "" {
		t.Errorf("New(image: localhost:5000/hello) pushes to, -want +got:\n%s", diff)
	}
}
