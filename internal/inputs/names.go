package inputs

import (
	"errors"

	"github.com/slipway-build/slipway/internal/metadata"
)

// Names lists every input that action.yml declares, in its order.
func Names() []string {
	return []string{
		"image", "registry", "token", "username", "registry-auth", "registry-ca",
		"tags", "flavor", "labels", "annotations", "floating",
		"push", "preflight", "require-visibility", "allow-untrusted-head",
		"context", "build-contexts", "file", "target", "platforms", "build-args", "allow-secret-args",
		"secrets", "secret-envs", "secret-files", "ssh", "no-cache", "no-cache-filters", "pull",
		"network", "add-hosts", "allow", "shm-size", "ulimit", "cgroup-parent",
		"cache", "cache-from", "cache-to", "provenance", "sbom", "attests", "call", "load", "outputs", "reproducible",
		"metadata-file", "build-record",
		"builder", "builder-tls", "builder-image", "builder-volume",
	}
}

// NameRegistry tells whether the inputs of an environment say where an image
// goes: an image, a registry, a tag that is a full reference, or an output to an
// image or a registry that has a name.
func NameRegistry(lookup func(name string) (string, bool)) bool {
	p := &parser{env: Env{Lookup: lookup}}
	in := Inputs{Push: PushAuto, Tags: read(p, "tags", metadata.ParseTags)}
	p.outputs(&in, "outputs")
	return p.text("image") != "" || p.text("registry") != "" || in.Tags.References() || len(in.Pushed.Names) > 0
}

// Image returns the variable by which an environment names an image, and its
// value.
func Image(image string) (variable, value string) { return "INPUT_IMAGE", image }

// Builder reads the inputs that say which BuildKit is wanted, and no other.
func Builder(env Env) (Inputs, error) {
	p, in := &parser{env: env}, Inputs{}
	p.builders(&in)
	return in, errors.Join(p.problems.errs...)
}
