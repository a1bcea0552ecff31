// Package plan decides everything about a run before anything is done: what is
// built, where it goes, and whether it is published. It is pure: the same
// inputs and facts always give the same plan.
package plan

import (
	"errors"
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
)

// Plan is what a run will do.
type Plan struct {
	Build   Build
	Farm    []Share // who builds which of the platforms; empty where one builder builds all
	Publish Publish
	Logins  []Login // each host once
	Watch   Watch
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
	Platforms  []v1.Platform // empty: the builder's own
	Args       map[string]string
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
	// Docker's media type everywhere. Without both nothing leaves the builder.
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
}

// Publish is what is published, or why nothing is.
type Publish struct {
	Push    bool
	Reason  string         // why not; empty when Push
	Tags    []name.Tag     // in the order of the inputs; also known when nothing is published
	Version string         // the first tag
	Names   metadata.Names // what made the tags, and what made none

	made     map[name.Tag]string // what a tag is called in Names
	floating metadata.Policy
}

// New decides. The error joins every independent reason why the run cannot go
// on, each an *Error.
func New(in inputs.Inputs, f Facts) (Plan, error) {
	trustErr := decideTrust(in, f)
	push, reason, pushErr := decidePush(in.Push, f)
	to, tagsErr := decideTargets(in, f, push)
	argsErr := checkArguments(in)
	logins, loginErr := decideLogins(in, f, push, to.repositories)
	results, resultsErr := decideResults(in, f, push, to.tags)
	platforms, farm, farmErr := decideFarm(in, to.repositories)
	contexts, contextsErr := decideContexts(in, f)
	watch, watchErr := decideWatch(in, f, push, to.repositories)
	fileTime, timeErr := decideFileTime(in, f)
	var byDigest, byTag []name.Repository
	if push {
		byDigest, byTag = splitRepositories(to.repositories, f)
	}
	refusal := errors.Join(refuseByTag(in, f, byTag, platforms), refuseCacheByTag(in.CacheTo, f))
	if err := errors.Join(trustErr, argsErr, pushErr, tagsErr, loginErr, resultsErr, farmErr, contextsErr, watchErr, timeErr, refusal); err != nil {
		return Plan{}, err
	}
	publish := Publish{Push: push, Reason: reason, Tags: to.tags, Version: to.names.Version, Names: to.names, made: to.made, floating: in.Floating}
	of, annotations := source(f, publish.Version), in.Annotations.Values(f.forNames())
	auto := autoCaches(in, f, to.repositories[0], platforms, len(farm))
	build := Build{
		Workspace:  in.Workspace,
		Context:    in.Context,
		Remote:     contexts.main,
		RemoteCopy: contexts.copy,
		Contexts:   contexts.named,
		Dockerfile: in.Dockerfile,
		Target:     in.Target,
		Platforms:  platforms,
		Args:       in.BuildArgs,
		Secrets:    contexts.secrets,
		SSH:        in.SSH,
		Labels:     metadata.Labels(of, in.Labels.Values(f.forNames())),
		NoCache:    in.NoCache,
		Pull:       in.Pull,
		Sandbox:    in.Sandbox,
		Epoch:      f.Commit.Time,
		Key:        contextKey(to.repositories[0], in, f),

		NoCacheFilters: in.NoCacheFilters,

		FileTime: fileTime,
		Record:   in.BuildRecord != "",

		PushTo:       byDigest,
		ByTag:        byTag,
		LoadAs:       results.loadAs,
		Attestations: results.attestations,
		CacheFrom:    slices.Concat(in.CacheFrom, auto.from),
		CacheTo:      slices.Concat(results.cacheTo, auto.to),
	}
	remarks := slices.Concat(changed(to.names), shortened(in, f), results.remarks, auto.remarks, logins.fromConfig(build.Repositories(), f))
	if len(byTag) == 0 {
		build.Annotations = metadata.Annotations(of, annotations)
	} else {
		remarks = append(remarks, fmt.Sprintf("The image has no annotations, and its media types are Docker's: %s takes no others", byTag[0].RegistryStr()))
	}
	noticed := slices.Concat(notices(f), logins.notices, logins.overProvided(build.Repositories(), f), registryNotices(in, f, to.repositories), unplaced(annotations, build.Indexed()))
	return Plan{Build: build, Farm: farm, Publish: publish, Logins: logins.all, Watch: watch, Notices: noticed, Remarks: remarks, annotated: len(annotations) > 0}, nil
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
	if who := f.untrusted(); who != "" {
		key += fmt.Sprintf(" untrusted files of %s in %s", who, f.Run)
	}
	return key
}

func notices(f Facts) []string {
	var all []string
	if f.untrusted() != "" {
		all = append(all, fmt.Sprintf("allow-untrusted-head is true: %s, and %s; the build has the secrets and the token of this workflow", f.found(), f.startedBy()))
	}
	if f.Actions && f.Commit.Time.IsZero() {
		all = append(all, "the time of the commit is not known: it is not checked out, and GitHub's API did not tell; times in the image are the clock's")
	}
	return all
}

// source is what the standard labels say. On a pull request the revision is the
// head commit: the merge commit that is checked out exists nowhere else. For
// pull_request_target it is the base branch that is checked out.
func source(f Facts, version string) metadata.Source {
	s := metadata.Source{
		Title:       f.title(),
		Description: f.Project.Description,
		Version:     version,
		Revision:    f.forNames().Revision(),
		Licenses:    f.Project.License,
		Created:     f.Commit.Time,
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
