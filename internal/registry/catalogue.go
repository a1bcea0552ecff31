package registry

import (
	"crypto/tls"
	"errors"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/packages"
)

// entry is one line of the catalogue: which refusals it is about, and what they
// mean. All that is set must fit.
type entry struct {
	name   string
	words  []string // one of them, in any case
	status []int    // one of them
	when   func(r refused) bool
	means  func(r refused) Meaning
}

// catalogue lists what registries answer, the words that say most first. The first
// entry that fits is taken. Where the words come from, with the public reports
// of each, is in the test data.
func catalogue() []entry {
	return slices.Concat(ofRequests(), onlyForeign(ofForeign()), ofNames(), ofTokens(), onlyGitHubs(ofRights()),
		ofUploads(), ofManifests(), onlyForeign(ofForeignReasons()), ofOthers())
}

// onlyGitHubs keeps entries to GitHub's registries: no other has these pages.
func onlyGitHubs(entries []entry) []entry {
	for i, e := range entries {
		entries[i].when = func(r refused) bool { return r.onGitHubs() && (e.when == nil || e.when(r)) }
	}
	return entries
}

// onlyForeign keeps entries to all other registries.
func onlyForeign(entries []entry) []entry {
	for i, e := range entries {
		entries[i].when = func(r refused) bool { return !r.onGitHubs() && (e.when == nil || e.when(r)) }
	}
	return entries
}

// meaning is what the catalogue says of a refusal, or of an error that is none.
func (r refused) meaning(err error) Meaning {
	if certificate := (*tls.CertificateVerificationError)(nil); r.Status == 0 || errors.As(err, &certificate) { // plain http is tried after https
		if v := r.network(err); v != (Meaning{}) {
			return v
		}
	}
	for _, e := range catalogue() {
		if e.fits(r) {
			return e.means(r)
		}
	}
	return Meaning{}
}

func (e entry) fits(r refused) bool {
	return (len(e.words) == 0 || slices.ContainsFunc(e.words, r.says)) &&
		(len(e.status) == 0 || slices.Contains(e.status, r.Status)) &&
		(e.when == nil || e.when(r))
}

// denials are the two answers that say no.
func denials() []int { return []int{http.StatusUnauthorized, http.StatusForbidden} }

// host names the registry as people do.
func (r refused) host() string { return hostOf(r.repo) }

func (r refused) onHub() bool { return r.host() == dockerHub }

// dockerHub is the name that everybody knows it by.
const dockerHub = "docker.io"

// hostOf is the host of a repository, by the name that everybody knows for Docker
// Hub.
func hostOf(repo name.Repository) string {
	if host.Canonical(repo.RegistryStr()) == host.Canonical(name.DefaultRegistry) {
		return dockerHub
	}
	return repo.RegistryStr()
}

func (r refused) kind() packages.Kind { return r.Server.KindOf(r.repo.RegistryStr()) }

func (r refused) onContainer() bool { return r.kind() == packages.Container }
func (r refused) onDocker() bool    { return r.kind() == packages.Docker }
func (r refused) onGitHubs() bool   { return r.kind() != packages.Foreign }
func (r refused) pulling() bool     { return r.access == Pulling }

// foreignServer tells whether an Enterprise Server's run asks a registry of
// github.com, which does not know its tokens.
func (r refused) foreignServer() bool {
	registry := r.repo.RegistryStr()
	return r.Server.Enterprise() && (registry == packages.GHCR || registry == packages.DockerGitHub)
}
