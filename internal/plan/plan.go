// Package plan decides everything about a run before anything is done: what is
// built, where it goes, and whether it is published. It is pure: the same
// inputs and facts always give the same plan.
package plan

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// Plan is what a run will do.
type Plan struct {
	Build   Build
	Nodes   []Share // who builds which of the platforms; empty where one builder builds all
	Publish Publish
	Logins  []Login // each host once
	Watch   visible.Watch
	Notices []string // what the workflow author should know, although nothing fails
	Remarks []string // what the log says, because nobody need change anything

	annotated bool // by the user
}

// Build is what BuildKit is asked for.
type Build struct {
	Workspace  string                // absolute directory, whose owner gets the files that are written
	Context    string                // absolute directory; empty where there is a Remote
	Remote     string                // URL that BuildKit fetches the context from by itself; empty: Context
	RemoteCopy string                // directory of the workspace that has the files of Remote; empty where none has
	Contexts   []inputs.NamedContext // none of the kind FromDefault
	Dockerfile string                // absolute path, or one inside Remote
	Target     string
	Call       inputs.Call   // what is asked in place of a build
	Platforms  []v1.Platform // empty: the builder's own
	Args       map[string]string
	Proxies    map[string]inputs.Secret // further build arguments, which may hold passwords
	Secrets    map[string]inputs.Secret
	Labels     map[string]string
	SSH        []inputs.SSHAgent
	NoCache    bool
	// NoCacheFilters are the stages that are built again.
	NoCacheFilters []string
	Pull           bool
	Sandbox        inputs.Sandbox
	Epoch          time.Time // time for the image's config and history; zero: the clock
	// FileTime is that of all files that the build adds to the image; zero: as it
	// happens.
	FileTime time.Time
	Record   bool // have BuildKit keep a record of the build, and fetch it
	// Key lets a builder that many repositories share recognise this context,
	// so that it asks only for the files that changed since the last build.
	Key string
	// PushTo is where BuildKit pushes the result by digest.
	PushTo []name.Repository
	// ByTag is where the image is pushed by its tags alone: nothing there can be
	// pushed or read by its digest. With any of them it is a single manifest of
	// Docker's media type everywhere. Without both nothing is pushed.
	ByTag []name.Repository
	// LoadAs are the names that the image gets in the store of a Docker engine,
	// for later steps; empty: it is not put there.
	LoadAs []name.Tag
	// Annotations of everything that is pushed, the standard ones and the user's.
	// An engine with a graph driver keeps none.
	Annotations  []metadata.Annotation
	Attestations []inputs.Attestation // kept in the index of what is pushed
	CacheFrom    []inputs.Cache
	CacheTo      []inputs.Cache
	// Outputs are the files that the result is written to, also where nothing is
	// published. With several, or one beside a push or a load, BuildKit must be one
	// that makes several results.
	Outputs []inputs.Output
	// ImageOptions are what BuildKit's exporter is told of the image that is pushed,
	// and of the same one where an engine that builds keeps it.
	ImageOptions map[string]string
}

// Publish is what is published, or why nothing is.
type Publish struct {
	Push    bool
	Reason  string         // why not; empty when Push
	Tags    []name.Tag     // in the order of the inputs; also known when nothing is published
	Version string         // the first tag
	Names   metadata.Names // what made the tags, and what made none
	// ByDigest: the image is pushed by its digest, and none of the tags moves.
	ByDigest bool

	made     map[name.Tag]metadata.Tag // which of Names a tag was made of
	floating metadata.Policy
}

