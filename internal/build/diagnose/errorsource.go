package diagnose

import (
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/slipway-build/slipway/internal/regular"
	"github.com/slipway-build/slipway/internal/trace"
)

// sourceOf returns the place of an error, or nil: where it does not say it, that of
// the instruction of the same words as the work that has failed.
func (s *Solve) sourceOf(err error) *errdefs.Source {
	if at := sourceOf(err); at != nil {
		return at
	}
	failed, file := s.Trace.Failing(), s.Plan.Dockerfile
	if failed.Digest == "" || !filepath.IsAbs(file) {
		return nil
	}
	text, readErr := regular.Read(file, maxDockerfile)
	if readErr != nil {
		return nil
	}
	for _, one := range readInstructions(text) {
		if !one.is(failed.Name) {
			continue
		}
		where := &pb.Range{Start: &pb.Position{Line: int32(one.first)}, End: &pb.Position{Line: int32(one.last)}} //nolint:gosec // lines of a file
		return &errdefs.Source{Info: &pb.SourceInfo{Filename: filepath.Base(file), Data: text}, Ranges: []*pb.Range{where}}
	}
	return nil
}

// is tells whether an instruction is the work of this name, such as
// "[build 2/3] RUN make".
func (i instruction) is(work string) bool {
	if image, found := strings.CutPrefix(work, trace.LoadingMetadata); found {
		named := len(i.args) > 0 && (i.args[0] == image || strings.HasSuffix(image, "/"+i.args[0]) || strings.HasSuffix(image, "/"+i.args[0]+":latest"))
		return i.name == "from" && named
	}
	_, words, _ := strings.Cut(work, "] ")
	return words != "" && strings.Join(strings.Fields(words), " ") == strings.Join(strings.Fields(i.text), " ")
}
