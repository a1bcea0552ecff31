package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/plan"
)

func repository(t *testing.T, text string) name.Repository {
	t.Helper()
	repo, err := name.NewRepository(text)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func repositoriesOf(t *testing.T, texts string) (all []name.Repository) {
	t.Helper()
	for text := range strings.FieldsSeq(texts) {
		all = append(all, repository(t, text))
	}
	return all
}

func taggedAs(t *testing.T, texts string) (all []name.Tag) {
	t.Helper()
	for text := range strings.FieldsSeq(texts) {
		tag, err := name.NewTag(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tag)
	}
	return all
}

// shownRoute writes a route in one line: place; mover: versions / floating; …
func shownRoute(r plan.Route) string {
	places := map[plan.Placement]string{plan.PlacedNowhere: "nowhere", plan.PlacedByBuild: "by digest", plan.PlacedAsIndex: "index", plan.PlacedByTag: "by tag"}
	movers := map[plan.Mover]string{plan.ByRegistry: "registry", plan.ByBuildKit: "buildkit", plan.ByEngine: "engine"}
	said := []string{places[r.Place]}
	if r.Found {
		said[0] += ", found"
	}
	if r.TagsApart() {
		said[0] += ", tags apart"
	}
	for _, m := range r.Moves {
		one := fmt.Sprintf("%s: %s / %s", movers[m.By], strings.Join(names(m.Versions), " "), strings.Join(names(m.Floating), " "))
		if m.ReadBack {
			one += ", read back"
		}
		said = append(said, one)
	}
	return strings.Join(said, "; ")
}

// TestRoute has who moves which tag, for every kind of builder and registry.
func TestRoute(t *testing.T) {
	t.Parallel()
	const v, l, old, oldLatest = "r.test/app:1.2.3", "r.test/app:latest", "old.test/app:1.2.3", "old.test/app:latest"
	buildkit, engine := plan.BuildKit(), plan.GraphDriverEngine()
	cases := map[string]struct {
		pushTo, byTag, tags string
		can                 plan.Capabilities
		only, nodes, push   bool
		want                string
	}{
		"nothing is pushed":                     {pushTo: "r.test/app", tags: v, can: buildkit, want: "nowhere"},
		"one registry":                          {pushTo: "r.test/app", tags: l + " " + v, can: buildkit, push: true, want: "by digest, tags apart; registry: " + v + " / " + l},
		"several registries":                    {pushTo: "r.test/app s.test/app", tags: l + " " + v + " s.test/app:1.2.3", can: buildkit, push: true, want: "by digest, tags apart; registry: " + v + " s.test/app:1.2.3 / " + l},
		"none moves":                            {pushTo: "r.test/app", can: buildkit, push: true, want: "by digest, found, tags apart"},
		"an engine":                             {pushTo: "r.test/app", tags: l + " " + v, can: engine, push: true, want: "by tag; registry: " + v + " / " + l},
		"an engine, none moves":                 {pushTo: "r.test/app", can: engine, push: true, want: "nowhere"},
		"nodes":                                 {pushTo: "r.test/app", tags: v, can: buildkit, push: true, nodes: true, want: "index, tags apart; registry: " + v + " / "},
		"nodes, none moves":                     {pushTo: "r.test/app", can: buildkit, push: true, nodes: true, want: "index, found, tags apart"},
		"only the builder":                      {pushTo: "r.test/app", tags: l + " " + v, can: buildkit, push: true, only: true, want: "by digest; buildkit: " + v + " / " + l},
		"only the builder, none moves":          {pushTo: "r.test/app", can: buildkit, push: true, only: true, want: "by digest, tags apart"},
		"only an engine":                        {pushTo: "r.test/app", tags: l, can: engine, push: true, only: true, want: "nowhere; engine:  / " + l},
		"only an engine, none moves":            {pushTo: "r.test/app", can: engine, push: true, only: true, want: "nowhere"},
		"by tag":                                {byTag: "old.test/app", tags: oldLatest + " " + old, can: buildkit, push: true, want: "nowhere; buildkit: " + old + " / " + oldLatest + ", read back"},
		"by tag, with an engine":                {byTag: "old.test/app", tags: old, can: engine, push: true, want: "nowhere; engine: " + old + " / , read back"},
		"by tag, none moves":                    {byTag: "old.test/app", can: buildkit, push: true, want: "nowhere"},
		"by tag, only the builder, none moves":  {byTag: "old.test/app", can: buildkit, push: true, only: true, want: "nowhere"},
		"by tag beside another":                 {pushTo: "r.test/app", byTag: "old.test/app", tags: strings.Join([]string{l, oldLatest, v, old}, " "), can: buildkit, push: true, want: "by digest; buildkit: " + old + " / , read back; registry: " + v + " / " + l + "; buildkit:  / " + oldLatest + ", read back"},
		"by tag beside another, without theirs": {pushTo: "r.test/app", byTag: "old.test/app", tags: v, can: buildkit, push: true, want: "by digest, tags apart; registry: " + v + " / "},
		"by tag beside another, none moves":     {pushTo: "r.test/app", byTag: "old.test/app", can: buildkit, push: true, want: "by digest, found, tags apart"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			p := plan.Plan{Build: plan.Build{PushTo: repositoriesOf(t, c.pushTo), ByTag: repositoriesOf(t, c.byTag)}}
			if c.nodes {
				p.Nodes = make([]plan.Share, 2)
			}
			moving := plan.Publish{Push: c.push, Tags: taggedAs(t, c.tags)}
			route := p.Route(moving, c.can, c.only)
			if got := shownRoute(route); got != c.want {
				t.Errorf("Route =\n%s, want\n%s", got, c.want)
			}
			if got, want := route.Publishes(), c.want != "nowhere"; got != want {
				t.Errorf("Publishes = %v, want %v", got, want)
			}
		})
	}
}

// TestOnePerRegistry asks each registry of the repositories once.
func TestOnePerRegistry(t *testing.T) {
	t.Parallel()
	tags := taggedAs(t, "r.test/app:1 r.test/bin:1 s.test/app:1 u.test/app:1")
	got := plan.OnePerRegistry(tags, repositoriesOf(t, "s.test/app r.test/bin r.test/app"))
	if diff := cmp.Diff([]string{"r.test/app:1", "s.test/app:1"}, names(got)); diff != "" {
		t.Errorf("OnePerRegistry, -want +got:\n%s", diff)
	}
}
