package dockerconfig

import (
	"cmp"
	"net/url"

	"github.com/docker/cli/cli/config/configfile"
)

// Proxies are the proxies that the Docker config has for the steps of a build. They may
// hold passwords, which are masked when the config is read.
type Proxies struct{ HTTP, HTTPS, No, FTP, All string }

// Proxies returns the proxies for an engine at this address, DOCKER_HOST, or those for
// all (https://docs.docker.com/engine/cli/proxy/).
func (d *Config) Proxies(engine string) Proxies {
	const socket = "unix:///var/run/docker.sock"
	found, ok := d.proxies[cmp.Or(engine, socket)]
	if !ok {
		found = d.proxies["default"]
	}
	return Proxies{HTTP: found.HTTPProxy, HTTPS: found.HTTPSProxy, No: found.NoProxy, FTP: found.FTPProxy, All: found.AllProxy}
}

// takeProxies takes over the proxies of the file.
func (d *Config) takeProxies(all map[string]configfile.ProxyConfig) {
	d.proxies = all
	for _, one := range all {
		for _, proxy := range []string{one.HTTPProxy, one.HTTPSProxy, one.FTPProxy, one.AllProxy} {
			MaskProxy(proxy, d.mask)
		}
	}
}

// MaskProxy masks the password in the address of a proxy, as it is written and as it is
// sent.
func MaskProxy(proxy string, mask func(secret string)) {
	for _, address := range []string{proxy, "http://" + proxy} { // a scheme may be left out
		parsed, err := url.Parse(address)
		if err != nil || parsed.User == nil {
			continue
		}
		if password, there := parsed.User.Password(); there && password != "" {
			mask(password)
			mask(url.UserPassword("", password).String()[1:])
			return
		}
	}
}
