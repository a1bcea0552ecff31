package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// registryOf returns the registry host: the input, else the one that belongs to
// the server.
func registryOf(in inputs.Inputs, f Facts) string {
	if in.Registry != "" {
		return in.Registry
	}
	return packages.ServerAt(f.ServerURL).Container()
}

// homes resolves the images that bare tags are for, each once: those of the input
// image, else those that outputs names. Without both the image is named after the
// repository.
func homes(in inputs.Inputs, f Facts) ([]home, error) {
	written := in.Images
	read := func(image string) (home, error) { return locate(image, ours, in, f) }
	switch {
	case len(written) > 0:
	case namedByOutputs(in):
		written = in.Pushed.Names
		read = func(image string) (home, error) { return readName(image, in, f) }
	case f.Repository == "":
		return nil, &advice.Error{
			Doing:  "naming the image",
			Reason: "neither the input image is set nor the repository known",
			Advice: "set image to owner/name or to a full name such as ghcr.io/owner/name",
		}
	default:
		written = []string{defaultImage(in, f)}
		read = func(image string) (home, error) { return defaultHome(image, in, f) }
	}
	var all []home
	var errs []error
	for _, image := range written {
		one, err := read(image)
		if err != nil {
			errs = append(errs, err)
		} else if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all, errors.Join(errs...)
}

// namedByOutputs tells whether the images are those that outputs names: neither
// image nor a reference in tags names one.
func namedByOutputs(in inputs.Inputs) bool {
	return len(in.Images) == 0 && len(in.Pushed.Names) > 0 && !in.Tags.References()
}

// defaultHome is that of the image that is named after the repository. GitHub has
// repositories, such as .github, whose name no image can have.
func defaultHome(image string, in inputs.Inputs, f Facts) (home, error) {
	at, err := locate(image, ours, in, f)
	if _, illegal := reference.WithName("localhost/" + strings.ToLower(image)); illegal != nil {
		err = &advice.Error{
			Doing:  fmt.Sprintf("naming the image after the repository %s", f.Repository),
			Reason: "no image can have that name",
			Advice: fmt.Sprintf("set the input image, such as `image: %s`", metadata.PathName(f.title())),
			Cause:  err,
		}
	}
	return at, err
}

// defaultImage is the image that is named after the repository: owner/name, and
// where packages are of a repository owner/name/name.
func defaultImage(in inputs.Inputs, f Facts) string {
	if kindOf(registryOf(in, f), f) == packages.Docker || onDockerHub(in, f) && in.Username != "" {
		return f.title()
	}
	return f.Repository
}

// namespace is what a name alone is put under: the repository's owner or, where
// packages are of a repository, the repository. Docker Hub knows no owners of
// GitHub, but the user who logs in.
func namespace(in inputs.Inputs, f Facts) string {
	switch {
	case kindOf(registryOf(in, f), f) == packages.Docker:
		return f.Repository
	case onDockerHub(in, f) && in.Username != "":
		return in.Username
	}
	return f.owner()
}

func onDockerHub(in inputs.Inputs, f Facts) bool {
	registry, err := name.NewRegistry(registryOf(in, f))
	return err == nil && registry.RegistryStr() == packages.DockerHub
}

func kindOf(registry string, f Facts) packages.Kind {
	return packages.ServerAt(f.ServerURL).KindOf(registry)
}

// repository resolves one image name: name is put under registry/owner, and
// owner/name under registry; a first element with a dot, a colon or localhost
// is a host and the name is complete. Everything is lower-cased, because
// registries refuse capitals and GitHub names have them.
func repository(image string, in inputs.Inputs, f Facts) (name.Repository, error) {
	full := strings.ToLower(image)
	if !hasHost(full) {
		if !strings.Contains(full, "/") {
			full = strings.ToLower(namespace(in, f)) + "/" + full
		}
		full = registryOf(in, f) + "/" + full
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
	return repo, checkForm(image, repo, f)
}

// checkForm refuses a path that its registry does not take, with one that it does.
func checkForm(image string, repo name.Repository, f Facts) error {
	registry, path := repo.RegistryStr(), repo.RepositoryStr()
	short := path[strings.LastIndex(path, "/")+1:]
	server := packages.ServerAt(f.ServerURL)
	form, instead := server.Form(registry), ""
	switch {
	case registry == packages.DockerHub && strings.HasPrefix(path, "library/"):
		registry, form, instead = "docker.io", "NAMESPACE/NAME", "docker.io/NAMESPACE/"+short
	case server.Fits(registry, path):
		return nil
	case server.KindOf(registry) == packages.Docker:
		instead = registry + "/" + cmp.Or(strings.ToLower(f.Repository), "OWNER/REPOSITORY") + "/" + short
	default:
		instead = registry + "/" + cmp.Or(strings.ToLower(f.owner()), "OWNER") + "/" + short
	}
	return &advice.Error{
		Doing:  fmt.Sprintf("naming the image %q", image),
		Reason: fmt.Sprintf("%s publishes %s, and not %s", registry, form, path),
		Advice: "use " + instead,
	}
}

func badImage(image string, cause error) error {
	return &advice.Error{
		Doing:  fmt.Sprintf("naming the image %q", image),
		Reason: cause.Error(),
		Advice: "use name, owner/name or registry/owner/name: letters and digits with single separators (. _ -) between them, and no tag, because tags come from the input tags",
		Cause:  cause,
	}
}

// hasHost tells whether a name starts with a registry host, by the rule that
// Docker and go-containerregistry share.
func hasHost(image string) bool {
	first, _, found := strings.Cut(image, "/")
	return found && (first == "localhost" || strings.ContainsAny(first, ".:"))
}
