// Package inputs turns the environment that the runner gives a container
// action into typed Inputs. It is the only place that knows an input's name or
// default.
package inputs

import (
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/packages"
)

// Push says when to publish.
type Push string

// The three values of the input push.
const (
	PushAuto  Push = "auto"  // as the event suggests: the default
	PushTrue  Push = "true"  // always; an error where it cannot work
	PushFalse Push = "false" // never
)

// Inputs is what the workflow author asked for, parsed and checked. It does not
// change after Parse.
type Inputs struct {
	Notices []string // what the author should know of the inputs, although nothing fails; no value of an input

	Images      []string       // as written; the plan resolves the short forms. Default: none, which means the repository's own
	Registry    string         // host, lower case. Default: empty, which means the server's own
	Token       Secret         // password for Registry
	Username    string         // user for Registry. Default: empty, which means the actor
	Logins      []Login        // of further registries, and of Registry where Token is not for it; each host once
	RegistryCA  []byte         // ca of registries in PEM, besides the system's. Default: none
	Tags        metadata.Rules // rules, bare tags and full references. Default: none, which means the tag of the ref
	TagsWrong   bool           // the input tags has mistakes, and Tags lacks some of it
	Flavor      metadata.Flavor
	Labels      metadata.OwnLabels
	Annotations metadata.OwnAnnotations
	Floating    metadata.Policy // when tags that people follow may move. Default: never backwards
	Push        Push
	Preflight   bool // ask the registry for permission while the build starts. Default: true

	// AllowUntrustedHead lets a run that has the repository's secrets build the
	// files of a pull request from another. Default: false
	AllowUntrustedHead bool

	// AllowSecretArgs lets build arguments look like secrets. Default: false
	AllowSecretArgs bool

	RequireVisibility packages.Visibility // of what is published; the run fails where it is another. Default: Unknown, which means any

	Workspace  string         // absolute path, links followed
	Context    string         // absolute path of a directory inside the workspace; empty where there is a Remote
	Remote     *source.Source // the context, where the builder fetches it by itself. Default: nil
	Contexts   []NamedContext // each name once
	Dockerfile string         // absolute path of a file, or its path inside Remote
	Target     string         // stage to build. Default: empty, which means the last
	Platforms  []v1.Platform
	BuildArgs  map[string]string
	ArgTexts   map[string]*metadata.Text // those of BuildArgs that hold expressions, which the plan fills
	Secrets    map[string]Secret         // by id; from secrets, secret-envs and secret-files
	SSH        []SSHAgent                // each id once
	NoCache    bool
	// NoCacheFilters are the stages that are built again. NoCache is all of them.
	NoCacheFilters []string
	Pull           bool
	Sandbox        Sandbox

	CacheFrom    []Cache
	CacheTo      []Cache
	AutoCache    bool          // take GitHub's cache, too, as suits the run. Default: false
	CacheService CacheService  // zero where no input asks for it
	Attestations []Attestation // provenance before sbom. Default: none
	Call         Call          // what the Dockerfile is asked for. Default: CallBuild
	Load         bool          // put the image into the Docker engine's store
	LoadAs       []string      // full references that it has there. Default: none, which means every tag
	LoadTags     bool          // every tag besides LoadAs
	Outputs      []Output      // files that the result is written to, each place once. Default: none
	Pushed       Pushed        // what the input outputs says of the published image

	Reproducible bool   // give the files of the image times that are not of the build. Default: false
	MetadataFile string // absolute path that takes the output metadata. Default: empty, which means none
	BuildRecord  string // absolute path that takes BuildKit's record of the build. Default: empty, which means none

	Builder       string     // "auto", "docker", "container", "local", an address that CheckAddress takes, or the name of a builder of buildx; empty where there is a Nodes
	Nodes         []Node     // several builders, of which each builds its platforms. Default: none
	BuilderImage  string     // reference of an image with buildkitd. Default: empty, which means the action's own
	BuilderVolume string     // name of a volume that keeps the builder's cache. Default: empty, which means that nothing is kept
	BuilderTLS    BuilderTLS // for tcp:// addresses, in Builder, Nodes or BUILDKIT_HOST. Default: zero, which means no TLS
}

