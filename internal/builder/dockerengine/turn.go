package dockerengine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

const (
	// beatEvery is how often a run that waits for its turn, or has it, says that it
	// lives.
	beatEvery = 5 * time.Second
	// DeadAfter is how long it is silent before it is taken for dead: nobody waits
	// for it any more.
	DeadAfter = time.Minute
	// firstLook and longestLook are how long a run waits before it looks again
	// whether it is its turn.
	firstLook, longestLook = 20 * time.Millisecond, 500 * time.Millisecond
)

// choosing is the number of a run that has none yet.
const choosing = 0

// Turn is the place of a run among those that share an engine and want the same. An
// engine has no lock for that, but every run can write names of its own and read
// those of all: they draw numbers as in a bakery, and the lowest is served
// (https://lamport.azurewebsites.net/pubs/bakery.pdf). A run that was killed is
// silent, and leaves only names that others can remove.
type Turn struct {
	store *Store
	key   string
	Stop  context.CancelFunc
	Beats sync.WaitGroup

	mu    sync.Mutex
	ours  Trace
	names []string // that may be in the store
}

// KeyOf is a short name of what runs take turns at.
func KeyOf(what string) string {
	sum := sha256.Sum256([]byte(what))
	return hex.EncodeToString(sum[:8])
}

// Turn waits until no other run has a turn at the same, or an earlier place. It
// calls waiting when it has to wait. The image of the run must be in the store.
func (s *Store) Turn(ctx context.Context, at string, waiting func()) (*Turn, error) {
	beating, stop := context.WithCancel(ctx)
	t := &Turn{store: s, key: KeyOf(at), Stop: stop}
	err := t.draw(ctx)
	if err == nil {
		t.Beats.Go(func() { t.beat(beating) })
		err = t.wait(ctx, sync.OnceFunc(waiting))
	}
	if err != nil {
		t.End(ctx)
		return nil, fmt.Errorf("taking turns with other runs on this engine at %s: %w", at, err)
	}
	return t, nil
}

// draw takes a number that is higher than all others.
func (t *Turn) draw(ctx context.Context) error {
	if err := t.say(ctx, choosing); err != nil {
		return err
	}
	all, err := t.store.traces(ctx)
	if err != nil {
		return err
	}
	highest := choosing
	for _, other := range all {
		if other.Kind == OfTurn && other.key == t.key {
			highest = max(highest, other.number)
		}
	}
	return t.say(ctx, highest+1)
}

// say writes down the number and that the run lives now.
func (t *Turn) say(ctx context.Context, number int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.write(ctx, number)
}

func (t *Turn) write(ctx context.Context, number int) error {
	next := Trace{Kind: OfTurn, key: t.key, number: number, at: t.store.Now().Unix(), ID: t.store.id}
	if next == t.ours {
		return nil
	}
	before := t.names
	t.names = append(t.names, next.String())
	if err := t.store.tag(ctx, t.store.Name, next.String()); err != nil {
		return err
	}
	t.ours = next
	var left []string
	for _, name := range before {
		if name != next.String() && t.store.remove(ctx, name) != nil {
			left = append(left, name)
		}
	}
	left = append(left, next.String())
	t.names = left
	return nil
}

// beat says again and again that the run lives. An engine that does not answer is
// asked again the next time.
func (t *Turn) beat(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			t.mu.Lock()
			_ = t.write(ctx, t.ours.number)
			t.mu.Unlock()
		}
	}
}

// wait returns when nobody is before us. It removes what dead runs have left.
func (t *Turn) wait(ctx context.Context, waiting func()) error {
	for pause := firstLook; ; pause = min(2*pause, longestLook) {
		all, err := t.store.traces(ctx)
		if err != nil {
			return err
		}
		living, dead := t.before(all)
		for _, id := range dead {
			t.store.removeRun(ctx, id, all)
		}
		if !t.isIn(all) { // others have taken us for dead
			if err := t.draw(ctx); err != nil {
				return err
			}
			continue
		}
		if living == 0 {
			return nil
		}
		waiting()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// before counts the runs that come before this one, and names those of them that
// are dead.
func (t *Turn) before(all []Trace) (living int, dead []string) {
	now := t.store.Now()
	for _, other := range all {
		if other.Kind != OfTurn || other.key != t.key || other.ID == t.store.id || t.comesBefore(other) {
			continue
		}
		if newest(all, other.ID).Add(DeadAfter).Before(now) {
			dead = append(dead, other.ID)
		} else {
			living++
		}
	}
	return living, dead
}

// comesBefore tells whether this run comes before another one.
func (t *Turn) comesBefore(other Trace) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return other.number != choosing && cmp.Or(cmp.Compare(t.ours.number, other.number), cmp.Compare(t.ours.ID, other.ID)) < 0
}

func (t *Turn) isIn(all []Trace) bool {
	for _, one := range all {
		if one.Kind == OfTurn && one.key == t.key && one.ID == t.store.id {
			return true
		}
	}
	return false
}

// newest is when a run has last said that it lives.
func newest(all []Trace, id string) time.Time {
	var at int64
	for _, one := range all {
		if one.Kind == OfTurn && one.ID == id {
			at = max(at, one.at)
		}
	}
	return time.Unix(at, 0)
}

// End lets the next run have its turn.
func (t *Turn) End(ctx context.Context) {
	t.Stop()
	t.Beats.Wait()
	ctx, cancel := t.store.rest(ctx)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range t.names {
		_ = t.store.remove(ctx, name) // it is dead soon
	}
	t.names = nil
}
