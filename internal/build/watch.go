package build

import (
	"fmt"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/progress"
	"github.com/slipway-build/slipway/internal/trace"
)

// watcher follows the status of one solve: it shows the progress and counts.
type watcher struct {
	request  Request
	statuses chan *client.SolveStatus // Solve sends to it and closes it
	done     chan struct{}
	recorder *trace.Recorder
	clocks   []clock
	exported v1.Hash // zero until BuildKit has said it
}

// clock ends a solve in which something gets no further.
type clock interface {
	// note takes in what BuildKit says, which the recorder has noted.
	note(status *client.SolveStatus, recorder *trace.Recorder)
	// stop ends the watch.
	stop()
}

// watch starts to follow. It goes on until the channel is closed, also when the
// solve is cancelled: the last lines are the ones that say why.
func watch(r Request, clocks ...clock) *watcher {
	w := &watcher{
		request:  r,
		statuses: make(chan *client.SolveStatus),
		done:     make(chan struct{}),
		recorder: trace.NewRecorder(),
		clocks:   clocks,
	}
	go w.follow()
	return w
}

func (w *watcher) follow() {
	defer close(w.done)
	defer func() {
		for _, c := range w.clocks {
			c.stop()
		}
	}()
	progress.Show(w.request.Log, w.statuses, w.request.Style, w.note)
}

// note takes in what BuildKit says, before it is shown.
func (w *watcher) note(status *client.SolveStatus) {
	for _, vertex := range status.Vertexes {
		vertex.Error = withoutSignatures(vertex.Error)
	}
	w.recorder.Note(status)
	for _, s := range status.Statuses {
		if !strings.HasSuffix(w.recorder.Vertex(s.Vertex).Name, toFile) {
			w.notePush(s.ID)
		}
	}
	for _, c := range w.clocks {
		c.note(status, w.recorder)
	}
}

// toFile ends the name of BuildKit's work on an image that is not pushed, but
// written to a file or streamed into an engine.
const toFile = " image format"

// notePush looks in the names of statuses for the digest of what is exported, of
// the index where there is one, else of the manifest, and for the
// push of that manifest, which comes last. The names are meant for people. Where
// they change, Pushing is not called, and nothing else is lost.
func (w *watcher) notePush(id string) {
	if w.request.Pushing == nil || len(w.request.Plan.PushTo) == 0 {
		return
	}
	prefix := "exporting manifest "
	if len(w.request.Plan.Platforms) > 1 || len(w.request.Plan.Attestations) > 0 {
		prefix = "exporting manifest list "
	}
	if text, found := strings.CutPrefix(id, prefix); found {
		if digest, err := v1.NewHash(text); err == nil {
			w.exported = digest
		}
	}
	if strings.HasPrefix(id, "pushing manifest for ") && w.exported != (v1.Hash{}) {
		w.request.Pushing(w.exported)
		w.request.Pushing = nil
	}
}

// result waits for the end of the progress, and tells what was done.
func (w *watcher) result(p plan.Build) Result {
	<-w.done
	return Result{Build: w.recorder.Build(func(one client.VertexWarning) trace.Warning { return newWarning(one, p) })}
}

func newWarning(w client.VertexWarning, p plan.Build) trace.Warning {
	warning := trace.Warning{Message: string(w.Short), Check: true}
	if w.URL != "" {
		warning.Message += "\n" + w.URL
	}
	if w.SourceInfo != nil && len(w.Range) > 0 {
		warning.File = sourcePath(w.SourceInfo.Filename, p)
		warning.Line = int(w.Range[0].Start.Line)
		if warning.File == "" {
			warning = trace.Warning{Check: true, Message: fmt.Sprintf("%s, line %d: %s", w.SourceInfo.Filename, warning.Line, warning.Message)}
		}
	}
	return warning
}

// sourcePath finds the file that BuildKit names relative to the directory of
// the Dockerfile, or in the context that it has fetched. It is empty for a file of
// which nothing is here.
func sourcePath(name string, p plan.Build) string {
	if p.Remote != "" && !filepath.IsAbs(p.Dockerfile) {
		if p.RemoteCopy == "" {
			return ""
		}
		return filepath.Join(p.RemoteCopy, name)
	}
	return filepath.Join(filepath.Dir(p.Dockerfile), filepath.Base(name))
}
