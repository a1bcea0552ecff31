package build

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/solver/errdefs"

	"github.com/slipway-build/slipway/internal/registry"
)

const (
	// failedToPush begins what BuildKit's exporter says of a name that it could not
	// push, which follows.
	failedToPush = "failed to push "
	// exportingCache begins the name of that work of BuildKit's.
	exportingCache = "exporting cache "
)

// isPush tells whether it is the push that has failed. What a step of the Dockerfile
// prints or runs is in its error, too, and may say anything.
func isPush(err error) bool {
	return len(errdefs.Sources(err)) == 0 && strings.HasPrefix(trim(err).Error(), failedToPush)
}

// pushFailed says what it means that a push was refused, or has broken off.
func (s *Diagnosed) pushFailed(ctx context.Context, doing string, err error) error {
	repo := refusedBy(err.Error(), s.Plan.PushTo)
	if repo == nil {
		return fmt.Errorf("%s: %w", doing, trim(err))
	}
	return s.Registries.Explain(ctx, registry.Pushing, doing, *repo, trim(err))
}

// refusedBy finds the repository that BuildKit's error names, or nil.
func refusedBy(text string, repos []name.Repository) *name.Repository {
	for _, repo := range repos {
		if strings.Contains(text, repo.Name()) {
			return &repo
		}
	}
	return nil
}
