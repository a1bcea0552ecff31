package plan_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// Steps get the proxies of the Docker config in both spellings, unless the workflow gives
// one of them in any.
func TestProxies(t *testing.T) {
	t.Parallel()
	const web, none = "http://u:p4ssw0rd@proxy.example.com:3128", "localhost,.example.com"
	f := pushOf("refs/heads/main")
	f.Proxies = plan.Proxies{HTTP: web, HTTPS: "http://s", No: none, FTP: "http://f", All: "socks5://a"}
	all := map[string]string{
		"HTTP_PROXY": web, "http_proxy": web, "HTTPS_PROXY": "http://s", "https_proxy": "http://s", "NO_PROXY": none, "no_proxy": none,
		"FTP_PROXY": "http://f", "ftp_proxy": "http://f", "ALL_PROXY": "socks5://a", "all_proxy": "socks5://a",
	}
	without := func(names ...string) map[string]string {
		left := maps.Clone(all)
		for _, name := range names {
			delete(left, name)
			delete(left, strings.ToLower(name))
		}
		return left
	}
	for title, c := range map[string]struct {
		args map[string]string
		want map[string]string
	}{
		"all":              {nil, all},
		"one is given":     {map[string]string{"HTTP_PROXY": "http://own"}, without("HTTP_PROXY")},
		"in small letters": {map[string]string{"no_proxy": ""}, without("NO_PROXY")},
	} {
		p, err := plan.New(inputs.Inputs{BuildArgs: c.args, Push: inputs.PushFalse}, f)
		if err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		got := map[string]string{}
		for name, value := range p.Build.Proxies {
			got[name] = value.Reveal()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, -want +got:\n%s", title, diff)
		}
		if diff := cmp.Diff(c.args, p.Build.Args); diff != "" {
			t.Errorf("%s: other arguments, -want +got:\n%s", title, diff)
		}
	}
	if p, err := plan.New(inputs.Inputs{}, pushOf("refs/heads/main")); err != nil || len(p.Build.Proxies) > 0 {
		t.Errorf("without a config: proxies %v, %v, want none", p.Build.Proxies, err)
	}
}

// Provenance that tells all would publish the login of a proxy.
func TestProxiesAreNotPublished(t *testing.T) {
	t.Parallel()
	f := pushOf("refs/heads/main")
	f.Proxies = plan.Proxies{HTTP: "http://u:p@proxy.example.com:3128", HTTPS: "http://proxy.example.com:3128"}
	mode := func(mode string) []inputs.Attestation {
		return []inputs.Attestation{{Type: inputs.Provenance, Attrs: attrs{"mode": mode}}}
	}
	_, err := plan.New(inputs.Inputs{Attestations: mode("max")}, f)
	if err == nil || !strings.Contains(err.Error(), "passing HTTP_PROXY of the Docker config to the build: it holds a login") || strings.Contains(err.Error(), "u:p") {
		t.Errorf("New = %v, want it refused", err)
	}
	for title, in := range map[string]inputs.Inputs{
		"mode=min": {Attestations: mode("min")}, "nothing": {}, "one of the workflow's own": {Attestations: mode("max"), BuildArgs: map[string]string{"http_proxy": "http://open"}},
	} {
		if _, err := plan.New(in, f); err != nil {
			t.Errorf("%s: New = %v, want it done", title, err)
		}
	}
}
