package solveopt

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

// LocalName is under which BuildKit asks for the files of a named context; the
// main ones have no underscore.
func LocalName(named inputs.NamedContext) string { return "_" + named.Name }

// StoreName is under which BuildKit asks for the images of an OCI layout. A name of
// a context may hold what this name may not.
func StoreName(number int) string { return fmt.Sprintf("layout%d", number) }

// ContextAttrs are the options for contexts that are no directories, and for named
// ones. The frontend's capabilities make one that lacks them fail: a Dockerfile may
// ask for an old frontend by its syntax line.
func ContextAttrs(p plan.Build) map[string]string {
	attrs := map[string]string{}
	if p.Remote != "" {
		attrs["context"] = p.Remote
		attrs["filename"] = p.Dockerfile
		if filepath.IsAbs(p.Dockerfile) {
			attrs["filename"], attrs["dockerfilekey"] = filepath.Base(p.Dockerfile), "dockerfile"
		}
	}
	for i, named := range p.Contexts {
		value := named.Where
		switch named.Kind {
		case source.Stage:
			continue // solve knows
		case source.Directory:
			value = "local:" + LocalName(named)
		case source.Image:
			value = "docker-image://" + named.Where
		case source.Layout:
			value = fmt.Sprintf("oci-layout://%s@%s", StoreName(i), named.Digest)
		}
		attrs["context:"+named.Name] = value
	}
	if len(p.Contexts) > 0 {
		attrs["frontend.caps"] = "moby.buildkit.frontend.contexts+forward"
	}
	return attrs
}

// SandboxAttrs are the options for what steps run in. The gateway is the builder's
// address of its machine.
func SandboxAttrs(s inputs.Sandbox, gateway string) map[string]string {
	attrs := map[string]string{}
	if s.Network != "" {
		attrs["force-network-mode"] = string(s.Network)
	}
	if s.ShmSize != 0 {
		attrs["shm-size"] = strconv.FormatInt(s.ShmSize, 10)
	}
	if s.CgroupParent != "" {
		attrs["cgroup-parent"] = s.CgroupParent
	}
	var hosts, limits []string
	for _, host := range s.Hosts {
		address := gateway
		if !host.Gateway() {
			address = host.Address.String()
		}
		hosts = append(hosts, host.Name+"="+address)
	}
	if len(hosts) > 0 {
		attrs["add-hosts"] = strings.Join(hosts, ",")
	}
	for _, limit := range s.Ulimits {
		limits = append(limits, limit.String())
	}
	if len(limits) > 0 {
		attrs["ulimit"] = strings.Join(limits, ",")
	}
	return attrs
}

// Entitlements are those that this build wants, as BuildKit takes them.
func Entitlements(s inputs.Sandbox) []string {
	var all []string
	for _, one := range s.Allow {
		all = append(all, string(one))
	}
	return slices.Compact(all)
}
