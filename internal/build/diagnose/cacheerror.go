package diagnose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/trace"
	"github.com/slipway-build/slipway/internal/vertex"
)

// What begins the names of BuildKit's work with GitHub's cache. The hash of the
// attributes follows the second.
const (
	ExportingGitHubs = "exporting to GitHub Actions Cache"
	importingGitHubs = trace.Importing + "gha:"
)

// exportsCache tells whether a vertex is the export of a cache that is not part of
// the image.
func exportsCache(name string) bool {
	return strings.HasPrefix(name, ExportingGitHubs) || strings.HasPrefix(name, ExportingCache) && !strings.Contains(name, solveopt.InlineCache)
}

// ExportEnded tells whether an export of a cache is done with. One to GitHub's that
// failed was tried often enough by BuildKit, unless other work has ended it.
func ExportEnded(v client.Vertex) bool {
	if !exportsCache(v.Name) || v.Completed == nil {
		return false
	}
	return v.Error == "" || strings.HasPrefix(v.Name, ExportingGitHubs) && vertex.Failed(&v)
}

// CacheFailed tells whether the export of a cache has failed by itself.
func (s *Solve) CacheFailed() bool {
	return s.Trace.Failed(ExportingCache) || s.Trace.Failed(ExportingGitHubs)
}

// WarnOfExports warns of exports of the cache that failed without ending the build.
func (s *Solve) WarnOfExports() []trace.Warning {
	var warnings []trace.Warning
	for vertex := range s.Trace.Vertices() {
		if vertex.Error == "" || !exportsCache(vertex.Name) {
			continue
		}
		warning := trace.Warning{Message: vertex.Name + ": " + vertex.Error + "\nthe run goes on without, and the next one finds less in the cache"}
		if !slices.Contains(warnings, warning) {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}

// warnOfGitHubs warns of a cache of GitHub's that could not be read. One that is
// not there yet is no error.
func warnOfGitHubs(vertex client.Vertex) trace.Warning {
	return trace.Warning{Message: "importing GitHub's cache: " + vertex.Error + "\nthe run goes on without"}
}

// signature is what of a URL gives access to a part of a cache for some minutes.
var signature = regexp.MustCompile(`([?&]sig=)[^&"\s]+`)

// azures is how Azure's client writes an error, between lines of hyphens.
var azures = regexp.MustCompile(`(?m)\n-{80}\nRESPONSE \d+: (.*)\nERROR CODE.*\n-{80}\n(?s:.*?)\n-{80}\n`)

// WithoutSignatures hides them in what BuildKit tells of requests that failed, and
// leaves of an error of Azure's what it says.
func WithoutSignatures(text string) string {
	return azures.ReplaceAllString(signature.ReplaceAllString(text, "${1}***"), ": $1")
}
