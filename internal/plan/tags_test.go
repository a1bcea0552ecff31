package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestDefaultTag(t *testing.T) {
	t.Parallel()
	target := pullFrom("Octo/Hello-World")
	target.Event, target.Ref = "pull_request_target", "refs/heads/main"
	release := pushOf("refs/tags/v1.2.3")
	release.Event = "release"
	schedule := pushOf("refs/heads/main")
	schedule.Event = "schedule"
	detached := plan.Facts{Repository: "octo/hello", Commit: plan.Commit{SHA: commitSHA}}
	noCommit := plan.Facts{Repository: "octo/hello"}
	laptop := plan.Facts{Repository: "octo/hello", Ref: "refs/heads/feature/x", Commit: plan.Commit{SHA: commitSHA}}
	cases := map[string]struct {
		f    plan.Facts
		want string
	}{
		"main":                                   {pushOf("refs/heads/main"), "latest"},
		"release":                                {pushOf("refs/heads/release"), "release"},
		"a branch with a slash":                  {pushOf("refs/heads/feature/x"), "feature-x"},
		"a branch that ends in main":             {pushOf("refs/heads/feature/main"), "feature-main"},
		"a branch in mixed case":                 {pushOf("refs/heads/feature/Foo_Bar"), "feature-foo_bar"},
		"a version":                              {pushOf("refs/tags/v1.2.3"), "1.2.3"},
		"a date":                                 {pushOf("refs/tags/2024-05"), "2024-05"},
		"a hostile branch":                       {pushOf("refs/heads/a$(id)::set-output name=x::y%0A"), "a-id-set-output-name-x-y-0a"},
		"a release":                              {release, "1.2.3"},
		"a schedule":                             {schedule, "latest"},
		"a pull request":                         {pullFrom("Octo/Hello-World"), "pr-12"},
		"a fork's pull request":                  {pullFrom("stranger/hello-world"), "pr-12"},
		"pull_request_target, whose ref is main": {target, "pr-12"},
		"a detached checkout":                    {detached, "sha-89abcdef0123"},
		"a checkout without a commit":            {noCommit, "dev"},
		"a checkout of a branch":                 {laptop, "feature-x"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(inputs.Inputs{}, c.f)
			if err != nil {
				t.Fatalf("New(ref %q) = %v, want the tag %s", c.f.Ref, err, c.want)
			}
			want := []string{"ghcr.io/" + strings.ToLower(c.f.Repository) + ":" + c.want}
			if diff := cmp.Diff(want, names(got.Publish.Tags)); diff != "" || got.Publish.Version != c.want {
				t.Errorf("New(ref %q) has version %q and tags, -want +got:\n%s", c.f.Ref, got.Publish.Version, diff)
			}
		})
	}
}

