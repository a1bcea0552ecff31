package testenv

import (
	"net/http"
	"strings"
)

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
			if answer := OnlyByTag(r); answer != nil && g.opt.has(TagsOnly) {
				answer.answer(w, r, nil)
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

// OnlyByTag refuses what GitHub's registries of Docker images refuse, and returns nil for all else: they know no manifest
// by its digest, and take no index, which is an error of their own, and no media type of OCI's.
func OnlyByTag(r *http.Request) *Answer {
	about := resource.FindStringSubmatch(r.URL.Path)
	if about == nil || about[2] != "manifests" {
		return nil
	}
	switch kind := r.Header.Get("Content-Type"); {
	case strings.HasPrefix(about[3], "sha256:") && r.Method == http.MethodPut:
		return RegistryRefusal(http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.")
	case strings.HasPrefix(about[3], "sha256:"):
		return RegistryRefusal(http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
	case r.Method == http.MethodPut && kind != "application/vnd.docker.distribution.manifest.v2+json":
		return &Answer{Status: http.StatusInternalServerError}
	}
	return nil
}
