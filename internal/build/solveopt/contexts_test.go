package solveopt

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/docker/go-units"
	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestContextAttrs(t *testing.T) {
	t.Parallel()
	const url = "https://github.com/octo/app.git#main:sub"
	hash := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}
	cases := map[string]struct {
		plan plan.Build
		want map[string]string
	}{
		"a directory":               {plan.Build{Context: "/w", Dockerfile: "/w/Dockerfile"}, map[string]string{}},
		"a repository":              {plan.Build{Remote: url, Dockerfile: "build/Dockerfile"}, map[string]string{"context": url, "filename": "build/Dockerfile"}},
		"with a Dockerfile of ours": {plan.Build{Remote: url, Dockerfile: "/w/prod.Dockerfile"}, map[string]string{"context": url, "filename": "prod.Dockerfile", "dockerfilekey": "dockerfile"}},
		"named contexts of each kind": {plan.Build{Contexts: []inputs.NamedContext{
			{Name: "context", Source: source.Source{Kind: source.Directory, Where: "/w/lib"}},
			{Name: "alpine", Source: source.Source{Kind: source.Image, Where: "busybox"}},
			{Name: "a:b", Source: source.Source{Kind: source.Layout, Where: "/w/oci", Digest: hash}},
			{Name: "r", Source: source.Source{Kind: source.Git, Where: url}},
			{Name: "s", Source: source.Source{Kind: source.Stage, Where: "base"}},
		}}, map[string]string{
			"context:context": "local:_context", "context:alpine": "docker-image://busybox", "context:a:b": "oci-layout://layout2@" + hash.String(),
			"context:r": url, "frontend.caps": "moby.buildkit.frontend.contexts+forward",
		}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, ContextAttrs(c.plan)); diff != "" {
				t.Errorf("contextAttrs, -want +got:\n%s", diff)
			}
		})
	}
}

func TestSandboxAttrs(t *testing.T) {
	t.Parallel()
	if got := SandboxAttrs(inputs.Sandbox{}, "172.17.0.1"); len(got) > 0 {
		t.Errorf("nothing asked for gives %v", got)
	}
	got := SandboxAttrs(inputs.Sandbox{
		Network: inputs.NetworkNone, ShmSize: 1 << 20, CgroupParent: "/a",
		Hosts:   []inputs.Host{{Name: "a", Address: netip.MustParseAddr("10.0.0.1")}, {Name: "b"}, {Name: "c", Address: netip.MustParseAddr("::1")}},
		Ulimits: []units.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}, {Name: "core", Soft: -1, Hard: -1}},
	}, "172.17.0.1")
	want := map[string]string{"force-network-mode": "none", "shm-size": "1048576", "cgroup-parent": "/a", "add-hosts": "a=10.0.0.1,b=172.17.0.1,c=::1", "ulimit": "nofile=1:2,core=-1:-1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sandboxAttrs, -want +got:\n%s", diff)
	}
}
