package progress

import (
	"fmt"
	"time"

	units "github.com/docker/go-units"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/terminal"
)

// transferEvery is how often the log says how far a transfer is.
const transferEvery = 5 * time.Second

// transfer is what a step downloads, unpacks and sends.
type transfer struct {
	parts map[string]client.VertexStatus
	said  map[string]time.Time // by the builder's clock; under the empty name, of all together
}

// transferred takes in how far one part of a step's transfers is, and says so now and
// then; with Verbose of every part by itself, and whenever one is done.
func (b *book) transferred(s *step, one *client.VertexStatus) {
	t := &s.transfer
	if t.parts == nil {
		t.parts, t.said = map[string]client.VertexStatus{}, map[string]time.Time{}
	}
	before := t.parts[one.ID]
	t.parts[one.ID] = *one
	began := s.spans.Began()
	of := ""
	if b.style.Verbose {
		of = one.ID
	}
	if _, known := t.said[of]; !known {
		t.said[of] = one.Timestamp
	}
	ends := b.style.Verbose && one.Completed != nil && before.Completed == nil
	if !ends && one.Timestamp.Sub(t.said[of]) < transferEvery {
		return
	}
	t.said[of] = one.Timestamp
	text := amount(*one)
	if !b.style.Verbose {
		text = t.sum(*one)
	}
	if ends && one.Started != nil {
		text += ", done " + duration.Text(one.Completed.Sub(*one.Started))
	}
	b.say(s, began, one.Timestamp, []byte(terminal.OneLine(text)))
}

// sum is how far all parts of known size are, or the latest where there is none.
func (t *transfer) sum(latest client.VertexStatus) string {
	var all client.VertexStatus
	for _, part := range t.parts {
		if part.Total > 0 {
			all.Current += part.Current
			all.Total += part.Total
		}
	}
	if all.Total == 0 {
		return amount(latest)
	}
	all.ID = "transferred"
	return amount(all)
}

func amount(one client.VertexStatus) string {
	switch {
	case one.Total > 0:
		return fmt.Sprintf("%s %s of %s", one.ID, units.HumanSize(float64(one.Current)), units.HumanSize(float64(one.Total)))
	case one.Current > 0:
		return fmt.Sprintf("%s %s", one.ID, units.HumanSize(float64(one.Current)))
	}
	return one.ID
}
