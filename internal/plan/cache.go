package plan

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
)

// How long a request to GitHub's cache is tried again that the service puts off
// because there were too many. Importing is worth less waiting than exporting, for
// which a repository has 200 requests a minute.
const (
	importWithin = "20s"
	exportWithin = "2m"
)

// cacheTo leaves out what a run may not write that a stranger can start: its
// token cannot, or its files are a stranger's, and other runs import what is
// there.
func cacheTo(in inputs.Inputs, f Facts) (to []inputs.Cache, remarks []string) {
	for _, cache := range in.CacheTo {
		if reason := unwritable(cache.Type, in, f); reason != "" {
			remarks = append(remarks, fmt.Sprintf("No cache of type %s is exported: %s", cache.Type, reason))
			continue
		}
		to = append(to, cache)
	}
	return to, remarks
}

// unwritable says why a run may not write a type of cache, or "". GitHub keeps
// what a pull request has written to its cache from every other run.
func unwritable(kind inputs.CacheType, in inputs.Inputs, f Facts) string {
	switch kind {
	case inputs.CacheLocal, inputs.CacheInline:
		return ""
	case inputs.CacheGitHub:
		return cmp.Or(untrustedFiles(f), readOnlyCache(in.CacheService))
	}
	return cmp.Or(f.ReadOnlyToken(), untrustedFiles(f))
}

func readOnlyCache(s inputs.CacheService) string {
	if s.ReadOnly {
		return "GitHub lets this run only read the cache (ACTIONS_CACHE_MODE is read)"
	}
	return ""
}

// auto is what becomes of the input cache.
type auto struct {
	from, to []inputs.Cache
	remarks  []string
}

// autoCaches imports from GitHub's cache, and exports to it where other runs will
// import that. An export that fails fails no run.
func autoCaches(in inputs.Inputs, f Facts, repo name.Repository, platforms []v1.Platform, nodes int) auto {
	var a auto
	s := in.CacheService
	switch {
	case !in.AutoCache:
		return a
	case len(s.Missing) > 0:
		a.remark("cache: auto has nothing to use: it is for GitHub's runner, and %s %s not set", strings.Join(s.Missing, " and "), isOrAre(len(s.Missing)))
		return a
	case nodes > 1:
		a.remark("cache: auto does nothing: each node of the farm keeps its own cache, and would replace what another has exported")
		return a
	}
	scope := autoScope(in, repo, platforms)
	from := s.Cache(map[string]string{"scope": scope, "timeout": importWithin})
	if isThere(in.CacheFrom, from) {
		a.remark("cache: auto imports nothing more than cache-from does")
	} else {
		a.from = append(a.from, from)
	}
	to := s.Cache(map[string]string{"scope": scope, "timeout": exportWithin, "mode": "max", "ignore-error": "true"})
	switch reason := cmp.Or(untrustedFiles(f), readOnlyCache(s), unread(f)); {
	case reason != "":
		a.remark("cache: auto exports nothing: %s", reason)
	case isThere(in.CacheTo, to):
		a.remark("cache: auto exports nothing more than cache-to does")
	default:
		a.to = append(a.to, to)
	}
	return a
}

func (a *auto) remark(format string, args ...any) {
	a.remarks = append(a.remarks, fmt.Sprintf(format, args...))
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// isThere tells whether a place of GitHub's cache is among some.
func isThere(all []inputs.Cache, one inputs.Cache) bool {
	return slices.ContainsFunc(all, func(c inputs.Cache) bool { return c.Type == one.Type && c.Scope() == one.Scope() })
}

// unread says why no other run would import what this one exports, or "": GitHub
// gives a run the cache of its own ref, of the default branch, and of the branch
// that a pull request goes into.
func unread(f Facts) string {
	switch {
	case f.Pull.Number != 0 || strings.HasPrefix(f.Ref, "refs/pull/"):
		return "pull requests use the cache of their base branch and of the default branch"
	case strings.HasPrefix(f.Ref, "refs/tags/"):
		return "a tag uses the cache of the default branch, and no other run reads a tag's"
	case f.Event == "merge_group":
		return "merge groups use the cache of the default branch, and no other run reads theirs"
	case buildOnly(f.Event) != "":
		return fmt.Sprintf("runs for the event %s only import", f.Event)
	case f.ReadOnlyToken() != "":
		return "runs of Dependabot only import"
	}
	return ""
}

// autoScope names the cache of one build among those of a repository, so that
// several jobs of a run do not replace each other's: by image, Dockerfile, stage
// and platforms. Refs need no names: the service keeps them apart. The hash tells
// apart what the readable part does not.
func autoScope(in inputs.Inputs, repo name.Repository, platforms []v1.Platform) string {
	file := in.Dockerfile
	if rel, err := filepath.Rel(in.Workspace, file); err == nil && in.Workspace != "" {
		file = rel
	}
	machine := in.CacheService.Machine // stands for the builder's own platform
	if len(platforms) > 0 {
		machine = joinPlatforms(platforms)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{repo.Name(), file, in.Target, machine}, "\n")))
	parts := []string{"slipway", repo.Name(), in.Target, machine, fmt.Sprintf("%x", sum[:4])}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.ReplaceAll(strings.Join(parts, "-"), ", ", "+") // no key holds a comma
}
