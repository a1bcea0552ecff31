package trace

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// Of several steps that have failed at about the same time, the error is put at the
// first, whatever the order in which BuildKit tells of them.
func TestFailingIsTheFirst(t *testing.T) {
	t.Parallel()
	at := func(seconds int64) *time.Time {
		ended := time.Unix(seconds, 0)
		return &ended
	}
	r := NewRecorder()
	for _, vertex := range []client.Vertex{
		{Digest: "ended", Name: "[a 1/2] COPY . .", Completed: at(1)},
		{Digest: "cancelled", Name: "[b 1/2] RUN b", Completed: at(2), Error: "context canceled"},
		{Digest: "third", Name: "[c 1/2] RUN c", Completed: at(5), Error: "exit code: 3"},
		{Digest: "first", Name: "[d 1/2] RUN d", Completed: at(3), Error: "exit code: 1"},
		{Digest: "second", Name: "[e 1/2] RUN e", Completed: at(4), Error: "exit code: 2"},
		{Digest: "own", Name: "exporting to image", Completed: at(2), Error: "no space left on device"},
	} {
		r.Note(&client.SolveStatus{Vertexes: []*client.Vertex{&vertex}})
	}
	if got := r.Failing(); got.Digest != "first" {
		t.Errorf("it is %q", got.Digest)
	}
	if got := NewRecorder().Failing(); got.Digest != "" {
		t.Errorf("of a build in which nothing has failed it is %q", got.Digest)
	}
}
