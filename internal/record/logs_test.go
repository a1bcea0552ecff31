package record

import (
	"bytes"
	"slices"
	"testing"

	control "github.com/moby/buildkit/api/services/control"
)

// A secret that a step prints in pieces is hidden in all of them, and what another
// prints in between stays.
func TestHiderOfALogInPieces(t *testing.T) {
	t.Parallel()
	say := func(vertex string, stream int64, text string) *control.VertexLog {
		return &control.VertexLog{Vertex: vertex, Stream: stream, Msg: []byte(text)}
	}
	raw, err := writeStatuses([]*control.StatusResponse{
		{Logs: []*control.VertexLog{say("a", 1, "it is correct"), say("b", 1, "as correct"), say("a", 2, " hor")}},
		{Vertexes: []*control.Vertex{{Name: "RUN echo correct horse"}}},
		{},
		{Logs: []*control.VertexLog{say("a", 1, " hor"), say("a", 1, "se."), say("b", 1, " as a mule")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := newHider([]string{"correct horse"}).logs(raw)
	if len(got) != len(raw) {
		t.Errorf("%d bytes of %d", len(got), len(raw))
	}
	statuses, err := readStatuses(got)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, status := range statuses {
		for _, one := range status.Vertexes {
			texts = append(texts, one.Name)
		}
		for _, one := range status.Logs {
			texts = append(texts, string(one.Msg))
		}
	}
	want := []string{"it is *******", "as correct", " hor", "RUN echo *************", "****", "**.", " as a mule"}
	if !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
}

// Nothing is left of a secret in pieces, of which one holds another secret.
func TestHiderOfASecretInAPiece(t *testing.T) {
	t.Parallel()
	raw, err := writeStatuses([]*control.StatusResponse{
		{Logs: []*control.VertexLog{{Vertex: "a", Stream: 1, Msg: []byte("hunter2hun")}, {Vertex: "a", Stream: 1, Msg: []byte("ter2-and-more")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := newHider([]string{"hunter2", "hunter2hunter2-and-more"}).logs(raw); bytes.Contains(got, []byte("more")) {
		t.Errorf("of the longer secret is left %q", got)
	}
}

// FuzzHiderOfALog reads what is no log, or half of one, and leaves the secret nowhere.
func FuzzHiderOfALog(f *testing.F) {
	f.Add([]byte("correct horse"))
	f.Add([]byte("\x01\x00\x00\x00\x0a"))
	f.Add([]byte("\xff\xff\xff\xff"))
	h := newHider([]string{"correct horse"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := h.logs(raw); bytes.Contains(got, []byte("correct horse")) {
			t.Errorf("%q becomes %q", raw, got)
		}
	})
}
