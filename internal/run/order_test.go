package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/pending"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/publish"
	"github.com/slipway-build/slipway/internal/report"
)

// events takes down what happens, in order.
type events struct {
	lines []string
	fails string // the tag that does not move
}

func (d *events) note(format string, args ...any) {
	d.lines = append(d.lines, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

var errRefused = errors.New("refused")

// move notes tags up to the one that fails.
func (d *events) move(who string, tags []name.Tag) (moved []name.Tag, err error) {
	for _, tag := range tags {
		if tag.String() == d.fails {
			d.note("%s refuses %s", who, tag)
			return moved, errRefused
		}
		d.note("%s %s", who, tag)
		moved = append(moved, tag)
	}
	return moved, nil
}

// recordedImages is a registry that notes what is asked of it.
type recordedImages struct{ *events }

func (d recordedImages) Assemble(_ context.Context, repos []name.Repository, _ []v1.Platform, _ map[string]string, parts []image.Part) (v1.Hash, error) {
	d.note("joins %d parts in %d repositories", len(parts), len(repos))
	return hash("e"), nil
}

func (d recordedImages) Find(_ context.Context, repo name.Repository, digest v1.Hash) (image.Image, error) {
	d.note("finds %s", repo.Digest("sha256:"+digest.Hex[:1]))
	return image.Image{Digest: digest, Config: hash("c")}, nil
}

func (d recordedImages) LookAhead(context.Context, v1.Hash, []name.Tag)  {}
func (d recordedImages) There(context.Context, v1.Hash, []name.Tag) bool { return false }

func (d recordedImages) Tag(_ context.Context, digest v1.Hash, versions, floating []name.Tag) (image.Image, error) {
	all := plan.Move{Versions: versions, Floating: floating}.Tags()
	moved, err := d.move("registry "+digest.Hex[:1], all)
	if err != nil {
		return image.Image{}, publish.NewTagError(all, moved, err)
	}
	return image.Image{Digest: digest}, nil
}

func (d recordedImages) ReadBack(_ context.Context, tags []name.Tag, digest v1.Hash) (image.Image, error) {
	d.note("reads %d back", len(tags))
	return image.Image{Digest: digest}, nil
}

// recordedMover is a builder that pushes tags.
type recordedMover struct {
	*events
	who    string
	digest v1.Hash
	images images
}

func (m recordedMover) Move(ctx context.Context, _ image.Image, move plan.Move) (Moved, error) {
	moved, err := m.move(m.who, move.Tags())
	if err != nil {
		return Moved{Tags: moved}, err
	}
	return readBack(ctx, m.images, Moved{Image: image.Image{Digest: m.digest}, Tags: moved}, move)
}

func hash(letter string) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(letter, 64)}
}

