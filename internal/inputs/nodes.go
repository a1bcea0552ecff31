package inputs

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Node is one BuildKit of several.
type Node struct {
	Platforms []v1.Platform // that it builds, each once, in the order given
	Address   string        // that CheckAddress takes
}

const acceptsNode = "PLATFORM[,PLATFORM]=ADDRESS on every line of a farm, such as linux/arm64=tcp://HOST:PORT"

// builders reads builder and builder-tls. One line that names no platform is a
// single builder, and anything else several nodes.
func (p *parser) builders(in *Inputs) {
	const input, inputTLS = "builder", "builder-tls"
	in.BuilderImage, in.BuilderVolume = p.reference("builder-image"), p.volume("builder-volume")
	lines, err := list(p.raw(input))
	if err != nil {
		p.problems.add(input, acceptsLines, "%v", err)
	}
	var addresses []string
	switch {
	case len(lines) == 0:
		lines = []item{{}}
		fallthrough
	case len(lines) == 1 && !isNode(lines[0].text):
		in.Builder = p.builder(input, strings.TrimSpace(lines[0].text))
		addresses = []string{in.Builder}
		if host, _ := p.env.Lookup(buildkitHost); in.Builder == "auto" {
			addresses = []string{host}
		}
	default:
		in.Nodes, addresses = p.nodes(input, lines)
	}
	in.BuilderTLS = p.builderTLS(inputTLS, addresses)
	for input, value := range map[string]string{"builder-image": in.BuilderImage, "builder-volume": in.BuilderVolume} {
		if value != "" && in.Builder != "auto" && in.Builder != "container" {
			p.problems.add(input, "it beside builder: container or auto", "it is for a builder container of its own, and the input builder asks for something else")
		}
	}
}

// isNode tells PLATFORM=ADDRESS from an address, which may hold a = sign, too.
func isNode(line string) bool {
	before, _, found := strings.Cut(line, "=")
	return found && !strings.Contains(before, "://")
}

// nodes reads the nodes. Lines with the same address are one node. Where there is
// a mistake there are no nodes, so that nothing that follows from it is reported;
// the addresses are those of all lines.
func (p *parser) nodes(input string, lines []item) (nodes []Node, addresses []string) {
	before := len(p.problems.errs)
	for _, line := range lines {
		platforms, address := p.node(input, line)
		addresses = append(addresses, address)
		at := slices.IndexFunc(nodes, func(n Node) bool { return n.Address == address })
		if at < 0 {
			at = len(nodes)
			nodes = append(nodes, Node{Address: address})
		}
		for _, platform := range platforms {
			nodes[at].Platforms = addPlatform(nodes[at].Platforms, platform)
		}
	}
	if len(p.problems.errs) > before {
		return nil, addresses
	}
	return nodes, addresses
}

// node reads one line. Its errors show of an address what CheckAddress shows,
// which leaves out a password.
func (p *parser) node(input string, line item) (platforms []v1.Platform, address string) {
	names, address, _ := strings.Cut(line.text, "=")
	if !isNode(line.text) {
		names, address = "", line.text
	}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		platform, ok := parsePlatform(name)
		if !ok {
			p.problems.add(input, acceptsPlatform, "line %d: %q is not a platform", line.line, name)
		}
		platforms = append(platforms, platform)
	}
	address = strings.TrimSpace(address)
	if len(platforms) == 0 {
		p.problems.add(input, acceptsNode, "line %d has no PLATFORM= before an address", line.line)
		if !strings.Contains(address, "://") {
			return nil, address // not even an address: one report will do
		}
	}
	switch address {
	case "auto", "docker", "container", "local":
		p.problems.add(input, acceptsAddresses, "line %d: %s cannot be a node of a farm, which is at an address", line.line, address)
	default:
		if err := CheckAddress(address); err != nil {
			p.problems.add(input, acceptsAddresses, "line %d: %v", line.line, err)
		}
	}
	return platforms, address
}