func TestRefWithoutATag(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"", "refs/notes/x", "refs/heads/日本", "refs/heads/"} {
		t.Run(ref, func(t *testing.T) {
			t.Parallel()
			_, err := plan.New(inputs.Inputs{}, pushOf(ref))
			wantRefusal(t, err, "naming the tag", `"`+ref+`"`, "set the input tags")
			if _, err := plan.New(inputs.Inputs{Tags: rules(t, "1")}, pushOf(ref)); err != nil {
				t.Errorf("New(ref %q, tags: 1) = %v, want the ref not needed", ref, err)
			}
		})
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	full := "quay.io/acme/app:1.2.3"
	cases := map[string]struct {
		images, tags []string
		want         []string
		pushTo       []string
	}{
		"one for the repository's image": {
			tags:   []string{"1.2.3"},
			want:   []string{"ghcr.io/octo/hello-world:1.2.3"},
			pushTo: []string{"ghcr.io/octo/hello-world"},
		},
		"for each image all its tags": {
			images: []string{"b", "a"},
			tags:   []string{"2", "1"},
			want:   []string{"ghcr.io/octo/b:2", "ghcr.io/octo/b:1", "ghcr.io/octo/a:2", "ghcr.io/octo/a:1"},
			pushTo: []string{"ghcr.io/octo/b", "ghcr.io/octo/a"},
		},
		"a full reference and no image": {
			tags:   []string{full},
			want:   []string{full},
			pushTo: []string{"quay.io/acme/app"},
		},
		"bare and full, no image": {
			tags:   []string{full, "1.2.3"},
			want:   []string{"ghcr.io/octo/hello-world:1.2.3", full},
			pushTo: []string{"ghcr.io/octo/hello-world", "quay.io/acme/app"},
		},
		"bare and full and an image": {
			images: []string{"app"},
			tags:   []string{"1.2.3", full},
			want:   []string{"ghcr.io/octo/app:1.2.3", full},
			pushTo: []string{"ghcr.io/octo/app", "quay.io/acme/app"},
		},
		"duplicates count once": {
			images: []string{"app"},
			tags:   []string{"1", "1", "ghcr.io/octo/app:1", "GHCR.io/Octo/App:1"},
			want:   []string{"ghcr.io/octo/app:1"},
			pushTo: []string{"ghcr.io/octo/app"},
		},
		"two tags of one full path": {
			tags:   []string{"quay.io/acme/app:1", "quay.io/acme/app:2"},
			want:   []string{"quay.io/acme/app:1", "quay.io/acme/app:2"},
			pushTo: []string{"quay.io/acme/app"},
		},
		"no tag in a full reference is latest": {
			tags:   []string{"quay.io/acme/app", "localhost:5000/app"},
			want:   []string{"quay.io/acme/app:latest", "localhost:5000/app:latest"},
			pushTo: []string{"quay.io/acme/app", "localhost:5000/app"},
		},
		"a path is lower-cased and a tag is not": {
			tags:   []string{"Quay.io/ACME/App:RC-1", "RC-1", "rc-1"},
			want:   []string{"ghcr.io/octo/hello-world:RC-1", "ghcr.io/octo/hello-world:rc-1", "quay.io/acme/app:RC-1"},
			pushTo: []string{"ghcr.io/octo/hello-world", "quay.io/acme/app"},
		},
		"128 characters": {
			tags:   []string{strings.Repeat("a", 128)},
			want:   []string{"ghcr.io/octo/hello-world:" + strings.Repeat("a", 128)},
			pushTo: []string{"ghcr.io/octo/hello-world"},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := plan.New(inputs.Inputs{Images: c.images, Tags: rules(t, c.tags...)}, pushOf("refs/heads/main"))
			if err != nil {
				t.Fatalf("New(image: %v, tags: %v) = %v, want %v", c.images, c.tags, err, c.want)
			}
			if diff := cmp.Diff(c.want, names(got.Publish.Tags)); diff != "" {
				t.Errorf("New(image: %v, tags: %v), -want +got:\n%s", c.images, c.tags, diff)
			}
			if diff := cmp.Diff(c.pushTo, repositories(got.Build.PushTo)); diff != "" {
				t.Errorf("New(image: %v, tags: %v) pushes to, -want +got:\n%s", c.images, c.tags, diff)
			}
			if first := got.Publish.Tags[0].TagStr(); got.Publish.Version != first {
				t.Errorf("New(tags: %v) has the version %q, want the first tag %q", c.tags, got.Publish.Version, first)
			}
		})
	}
}

// Full references need no repository: they stand for themselves.
func TestFullReferencesWithoutARepository(t *testing.T) {
	t.Parallel()
	got, err := plan.New(inputs.Inputs{Tags: rules(t, "localhost:5000/hello:1")}, plan.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"localhost:5000/hello:1"}, names(got.Publish.Tags)); diff != "" {
		t.Errorf("New(tags: localhost:5000/hello:1), -want +got:\n%s", diff)
	}
}

