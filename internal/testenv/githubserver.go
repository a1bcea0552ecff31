package testenv

import (
	"net/http"
	"strings"
)

// serverHosts are the hosts of an Enterprise server, or one with data residency, besides those of github.com.
func (opt GitHubOptions) serverHosts() []string {
	if opt.Server == "" {
		return nil
	}
	return []string{"containers." + opt.Server, "docker." + opt.Server, opt.Server}
}

// addServer has the registries answer under the server's names: an Enterprise server without subdomains has the one of
// Docker images under its own.
func (g *GitHub) addServer(hosts map[string]http.Handler, registry, docker http.Handler) {
	for i, host := range g.opt.serverHosts() {
		hosts[host] = docker
		if i == 0 {
			hosts[host] = registry
		}
	}
}

// realm has a challenge name the host that was asked, in place of ghcr.io.
func (g *GitHub) realm(resp *http.Response) {
	name := strings.TrimSuffix(resp.Request.Host, ":443")
	if challenge := resp.Header.Get("WWW-Authenticate"); challenge != "" && g.opt.Server != "" && strings.HasSuffix(name, g.opt.Server) {
		resp.Header.Set("WWW-Authenticate", strings.Replace(challenge, "https://"+ContainerHost+"/", "https://"+name+"/", 1))
	}
}
