package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
)

// registryOf returns the registry host: the input, else the one that belongs to
// the server.
func registryOf(in inputs.Inputs, f Facts) string {
	if in.Registry != "" {
		return in.Registry
	}
	return packages.ServerAt(f.ServerURL).Container()
}

// repositories resolves the input image to the repositories to publish to, each
// once. Without it the image is named after the repository.
func repositories(in inputs.Inputs, f Facts) ([]name.Repository, error) {
	written := in.Images
	if len(written) == 0 {
		if f.Repository == "" {
			return nil, &Error{
				Doing:  "naming the image",
				Reason: "neither the input image is set nor the repository known",
				Advice: "set image to owner/name or to a full name such as ghcr.io/owner/name",
			}
		}
		written = []string{f.Repository}
	}
	var repos []name.Repository
	var errs []error
	for _, image := range written {
		repo, err := repository(image, registryOf(in, f), f.owner())
		if err != nil {
			errs = append(errs, err)
		} else if !slices.Contains(repos, repo) {
			repos = append(repos, repo)
		}
	}
	return repos, errors.Join(errs...)
}

// repository resolves one image name: name is put under registry/owner, and
// owner/name under registry; a first element with a dot, a colon or localhost
// is a host and the name is complete. Everything is lower-cased, because
// registries refuse capitals and GitHub names have them.
func repository(image, registry, owner string) (name.Repository, error) {
	full := strings.ToLower(image)
	if !hasHost(full) {
		if !strings.Contains(full, "/") {
			full = strings.ToLower(owner) + "/" + full
		}
		full = registry + "/" + full
	}
	named, err := reference.ParseNormalizedNamed(full)
	if err == nil && !reference.IsNameOnly(named) {
		err = errors.New("it holds a tag or a digest")
	}
	if err == nil && reference.Domain(named) == "" { // my_host.example.com
		err = errors.New("its first element is not a legal host")
	}
	if err != nil {
		return name.Repository{}, badImage(image, err)
	}
	repo, err := name.NewRepository(named.Name())
	if err != nil {
		return name.Repository{}, badImage(image, err)
	}
	return repo, nil
}

func badImage(image string, cause error) error {
	return &Error{
		Doing:  fmt.Sprintf("naming the image %q", image),
		Reason: cause.Error(),
		Advice: "use name, owner/name or registry/owner/name: letters and digits with single separators (. _ -) between them, and no tag, because tags come from the input tags",
		cause:  cause,
	}
}

// hasHost tells whether a name starts with a registry host, by the rule that
// Docker and go-containerregistry share.
func hasHost(image string) bool {
	first, _, found := strings.Cut(image, "/")
	return found && (first == "localhost" || strings.ContainsAny(first, ".:"))
}
