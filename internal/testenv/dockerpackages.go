package testenv

import "net/http"

// dockerFront is docker.pkg.github.com: it takes a name and a token with every request, public packages included, and
// hands out none. What is in its packages is in ghcr.io's.
func (g *GitHub) dockerFront(registry http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, ok := r.BasicAuth()
		user, known := g.Tokens.login(name, password)
		if !ok || !known {
			w.Header().Set("WWW-Authenticate", `Basic realm="GitHub Package Registry"`)
			RegistryRefusal(http.StatusUnauthorized, "UNAUTHORIZED", DockerForbidden).answer(w, r, nil)
			return
		}
		if about := resource.FindStringSubmatch(r.URL.Path); about != nil {
			scope := "repository:" + about[1] + ":pull,push"
			token, err := g.Tokens.token(user, g.Tokens.access(user, []string{scope}))
			if err != nil {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
			registry.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusOK) // the ping
	})
}
