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
	Label    string // what is before the instruction, such as [build 2/7]; empty where Number is 0
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
		return Name{Work: name, Own: !isStrangers(name)}
	}
	number, err := strconv.Atoi(parts[4])
	total, totalErr := strconv.Atoi(parts[5])
	if err != nil || totalErr != nil { // a stranger's frontend may write any
		number, total = 0, 0
	}
	return Name{Platform: parts[2], Stage: parts[3], Number: number, Total: total, Label: parts[1], Work: parts[6]}
}

// isStrangers tells the work of a frontend that gives no numbers from BuildKit's own,
// which may have a platform: [linux/arm64 internal].
func isStrangers(name string) bool {
	brackets, _, found := strings.Cut(name, "] ")
	return found && strings.HasPrefix(name, "[") && !strings.HasSuffix(brackets, "internal") && brackets != "[auth"
}

// Failed tells whether work has failed by itself, and was not ended because other work
// did.
func Failed(v *client.Vertex) bool {
	return v.Error != "" && !strings.Contains(v.Error, context.Canceled.Error())
}
