package builder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// downWithin is how long the nodes may take to answer, counted from the
// first try, once one is known to be down: the run has failed, and those that are
// down as well are worth naming, but not worth the time that they have by
// themselves. A program that is cut off takes hangUpWithin to end.
const downWithin = time.Second

// Node is one BuildKit of several and what it is to build.
type Node struct {
	*Builder
	Share plan.Share
}

// connectNodes connects to every node at the same time. The error joins one
// *NotFoundError for each that cannot be used. A list of one node is that node.
func connectNodes(ctx context.Context, o Options) (*Builder, error) {
	trying, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	soon, cancel := context.WithTimeout(ctx, downWithin)
	defer cancel()
	nodes := make([]Node, len(o.Nodes))
	errs := make([]error, len(o.Nodes))
	var group sync.WaitGroup
	for i, share := range o.Nodes {
		group.Go(func() {
			nodes[i].Share = share
			if nodes[i].Builder, errs[i] = connectNode(trying, o, share); errs[i] != nil {
				context.AfterFunc(soon, func() { giveUp(fmt.Errorf("no answer within %s, and another node cannot be used", downWithin)) })
			}
		})
	}
	group.Wait()
	if errors.Join(errs...) != nil {
		if ctx.Err() != nil {
			errs = []error{fmt.Errorf("looking for a BuildKit: %w", context.Cause(ctx))}
		}
		connected := slices.DeleteFunc(nodes, func(n Node) bool { return n.Builder == nil })
		return nil, errors.Join(append(errs, closeNodes(ctx, connected))...)
	}
	if len(nodes) == 1 {
		nodes[0].Notices = notices(nodes)
		return nodes[0].Builder, nil
	}
	return &Builder{
		Capabilities: plan.Capabilities{PushByDigest: true, Annotations: true}, // connectNode has checked it where it is needed
		Name:         "a farm: " + joinNodes(nodes, "; ", func(n Node) string { return n.String() }),
		Nodes:        nodes,
		Notices:      notices(nodes),
	}, nil
}

// connectNode connects to one node, which must be able to do what is needed.
func connectNode(ctx context.Context, o Options, share plan.Share) (*Builder, error) {
	if !strings.HasPrefix(share.Address, "tcp://") {
		o.TLS = inputs.BuilderTLS{} // it is for the others
	}
	o.Needs.Platforms = share.Platforms
	s := search{options: o}
	found := s.try(ctx, newRemote(o, share.Address, plan.ListPlatforms(share.Platforms)+" in the input builder"))
	if found == nil {
		return nil, &NotFoundError{Tried: s.refused, cause: errors.Join(s.errs...)}
	}
	return found, nil
}

// closeNodes closes all of them at the same time.
func closeNodes(ctx context.Context, nodes []Node) error {
	errs := make([]error, len(nodes))
	var group sync.WaitGroup
	for i, n := range nodes {
		group.Go(func() { errs[i] = n.Close(ctx) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// All returns the nodes, or the one builder itself.
func (b *Builder) All() []*Builder {
	if len(b.Nodes) == 0 {
		return []*Builder{b}
	}
	all := make([]*Builder, len(b.Nodes))
	for i, n := range b.Nodes {
		all[i] = n.Builder
	}
	return all
}

// notices says what is unusual about nodes that can be used.
func notices(nodes []Node) []string {
	var all []string
	if slices.ContainsFunc(nodes, func(n Node) bool { return n.Version != nodes[0].Version }) {
		all = append(all, "The nodes have different versions of BuildKit: "+
			joinNodes(nodes, ", ", func(n Node) string { return n.Share.Address + " " + n.Version }))
	}
	for _, n := range nodes {
		for _, p := range n.Share.Platforms {
			if !runs(n.Builder, p) {
				all = append(all, fmt.Sprintf("%s does not run %s, which it is to build, but %s: a RUN step fails there unless the Dockerfile cross-compiles", n.Share.Address, p, plan.ListPlatforms(n.Platforms)))
			}
		}
	}
	return all
}

// runs tells whether a builder's workers run a platform, with or without
// emulation.
func runs(b *Builder, wanted v1.Platform) bool {
	return slices.ContainsFunc(b.Platforms, func(p v1.Platform) bool { return normal(p) == normal(wanted) })
}

func normal(p v1.Platform) string {
	return platforms.Format(platforms.Normalize(ocispec.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}))
}

func joinNodes(nodes []Node, separator string, text func(Node) string) string {
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		texts[i] = text(n)
	}
	return strings.Join(texts, separator)
}
