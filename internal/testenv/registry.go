package testenv

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/crypto/bcrypt"
)

// RegistryOptions configure a registry; the zero value is open to everybody on plain HTTP.
type RegistryOptions struct {
	// Htpasswd asks for basic authentication: user to password, in clear.
	Htpasswd map[string]string
	// Token sends clients to this server for a token. Not together with Htpasswd, nor with TLS: go-containerregistry
	// refuses to go from HTTPS to a token server on plain HTTP. GitHub has both behind HTTPS.
	Token *TokenServer
	// TLS serves HTTPS with a certificate of Registry.CA: see CA.Server.
	TLS bool
	// Network is where it listens, in place of the host's: only what runs there reaches it, and Transport.
	Network *Network
	// Silent, with a Network, has its address on the host drop connections in place of refusing them.
	Silent bool
	// CA signs that certificate; by default it is a new one.
	CA *CA
	// Names are further hosts that it is for: see GitHubOptions.Hosts.
	Names []string
}

// Registry is a running github.com/distribution/distribution, the reference implementation, with an empty store and
// deletion allowed.
type Registry struct {
	Host string // 127.0.0.1:port
	URL  string // http://Host, or https:// with RegistryOptions.TLS
	CA   []byte // the authority's certificate in PEM; nil without TLS
	Root string // the directory of its store: docker/registry/v2/{blobs,repositories} below

	t       T
	dir     string
	network *Network
	config  map[string]any
	process *process
}

// NewRegistry starts a registry on a free port of 127.0.0.1 and returns when it serves. It ends with the test.
func NewRegistry(t T, opt RegistryOptions) *Registry {
	t.Helper()
	dir := t.TempDir()
	r := &Registry{t: t, dir: dir, network: opt.Network, Root: filepath.Join(dir, "store")}
	// Port 0 and the log tell the port, so no other program can take it in between.
	serving := map[string]any{
		"addr":   "127.0.0.1:0",
		"secret": "kept, so that an upload survives Restart",
	}
	if opt.Network != nil {
		serving["addr"] = reserve(t, opt.Silent)
	}
	scheme := "http://"
	if opt.TLS {
		r.CA = writeCertificates(t, dir, opt.CA, opt.Names)
		serving["tls"] = map[string]any{"certificate": r.path("cert.pem"), "key": r.path("key.pem")}
		scheme = "https://"
	}
	r.config = map[string]any{
		"version": "0.1",
		"log":     map[string]any{"level": "info"},
		"http":    serving,
		"storage": map[string]any{
			"filesystem":  map[string]any{"rootdirectory": r.Root},
			"delete":      map[string]any{"enabled": true},
			"maintenance": map[string]any{"uploadpurging": map[string]any{"enabled": false}},
		},
	}
	if auth := r.auth(opt); auth != nil {
		r.config["auth"] = auth
	}
	r.start()
	t.Cleanup(func() {
		r.Stop()
		r.process.logOnFailure(t)
	})
	serving["addr"] = r.Host // for Restart
	r.URL = scheme + r.Host
	return r
}

// Stop ends the registry, and returns when its port refuses connections.
func (r *Registry) Stop() { r.process.terminate() }

// Restart stops the registry if it runs, and starts it again on the same port with the same store.
func (r *Registry) Restart() {
	r.t.Helper()
	r.Stop()
	r.start()
}

// Log returns what the registry has written since its last start: its own messages and an access log.
func (r *Registry) Log() string { return r.process.log.String() }

// Transport returns a new transport that trusts the registry's authority besides those of the host, and that reaches
// it in its network.
func (r *Registry) Transport() *http.Transport {
	transport := &http.Transport{}
	if r.network != nil {
		transport = r.network.Transport()
	}
	if r.CA != nil {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(r.CA)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	r.t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// BuildkitConfig returns the lines of buildkitd.toml that let a buildkitd trust the registry's authority; empty without
// TLS, because BuildKit already speaks plain HTTP to 127.0.0.1. Join those of several registries.
func (r *Registry) BuildkitConfig() string {
	if r.CA == nil {
		return ""
	}
	return fmt.Sprintf("[registry.%q]\nhttp = false\nca = [%q]\n", r.Host, r.path("ca.pem"))
}

func (r *Registry) path(name string) string { return filepath.Join(r.dir, name) }

func (r *Registry) start() {
	r.t.Helper()
	config, err := json.MarshalIndent(r.config, "", "  ") // JSON is YAML
	if err != nil {
		r.t.Fatalf("encoding the configuration of the registry: %v", err)
	}
	if err := os.WriteFile(r.path("config.yml"), config, 0o600); err != nil {
		r.t.Fatalf("writing the configuration of the registry: %v", err)
	}
	// Without the variable it would look for an OpenTelemetry collector on the host.
	env := []string{"PATH=" + os.Getenv("PATH"), "OTEL_TRACES_EXPORTER=none"}
	r.process = startIn(r.t, place{network: r.network}, env, Tool(r.t, "registry"), "serve", r.path("config.yml"))
	r.Host = r.process.waitLog(r.t, `listening on (127\.0\.0\.1:\d+)`)
}

func (r *Registry) auth(opt RegistryOptions) map[string]any {
	r.t.Helper()
	switch {
	case opt.Htpasswd != nil && opt.Token != nil:
		r.t.Fatalf("configuring the registry: Htpasswd and Token exclude each other")
	case opt.TLS && opt.Token != nil:
		r.t.Fatalf("configuring the registry: TLS and Token exclude each other")
	case opt.Htpasswd != nil:
		r.write("htpasswd", r.htpasswd(opt.Htpasswd))
		return map[string]any{"htpasswd": map[string]any{"realm": "slipway", "path": r.path("htpasswd")}}
	case opt.Token != nil:
		r.write("jwks.json", opt.Token.jwks())
		return map[string]any{"token": map[string]any{
			"realm":   opt.Token.Realm,
			"service": opt.Token.service(),
			"issuer":  tokenIssuer,
			"jwks":    r.path("jwks.json"),
		}}
	}
	return nil
}

func (r *Registry) write(name string, content []byte) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), content, 0o600); err != nil {
		r.t.Fatalf("writing %s for the registry: %v", name, err)
	}
}

func (r *Registry) htpasswd(users map[string]string) []byte {
	r.t.Helper()
	var file bytes.Buffer
	for user, password := range users {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost) // checked at every request
		if err != nil {
			r.t.Fatalf("hashing the password of %s: %v", user, err)
		}
		fmt.Fprintf(&file, "%s:%s\n", user, hash)
	}
	return file.Bytes()
}
