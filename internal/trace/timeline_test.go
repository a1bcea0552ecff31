package trace

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// report is what BuildKit says of a vertex, in seconds of its clock; an end of 0 is
// none yet.
func report(r *Recorder, title string, start, end int, change func(*client.Vertex)) {
	at := func(s int) *time.Time {
		t := time.Date(2031, 5, 6, 7, 8, s, 0, time.UTC)
		return &t
	}
	v := client.Vertex{Digest: digest.FromString(title), Name: title, Started: at(start)}
	if end > 0 {
		v.Completed = at(end)
	}
	if change != nil {
		change(&v)
	}
	r.Note(&client.SolveStatus{Vertexes: []*client.Vertex{&v}})
}

func TestSteps(t *testing.T) {
	t.Parallel()
	r := NewRecorder()
	cached := func(v *client.Vertex) { v.Cached = true }
	fails := func(text string) func(*client.Vertex) { return func(v *client.Vertex) { v.Error = text } }
	report(r, "[internal] load build definition from Dockerfile", 10, 11, nil)
	report(r, "[linux/arm64 internal] load metadata for docker.io/library/x", 10, 12, nil)
	report(r, "[auth] library/x:pull token for registry-1.docker.io", 10, 12, nil)
	report(r, "[build  2/10] RUN make [all]", 12, 0, nil)
	report(r, "[build  2/10] RUN make [all]", 12, 13, nil)
	report(r, "[build  2/10] RUN make [all]", 12, 13, nil) // said again
	report(r, "[build  2/10] RUN make [all]", 20, 0, nil)
	report(r, "[build  2/10] RUN make [all]", 20, 25, nil)
	report(r, "[build  1/10] FROM scratch", 12, 12, cached)
	report(r, "[linux/amd64->arm64 other 2/2] COPY . .", 13, 14, fails("no such file"))
	report(r, "[1/1] ADD x /", 14, 15, fails("solve: context canceled"))
	report(r, "[a frontend's own] thing", 15, 0, nil)
	report(r, "importing cache manifest from x", 11, 12, fails("x: not found"))
	report(r, "exporting to image", 26, 29, nil)
	r.Note(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: "never started"}}})
	want := []Step{
		{Stage: "prepare", Name: "[auth] library/x:pull token for registry-1.docker.io", Own: true, Ended: 2, Took: 2},
		{Stage: "prepare", Name: "load build definition from Dockerfile", Own: true, Ended: 1, Took: 1},
		{Stage: "prepare", Name: "load metadata for docker.io/library/x", Own: true, Ended: 2, Took: 2},
		{Stage: "prepare", Name: "importing cache manifest from x", Own: true, Began: 1, Ended: 2, Took: 1},
		{Stage: "build", Name: "FROM scratch", Cached: true, Began: 2, Ended: 2},
		{Stage: "build", Name: "RUN make [all]", Began: 2, Ended: 15, Took: 6},
		{Stage: "other", Platform: "linux/amd64->arm64", Name: "COPY . .", Failed: true, Began: 3, Ended: 4, Took: 1},
		{Name: "[a frontend's own] thing", Began: 5, Ended: 19, Took: 14},
		{Name: "ADD x /", Began: 4, Ended: 5, Took: 1},
		{Stage: "export", Name: "exporting to image", Own: true, Began: 16, Ended: 19, Took: 3},
	}
	for i := range want {
		want[i].Began *= time.Second
		want[i].Ended *= time.Second
		want[i].Took *= time.Second
	}
	if diff := cmp.Diff(want, r.timeline()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