// New decides. The error joins every independent reason why the run cannot go
// on, each an *Error, or a *metadata.Error where a line of tags is the reason.
func New(in inputs.Inputs, f Facts) (Plan, error) {
	without := unasked(in)
	in = onlyAsked(in)
	d, in, err := decide(in, f)
	if err != nil {
		return Plan{}, err
	}
	publish := Publish{Push: d.push, Reason: d.reason, Tags: d.to.tags, Version: d.to.names.Version, Names: d.to.names, made: d.to.made, floating: in.Floating, ByDigest: in.Pushed.ByDigest}
	of, annotations := labelSource(f, publish.Version), in.Annotations.Values(f.forNames())
	auto := autoCaches(in, f, d.to.repositories[0], d.platforms, len(d.nodes))
	build := d.build(in, f, auto)
	build.Labels = metadata.Labels(of, in.Labels.Values(f.forNames()))
	remarks := slices.Concat(without, changed(d.to.names), shortened(in, f), d.results.remarks, auto.remarks, d.logins.fromConfig(build.Repositories(), f))
	if why := build.dockerTypes(); why == "" {
		build.Annotations = metadata.Annotations(of, annotations)
	} else {
		remarks = append(remarks, "The image has no annotations, and its media types are Docker's: "+why)
	}
	noticed := slices.Concat(in.Notices, d.leftOut, notices(in, f), d.to.names.Unfit(), unpublished(in, d.reason), d.logins.notices, d.logins.overProvided(build.Repositories(), f), registryNotices(in, f, d.to.repositories), unplaced(annotations, build.Indexed()))
	return Plan{Build: build, Nodes: d.nodes, Publish: publish, Logins: d.logins.all, Watch: d.watch, Notices: noticed, Remarks: remarks, annotated: len(annotations) > 0}, nil
}

// contextKey names the files that a builder keeps of a context. BuildKit asks
// only for files whose size or time differ from those it keeps, and does not
// compare what is in them, so that whoever may fill them decides what is built:
// a pull request has files of its own, and a stranger's are of no use to any
// other run.
func contextKey(repo name.Repository, in inputs.Inputs, f Facts) string {
	key := repo.Name() + " " + filepath.Base(in.Context) + namedKey(in)
	if f.Pull.Number != 0 {
		key += fmt.Sprintf(" pull request %d of %s", f.Pull.Number, f.Pull.HeadRepository)
	}
	if f.untrusted() {
		key += fmt.Sprintf(" untrusted files of %s in %s", f.stranger(), f.Run)
	}
	return key
}

func notices(in inputs.Inputs, f Facts) []string {
	var all []string
	if f.untrusted() {
		all = append(all, fmt.Sprintf("allow-untrusted-head is true: %s, and %s; the build has the secrets and the token of this workflow", f.found(), f.startedBy()))
	}
	if notice := checkoutNotice(f); notice != "" {
		all = append(all, notice)
	}
	if _, written := in.BuildArgs[epochArg]; f.Actions && f.built().Time.IsZero() && !written {
		all = append(all, "the time of the commit is not known: it is not checked out, and GitHub's API did not tell; times in the image are the clock's")
	}
	return all
}

// labelSource is what the standard labels say. On a pull request the revision is the
// head commit: the merge commit that is checked out exists nowhere else. For
// pull_request_target it is what is checked out, by default the base.
func labelSource(f Facts, version string) metadata.Source {
	s := metadata.Source{
		Title:       f.title(),
		Description: f.Project.Description,
		Version:     version,
		Revision:    f.forNames().Revision(),
		Licenses:    f.Project.License,
		Created:     f.built().Time,
	}
	if f.Repository != "" && f.ServerURL != "" {
		s.URL = f.ServerURL + "/" + f.Repository
		s.Source = s.URL
	}
	return s
}

// MoveOrder splits the tags into those that name one version for good and those
// that people follow (latest, 1.2, a branch). The first are published first, so
// that a run that breaks off leaves the others where they were.
func (p Publish) MoveOrder() (versions, floating []name.Tag) {
	for _, tag := range p.Tags {
		if p.forGood(tag) {
			versions = append(versions, tag)
		} else {
			floating = append(floating, tag)
		}
	}
	return versions, floating
}

// forGood tells whether a tag names one version for good. Of one that stands in
// the workflow only its looks tell.
func (p Publish) forGood(tag name.Tag) bool {
	kind := p.kind(tag)
	if kind != metadata.Written {
		return kind == metadata.Version
	}
	_, err := semver.StrictNewVersion(strings.TrimPrefix(tag.TagStr(), "v"))
	return err == nil
}
