package plan

import (
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// contexts are the contexts of a build that need a fact to be known.
type contexts struct {
	main    string // URL; empty where it is a directory
	copy    string // directory of the workspace that has its files, or empty
	named   []inputs.NamedContext
	secrets map[string]inputs.Secret // those of the inputs, and what git needs
}

// decideContexts puts the run's repository and its commit in place of
// {{defaultContext}}, and gives git the token for the run's own server.
func decideContexts(in inputs.Inputs, f Facts) (contexts, error) {
	decided := contexts{secrets: in.Secrets}
	unknown := f.Repository == "" || f.ServerURL == "" || f.Commit.SHA == ""
	if unknown && slices.ContainsFunc(in.Fetched(), func(s source.Source) bool { return s.Kind == source.Default }) {
		return contexts{}, &advice.Error{
			Doing:  "deciding what {{defaultContext}} is",
			Reason: "it is the run's repository at its commit, and which that is, is not known",
			Advice: "name a directory or a git URL",
		}
	}
	if in.Remote != nil {
		decided.main = f.urlOf(*in.Remote)
		if in.Remote.Kind == source.Default {
			decided.copy = filepath.Join(in.Workspace, in.Remote.Where)
		}
	}
	for _, named := range in.Contexts {
		if named.Fetched() {
			named.Source = source.Source{Kind: named.Kind, Where: f.urlOf(named.Source)}
		}
		if named.Kind == source.Default {
			named.Kind = source.Git
		}
		decided.named = append(decided.named, named)
	}
	if id := f.gitSecret(in); id != "" {
		decided.secrets = maps.Clone(in.Secrets)
		if decided.secrets == nil {
			decided.secrets = map[string]inputs.Secret{}
		}
		decided.secrets[id] = in.APIToken(packages.ServerAt(f.ServerURL))
	}
	return decided, nil
}

// urlOf returns the URL that BuildKit fetches a source from.
func (f Facts) urlOf(s source.Source) string {
	if s.Kind != source.Default {
		return s.Where
	}
	address := f.ServerURL + "/" + f.Repository + ".git#" + f.Commit.SHA
	if s.Where != "" {
		address += ":" + s.Where
	}
	return address
}

// gitSecret is the id under which git gets the token, or "" where it gets none:
// the token is for the server alone that gave it. Every step may mount a build
// secret, so that there is none in a run that builds a stranger's files. A login
// of the user's own goes before it. BuildKit asks its client for these names
// (https://docs.docker.com/build/building/secrets/#git-authentication-for-remote-contexts).
func (f Facts) gitSecret(in inputs.Inputs) string {
	server, err := url.Parse(f.ServerURL)
	token := in.APIToken(packages.ServerAt(f.ServerURL)).Reveal()
	if err != nil || server.Host == "" || token == "" || f.untrusted() {
		return ""
	}
	for _, own := range []string{"GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"} {
		_, everywhere := in.Secrets[own]
		if _, there := in.Secrets[own+"."+server.Host]; there || everywhere {
			return ""
		}
	}
	if !slices.ContainsFunc(in.Fetched(), func(s source.Source) bool { return onServer(s, server) }) {
		return ""
	}
	return "GIT_AUTH_TOKEN." + server.Host
}

// onServer tells whether git fetches a source from a server.
func onServer(s source.Source, server *url.URL) bool {
	if s.Kind == source.Default {
		return true
	}
	u, err := url.Parse(s.Where)
	return s.Kind == source.Git && err == nil && u.Scheme == server.Scheme && u.Host == server.Host
}

// namedKey tells directories apart that have the same name as contexts in
// different builds.
func namedKey(in inputs.Inputs) string {
	var key strings.Builder
	for _, named := range in.Contexts {
		if named.Kind == source.Directory {
			key.WriteString(" " + named.Name + "=" + filepath.Base(named.Where))
		}
	}
	return key.String()
}

// commitName is the full name of a commit.
var commitName = regexp.MustCompile(`^[0-9a-f]{40}$|^[0-9a-f]{64}$`)

// FetchedTree is the tree of files of this machine, all of which are the
// repository's own, with what the builder fetches: that is its own where it is a
// commit, by the full name, of this repository, of which own says that it is in
// it and not only in a fork. The error of own says why not.
func FetchedTree(f Facts, fetched []source.Source, own func(commit string) error) Tree {
	for _, s := range fetched {
		if s.Kind == source.Default {
			continue
		}
		at, commit := splitGit(s)
		if here := strings.EqualFold(strings.TrimSuffix(at, ".git"), f.ServerURL+"/"+f.Repository); !here || commit == "" {
			return Tree{URL: at, Head: commit}
		}
		if err := own(commit); err != nil {
			return Tree{URL: at, Head: commit, Why: err.Error()}
		}
	}
	return Tree{Own: true}
}

// splitGit returns the URL of a repository without ref and options, and the
// commit that is taken of it; that is empty where the URL does not name it.
func splitGit(s source.Source) (at, commit string) {
	at, fragment, _ := strings.Cut(s.Where, "#")
	at, query, _ := strings.Cut(at, "?")
	if s.Kind != source.Git {
		return at, ""
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return at, ""
	}
	ref, _, _ := strings.Cut(fragment, ":")
	// BuildKit holds a ref to the checksum.
	for _, name := range []string{options.Get("checksum"), options.Get("commit"), ref, options.Get("ref")} {
		if name != "" {
			if commitName.MatchString(name) {
				return at, name
			}
			return at, ""
		}
	}
	return at, ""
}
