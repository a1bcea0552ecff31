package diagnose

import (
	"fmt"
	"path/filepath"

	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// newWarning is what BuildKit's checks have found, at its place in the Dockerfile.
func newWarning(w client.VertexWarning, p plan.Build) trace.Warning {
	warning := trace.Warning{Message: string(w.Short), Check: true}
	if w.URL != "" {
		warning.Message += "\n" + w.URL
	}
	if w.SourceInfo != nil && len(w.Range) > 0 {
		warning.File = SourcePath(w.SourceInfo.Filename, p)
		warning.Line = int(w.Range[0].Start.Line)
		if warning.File == "" {
			warning = trace.Warning{Check: true, Message: fmt.Sprintf("%s, line %d: %s", w.SourceInfo.Filename, warning.Line, warning.Message)}
		}
	}
	return warning
}

// SourcePath finds the file that BuildKit names relative to the directory of
// the Dockerfile, or in the context that it has fetched. It is empty for a file of
// which nothing is here.
func SourcePath(name string, p plan.Build) string {
	if p.Remote != "" && !filepath.IsAbs(p.Dockerfile) {
		if p.RemoteCopy == "" {
			return ""
		}
		return filepath.Join(p.RemoteCopy, name)
	}
	return filepath.Join(filepath.Dir(p.Dockerfile), filepath.Base(name))
}
