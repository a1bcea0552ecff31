package build

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
)

// Error is a build that failed at a place in a Dockerfile.
type Error struct {
	File  string // absolute path
	Line  int    // counted from 1
	cause error
}

func (e *Error) Error() string { return "building: " + e.cause.Error() }

// Unwrap returns BuildKit's error.
func (e *Error) Unwrap() error { return e.cause }

// Position returns where the build failed.
func (e *Error) Position() (file string, line int) { return e.File, e.Line }

// explain says what BuildKit's error means for the reader.
func explain(ctx context.Context, err error, r Request, b *builder.Builder) error {
	if ctx.Err() != nil {
		return fmt.Errorf("building: %w", context.Cause(ctx))
	}
	var cause error = &trimmed{err}
	switch trust := untrusted(err.Error(), b); {
	case trust != "":
		cause = &advised{cause, trust}
	case isPush(err):
		return pushFailed(ctx, "pushing by digest, before any tag moves", err, r)
	default:
		cause = withAdvice(pullFailed(ctx, err, r))
	}
	if sources := errdefs.Sources(err); len(sources) > 0 {
		// The innermost is the instruction; the outer ones are what used it.
		s := sources[0]
		if s.Info != nil && len(s.Ranges) > 0 {
			return newError(s.Info.Filename, int(s.Ranges[0].Start.Line), r.Plan, cause)
		}
	}
	advice := ""
	switch text := err.Error(); {
	case strings.Contains(text, "no space left on device"):
		advice = fmt.Sprintf("\nthe disk of %s is full; free some, or use a builder with more", b.Name)
	case grpcerrors.Code(err) == codes.Unavailable:
		advice = fmt.Sprintf("\n%s ended or cannot be reached any more; it may have run out of memory", b.Name)
	}
	return fmt.Errorf("building: %w%s", cause, advice)
}

// newError is an error at a place in the Dockerfile, which may be in a repository
// of which nothing is here.
func newError(name string, line int, p plan.Build, cause error) error {
	path := sourcePath(name, p)
	if path == "" {
		return fmt.Errorf("building: %s, line %d: %w", name, line, cause)
	}
	return &Error{File: path, Line: line, cause: cause}
}

// pushFailed says what it means that a push was refused, or has broken off.
func pushFailed(ctx context.Context, doing string, err error, r Request) error {
	repo := refusedBy(err.Error(), r.Plan.PushTo)
	if repo == nil {
		return fmt.Errorf("%s: %w", doing, &trimmed{err})
	}
	return r.Registries.Explain(ctx, registry.Pushing, doing, *repo, &trimmed{err})
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

// trimmed leaves out the words with which BuildKit's layers wrap every error.
type trimmed struct{ error }

func (t *trimmed) Error() string {
	text := t.error.Error()
	for _, noise := range []string{"failed to solve: ", "rpc error: code = Unknown desc = "} {
		text = strings.ReplaceAll(text, noise, "")
	}
	return withoutSignatures(text)
}

func (t *trimmed) Unwrap() error { return t.error }
