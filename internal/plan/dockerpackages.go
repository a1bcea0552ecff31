package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// Repositories returns where the image is published, those that take it by its
// digest first.
func (b Build) Repositories() []name.Repository { return slices.Concat(b.PushTo, b.ByTag) }

// TakenByTag splits tags into those of repositories that take an image by a tag
// alone, and the others.
func (b Build) TakenByTag(tags []name.Tag) (byTag, others []name.Tag) {
	for _, tag := range tags {
		if slices.Contains(b.ByTag, tag.Repository) {
			byTag = append(byTag, tag)
		} else {
			others = append(others, tag)
		}
	}
	return byTag, others
}

// splitRepositories parts the repositories of GitHub's Docker registries from the
// others. Those registries know an image by its tags alone, as one manifest of
// Docker's media type.
func splitRepositories(repos []name.Repository, f Facts) (byDigest, byTag []name.Repository) {
	for _, repo := range repos {
		if kindOf(repo.RegistryStr(), f) == packages.Docker {
			byTag = append(byTag, repo)
		} else {
			byDigest = append(byDigest, repo)
		}
	}
	return byDigest, byTag
}

// refuseByTag refuses what a repository cannot hold that takes an image by a tag
// alone.
func refuseByTag(in inputs.Inputs, f Facts, byTag []name.Repository, platforms []v1.Platform) error {
	if len(byTag) == 0 {
		return nil
	}
	host := byTag[0].RegistryStr()
	var errs []error
	refuse := func(doing, reason, or string) {
		errs = append(errs, &advice.Error{
			Doing:  doing,
			Reason: fmt.Sprintf("%s takes only images that are a single manifest of Docker's media type, and %s", host, reason),
			Advice: fmt.Sprintf("publish to %s, or %s", successor(byTag[0], f), or),
		})
	}
	if len(platforms) > 1 {
		refuse("building for "+joinPlatforms(platforms), "several platforms are an index", "set the input platforms to one of them")
	}
	for _, a := range in.Attestations {
		refuse(fmt.Sprintf("attesting the image (%s)", a.Type), "an image with attestations is an index", "leave the inputs provenance, sbom and attests out")
	}
	if len(in.Annotations) > 0 {
		refuse("annotating the image", "that has no annotations", "use the input labels")
	}
	return errors.Join(errs...)
}

// refuseCacheByTag refuses a cache in a registry that takes images alone.
func refuseCacheByTag(to []inputs.Cache, f Facts) error {
	var errs []error
	for _, cache := range to {
		if host, ok := cacheByTag(cache, f); ok {
			errs = append(errs, &advice.Error{
				Doing:  "exporting the cache to " + cache.Attrs["ref"],
				Reason: host + " stores images only, not build caches",
				Advice: "use a repository of " + packages.ServerAt(f.ServerURL).Successor(host) + ", or type=inline to keep the cache inside the image",
			})
		}
	}
	return errors.Join(errs...)
}

// cacheByTag tells whether a cache is in a registry that gives nothing by digest,
// and in which.
func cacheByTag(cache inputs.Cache, f Facts) (host string, ok bool) {
	if cache.Type != inputs.CacheRegistry {
		return "", false
	}
	named, err := reference.ParseNormalizedNamed(cache.Attrs["ref"])
	if err != nil {
		return "", false
	}
	host = reference.Domain(named)
	return host, kindOf(host, f) == packages.Docker
}

// successor is the name of the same package in the registry that has taken the
// place of the Docker registry.
func successor(repo name.Repository, f Facts) string {
	return packages.ServerAt(f.ServerURL).Successor(repo.RegistryStr()) + "/" + repo.RepositoryStr()
}

// registryNotices proposes other registries: the one that has taken an old one's
// place, and the one that was probably meant.
func registryNotices(in inputs.Inputs, f Facts, repos []name.Repository) []string {
	server := packages.ServerAt(f.ServerURL)
	var all []string
	add := func(notice string) {
		if notice != "" && !slices.Contains(all, notice) {
			all = append(all, notice)
		}
	}
	for _, image := range in.Images {
		add(otherOwner(image, in, f))
	}
	asks := []string{registryOf(in, f)}
	for _, repo := range repos {
		registry, path := repo.RegistryStr(), repo.RepositoryStr()
		owner, _ := packages.Split(path)
		switch {
		case server.KindOf(registry) == packages.Docker:
			add(oldRegistry(repo, f))
		case registry == "gcr.io" && f.owner() != "" && owner == strings.ToLower(f.owner()):
			add(fmt.Sprintf("gcr.io is Google's registry, and %s the owner of this repository: did you mean %s/%s?", owner, packages.GHCR, path))
		}
		asks = append(asks, registry)
	}
	for _, registry := range asks {
		if meant := packages.DidYouMean(registry, server); meant != "" {
			add(fmt.Sprintf("the registry %s looks like %s: did you mean that?", registry, meant))
		}
	}
	for _, notice := range cacheNotices(in, f) {
		add(notice)
	}
	return all
}

// cacheNotices say of which registries no cache can be imported.
func cacheNotices(in inputs.Inputs, f Facts) (all []string) {
	for _, cache := range in.CacheFrom {
		if host, ok := cacheByTag(cache, f); ok {
			all = append(all, fmt.Sprintf("no cache can be imported from %s: %s gives nothing by its digest", cache.Attrs["ref"], host))
		}
	}
	return all
}

func oldRegistry(repo name.Repository, f Facts) string {
	if repo.RegistryStr() == packages.DockerGitHub {
		return fmt.Sprintf("%s is replaced by %s, where its packages have been moved: publish to %s instead, which also takes several platforms and attestations", packages.DockerGitHub, packages.GHCR, successor(repo, f))
	}
	return fmt.Sprintf("%s is the server's older registry: where it has the container registry, which needs subdomain isolation, publish to %s instead, which also takes several platforms and attestations", repo.RegistryStr(), successor(repo, f))
}
