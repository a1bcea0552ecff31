package dockerengine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/jsonstream"
	engineapi "github.com/moby/moby/api/types/registry"
	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/registry"
)

const (
	// removeWithin is how long an engine may take to forget an image. A run that was
	// cancelled has 5 s in all.
	removeWithin = 2 * time.Second
	// pushAttempts is how often a push begins anew because another program has moved
	// the tag in the store. It does so once in a while, and not each time.
	pushAttempts = 10
)

// Store is the image store of an engine with a graph driver. A build leaves its
// image there under a name that no other run has: the tags that it is pushed and
// loaded as are everybody's. Such an engine pushes what has a tag when the push
// begins, so that the runs which share it take turns.
type Store struct {
	Client Client
	id     string              // of this run
	Name   string              // of its image
	before map[string][]string // digests of the images that had no tag when the run began, by ID

	offset  time.Duration    // of the engine's clock to ours
	parting func() time.Time // until when a run that ends may put things right; asked for first when it does
}

// NewStore returns the store of an engine for a run, with a name of its own in it.
func NewStore(ctx context.Context, d Client) *Store {
	id := strings.ToLower(rand.Text())
	s := &Store{Client: d, id: id, Name: Trace{Kind: OfRun, ID: id}.String()}
	s.parting = sync.OnceValue(func() time.Time { return time.Now().Add(removeWithin) }) //nolint:forbidigo // a limit
	asking, cancel := context.WithTimeout(ctx, AliveWithin)
	defer cancel()
	s.before, s.offset = s.untagged(asking), s.askClock(asking)
	go s.removeStale(context.WithoutCancel(ctx))
	return s
}

// untagged lists the images without a tag, and their digests. It does not matter if
// the engine does not tell: there are none, as far as is known.
func (s *Store) untagged(ctx context.Context) map[string][]string {
	list, err := s.Client.ImageList(ctx, moby.ImageListOptions{Filters: moby.Filters{}.Add("dangling", "true")})
	if err != nil {
		return nil
	}
	all := map[string][]string{}
	for _, image := range list.Items {
		all[image.ID] = image.RepoDigests
	}
	return all
}

// askClock compares the engine's clock with ours. An engine that does not tell has
// the same.
func (s *Store) askClock(ctx context.Context) time.Duration {
	said, err := s.Client.Info(ctx)
	if err != nil {
		return 0
	}
	at, err := time.Parse(time.RFC3339Nano, said.Info.SystemTime)
	if err != nil {
		return 0
	}
	return time.Until(at)
}

// Now is the time by the engine's clock, which all runs that share it see.
func (s *Store) Now() time.Time {
	return time.Now().Add(s.offset) //nolint:forbidigo // which run is alive is a fact of the clock
}

// rest returns a context for what is put right also if the run is cancelled. Then all
// of it together takes no longer than removeWithin.
func (s *Store) rest(ctx context.Context) (context.Context, context.CancelFunc) {
	rest, cancel := context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // it is in what is returned
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(time.Until(s.parting()), cancel) })
	return rest, func() { stop(); cancel() }
}

// Close takes the image out of the store.
func (s *Store) Close(ctx context.Context) {
	rest, cancel := s.rest(ctx)
	defer cancel()
	s.forget(rest, s.Name)
}

// ImageOf returns the ID of the image that has a name, or "" if none has.
func (s *Store) ImageOf(ctx context.Context, name string) (string, error) {
	found, err := s.Client.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	return found.ID, err
}

// takenError says that a tag of the store was another image's when the engine
// pushed it.
type takenError struct{ tag string }

func (e *takenError) Error() string {
	return fmt.Sprintf("another program gives the tag %s in the engine's store to another image, again and again, so that the engine pushes that; let them not run at the same time", e.tag)
}

// Push pushes the image as a tag. What was pushed is known by its digest, under
// which the engine notes the image that it has pushed: if that is another's, who
// had the tag meanwhile, it pushes again.
func (s *Store) Push(ctx context.Context, tag name.Tag, credentials registry.Credentials, silence time.Duration) (digest v1.Hash, err error) {
	taken := (*takenError)(nil)
	for range pushAttempts {
		if digest, err = s.pushOnce(ctx, tag, credentials, silence); !errors.As(err, &taken) {
			return digest, err
		}
	}
	return v1.Hash{}, err
}

func (s *Store) pushOnce(ctx context.Context, tag name.Tag, credentials registry.Credentials, silence time.Duration) (v1.Hash, error) {
	image, err := s.ImageOf(ctx, s.Name)
	if err != nil || image == "" {
		return v1.Hash{}, fmt.Errorf("finding the image of this run, %s, in the engine's store: %w", s.Name, orGone(err))
	}
	lent, err := s.Lend(ctx, tag.Name(), image)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("naming the image in the engine's store: %w", err)
	}
	defer lent.end(ctx)
	digest, err := s.pushStored(ctx, tag, credentials, silence, func() { lent.end(ctx) })
	if ctx.Err() != nil {
		return v1.Hash{}, context.Cause(ctx)
	}
	if isGone(err) {
		return v1.Hash{}, &takenError{tag: tag.Name()}
	}
	if err != nil {
		return v1.Hash{}, err
	}
	pushed, err := s.ImageOf(ctx, tag.Repository.Digest(digest.String()).Name())
	if err != nil {
		return v1.Hash{}, fmt.Errorf("asking the engine what it has pushed: %w", err)
	}
	if pushed != image {
		return v1.Hash{}, &takenError{tag: tag.Name()}
	}
	return digest, nil
}

// isGone tells whether the engine has not found the tag that it is to push.
func isGone(err error) bool {
	return err != nil && (strings.HasPrefix(err.Error(), "tag does not exist: ") || strings.Contains(err.Error(), "An image does not exist locally with the tag: "))
}

func orGone(err error) error {
	if err == nil {
		return errors.New("it is not there any more: was the engine's store cleaned up (docker image prune) meanwhile?")
	}
	return err
}

// pushStored has the engine push a tag, and calls found when the engine has found
// the image that has it. The credentials go to it in a header of this request and
// are not kept.
func (s *Store) pushStored(ctx context.Context, tag name.Tag, credentials registry.Credentials, silence time.Duration, found func()) (v1.Hash, error) {
	login := credentials.For(ctx, tag.RegistryStr())
	auth, err := authconfig.Encode(engineapi.AuthConfig{
		Username: login.Username, Password: login.Password, IdentityToken: login.IdentityToken, RegistryToken: login.RegistryToken,
		ServerAddress: tag.RegistryStr(),
	})
	if err != nil {
		return v1.Hash{}, fmt.Errorf("writing the credentials for the engine: %w", err)
	}
	ctx, heard, stop := listen(ctx, "no progress", silence)
	defer stop()
	response, err := s.Client.Unlimited.ImagePush(ctx, tag.Name(), moby.ImagePushOptions{RegistryAuth: auth})
	if err != nil {
		return v1.Hash{}, cmp.Or(silent(ctx), err)
	}
	digest, err := pushedDigest(func(yield func(jsonstream.Message, error) bool) {
		for message, err := range response.JSONMessages(ctx) {
			heard()
			if err == nil && message.ID != "" { // a layer's, of the image that was found
				found()
			}
			if !yield(message, err) {
				return
			}
		}
	})
	if err != nil {
		return v1.Hash{}, cmp.Or(silent(ctx), err)
	}
	return digest, nil
}
