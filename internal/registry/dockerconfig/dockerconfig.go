// Package dockerconfig reads the docker program's configuration: logins, credential
// helpers and proxies.
package dockerconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/regular"
)

// Config is the logins that docker login has left for this process, in
// DOCKER_CONFIG/config.json or HOME/.docker/config.json. It is read and never
// written, and says nothing of a host but by its exact name. A nil one has none.
// It is safe for concurrent use.
type Config struct {
	logins  map[string]authn.AuthConfig // by canonical host
	helpers map[string]*helper          // by canonical host
	proxies map[string]configfile.ProxyConfig
	mask    func(secret string)

	mu      sync.Mutex
	notices []string
}

// MaxConfigSize is how long the file may be, in bytes.
const MaxConfigSize = 1 << 20

// Read reads the file where there is one. What is wrong with it is in
// Notices, and no reason not to go on without. Each password that it has or that
// a credential helper tells later is given to mask first.
func Read(lookup func(name string) (string, bool), mask func(secret string)) *Config {
	d := &Config{logins: map[string]authn.AuthConfig{}, helpers: map[string]*helper{}, mask: mask}
	path := configPath(lookup)
	if path == "" {
		return d
	}
	read, err := readConfig(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		d.notice("the Docker config %s is not used: %v", path, err)
	default:
		d.take(read, lookup)
	}
	return d
}

// configPath is where Docker keeps its config, or "".
func configPath(lookup func(name string) (string, bool)) string {
	dir, _ := lookup("DOCKER_CONFIG")
	if home, _ := lookup("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".docker")
	}
	if !filepath.IsAbs(dir) { // it would be in the checkout
		return ""
	}
	return filepath.Join(dir, "config.json")
}

// readConfig reads a file of at most maxConfigSize. Its errors show nothing of
// the content.
func readConfig(path string) (*configfile.ConfigFile, error) {
	content, err := regular.Read(path, MaxConfigSize)
	if err != nil {
		return nil, unwrapPath(err)
	}
	read, err := config.LoadFromReader(bytes.NewReader(content))
	if err != nil {
		return nil, errors.New("it is damaged, or one of its logins is")
	}
	return read, nil
}

// unwrapPath leaves the path out of an error that is told with it.
func unwrapPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// take takes over what the file says of hosts. A helper of a host's own wins over
// the store of all, and that over what is in the file, as for Docker.
func (d *Config) take(read *configfile.ConfigFile, lookup func(name string) (string, bool)) {
	d.takeProxies(read.Proxies)
	for _, server := range slices.Sorted(maps.Keys(read.AuthConfigs)) {
		registry, ok := serverHost(server)
		if !ok {
			continue
		}
		// docker logout, and some programs, leave an entry with nothing in it. With
		// a store it means that the store has the login.
		if read.CredentialsStore != "" {
			d.helpers[registry] = newHelper(read.CredentialsStore, server, lookup)
			continue
		}
		entry := read.AuthConfigs[server]
		login := authn.AuthConfig{Username: entry.Username, Password: entry.Password, IdentityToken: entry.IdentityToken, RegistryToken: entry.RegistryToken}
		if d.masked(login) {
			d.logins[registry] = login
		}
	}
	for server, suffix := range read.CredentialHelpers {
		if registry, ok := serverHost(server); ok && suffix != "" {
			d.helpers[registry] = newHelper(suffix, server, lookup)
		}
	}
}

// serverHost returns the host that an entry is for. Besides hosts Docker has
// written addresses; what is for a path alone, or for plain http, is for no host.
func serverHost(server string) (string, bool) {
	rest, secure := strings.CutPrefix(server, "https://")
	registry, path, _ := strings.Cut(rest, "/")
	if registry == "" || path != "" && (!secure || path != "v1/" && path != "v2/" && path != "v1" && path != "v2") || strings.Contains(registry, "@") || registry == "http:" {
		return "", false
	}
	return host.Canonical(registry), true
}

// masked masks what is secret in a login, and tells whether there is any.
func (d *Config) masked(login authn.AuthConfig) bool {
	found := false
	for _, secret := range []string{login.Password, login.IdentityToken, login.RegistryToken} {
		if secret != "" {
			d.mask(secret)
			found = true
		}
	}
	return found
}

// Hosts lists the hosts that there is a login for, or a helper that may have one.
func (d *Config) Hosts() []string {
	hosts := append(slices.Collect(maps.Keys(d.logins)), slices.Collect(maps.Keys(d.helpers))...)
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// Notices returns what went wrong since it was last called.
func (d *Config) Notices() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := d.notices
	d.notices = nil
	return found
}

func (d *Config) notice(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, fmt.Sprintf(format, args...))
}

// Login returns the login of a canonical host, or a zero one.
func (d *Config) Login(ctx context.Context, registry string) authn.AuthConfig {
	if d == nil {
		return authn.AuthConfig{}
	}
	h, helped := d.helpers[registry]
	if !helped {
		return d.logins[registry]
	}
	login, err := h.ask(ctx, func(login authn.AuthConfig) { d.masked(login) })
	if err != nil {
		d.notice("there is no login for %s from the Docker config: %v", registry, err)
	}
	return login
}
