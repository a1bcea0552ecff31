package plan

import (
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
)

// Frontend is what a BuildKit does of the options of a build. What it cannot do,
// it leaves out without a word.
type Frontend struct {
	NamedContexts bool   // since BuildKit 0.10
	Layouts       bool   // named contexts out of an OCI layout, since BuildKit 0.11
	Limits        bool   // shm-size, ulimit and cgroup-parent, since BuildKit 0.10
	GitSubdir     bool   // a subdirectory of a repository, since BuildKit 0.10
	GitQuery      bool   // options of a git URL after a question mark, since BuildKit 0.24
	Checks        bool   // it checks a Dockerfile, since BuildKit 0.14
	Outlines      bool   // it says what a Dockerfile takes and its stages, since BuildKit 0.11
	Git           bool   // it has git, as far as is known
	HostGateway   string // address of its machine for steps; empty where it does not say
}

// frontendOf is that of a BuildKit of this version. Before 0.11 it says none, and
// is taken for older than it may be.
func frontendOf(version string) Frontend {
	recent := since(version, 0, 11)
	return Frontend{
		NamedContexts: recent, Layouts: recent, Limits: recent, GitSubdir: recent, GitQuery: since(version, 0, 24), Git: true,
		Checks: since(version, 0, 14), Outlines: recent,
	}
}

// engineFrontendOf is that of the BuildKit inside an engine whose API has this
// version: Docker 23 has BuildKit 0.10, 24 has 0.11, 27 has 0.14, and 29 has 0.25.
func engineFrontendOf(api string) Frontend {
	recent := since(api, 1, 42)
	return Frontend{
		NamedContexts: recent, Layouts: since(api, 1, 43), Limits: recent, GitSubdir: recent, GitQuery: since(api, 1, 52), Git: true,
		Checks: since(api, 1, 46), Outlines: since(api, 1, 43),
	}
}

// Builds is what a plan asks of a BuildKit for the build itself.
type Builds struct {
	NamedContexts []string // names
	Layouts       []string // names of those out of an OCI layout
	Git           bool     // it fetches a context with git
	GitSubdir     bool     // of which it takes a subdirectory
	GitQuery      bool     // whose URL has options
	Limits        []string // inputs
	HostGateway   bool
	Call          inputs.Call
	// Entitlements that steps are to have. Only the BuildKit itself knows whether
	// it grants them.
	Entitlements []inputs.Entitlement
}

func (b Build) needs() Builds {
	n := Builds{Entitlements: b.Sandbox.Allow, Call: b.Call}
	n.fetch(b.Remote)
	for _, named := range b.Contexts {
		n.NamedContexts = append(n.NamedContexts, named.Name)
		switch named.Kind {
		case source.Layout:
			n.Layouts = append(n.Layouts, named.Name)
		case source.Git:
			n.fetch(named.Where)
		}
	}
	for input, set := range map[string]bool{"shm-size": b.Sandbox.ShmSize != 0, "ulimit": len(b.Sandbox.Ulimits) > 0, "cgroup-parent": b.Sandbox.CgroupParent != ""} {
		if set {
			n.Limits = append(n.Limits, input)
		}
	}
	slices.Sort(n.Limits)
	n.HostGateway = slices.ContainsFunc(b.Sandbox.Hosts, inputs.Host.Gateway)
	return n
}

// fetch adds what a URL needs, where it is a repository's.
func (n *Builds) fetch(url string) {
	at, fragment, _ := strings.Cut(url, "#")
	address, _, query := strings.Cut(at, "?")
	if url == "" || strings.HasPrefix(address, "http") && !strings.HasSuffix(address, ".git") {
		return
	}
	n.Git = true
	n.GitQuery = n.GitQuery || query
	n.GitSubdir = n.GitSubdir || strings.Contains(fragment, ":")
}

func (c Capabilities) lacksBuilds(n Builds) []string {
	layouts := len(n.Layouts) > 0 && (c.NamedContexts || len(n.NamedContexts) == 0)
	var missing []string
	if lack := c.lacksCall(n.Call); lack != "" {
		missing = append(missing, lack)
	}
	for _, need := range []struct {
		wanted, there bool
		lack          string
	}{
		{len(n.NamedContexts) > 0, c.NamedContexts, "it silently drops named contexts (" + strings.Join(n.NamedContexts, ", ") + ")"},
		{layouts, c.Layouts, "it reads no OCI layouts (" + strings.Join(n.Layouts, ", ") + ")"},
		{len(n.Limits) > 0, c.Limits, "it silently drops " + strings.Join(n.Limits, ", ") + ""},
		{n.Git, c.Git, "it has no git to fetch a context with (moby/buildkit as builder-image has it)"},
		{n.GitSubdir, c.GitSubdir, "it takes no subdirectory of a repository"},
		{n.GitQuery, c.GitQuery, "it does not know the options of a git URL after a question mark (URL#REF:SUBDIRECTORY it knows)"},
		{n.HostGateway, c.HostGateway != "", "it does not say which address host-gateway is; Docker engines do since version 24"},
	} {
		if need.wanted && !need.there {
			missing = append(missing, need.lack)
		}
	}
	return missing
}
