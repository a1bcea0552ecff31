package build

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/image"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// solveNodes builds on every node at the same time. The first that fails ends the
// others, and its error is the one returned.
func solveNodes(ctx context.Context, nodes []builder.Node, r Request) (Result, error) {
	results := make([]Result, len(nodes))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, log := range shareLog(r.Log, nodes) {
		node := nodes[i]
		group.Go(func() (err error) {
			part := r
			part.Plan.Platforms = node.Share.Platforms
			part.Log = log
			part.Style.Section, part.Style.Screen = nil, nil // several write to one log
			part.Pushing = nil                               // the index has another digest
			results[i], err = Solve(groupCtx, node.Builder, part)
			log.end()
			if err != nil {
				return fmt.Errorf("%s on %s: %w", plan.ListPlatforms(node.Share.Platforms), node.Share.Address, err)
			}
			return nil
		})
	}
	err := group.Wait()
	if ctx.Err() != nil { // no node is to blame
		err = fmt.Errorf("building: %w", context.Cause(ctx))
	}
	return sum(nodes, results), err
}

// sum joins what the nodes have done. A warning that several of them give is
// about the Dockerfile, and one.
func sum(nodes []builder.Node, results []Result) Result {
	var all Result
	for i, r := range results {
		all.Records = append(all.Records, r.Records...)
		for _, answer := range r.Answers {
			answer.Platforms = nodes[i].Share.Platforms
			all.Answers = append(all.Answers, answer)
		}
		all.Steps += r.Steps
		all.Cached += r.Cached
		all.Timeline = append(all.Timeline, onNode(r.Timeline, nodes[i].Share)...)
		for _, w := range r.Warnings {
			if !slices.Contains(all.Warnings, w) {
				all.Warnings = append(all.Warnings, w)
			}
		}
		if r.Digest != (v1.Hash{}) {
			all.Parts = append(all.Parts, image.Part{Platforms: nodes[i].Share.Platforms, Digest: r.Digest})
		}
	}
	return all
}

// nodeLog is one node's part of a log: whole lines, each with the node's
// platforms in front.
type nodeLog struct {
	mu     *sync.Mutex // of log
	log    io.Writer
	prefix string
	rest   []byte // of a line that is not complete
}

// shareLog splits a log into one for each node.
func shareLog(log io.Writer, nodes []builder.Node) []*nodeLog {
	mu, width := &sync.Mutex{}, 0
	for _, node := range nodes {
		width = max(width, len(plan.ListPlatforms(node.Share.Platforms)))
	}
	logs := make([]*nodeLog, len(nodes))
	for i, node := range nodes {
		logs[i] = &nodeLog{mu: mu, log: log, prefix: fmt.Sprintf("%-*s |", width, plan.ListPlatforms(node.Share.Platforms))}
	}
	return logs
}

// Write writes the lines that are complete.
func (n *nodeLog) Write(p []byte) (int, error) {
	n.rest = append(n.rest, p...)
	end := bytes.LastIndexByte(n.rest, '\n')
	if end < 0 {
		return len(p), nil
	}
	var text strings.Builder
	for line := range strings.Lines(string(n.rest[:end+1])) {
		text.WriteString(n.prefix)
		if line != "\n" {
			text.WriteByte(' ')
		}
		text.WriteString(line)
	}
	n.rest = n.rest[end+1:]
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := io.WriteString(n.log, text.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// end completes the last line.
func (n *nodeLog) end() {
	if len(n.rest) > 0 {
		_, _ = n.Write([]byte("\n"))
	}
}

// onNode names the platforms of one of several nodes with the steps that name none. The
// nodes begin at the same time; their clocks may differ.
func onNode(steps []trace.Step, share plan.Share) []trace.Step {
	for i := range steps {
		if steps[i].Platform == "" {
			steps[i].Platform = plan.ListPlatforms(share.Platforms)
		}
	}
	return steps
}
