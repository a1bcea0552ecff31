package plan

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// Share is what one node builds.
type Share struct {
	Address   string
	Platforms []v1.Platform // at least one
}

// decideNodes gives every wanted platform to one node: without wanted ones, every
// platform that the nodes name. Where several nodes build a platform, the image
// chooses. The shares are in the order of the nodes, without those that have
// nothing to build.
func decideNodes(in inputs.Inputs, repos []name.Repository) (platforms []v1.Platform, shares []Share, err error) {
	if len(in.Nodes) == 0 {
		return in.Platforms, nil, nil
	}
	platforms = in.Platforms
	if len(platforms) == 0 {
		platforms = nodePlatforms(in.Nodes)
	}
	image := " " + in.Target
	if len(repos) > 0 { // else something else is wrong
		image = repos[0].Name() + image
	}
	shares = make([]Share, len(in.Nodes))
	var homeless []v1.Platform
	for _, platform := range platforms {
		at := chooseNode(in.Nodes, image, platform)
		if at < 0 {
			homeless = append(homeless, platform)
			continue
		}
		shares[at].Address = in.Nodes[at].Address
		shares[at].Platforms = append(shares[at].Platforms, platform)
	}
	if len(homeless) > 0 {
		return nil, nil, &advice.Error{
			Doing:  "choosing the nodes of the farm",
			Reason: fmt.Sprintf("no node builds %s; there are %s", joinPlatforms(homeless), listNodes(in.Nodes)),
			Advice: fmt.Sprintf("add a line %s=ADDRESS to the input builder, or leave the platform out of the input platforms", homeless[0]),
		}
	}
	shares = slices.DeleteFunc(shares, func(s Share) bool { return len(s.Platforms) == 0 })
	if len(shares) > 1 {
		err = refuseParts(in)
	}
	return platforms, shares, err
}

// refuseParts refuses what cannot be made of an image whose platforms are built
// on several machines.
func refuseParts(in inputs.Inputs) error {
	var errs []error
	if in.Load {
		errs = append(errs, &advice.Error{
			Doing:  "loading the image into the Docker engine",
			Reason: "its platforms are built on several nodes of the farm, and none of them has the whole image",
			Advice: "leave load out, or set the input platforms to those of one node",
		})
	}
	for _, out := range in.Outputs {
		errs = append(errs, &advice.Error{
			Doing:  "writing " + out.String(),
			Reason: "the platforms are built on several nodes of the farm, and none of them has the whole result",
			Advice: "leave it out of outputs, or set the input platforms to those of one node",
		})
	}
	if in.Pushed.Options["oci-mediatypes"] != "" {
		errs = append(errs, &advice.Error{
			Doing:  "pushing with oci-mediatypes=" + in.Pushed.Options["oci-mediatypes"],
			Reason: "the index that joins the nodes' images has OCI's media types",
			Advice: "leave oci-mediatypes out of outputs",
		})
	}
	for _, cache := range in.CacheTo {
		if cache.Type != inputs.CacheInline {
			errs = append(errs, &advice.Error{
				Doing:  "exporting the cache as type=" + string(cache.Type),
				Reason: "each node of the farm would replace what another has exported",
				Advice: "use type=inline, or leave cache-to out: the nodes keep their own cache",
			})
		}
	}
	return errors.Join(errs...)
}

// nodePlatforms lists what the nodes build, each platform once, in the order of the
// lines.
func nodePlatforms(nodes []inputs.Node) []v1.Platform {
	var all []v1.Platform
	for _, node := range nodes {
		for _, platform := range node.Platforms {
			if !builds(all, platform) {
				all = append(all, platform)
			}
		}
	}
	return all
}

// chooseNode returns the node that builds a platform of an image, or -1. Of
// several it is the one with the highest hash of image, platform and address
// (rendezvous hashing): the same image always comes to the same node, whose cache
// is warm, images spread over the nodes, and a node that is added or taken away
// moves no more images than it must.
func chooseNode(nodes []inputs.Node, image string, platform v1.Platform) int {
	best, highest := -1, ""
	for i, node := range nodes {
		if !builds(node.Platforms, platform) {
			continue
		}
		sum := sha256.Sum256([]byte(strings.Join([]string{image, platform.String(), node.Address}, "\n")))
		if weight := string(sum[:]); weight > highest {
			best, highest = i, weight
		}
	}
	return best
}

func builds(platforms []v1.Platform, platform v1.Platform) bool {
	return slices.ContainsFunc(platforms, platform.Equals)
}

func listNodes(nodes []inputs.Node) string {
	texts := make([]string, len(nodes))
	for i, node := range nodes {
		texts[i] = fmt.Sprintf("%s (%s)", node.Address, joinPlatforms(node.Platforms))
	}
	return strings.Join(texts, ", ")
}
