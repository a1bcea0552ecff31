package diagnose

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/build/session"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/trace"
)

// What is said of an image that could not be read, with its name: by BuildKit, and
// by ourselves where a token is not given for it.
var (
	unread   = regexp.MustCompile(`failed to resolve source metadata for (\S+): `)
	untokens = regexp.MustCompile(session.AskingForToken + `(\S+) (?:\S+ )*?repository:([^: ]+):`)
)

// unreadImage returns the name of an image that could not be read, or "".
func unreadImage(text string) string {
	if found := unread.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	if found := untokens.FindStringSubmatch(text); found != nil {
		return found[1] + "/" + found[2]
	}
	return ""
}

// pullFailed says what it means that an image of somebody else's could not be
// read. Any other error it returns without BuildKit's noise.
func (s *Solve) pullFailed(ctx context.Context, err error) error {
	cause := Trim(err)
	found := unreadImage(err.Error())
	if found == "" {
		return cause
	}
	image, parseErr := name.ParseReference(found)
	if refusal := registry.ReadRefusal(cause); parseErr != nil || refusal.Status == 0 && strings.HasSuffix(refusal.Words, "not found") {
		return cause
	}
	return s.Registries.Explain(ctx, registry.Pulling, "reading "+found, image.Context(), cause)
}

// WarnOfCaches warns of caches that a registry does not let this run read:
// BuildKit goes on without. That there is none yet needs no word.
func (s *Solve) WarnOfCaches(ctx context.Context) []trace.Warning {
	var warnings []trace.Warning
	for vertex := range s.Trace.Vertices() {
		ref, found := strings.CutPrefix(vertex.Name, trace.Importing)
		if !found || vertex.Error == "" {
			continue
		}
		if strings.HasPrefix(vertex.Name, importingGitHubs) {
			warnings = append(warnings, warnOfGitHubs(vertex))
			continue
		}
		cause := errors.New(vertex.Error)
		image, err := name.ParseReference(ref)
		if err != nil || !registry.Refused(cause) {
			continue
		}
		explained := s.Registries.Explain(ctx, registry.Pulling, "importing the cache "+ref, image.Context(), cause)
		if warning := (trace.Warning{Message: explained.Error()}); !slices.Contains(warnings, warning) {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}
