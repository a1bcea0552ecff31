package builder

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

// silentFor is how old the image of a run is that has no turn and so does not say that
// it lives: a job of GitHub's lasts no longer. A run has none from the export of its
// image on while a build cache is exported, or a push of that waits to be tried again.
const silentFor = 6 * time.Hour

// ownRegistry is one that there is not. Names in it are those of runs, in the store of
// an engine that they share.
const ownRegistry = "slipway.invalid/"

// The kinds of names that a run has in a store.
const (
	ofRun  = "run"  // the image that it has built
	ofTurn = "turn" // the same, while it waits for its turn or has it
	ofLoan = "loan" // what has a tag that the run has borrowed; the run's own image where nothing had it
)

// trace is a name that a run has in the store of an engine. It tells which run it is
// and, of a turn, when that run has last said that it lives.
type trace struct {
	kind   string
	key    string // of what the turn is at, or of the tag that is borrowed
	number int    // of a turn
	at     int64  // of a turn, in seconds since 1970 by the engine's clock
	id     string // of the run

	image string // ID of the image that has the name
}

// String is the name.
func (t trace) String() string {
	parts := map[string][]string{
		ofRun:  {t.id},
		ofTurn: {t.key, strconv.Itoa(t.number), strconv.FormatInt(t.at, 10), t.id},
		ofLoan: {t.key, t.id},
	}
	return ownRegistry + t.kind + ":" + strings.Join(parts[t.kind], ".")
}

// parseTrace reads a name; it is false for other names.
func parseTrace(name string) (trace, bool) {
	kind, tag, _ := strings.Cut(strings.TrimPrefix(name, ownRegistry), ":")
	parts := strings.Split(tag, ".")
	t := trace{kind: kind, id: parts[len(parts)-1]}
	if kind != ofRun {
		t.key = parts[0]
	}
	if kind == ofTurn && len(parts) == 4 {
		t.number, _ = strconv.Atoi(parts[1]) // one that cannot be read is not the same name
		t.at, _ = strconv.ParseInt(parts[2], 10, 64)
	}
	return t, t.String() == name
}

// traces lists the names of all runs.
func (s *store) traces(ctx context.Context) ([]trace, error) {
	list, err := s.docker.ImageList(ctx, moby.ImageListOptions{Filters: moby.Filters{}.Add("reference", ownRegistry+"*")})
	if err != nil {
		return nil, fmt.Errorf("listing the images of the engine: %w", err)
	}
	var all []trace
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
func (s *store) tag(ctx context.Context, image, name string) error {
	return s.docker.ImageTag(ctx, moby.ImageTagOptions{Source: image, Target: name})
}

// remove takes a name away, and the image with it if it was the last one. That there
// is no such name is no error.
func (s *store) remove(ctx context.Context, name string) error {
	if err := s.docker.ImageRemove(ctx, name); !errdefs.IsNotFound(err) {
		return err
	}
	return nil
}

// unname takes a name away and leaves the image, with its digests, also if it has no
// other name. An engine removes an image with its last name, and does not if the name
// goes to another image: here to one without files.
func (s *store) unname(ctx context.Context, name string) error {
	repository, tag := cutTag(name)
	empty := bytes.NewReader(make([]byte, 1024)) // an archive that ends at once
	if err := s.docker.ImageImport(ctx, empty, repository, tag); err != nil {
		return err
	}
	return s.remove(ctx, name)
}

// cutTag splits a name at its last colon.
func cutTag(name string) (repository, tag string) {
	colon := strings.LastIndexByte(name, ':')
	return name[:colon], name[colon+1:]
}

// wasThere tells whether the store had an image without a tag when the run began. It
// is not for the run to remove.
func (s *store) wasThere(image string) bool {
	_, there := s.before[image]
	return there
}

// forget takes the image of a run out of the store, unless it has other names, or
// was there before. What goes wrong with that is left to a later run.
func (s *store) forget(ctx context.Context, name string) {
	found, err := s.docker.ImageInspect(ctx, name)
	if err != nil {
		return
	}
	foreign := func(tag string) bool { return !strings.HasPrefix(tag, ownRegistry) }
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
func (s *store) removeStale(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, aliveWithin)
	defer cancel()
	s.removeStaleAt(ctx, s.now())
}

// removeStaleAt does so at a time by the engine's clock.
func (s *store) removeStaleAt(ctx context.Context, now time.Time) {
	all, err := s.traces(ctx)
	if err != nil {
		return
	}
	seen := map[string]bool{s.id: true}
	for _, one := range all {
		if !seen[one.id] && s.isDead(ctx, one, all, now) {
			s.removeRun(ctx, one.id, all)
		}
		seen[one.id] = true
	}
}

// isDead tells whether the run that a name is of is dead. One that has taken no turn
// yet, or has had it, says nothing: of that the age of its image tells.
func (s *store) isDead(ctx context.Context, one trace, all []trace, now time.Time) bool {
	if beat := newest(all, one.id); beat.Unix() > 0 {
		return beat.Add(deadAfter).Before(now)
	}
	found, err := s.docker.ImageInspect(ctx, one.String())
	if err != nil {
		return false
	}
	if found.Metadata.LastTagTime.IsZero() { // it was loaded: the next look will know how long it is there
		_ = s.tag(ctx, found.ID, one.String())
		return false
	}
	return found.Metadata.LastTagTime.Add(silentFor).Before(now)
}

// removeRun removes the names of a dead run, its turns last: who waits for them can
// rely on the rest. The tags that it has borrowed go back.
func (s *store) removeRun(ctx context.Context, id string, all []trace) {
	mine := slices.DeleteFunc(slices.Clone(all), func(one trace) bool { return one.id != id })
	for _, one := range mine {
		if one.kind == ofLoan {
			s.takeBack(ctx, one, mine)
		}
	}
	for _, kind := range []string{ofRun, ofTurn} {
		for _, one := range mine {
			if one.kind == kind {
				s.forget(ctx, one.String())
			}
		}
	}
}
