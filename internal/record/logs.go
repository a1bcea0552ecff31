package record

import (
	"encoding/binary"
	"errors"
	"slices"

	control "github.com/moby/buildkit/api/services/control"
)

// printed is one stream of what a step prints.
type printed struct {
	vertex string
	stream int64
}

// logs makes secrets unreadable in what steps have printed, also where BuildKit has
// one in two pieces, as it reads them. These come first: what one piece has of a
// secret may hold another. What is no log is only looked through as it is.
func (h hider) logs(raw []byte) []byte {
	statuses, err := readStatuses(raw)
	if err != nil {
		return h.bytes(raw)
	}
	pieces := map[printed][]*control.VertexLog{}
	for _, status := range statuses {
		for _, one := range status.Logs {
			key := printed{one.Vertex, one.Stream}
			pieces[key] = append(pieces[key], one)
		}
	}
	for _, stream := range pieces {
		h.inPieces(stream)
	}
	written, err := writeStatuses(statuses)
	if err != nil {
		return h.bytes(raw)
	}
	return h.bytes(written)
}

// inPieces hides what is only found when the pieces are put together.
func (h hider) inPieces(stream []*control.VertexLog) {
	texts := make([][]byte, len(stream))
	for i, one := range stream {
		texts[i] = one.Msg
	}
	whole := h.bytes(slices.Concat(texts...))
	for _, one := range stream {
		one.Msg, whole = whole[:len(one.Msg)], whole[len(one.Msg):]
	}
}

// sizeBytes is how long the size is that BuildKit writes before each status.
const sizeBytes = 4

var errShort = errors.New("a status ends before its end")

// readStatuses reads the statuses that BuildKit keeps as the log of a build.
func readStatuses(raw []byte) ([]*control.StatusResponse, error) {
	var statuses []*control.StatusResponse
	for len(raw) > 0 {
		if len(raw) < sizeBytes {
			return nil, errShort
		}
		size := int(binary.LittleEndian.Uint32(raw))
		if raw = raw[sizeBytes:]; len(raw) < size {
			return nil, errShort
		}
		status := &control.StatusResponse{}
		if err := status.UnmarshalVT(raw[:size]); err != nil {
			return nil, err
		}
		statuses, raw = append(statuses, status), raw[size:]
	}
	return statuses, nil
}

func writeStatuses(statuses []*control.StatusResponse) ([]byte, error) {
	var written []byte
	for _, status := range statuses {
		encoded, err := status.MarshalVT()
		if err != nil {
			return nil, err
		}
		written = binary.LittleEndian.AppendUint32(written, uint32(len(encoded))) //nolint:gosec // as long as what was read
		written = append(written, encoded...)
	}
	return written, nil
}
