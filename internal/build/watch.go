package build

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/progress"
	"github.com/slipway-build/slipway/internal/trace"
)

// watcher follows the status of one solve: it shows the progress and counts.
type watcher struct {
	*diagnose.Solve

	request  Request
	statuses chan *client.SolveStatus // Solve sends to it and closes it
	ended    chan struct{}
	clocks   []clock
	exported v1.Hash // zero until BuildKit has said it
	told     bool    // Pushing has been called
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
func watch(r Request, b *builder.Builder, clocks ...clock) *watcher {
	w := &watcher{
		Solve:    &diagnose.Solve{Trace: trace.NewRecorder(), Plan: r.Plan, Registries: r.Registries, Builder: b},
		request:  r,
		statuses: make(chan *client.SolveStatus),
		ended:    make(chan struct{}),
		clocks:   clocks,
	}
	go w.follow()
	return w
}

func (w *watcher) follow() {
	defer close(w.ended)
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
		vertex.Error = diagnose.WithoutSignatures(vertex.Error)
	}
	w.Trace.Note(status)
	for _, s := range status.Statuses {
		if !strings.HasSuffix(w.Trace.Vertex(s.Vertex).Name, toFile) {
			w.notePush(s.ID)
		}
	}
	for _, c := range w.clocks {
		c.note(status, w.Trace)
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
	if w.request.Pushing == nil || w.told || len(w.request.Plan.PushTo) == 0 {
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
		w.told = true
		w.request.Pushing(w.exported)
	}
}

// result waits for the end of the progress, and tells what was done.
func (w *watcher) result() Result {
	<-w.ended
	return Result{Build: w.Done()}
}
