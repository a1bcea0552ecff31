package progress

import (
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// TestClippedOutput says at the end of a step that BuildKit has left out some of it,
// in the words of v0.33.
func TestClippedOutput(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for limit, data := range map[string]string{
		"200KiB/s": "a\n[output clipped, log limit 200KiB/s reached]\nlast\n",
		"2MiB":     "half a line\n[output clipped, log limit 2MiB reached]\n",
		"":         "text of [output clipped, log limit 2MiB reached]\n[output clipped, log limit \n",
	} {
		var log strings.Builder
		p := newPrinter(&log, Style{})
		v := &client.Vertex{Digest: "sha256:a", Name: "[2/2] RUN make", Started: &began, Completed: &began}
		p.update(&client.SolveStatus{Vertexes: []*client.Vertex{v}, Logs: []*client.VertexLog{{Vertex: v.Digest, Data: []byte(data), Timestamp: began}}}, began)
		p.end(began)
		_, note, said := strings.Cut(log.String(), "[2/2]  BuildKit has left out some of this step's output, which is beyond its limit of ")
		if said != (limit != "") || !strings.HasPrefix(note, limit) {
			t.Errorf("limit %q: the log is\n%s", limit, log.String())
		}
	}
}
