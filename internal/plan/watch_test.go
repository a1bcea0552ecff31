package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// watchOf is what a push to main watches.
func watchOf(t *testing.T, required packages.Visibility, repository packages.Visibility, images ...string) visible.Watch {
	t.Helper()
	f := pushOf("refs/heads/main")
	f.Project.Visibility = repository
	p, err := plan.New(inputs.Inputs{Images: images, RequireVisibility: required}, f)
	if err != nil {
		t.Fatal(err)
	}
	return p.Watch
}

func TestWatch(t *testing.T) {
	t.Parallel()
	images := []string{"hello", "quay.io/octo/hello", "containers.octo.ghe.com/octo/hello", "docker.pkg.github.com/octo/hello/hello"}
	for title, c := range map[string]struct {
		required packages.Visibility
		images   []string
		push     inputs.Push
		event    string
		want     []string
	}{
		"those of GitHub's container registries": {packages.Unknown, images, "", "push", []string{"ghcr.io/octo/hello", "containers.octo.ghe.com/octo/hello"}},
		"all where a visibility is required":     {packages.Public, images[:3], "", "push", []string{"ghcr.io/octo/hello", "quay.io/octo/hello", "containers.octo.ghe.com/octo/hello"}},
		"none where nothing is published":        {packages.Public, images, inputs.PushFalse, "push", nil},
		"none on a pull request":                 {packages.Internal, images, "", "pull_request", nil},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			f := pushOf("refs/heads/main")
			f.Event = c.event
			p, err := plan.New(inputs.Inputs{Images: c.images, RequireVisibility: c.required, Push: c.push}, f)
			if diff := cmp.Diff(c.want, repositories(p.Watch.Images)); err != nil || diff != "" {
				t.Errorf("New = %v, watches (-want +got):\n%s", err, diff)
			}
		})
	}
}

// What nobody can tell is refused before anything is built.
func TestWatchRefusesWhatNobodyCanTell(t *testing.T) {
	t.Parallel()
	in := inputs.Inputs{Images: []string{"quay.io/octo/hello", "containers.octo.ghe.com/octo/hello", "ghcr.io/octo/hello"}, RequireVisibility: packages.Internal}
	_, err := plan.New(in, pushOf("refs/heads/main"))
	refused := refusals(t, err)
	if len(refused) != 2 {
		t.Errorf("New = %v, want two refusals", err)
	}
	wantRefusal(t, refused[0], "quay.io/octo/hello is internal", "leave require-visibility out")
	in = inputs.Inputs{Images: []string{"docker.pkg.github.com/octo/hello/hello"}, RequireVisibility: packages.Private}
	_, err = plan.New(in, pushOf("refs/heads/main"))
	wantRefusal(t, err, "docker.pkg.github.com lets nobody in without a login")
}

func TestPageOfAnImage(t *testing.T) {
	t.Parallel()
	w := watchOf(t, packages.Public, packages.Public, "ghcr.io/octo/a/b", "quay.io/octo/hello", "containers.octo.ghe.com/octo/hello")
	user := visible.Package{Owner: packages.User}
	for i, want := range []string{"https://github.com/users/octo/packages/container/package/a%2Fb", "", "https://octo.ghe.com/users/octo/packages/container/package/hello"} {
		if got := w.Page(w.Images[i], user); got != want {
			t.Errorf("the page of %s is %q, want %q", w.Images[i], got, want)
		}
		if ours := w.Ours(w.Images[i]); ours != (i == 0) {
			t.Errorf("Ours(%s) = %v", w.Images[i], ours)
		}
	}
	said := visible.Package{Found: true, URL: "https://github.com/orgs/octo/packages/container/package/x"}
	if got := w.Page(w.Images[0], said); got != said.URL {
		t.Errorf("the page is %q, want the one that GitHub says", got)
	}
}

// Before the build a package is refused only where it is known to be another.
func TestRefuse(t *testing.T) {
	t.Parallel()
	all := []packages.Visibility{packages.Unknown, packages.Public, packages.Private, packages.Internal}
	for _, required := range all {
		w := watchOf(t, required, packages.Public, "hello")
		image := w.Images[0]
		for _, is := range all {
			p := visible.Package{Found: true, Visibility: is, Owner: packages.Organization}
			err := w.Refuse(image, p)
			want := required != packages.Unknown && is != packages.Unknown && is != required
			if (err != nil) != want {
				t.Errorf("%q is required, and it is %q: %v", required, is, err)
			}
			if want {
				wantRefusal(t, err, "is there already, and is "+string(is), "requiring that ghcr.io/octo/hello is "+string(required))
			}
			if err := w.Refuse(image, visible.Package{Visibility: is}); err != nil {
				t.Errorf("a package that is not there is refused: %v", err)
			}
		}
	}
}

// A registry that only the builder reaches cannot be asked as a stranger.
func TestUnseen(t *testing.T) {
	t.Parallel()
	for _, required := range []packages.Visibility{packages.Unknown, packages.Public} {
		w := watchOf(t, required, packages.Public, "hello", "localhost:5000/octo/hello", "quay.io/octo/hello")
		if err := w.Unseen(w.Images[:1]); err != nil {
			t.Errorf("%q: a package that GitHub is asked about is refused: %v", required, err)
		}
		if required == packages.Unknown {
			continue
		}
		if refused := refusals(t, w.Unseen(w.Images)); len(refused) != 2 {
			t.Errorf("%q: %d are refused, want 2: %v", required, len(refused), refused)
		}
		wantRefusal(t, w.Unseen(w.Images[1:2]), "cannot reach localhost:5000", "leave require-visibility out")
	}
}
