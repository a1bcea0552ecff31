package diagnose

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/solver/errdefs"

	"github.com/slipway-build/slipway/internal/registry"
)

const (
	// FailedToPush begins what BuildKit's exporter says of a name that it could not
	// push, which follows.
	FailedToPush = "failed to push "
	// ExportingCache begins the name of that work of BuildKit's.
	ExportingCache = "exporting cache "
)

// IsPush tells whether it is the push that has failed. What a step of the Dockerfile
// prints or runs is in its error, too, and may say anything.
func IsPush(err error) bool {
	return len(errdefs.Sources(err)) == 0 && strings.HasPrefix(Trim(err).Error(), FailedToPush)
}

// PushFailed says what it means that a push was refused, or has broken off.
func (s *Solve) PushFailed(ctx context.Context, doing string, err error) error {
	repo := RefusedBy(err.Error(), s.Plan.PushTo)
	if repo == nil {
		return fmt.Errorf("%s: %w", doing, Trim(err))
	}
	return s.Registries.Explain(ctx, registry.Pushing, doing, *repo, Trim(err))
}

// RefusedBy finds the repository that BuildKit's error names, or nil.
func RefusedBy(text string, repos []name.Repository) *name.Repository {
	for _, repo := range repos {
		if strings.Contains(text, repo.Name()) {
			return &repo
		}
	}
	return nil
}
