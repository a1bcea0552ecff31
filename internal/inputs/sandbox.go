package inputs

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/docker/go-units"
)

// Network is what the steps of a build can reach.
type Network string

// The values of the input network.
const (
	NetworkDefault Network = "default" // the builder's own for steps
	NetworkNone    Network = "none"    // nothing but themselves
	NetworkHost    Network = "host"    // that of the builder's machine
)

// Sandbox is what the steps of a build run in. The zero value leaves it to the
// builder.
type Sandbox struct {
	Network Network
	Hosts   []Host
	// Allow are the privileges that the builder is asked to let steps have.
	Allow        []Entitlement
	ShmSize      int64          // bytes of /dev/shm
	Ulimits      []units.Ulimit // each name once
	CgroupParent string         // path of a control group on the builder
}

// Host is a name that steps find in /etc/hosts.
type Host struct {
	Name    string
	Address netip.Addr // zero for the builder's gateway to its machine
}

// Gateway tells whether the name is that of the builder's machine, whatever its
// address.
func (h Host) Gateway() bool { return h.Address == netip.Addr{} }

// Entitlement is a privilege: network.host, security.insecure, device, or
// device=NAME.
type Entitlement string

// The kinds of entitlements.
const (
	EntitledNetwork  Entitlement = "network.host"
	EntitledInsecure Entitlement = "security.insecure"
	EntitledDevice   Entitlement = "device"
)

// Kind returns an entitlement without the name of a device.
func (e Entitlement) Kind() Entitlement {
	kind, _, _ := strings.Cut(string(e), "=")
	return Entitlement(kind)
}

func (p *parser) sandbox() Sandbox {
	s := Sandbox{
		Network:      p.network("network"),
		Hosts:        p.hosts("add-hosts"),
		Allow:        p.entitlements("allow"),
		ShmSize:      p.size("shm-size"),
		Ulimits:      p.ulimits("ulimit"),
		CgroupParent: p.cgroup("cgroup-parent"),
	}
	// As docker build does: who asks for the network allows it.
	if s.Network == NetworkHost && !slices.Contains(s.Allow, EntitledNetwork) {
		s.Allow = append(s.Allow, EntitledNetwork)
	}
	return s
}

func (p *parser) network(input string) Network {
	switch value := Network(p.text(input)); value {
	case "", NetworkDefault:
		return ""
	case NetworkNone, NetworkHost:
		return value
	default:
		p.problems.add(input, "default, none or host", "%q is not a network mode", value)
		return ""
	}
}

const acceptsHosts = "HOST=ADDRESS or HOST:ADDRESS, one per line or with commas, where ADDRESS is one of IP, or host-gateway"

func (p *parser) hosts(input string) []Host {
	items, err := words(p.raw(input))
	if err != nil {
		p.problems.add(input, acceptsHosts, "%v", err)
	}
	var all []Host
	for _, it := range items {
		host, ok := parseHost(it.text)
		if !ok {
			p.problems.add(input, acceptsHosts, "line %d: %q is not a host and its address", it.line, it.text)
			continue
		}
		all = append(all, host)
	}
	return all
}

func parseHost(text string) (Host, bool) {
	name, address, found := strings.Cut(text, "=")
	if !found {
		name, address, found = strings.Cut(text, ":")
	}
	if !found || name == "" || strings.ContainsAny(name, ": \t\"#") {
		return Host{}, false
	}
	if address == "host-gateway" {
		return Host{Name: name}, true
	}
	if len(address) > 2 && strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]") {
		address = address[1 : len(address)-1]
	}
	ip, err := netip.ParseAddr(address)
	return Host{Name: name, Address: ip}, err == nil && ip.Zone() == ""
}

const acceptsEntitlements = "network.host, security.insecure, device or device=NAME, one per line or with commas"

func (p *parser) entitlements(input string) []Entitlement {
	items, err := words(p.raw(input))
	if err != nil {
		p.problems.add(input, acceptsEntitlements, "%v", err)
	}
	var all []Entitlement
	for _, it := range items {
		one := Entitlement(it.text)
		known := slices.Contains([]Entitlement{EntitledNetwork, EntitledInsecure, EntitledDevice}, one)
		if !known && (one.Kind() != EntitledDevice || strings.HasSuffix(it.text, "=")) {
			p.problems.add(input, acceptsEntitlements, "line %d: %q is not an entitlement", it.line, it.text)
			continue
		}
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// size reads a number of bytes, by itself or with a unit of powers of 1024, as
// docker build does.
func (p *parser) size(input string) int64 {
	const accepts = "a size such as 128m or 1g"
	value := p.text(input)
	if value == "" {
		return 0
	}
	bytes, err := units.RAMInBytes(value)
	if err != nil || bytes <= 0 {
		p.problems.add(input, accepts, "%q is no size", value)
		return 0
	}
	return bytes
}

const acceptsUlimits = "NAME=SOFT[:HARD], one per line, such as nofile=1024:2048"

// ulimits reads limits, of which the last of a name is meant.
func (p *parser) ulimits(input string) []units.Ulimit {
	var all []units.Ulimit
	for _, it := range p.lines(input, acceptsUlimits) {
		text := strings.TrimSpace(it.text)
		limit, err := units.ParseUlimit(text)
		if err != nil {
			p.problems.add(input, acceptsUlimits, "line %d: %q: %v", it.line, text, err)
			continue
		}
		all = slices.DeleteFunc(all, func(other units.Ulimit) bool { return other.Name == limit.Name })
		all = append(all, *limit)
	}
	return all
}

func (p *parser) cgroup(input string) string {
	value := p.text(input)
	if strings.ContainsAny(value, "\n\r\x00") || strings.Contains("/"+value+"/", "/../") {
		p.problems.add(input, "the path of a control group on the builder, or of systemd NAME.slice", "%q is none", value)
		return ""
	}
	return value
}
