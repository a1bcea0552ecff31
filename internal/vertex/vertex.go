// Package vertex reads what BuildKit says of a vertex in words that are meant for
// people: what it is, and how it ended.
package vertex

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/client"
)

// Name is what a frontend calls an instruction, or BuildKit its own work.
type Name struct {
	Platform string // of the image, or that of the builder and that of the image: linux/amd64->arm64; empty where the build has one
	Stage    string // empty where the Dockerfile has one
	Number   int    // in the stage, counted from 1; 0 where it has none
	Total    int    // of the stage; 0 where Number is
	Label    string // what is before the instruction, such as [build 2/7]; empty where there are no numbers
	Work     string // the instruction, or all of the name
	Own      bool   // BuildKit's own work
}

// numbered is the name of a Dockerfile's instruction: [PLATFORM STAGE 2/13] RUN make,
// without what there is only one of. BuildKit makes the numbers of a stage as wide as
// the last.
var numbered = regexp.MustCompile(`^(\[(?:([^ \]]*/[^ \]]+) )?(?:([^ \]]+) )? *(\d+)/(\d+)\])(?: (?s:(.*)))?$`)

// ReadName reads the name of a vertex.
func ReadName(name string) Name {
	parts := numbered.FindStringSubmatch(name)
	if parts == nil {
		return Name{Work: name, Own: isOwn(name)}
	}
	number, err := strconv.Atoi(parts[4])
	total, totalErr := strconv.Atoi(parts[5])
	if err != nil || totalErr != nil { // a stranger's frontend may write any
		number, total = 0, 0
	}
	return Name{Platform: parts[2], Stage: parts[3], Number: number, Total: total, Label: parts[1], Work: parts[6]}
}

// own is what stands in brackets before BuildKit's own work, where anything does:
// [linux/arm64 internal], [auth], [context NAME], or the platform of what it scans.
var own = regexp.MustCompile(`^(?:(?:[^ ]+ )?internal|auth|context .+|[^ /]+/[^ ]+)$`)

// isOwn tells BuildKit's own work from that of a stranger's frontend, which gives no
// numbers.
func isOwn(name string) bool {
	brackets, _, found := strings.Cut(strings.TrimPrefix(name, "["), "] ")
	return !found || !strings.HasPrefix(name, "[") || own.MatchString(brackets)
}

// Reason is what an error says of a step that was run, without the command, which may
// hold any words. Of other work it is all of the error.
func Reason(text string) string {
	const afterCommand = " did not complete successfully: "
	if at := strings.LastIndex(text, afterCommand); at >= 0 {
		return text[at+len(afterCommand):]
	}
	return text
}

// Failed tells whether work has failed by itself, and was not ended because other work
// did.
func Failed(v *client.Vertex) bool {
	return v.Error != "" && !strings.Contains(Reason(v.Error), context.Canceled.Error())
}