func TestTagsThatAreNone(t *testing.T) {
	t.Parallel()
	const fullAdvice, lineAdvice = "registry/owner/name:tag", "one per line"
	cases := map[string]struct{ tag, says, advice string }{
		"no host":                   {"acme/app:1", `reading the tag "acme/app:1": it names no registry`, "write docker.io/acme/app:1 or ghcr.io/acme/app:1"},
		"no owner":                  {"app:1", `reading the tag "app:1": it names no registry`, "write docker.io/octo/app:1 or ghcr.io/octo/app:1"},
		"a bad path":                {"ghcr.io/a..b/c:1", `reading the tag "ghcr.io/a..b/c:1"`, fullAdvice},
		"a bad path without a host": {"a..b/c:1", `reading the tag "a..b/c:1"`, fullAdvice},
		"an empty variable":         {"ghcr.io//c:1", "invalid reference format", fullAdvice},
		"a slash in front":          {"/app:1", "invalid reference format", fullAdvice},
		"a blank":                   {"ghcr.io/a b/c:1", "has a blank in it", lineAdvice},
		"no tag":                    {"ghcr.io/a/c:", "has no tag behind its colon", lineAdvice},
		"a host alone":              {"ghcr.io/:1", "invalid reference format", fullAdvice},
		"a digest":                  {"ghcr.io/a/b@sha256:" + headSHA + headSHA[:24], "has an @, for a digest", lineAdvice},
		"a tag and a digest":        {"ghcr.io/a/b:1@sha256:" + headSHA + headSHA[:24], "has an @, for a digest", lineAdvice},
		"a host with an underscore": {"my_host.example.com/app:1", "its first element is not a legal host", fullAdvice},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := plan.New(inputs.Inputs{Tags: rules(t, "good", c.tag)}, pushOf("refs/heads/main"))
			wantRefusal(t, err, c.says, c.advice)
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("New(tags: %q) = %q, want one line", c.tag, err)
			}
		})
	}
}

// An image that no tag is for would not be published, so that is refused.
func TestImageWithFullReferencesOnly(t *testing.T) {
	t.Parallel()
	_, err := plan.New(inputs.Inputs{Images: []string{"app"}, Tags: rules(t, "quay.io/acme/app:1")}, pushOf("refs/heads/main"))
	wantRefusal(t, err, "every line of tags is a full reference", "add a bare tag, or leave image out")
}

func TestMoveOrder(t *testing.T) {
	t.Parallel()
	got, err := plan.New(inputs.Inputs{
		Images: []string{"b", "a"},
		Tags:   rules(t, "latest", "1", "1.2.3", "1.2", "v1.2.3", "1.2.3-rc.1", "pr-12", "2024-05", "v1", "ghcr.io/octo/c:2.0.0"),
	}, pushOf("refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	versions, floating := got.Publish.MoveOrder()
	wantVersions := []string{
		"ghcr.io/octo/b:1.2.3", "ghcr.io/octo/b:v1.2.3", "ghcr.io/octo/b:1.2.3-rc.1",
		"ghcr.io/octo/a:1.2.3", "ghcr.io/octo/a:v1.2.3", "ghcr.io/octo/a:1.2.3-rc.1", "ghcr.io/octo/c:2.0.0",
	}
	var wantFloating []string
	for _, image := range []string{"b", "a"} {
		for _, tag := range []string{"latest", "1", "1.2", "pr-12", "2024-05", "v1"} {
			wantFloating = append(wantFloating, "ghcr.io/octo/"+image+":"+tag)
		}
	}
	if diff := cmp.Diff(wantVersions, names(versions)); diff != "" {
		t.Errorf("MoveOrder() versions, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(wantFloating, names(floating)); diff != "" {
		t.Errorf("MoveOrder() floating, -want +got:\n%s", diff)
	}
	if moved := slices.Concat(versions, floating); len(moved) != len(got.Publish.Tags) {
		t.Errorf("MoveOrder() moves %d tags, want all %d", len(moved), len(got.Publish.Tags))
	}
}
