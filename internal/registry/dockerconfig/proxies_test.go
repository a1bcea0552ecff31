package dockerconfig_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
)

// The Docker config's proxies are those of the engine, or the default ones, and their
// passwords are masked.
func TestProxiesOfTheDockerConfig(t *testing.T) {
	t.Parallel()
	_, lookup := newConfig(t, `{"proxies": {
		"default": {"httpProxy": "http://u:p%40ss@proxy:3128", "httpsProxy": "user:s3cond@proxy:3129", "noProxy": "localhost", "ftpProxy": "http://f", "allProxy": "socks5://a"},
		"tcp://build:2375": {"httpProxy": "http://other"}
	}}`)
	m := &masks{}
	d := dockerconfig.Read(lookup, m.add)
	common := dockerconfig.Proxies{HTTP: "http://u:p%40ss@proxy:3128", HTTPS: "user:s3cond@proxy:3129", No: "localhost", FTP: "http://f", All: "socks5://a"}
	for engine, want := range map[string]dockerconfig.Proxies{"": common, "unix:///run/user/1000/docker.sock": common, "tcp://build:2375": {HTTP: "http://other"}} {
		if diff := cmp.Diff(want, d.Proxies(engine)); diff != "" {
			t.Errorf("Proxies(%q), -want +got:\n%s", engine, diff)
		}
	}
	for _, secret := range []string{"p@ss", "p%40ss", "s3cond"} {
		if !slices.Contains(m.told, secret) {
			t.Errorf("masked %q, and not %q", m.told, secret)
		}
	}
	if len(d.Hosts()) != 0 || len(d.Notices()) != 0 {
		t.Errorf("it has logins for %q", d.Hosts())
	}
	_, lookup = newConfig(t, `{"proxies": {"unix:///var/run/docker.sock": {"httpProxy": "http://socket"}}}`)
	d = dockerconfig.Read(lookup, m.add)
	if got := d.Proxies(""); got.HTTP != "http://socket" {
		t.Errorf("Proxies() = %v, want those of the engine that is meant without an address", got)
	}
	if got := d.Proxies("tcp://other"); got != (dockerconfig.Proxies{}) {
		t.Errorf("Proxies = %v for another, want none", got)
	}
}
