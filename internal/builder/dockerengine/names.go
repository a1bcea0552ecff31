package dockerengine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	moby "github.com/moby/moby/client"
)

// SilentFor is how old the image of a run is that has no turn and so does not say that
// it lives: a job of GitHub's lasts no longer. A run has none from the export of its
// image on while a build cache is exported, or a push of that waits to be tried again.
const SilentFor = 6 * time.Hour

// OwnRegistry is one that there is not. Names in it are those of runs, in the store of
// an engine that they share.
const OwnRegistry = "slipway.invalid/"

// The kinds of names that a run has in a store.
const (
	OfRun  = "run"  // the image that it has built
	OfTurn = "turn" // the same, while it waits for its turn or has it
	ofLoan = "loan" // what has a tag that the run has borrowed; the run's own image where nothing had it
)

// Trace is a name that a run has in the store of an engine. It tells which run it is
// and, of a turn, when that run has last said that it lives.
type Trace struct {
	Kind   string
	key    string // of what the turn is at, or of the tag that is borrowed
	number int    // of a turn
	at     int64  // of a turn, in seconds since 1970 by the engine's clock
	ID     string // of the run

	image string // ID of the image that has the name
}

// String is the name.
func (t Trace) String() string {
	parts := map[string][]string{
		OfRun:  {t.ID},
		OfTurn: {t.key, strconv.Itoa(t.number), strconv.FormatInt(t.at, 10), t.ID},
		ofLoan: {t.key, t.ID},
	}
	return OwnRegistry + t.Kind + ":" + strings.Join(parts[t.Kind], ".")
}

// parseTrace reads a name; it is false for other names.
func parseTrace(name string) (Trace, bool) {
	kind, tag, _ := strings.Cut(strings.TrimPrefix(name, OwnRegistry), ":")
	parts := strings.Split(tag, ".")
	t := Trace{Kind: kind, ID: parts[len(parts)-1]}
	if kind != OfRun {
		t.key = parts[0]
	}
	if kind == OfTurn && len(parts) == 4 {
		t.number, _ = strconv.Atoi(parts[1]) // one that cannot be read is not the same name
		t.at, _ = strconv.ParseInt(parts[2], 10, 64)
	}
	return t, t.String() == name
}

// traces lists the names of all runs.
func (s *Store) traces(ctx context.Context) ([]Trace, error) {
	list, err := s.Client.ImageList(ctx, moby.ImageListOptions{Filters: moby.Filters{}.Add("reference", OwnRegistry+"*")})
	if err != nil {
		return nil, fmt.Errorf("listing the images of the engine: %w", err)
	}
	var all []Trace
	for _, image := range list.Items {
		for _, name := range image.RepoTags {
			if one, ok := parseTrace(name); ok {
				one.image = image.ID
				all = append(all, one)
			}
		}
	}
	return all, nil
}

// tag gives an image another name, which it takes from another one.
func (s *Store) tag(ctx context.Context, image, name string) error {
	return s.Client.ImageTag(ctx, moby.ImageTagOptions{Source: image, Target: name})
}

// remove takes a name away, and the image with it if it was the last one. That there
// is no such name is no error.
func (s *Store) remove(ctx context.Context, name string) error {
	if err := s.Client.ImageRemove(ctx, name); !errdefs.IsNotFound(err) {
		return err
	}
	return nil
}

// unname takes a name away and leaves the image, with its digests, also if it has no
// other name. An engine removes an image with its last name, and does not if the name
// goes to another image: here to one without files.
func (s *Store) unname(ctx context.Context, name string) error {
	repository, tag := CutTag(name)
	empty := bytes.NewReader(make([]byte, 1024)) // an archive that ends at once
	if err := s.Client.ImageImport(ctx, empty, repository, tag); err != nil {
		return err
	}
	return s.remove(ctx, name)
}

// CutTag splits a name at its last colon.
func CutTag(name string) (repository, tag string) {
	colon := strings.LastIndexByte(name, ':')
	return name[:colon], name[colon+1:]
}

// wasThere tells whether the store had an image without a tag when the run began. It
// is not for the run to remove.
func (s *Store) wasThere(image string) bool {
	_, there := s.before[image]
	return there
}

// forget takes the image of a run out of the store, unless it has other names, or
// was there before. What goes wrong with that is left to a later run.
func (s *Store) forget(ctx context.Context, name string) {
	found, err := s.Client.ImageInspect(ctx, name)
	if err != nil {
		return
	}
	foreign := func(tag string) bool { return !strings.HasPrefix(tag, OwnRegistry) }
	if !slices.ContainsFunc(found.RepoTags, foreign) {
		for _, digest := range found.RepoDigests { // which a push has added
			if !slices.Contains(s.before[found.ID], digest) {
				_ = s.remove(ctx, digest)
			}
		}
	}
	if s.wasThere(found.ID) {
		_ = s.unname(ctx, name)
		return
	}
	_ = s.remove(ctx, name)
}

// removeStale removes what dead runs have left: they were killed. What cannot be
// removed is left to the next run.
func (s *Store) removeStale(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, AliveWithin)
	defer cancel()
	s.RemoveStaleAt(ctx, s.Now())
}

// RemoveStaleAt does so at a time by the engine's clock.
func (s *Store) RemoveStaleAt(ctx context.Context, now time.Time) {
	all, err := s.traces(ctx)
	if err != nil {
		return
	}
	seen := map[string]bool{s.id: true}
	for _, one := range all {
		if !seen[one.ID] && s.isDead(ctx, one, all, now) {
			s.removeRun(ctx, one.ID, all)
		}
		seen[one.ID] = true
	}
}

// isDead tells whether the run that a name is of is dead. One that has taken no turn
// yet, or has had it, says nothing: of that the age of its image tells.
func (s *Store) isDead(ctx context.Context, one Trace, all []Trace, now time.Time) bool {
	if beat := newest(all, one.ID); beat.Unix() > 0 {
		return beat.Add(DeadAfter).Before(now)
	}
	found, err := s.Client.ImageInspect(ctx, one.String())
	if err != nil {
		return false
	}
	if found.Metadata.LastTagTime.IsZero() { // it was loaded: the next look will know how long it is there
		_ = s.tag(ctx, found.ID, one.String())
		return false
	}
	return found.Metadata.LastTagTime.Add(SilentFor).Before(now)
}

// removeRun removes the names of a dead run, its turns last: who waits for them can
// rely on the rest. The tags that it has borrowed go back.
func (s *Store) removeRun(ctx context.Context, id string, all []Trace) {
	mine := slices.DeleteFunc(slices.Clone(all), func(one Trace) bool { return one.ID != id })
	for _, one := range mine {
		if one.Kind == ofLoan {
			s.takeBack(ctx, one, mine)
		}
	}
	for _, kind := range []string{OfRun, OfTurn} {
		for _, one := range mine {
			if one.Kind == kind {
				s.forget(ctx, one.String())
			}
		}
	}
}