// APIToken returns the token where it is one for the API of the run's server, too.
// Another registry's password is nobody else's, and on an Enterprise Server a
// personal token for a registry of github.com is not that server's.
func (in Inputs) APIToken(server packages.Server) Secret {
	kind := packages.TokenOf(in.Token.Reveal())
	elsewhere := server.Enterprise() && (in.Registry == packages.GHCR || in.Registry == packages.DockerGitHub)
	if kind == packages.NotGitHubs || elsewhere && kind != packages.Installation {
		return ""
	}
	return in.Token
}

// Env is where the inputs come from.
type Env struct {
	// Lookup reads the process environment: INPUT_* and, for build-args and
	// secret-envs, the variables that they name.
	Lookup func(name string) (string, bool)
	// Workspace is the absolute directory that relative paths start from and
	// that the context may not leave.
	Workspace string
	// Given are the names of the variables that there are. Default: none, so that
	// inputs that this action does not have are not seen.
	Given []string
}

// Parse reads every input. All mistakes are found in one run: the error joins
// one *Error for each.
func Parse(env Env) (Inputs, error) {
	p := &parser{env: env}
	in := Inputs{
		Images:      p.images("image"),
		Registry:    p.host("registry"),
		Token:       p.token("token"),
		Username:    p.text("username"),
		Logins:      p.registryAuth("registry-auth"),
		RegistryCA:  p.registryCA("registry-ca"),
		Tags:        read(p, "tags", metadata.ParseTags),
		Flavor:      read(p, "flavor", metadata.ParseFlavor),
		Labels:      read(p, "labels", metadata.ParseLabels),
		Annotations: read(p, "annotations", metadata.ParseAnnotations),
		Floating:    p.floating("floating"),
		Push:        p.push("push"),
		Preflight:   p.boolean("preflight", true),
		Target:      p.text("target"),
		Platforms:   p.platforms("platforms"),
		BuildArgs:   p.buildArgs("build-args"),
		Secrets:     p.secrets("secrets", "secret-envs", "secret-files"),
		NoCache:     p.boolean("no-cache", false),
		Pull:        p.boolean("pull", false),
		CacheFrom:   p.caches("cache-from", false),
		CacheTo:     p.caches("cache-to", true),
		Call:        p.call("call"),
		Load:        p.boolean("load", false),
	}
	in.Notices = p.unknown()
	in.TagsWrong = p.problems.wrong("tags")
	in.AutoCache = p.autoCache("cache")
	in.CacheService = p.usedCacheService(in)
	in.AllowUntrustedHead = p.boolean("allow-untrusted-head", false)
	in.RequireVisibility = p.visibility("require-visibility")
	in.AllowSecretArgs = p.boolean("allow-secret-args", false)
	in.Attestations = p.attestations("attests", "provenance", "sbom")
	p.builders(&in)
	in.Workspace = env.Workspace
	p.contexts(&in, "context", "build-contexts")
	if in.Remote != nil {
		in.Dockerfile = p.remoteDockerfile("file")
	} else {
		in.Dockerfile = p.dockerfile("file", in.Context)
	}
	in.SSH = p.sshAgents("ssh", in)
	in.NoCacheFilters = p.stages("no-cache-filters")
	in.Sandbox = p.sandbox()
	p.outputs(&in, "outputs")
	in.Reproducible = p.boolean("reproducible", false)
	files := p.newFiles(in.Outputs, "metadata-file", "build-record")
	in.MetadataFile, in.BuildRecord = files["metadata-file"], files["build-record"]
	p.refuseOverlaps(in)
	in.ArgTexts = p.argTexts
	in.Notices = append(in.Notices, p.leftOut...)
	return in, errors.Join(p.problems.errs...)
}

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
