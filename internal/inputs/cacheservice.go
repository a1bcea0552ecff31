package inputs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/packages"
)

// CacheService is GitHub's cache, as the runner tells a container action of it.
// What a run reads and writes there the service decides, by the token: it reads
// what runs of its own ref, of the default branch and of a pull request's base
// branch have written, and writes for its own ref alone
// (https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching#restrictions-for-accessing-a-cache).
type CacheService struct {
	URL string
	// Version of its protocol: 2, and 1 on an Enterprise Server. github.com has no
	// 1 any more. The runner tells only actions in JavaScript which it is.
	Version int
	Token   Secret
	// ReadOnly tells that this run may not write.
	ReadOnly bool
	// Machine is what the runner runs on, such as X64 or ARM64.
	Machine string
	// Missing are the variables that the runner has not set. With any of them there
	// is no service.
	Missing []string
}

// cacheService reads what the runner tells of the service that speaks this version,
// or with 0 the server's.
func (p *parser) cacheService(version int) CacheService {
	if version == 0 {
		version = 2
		if packages.ServerAt(p.variable("GITHUB_SERVER_URL")).Enterprise() {
			version = 1
		}
	}
	url := "ACTIONS_RESULTS_URL"
	if version == 1 {
		url = "ACTIONS_CACHE_URL"
	}
	s := CacheService{
		URL: p.variable(url), Version: version, Token: Secret(p.variable(runtimeToken)),
		ReadOnly: strings.EqualFold(p.variable("ACTIONS_CACHE_MODE"), "read"), Machine: p.variable("RUNNER_ARCH"),
	}
	for _, name := range []string{runtimeToken, url} {
		if p.variable(name) == "" {
			s.Missing = append(s.Missing, name)
		}
	}
	return s
}

// runtimeToken is the variable with the run's token for GitHub's services.
const runtimeToken = "ACTIONS_RUNTIME_TOKEN"

func (p *parser) variable(name string) string {
	value, _ := p.env.Lookup(name)
	return strings.TrimSpace(value)
}

// usedCacheService returns the service where an input asks for it, else a zero one.
func (p *parser) usedCacheService(in Inputs) CacheService {
	isGitHubs := func(c Cache) bool { return c.Type == CacheGitHub }
	if !in.AutoCache && !slices.ContainsFunc(slices.Concat(in.CacheFrom, in.CacheTo), isGitHubs) {
		return CacheService{}
	}
	return p.cacheService(0)
}

// Cache returns a place in the service, which further attributes describe.
func (s CacheService) Cache(attrs map[string]string) Cache {
	attrs[s.address()], attrs["version"] = s.URL, strconv.Itoa(s.Version)
	return Cache{Type: CacheGitHub, Attrs: attrs, Secrets: map[string]Secret{"token": s.Token}}
}

// address is the attribute for the URL.
func (s CacheService) address() string {
	if s.Version == 1 {
		return "url"
	}
	return "url_v2"
}

// Scope is the name under which a cache of GitHub's is kept. The default is
// BuildKit's.
func (c Cache) Scope() string { return cmp.Or(c.Attrs["scope"], "buildkit") }

// completeGitHubs puts in what the line does not say. docker/build-push-action
// would have it from buildx, which reads a variable that a container action is not
// given, and leaves the cache out where it is not there.
func (p *parser) completeGitHubs(input, where string, attrs attributes) {
	version, _ := strconv.Atoi(attrs["version"])
	s := p.cacheService(version)
	if attrs["url"] != "" || attrs["url_v2"] != "" {
		s.Missing = slices.DeleteFunc(s.Missing, func(name string) bool { return name != runtimeToken })
	} else {
		attrs[s.address()], attrs["version"] = s.URL, strconv.Itoa(s.Version)
	}
	if attrs["token"] != "" {
		s.Missing = slices.DeleteFunc(s.Missing, func(name string) bool { return name == runtimeToken })
	} else {
		attrs["token"] = s.Token.Reveal()
	}
	if len(s.Missing) > 0 {
		p.problems.add(input, acceptsCaches, "%stype=gha is the cache of GitHub Actions, and its runner has not set %s; elsewhere take type=registry or type=local", where, strings.Join(s.Missing, " and "))
	}
}

// autoCache tells whether the run takes GitHub's cache by itself.
func (p *parser) autoCache(input string) bool {
	switch value := p.text(input); value {
	case "":
		return false
	case "auto":
		return true
	default:
		p.problems.add(input, "auto, or nothing for no cache but those of cache-from and cache-to", "%q is neither", value)
		return false
	}
}

// duration accepts what BuildKit does.
func duration(value string) string {
	if d, err := time.ParseDuration(value); err != nil || d <= 0 {
		return strconv.Quote(value) + " is no length of time such as 90s or 10m"
	}
	return ""
}
