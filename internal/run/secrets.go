package run

import (
	"fmt"
	"maps"
	"slices"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/redact"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
	"github.com/slipway-build/slipway/internal/report"
)

// mask hides every secret of the inputs, and says which are too short for that.
func mask(r *report.Reporter, in inputs.Inputs) {
	hide := func(what string, secret inputs.Secret) { hiding(r, what)(secret.Reveal()) }
	hide("the input token", in.Token)
	hide("the key in builder-tls", in.BuilderTLS.Key)
	for _, login := range in.Logins {
		hide("the password for "+login.Registry+" in registry-auth", login.Password)
	}
	for _, id := range slices.Sorted(maps.Keys(in.Secrets)) {
		hide("the secret "+id, in.Secrets[id])
	}
	for _, secret := range in.CacheSecrets() {
		hide("a secret of cache-from or cache-to", secret)
	}
}

// hiding returns what hides a secret, or says why it cannot.
func hiding(r *report.Reporter, what string) func(secret string) {
	return func(secret string) {
		if !r.Mask(secret) {
			r.Warning("", 0, fmt.Sprintf("%s has fewer than %d characters: it is not hidden in the log and the summary, because that would hide much else", what, redact.Shortest))
		}
	}
}

// maskProxies hides the passwords of the proxies that this process uses itself.
func maskProxies(r *report.Reporter, o Options) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		dockerconfig.MaskProxy(o.get(name), hiding(r, "the password of a proxy"))
	}
}

// proxiesOf are the proxies that the Docker config has for steps.
func proxiesOf(docker *dockerconfig.Config, o Options) plan.Proxies {
	p := docker.Proxies(o.get("DOCKER_HOST"))
	return plan.Proxies{HTTP: inputs.Secret(p.HTTP), HTTPS: inputs.Secret(p.HTTPS), No: inputs.Secret(p.No), FTP: inputs.Secret(p.FTP), All: inputs.Secret(p.All)}
}

// credentialsOf returns the logins of the plan, and those of the Docker config for other
// hosts.
func credentialsOf(p plan.Plan, docker *dockerconfig.Config) registry.Credentials {
	all := registry.Credentials{}
	for _, login := range p.Logins {
		all = all.With(login.Registry, login.Username, login.Password.Reveal())
	}
	return all.Before(docker)
}
