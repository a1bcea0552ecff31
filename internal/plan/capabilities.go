package plan

import (
	"strings"

	"github.com/Masterminds/semver/v3"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
)

// Capabilities is what a BuildKit can do. The zero value can only build.
type Capabilities struct {
	// PushByDigest: it pushes an image under its digest alone, and several
	// platforms as one index.
	PushByDigest bool
	// PushByTag: an engine around it pushes an image of one platform to one
	// repository, by a tag.
	PushByTag bool
	// Annotations: it keeps them on the manifest and index of what it pushes.
	Annotations bool
	// Attestations: it keeps provenance and bills of materials in the index of
	// what it pushes.
	Attestations bool
	// SeveralResults: what it builds goes to more than one place at once.
	SeveralResults bool
	// CacheFrom and CacheTo are the places for cache that it knows.
	CacheFrom, CacheTo []inputs.CacheType
	// Outputs are the kinds of files that it writes.
	Outputs []inputs.OutputType
	// Empties: mode=delete of type=local empties the directory.
	Empties bool
	// FileTimes: it gives files of what it pushes another time, and leaves those
	// of the base image alone.
	FileTimes bool
	// LoadedFileTimes: also of what it keeps in an image store of its own.
	LoadedFileTimes bool
	// Records: its history of builds can be read.
	Records bool
	// Load is how its images get into the store of a Docker engine.
	Load Load
	// Frontend is what it does of a build's own options.
	Frontend
	// Platforms that its workers run without emulation, the default first.
	Platforms []v1.Platform
	// Version of BuildKit, as it says itself; may be empty.
	Version string
}

// Load is how images get into the store of a Docker engine.
type Load int

// The ways, from nothing to everything.
const (
	LoadNone   Load = iota // not at all
	LoadStream             // as a stream to an engine that is not the builder: one platform, without attestations
	LoadOne                // it is the engine, which holds one platform
	LoadAny                // it is the engine, which holds several platforms and attestations
)

// BuildKit is what a BuildKit of a current version can do by itself.
func BuildKit() Capabilities {
	return Capabilities{
		PushByDigest:   true,
		Annotations:    true,
		Attestations:   true,
		SeveralResults: true,
		FileTimes:      true,
		Records:        true,
		Frontend:       Frontend{NamedContexts: true, Layouts: true, Limits: true, GitSubdir: true, GitQuery: true, Git: true, Checks: true, Outlines: true},
		Outputs:        []inputs.OutputType{inputs.OutputLocal, inputs.OutputTar, inputs.OutputOCI, inputs.OutputDocker},
		Empties:        true,
		CacheFrom:      []inputs.CacheType{inputs.CacheRegistry, inputs.CacheLocal, inputs.CacheS3, inputs.CacheAzblob, inputs.CacheGitHub},
		CacheTo:        []inputs.CacheType{inputs.CacheRegistry, inputs.CacheInline, inputs.CacheLocal, inputs.CacheS3, inputs.CacheAzblob, inputs.CacheGitHub},
	}
}

// BuildKitOf is what a BuildKit of this version can do by itself. Before 0.11 a
// BuildKit did not say its version; one that Go compiled from a checkout says
// 0.0.0, and is taken for a current one.
func BuildKitOf(version string) Capabilities {
	c := BuildKit()
	c.Version = version
	c.Attestations = since(version, 0, 11)
	c.Annotations = c.Attestations
	c.SeveralResults = since(version, 0, 13)
	c.FileTimes = c.SeveralResults
	c.Records = c.Attestations
	c.Empties = since(version, 0, 31)
	c.Frontend = frontendOf(version)
	return c.gitHubsCache(since(version, 0, 20))
}

// since tells whether a version is at least this one.
func since(version string, major, minor uint64) bool {
	if version == "" {
		return false
	}
	v, err := semver.NewVersion(version)
	if err != nil || v.Major() == 0 && v.Minor() == 0 {
		return true
	}
	return v.Major() > major || v.Major() == major && v.Minor() >= minor
}

// ContainerdEngine is what the BuildKit inside a Docker engine can do that keeps
// its images in containerd
// (https://github.com/moby/moby/blob/v2.0.0-beta.24/daemon/internal/builder-next/controller.go).
func ContainerdEngine() Capabilities {
	c := BuildKit()
	c.CacheFrom = []inputs.CacheType{inputs.CacheRegistry, inputs.CacheLocal, inputs.CacheGitHub}
	c.CacheTo = []inputs.CacheType{inputs.CacheRegistry, inputs.CacheInline, inputs.CacheLocal, inputs.CacheGitHub}
	c.Load = LoadAny
	c.LoadedFileTimes = true
	return c
}

// ContainerdEngineOf is what such an engine can do whose API has this version,
// which tells that of the BuildKit inside: Docker 24 has BuildKit 0.11, Docker 26
// has 0.13, and Docker 28 has 0.20 (https://docs.docker.com/reference/api/engine/version-history/).
func ContainerdEngineOf(api string) Capabilities {
	c := ContainerdEngine()
	c.Attestations = since(api, 1, 43)
	c.Annotations = c.Attestations
	c.SeveralResults = since(api, 1, 45)
	c.FileTimes = c.SeveralResults
	c.LoadedFileTimes = since(api, 1, 53) // before, it always unpacked, which BuildKit refuses to do with these
	c.Records = c.Attestations
	c.Empties = since(api, 1, 56)
	c.Frontend = engineFrontendOf(api)
	return c.gitHubsCache(since(api, 1, 48))
}

// GraphDriverEngine is what the BuildKit inside a Docker engine can do that
// keeps its images with a graph driver.
func GraphDriverEngine() Capabilities {
	return Capabilities{
		PushByTag: true,
		Outputs:   []inputs.OutputType{inputs.OutputLocal, inputs.OutputTar},
		CacheFrom: []inputs.CacheType{inputs.CacheRegistry, inputs.CacheLocal},
		CacheTo:   []inputs.CacheType{inputs.CacheInline},
		Load:      LoadOne,
	}
}

// GraphDriverEngineOf is what such an engine can do whose API has this version.
func GraphDriverEngineOf(api string) Capabilities {
	c := GraphDriverEngine()
	c.Frontend = engineFrontendOf(api)
	c.Empties = since(api, 1, 56)
	c.Layouts = false // its worker has no such source
	c.Records = since(api, 1, 43)
	return c
}

// Could names the kinds of builders that can do what a plan needs, for an error
// about one that cannot; "" where there is none.
func Could(n Needs) string {
	streaming := BuildKit() // with an engine beside it
	streaming.Load = LoadStream
	var kinds []string
	if streaming.Lacks(n) == "" {
		kinds = append(kinds, "builder: container", "builder: local", "the address of a current BuildKit")
	}
	engine := ContainerdEngine()
	engine.HostGateway = "its own"
	if engine.Lacks(n) == "" {
		kinds = append(kinds, "a Docker engine with the containerd image store")
	}
	if len(kinds) < 2 {
		return strings.Join(kinds, "")
	}
	last := len(kinds) - 1
	return strings.Join(kinds[:last], ", ") + " or " + kinds[last]
}

// gitHubsCache leaves out GitHub's cache where it does not work: BuildKit 0.20 is
// the first that speaks version 2 of its protocol
// (https://github.com/moby/buildkit/issues/5896).
func (c Capabilities) gitHubsCache(works bool) Capabilities {
	if !works {
		c.CacheFrom = without(c.CacheFrom, []inputs.CacheType{inputs.CacheGitHub})
		c.CacheTo = without(c.CacheTo, []inputs.CacheType{inputs.CacheGitHub})
	}
	return c
}