func tags(t *testing.T, texts string) (all []name.Tag) {
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

func repositories(t *testing.T, texts string) (all []name.Repository) {
	t.Helper()
	for text := range strings.FieldsSeq(texts) {
		repo, err := name.NewRepository(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, repo)
	}
	return all
}

func quietReporter(t *testing.T) *report.Reporter {
	t.Helper()
	r, err := report.New(report.Options{Out: io.Discard, Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOrder has the order of everything between the image and its last tag, for each
// kind of builder and registry: what is placed, and who moves which tag.
func TestOrder(t *testing.T) {
	t.Parallel()
	const both = "r.test/app:latest r.test/app:1.2.3"
	buildkit, engine := plan.BuildKit(), plan.GraphDriverEngine()
	cases := map[string]struct {
		pushTo, byTag, tags string
		can                 plan.Capabilities
		only, nodes, pulls  bool
		fails               string
		want, err           string
	}{
		"several registries": {
			pushTo: "r.test/app s.test/app", tags: both + " s.test/app:1.2.3", can: buildkit,
			want: "registry b r.test/app:1.2.3; registry b s.test/app:1.2.3; registry b r.test/app:latest",
		},
		"an engine with a graph driver": {
			pushTo: "r.test/app", tags: both, can: engine,
			want: "engine r.test/app:1.2.3; finds r.test/app@sha256:d; registry d r.test/app:1.2.3; registry d r.test/app:latest",
		},
		"by-tag registries": {
			pushTo: "r.test/app", byTag: "old.test/app", tags: both + " old.test/app:latest old.test/app:1.2.3", can: buildkit,
			want: "buildkit old.test/app:1.2.3; reads 1 back; registry b r.test/app:1.2.3; registry b r.test/app:latest; buildkit old.test/app:latest; reads 1 back",
		},
		"by-tag registries alone": {
			byTag: "old.test/app", tags: "old.test/app:latest old.test/app:1.2.3", can: buildkit,
			want: "buildkit old.test/app:1.2.3; buildkit old.test/app:latest; reads 2 back",
		},
		"a registry that only the builder reaches": {
			pushTo: "r.test/app", tags: both, can: buildkit, only: true,
			want: "buildkit r.test/app:1.2.3; buildkit r.test/app:latest",
		},
		"a registry that only an engine reaches": {
			pushTo: "r.test/app", tags: both, can: engine, only: true,
			want: "engine r.test/app:1.2.3; engine r.test/app:latest",
		},
		"several nodes": {
			pushTo: "r.test/app s.test/app", tags: both, can: buildkit, nodes: true,
			want: "joins 2 parts in 2 repositories; registry e r.test/app:1.2.3; registry e r.test/app:latest",
		},
		"nothing pushed":           {pushTo: "r.test/app", tags: both, can: buildkit, pulls: true},
		"none moves":               {pushTo: "r.test/app", can: buildkit, want: "finds r.test/app@sha256:b"},
		"none moves, of an engine": {pushTo: "r.test/app", can: engine},
		"a failed tag in the middle": {
			pushTo: "r.test/app", tags: both + " r.test/app:1.2.4", can: buildkit, fails: "r.test/app:1.2.4",
			want: "registry b r.test/app:1.2.3; registry b refuses r.test/app:1.2.4", err: "moved: r.test/app:1.2.3\nnot moved, or not confirmed: r.test/app:1.2.4, r.test/app:latest",
		},
		"a failed tag of another registry": {
			pushTo: "r.test/app", byTag: "old.test/app", tags: both + " old.test/app:latest old.test/app:1.2.3", can: buildkit, fails: "r.test/app:1.2.3",
			want: "buildkit old.test/app:1.2.3; reads 1 back; registry b refuses r.test/app:1.2.3", err: "moved: old.test/app:1.2.3\nnot moved, or not confirmed: r.test/app:1.2.3, r.test/app:latest, old.test/app:latest",
		},
		"a failed first tag of an engine": {pushTo: "r.test/app", tags: both, can: engine, fails: "r.test/app:1.2.3", want: "engine refuses r.test/app:1.2.3", err: "refused"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			d := &events{fails: c.fails}
			images := recordedImages{d}
			p := plan.Plan{Build: plan.Build{PushTo: repositories(t, c.pushTo), ByTag: repositories(t, c.byTag)}, Publish: plan.Publish{Push: !c.pulls, Tags: tags(t, c.tags)}}
			made := Made{
				Image: image.Image{Digest: hash("b"), Config: hash("c")}, By: c.can,
				movers: map[plan.Mover]mover{plan.ByBuildKit: recordedMover{d, "buildkit", hash("b"), images}, plan.ByEngine: recordedMover{d, "engine", hash("d"), images}},
			}
			if c.nodes {
				p.Nodes, made.Image, made.Parts = make([]plan.Share, 2), image.Image{}, make([]image.Part, 2)
			}
			r := &Run{report: quietReporter(t), plan: p, images: images}
			r.visibility = &visibility{run: r}
			r.history = pending.NewQuestion(0, r.learnHistory)
			err := publishAs(t.Context(), r, made, c.only)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(c.want, strings.Join(d.lines, "; ")); diff != "" {
				t.Errorf("order, -want +got:\n%s", diff)
			}
		})
	}
}

// publishAs carries a run on from what was made.
func publishAs(ctx context.Context, r *Run, made Made, onlyBuilder bool) error {
	a := &access{answer: pending.Begin(ctx, 0, func(context.Context) (reached, error) { return reached{onlyBuilder}, nil })}
	moving, err := r.settle(ctx, made, a, previous{})
	if err != nil {
		return err
	}
	placed, err := r.place(ctx, made, moving)
	if err != nil {
		return err
	}
	_, err = r.tag(ctx, made, moving, placed)
	return err
}
