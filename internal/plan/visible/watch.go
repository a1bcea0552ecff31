// Package visible decides what is to be said of who can read the packages of a run.
package visible

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// Package is what GitHub says of a package.
type Package struct {
	Found      bool // GitHub knows it, and lets this token look
	Visibility packages.Visibility
	URL        string // of its page
	Repository string // owner/name that it is linked to; empty: to none, or nobody said
	Owner      packages.Owner
}

// ErrPackageDenied says that a token may not look at a package.
var ErrPackageDenied = errors.New("the token may not look at the package")

// Watch says of which images a run looks who can read them, and what is to come of
// it.
type Watch struct {
	Images   []name.Repository
	Required packages.Visibility // Unknown: none is required

	server     packages.Server
	repository string // the run's
	visibility packages.Visibility
}

// Repository is that of the run.
type Repository struct {
	Server     packages.Server
	Name       string // owner/name
	Visibility packages.Visibility
}

// New watches the packages of GitHub's container registries: what GitHub
// makes of a first push, its documentation says in two ways. Others are watched
// only where a visibility is required.
func New(required packages.Visibility, of Repository, push bool, repos []name.Repository) (Watch, error) {
	w := Watch{Required: required, server: of.Server, repository: of.Name, visibility: of.Visibility}
	if !push {
		return w, nil
	}
	var errs []error
	for _, repo := range repos {
		kind := w.server.KindOf(repo.RegistryStr())
		if kind != packages.Container && w.Required == packages.Unknown {
			continue
		}
		w.Images = append(w.Images, repo)
		if reason := w.cannotTell(kind, repo); reason != "" {
			errs = append(errs, &advice.Error{Doing: w.requiring(repo), Reason: reason, Advice: "leave require-visibility out"})
		}
	}
	return w, errors.Join(errs...)
}

// cannotTell says why nobody will know whether an image is what is required of it.
func (w Watch) cannotTell(kind packages.Kind, repo name.Repository) string {
	switch {
	case w.Required == packages.Unknown:
		return ""
	case kind == packages.Docker:
		return repo.RegistryStr() + " lets nobody in without a login, whatever the visibility of a package"
	case w.Required == packages.Internal && !w.Ours(repo):
		return "only the GitHub server that runs the workflow tells internal packages from private ones, and those of its own registry alone"
	}
	return ""
}

func (w Watch) requiring(repo name.Repository) string {
	return fmt.Sprintf("requiring that %s is %s", repo, w.Required)
}

// Ours tells whether an image is a package of the run's own server, which can be
// asked about it.
func (w Watch) Ours(repo name.Repository) bool {
	registry := repo.RegistryStr()
	return w.server.KindOf(registry) == packages.Container && packages.ServerOf(registry) == w.server
}

// Page returns the address of an image's package: as GitHub says it, else as it
// will be. It is empty in registries that are not GitHub's.
func (w Watch) Page(repo name.Repository, p Package) string {
	if w.server.KindOf(repo.RegistryStr()) != packages.Container {
		return ""
	}
	owner, image := packages.Split(repo.RepositoryStr())
	return cmp.Or(p.URL, packages.ServerOf(repo.RegistryStr()).PageOf(p.Owner, owner, image))
}

func (w Watch) settings(repo name.Repository, p Package) string {
	owner, image := packages.Split(repo.RepositoryStr())
	return packages.ServerOf(repo.RegistryStr()).SettingsOf(p.Owner, owner, image)
}

// Refuse returns an error where a package is there already and is not what is
// required, so that nothing is built.
func (w Watch) Refuse(repo name.Repository, p Package) error {
	if w.Required == packages.Unknown || !p.Found || p.Visibility == packages.Unknown || p.Visibility == w.Required {
		return nil
	}
	return &advice.Error{
		Doing:  w.requiring(repo),
		Reason: fmt.Sprintf("the package is there already, and is %s", p.Visibility),
		Advice: w.howTo(Seen{Image: repo, Package: p}),
	}
}

// Unseen returns an error where a visibility is required of images in registries
// that only the builder reaches: it reads them with the login that it has.
func (w Watch) Unseen(far []name.Repository) error {
	var errs []error
	for _, repo := range far {
		if w.Required != packages.Unknown && !w.Ours(repo) {
			errs = append(errs, &advice.Error{
				Doing:  w.requiring(repo),
				Reason: "this process cannot reach " + repo.RegistryStr() + ", and the builder cannot tell who else reads it",
				Advice: "leave require-visibility out",
			})
		}
	}
	return errors.Join(errs...)
}

// Seen is what is known of an image's package after the push.
type Seen struct {
	Image      name.Repository
	Package    Package // as GitHub says; zero where it did not
	Measured   bool    // it was tried to read the image without a login
	Public     bool    // and it could be
	Unmeasured error   // why not Measured
}

// Visibility is as it was measured. GitHub's word tells internal from private; of
// an image that nobody can read it is private without.
func (s Seen) Visibility() packages.Visibility {
	switch {
	case !s.Measured:
		return s.Package.Visibility
	case s.Public:
		return packages.Public
	case s.Package.Visibility == packages.Internal:
		return packages.Internal
	}
	return packages.Private
}

// Findings is what a workflow author should know of the packages of a run.
type Findings struct {
	Notices  []string
	Warnings []string
	Err      error // what is required is not so, although the images are published
}

// Judge compares what was seen with the repository, and with what is required.
func (w Watch) Judge(all []Seen) Findings {
	var v Findings
	var errs []error
	for _, s := range all {
		if w.Required != packages.Unknown {
			errs = append(errs, w.missed(s))
		} else if w.server.KindOf(s.Image.RegistryStr()) == packages.Container {
			w.compare(s, &v)
		}
		if other := s.Package.Repository; other != "" && w.repository != "" && !strings.EqualFold(other, w.repository) {
			v.Warnings = append(v.Warnings, fmt.Sprintf(
				"the package %s is linked to %s, and not to %s: its page shows that repository, and who has access there has it to the package, where it inherits access; if that is not meant, change it in %s under \"Repository source\"",
				s.Image, other, w.repository, w.settings(s.Image, s.Package)))
		}
	}
	v.Err = errors.Join(errs...)
	return v
}

// compare holds a package to its repository.
func (w Watch) compare(s Seen, v *Findings) {
	is := s.Visibility()
	switch {
	case w.visibility == packages.Unknown || is == packages.Unknown:
	case w.visibility == packages.Public && is != packages.Public:
		v.Notices = append(v.Notices, fmt.Sprintf(
			"nobody can pull %s without a login: the repository is public, and the package is %s; to publish it, %s. If it is meant so, set require-visibility to %s",
			s.Image, is, w.toPublic(s), is))
	case w.visibility != packages.Public && is == packages.Public:
		v.Warnings = append(v.Warnings, fmt.Sprintf(
			"everybody can pull %s: the package is public, and the repository is %s; %s. If it is meant so, set require-visibility to public",
			s.Image, w.visibility, w.fromPublic(s)))
	}
}

// missed returns an error where what is required is not so, or not known.
func (w Watch) missed(s Seen) error {
	is := s.Visibility()
	e := &advice.Error{Doing: w.requiring(s.Image), Advice: w.howTo(s)}
	switch {
	case is == packages.Unknown:
		e.Reason, e.Cause = "it could not be measured, and the image is published already", s.Unmeasured
		if s.Unmeasured != nil {
			e.Reason += fmt.Sprintf(" (%v)", s.Unmeasured)
		}
		e.Advice = "look it up, and run the job again"
	case is == w.Required:
		return nil
	case w.Required == packages.Internal && is == packages.Private && s.Package.Visibility == packages.Unknown:
		e.Reason = "nobody can read it without a login, but GitHub did not tell whether it is internal or private; the image is published already"
		e.Advice = "give the job the permission packages: read; of a new package GitHub may know only some minutes later"
	default:
		e.Reason = fmt.Sprintf("it is %s; the image is published already", is)
	}
	return e
}

// howTo says how a package becomes what is required.
func (w Watch) howTo(s Seen) string {
	switch {
	case w.server.KindOf(s.Image.RegistryStr()) != packages.Container:
		return fmt.Sprintf("change it in the settings of %s, or change require-visibility", s.Image.RegistryStr())
	case w.Required == packages.Public:
		return w.toPublic(s)
	case s.Visibility() == packages.Public:
		return w.fromPublic(s)
	}
	return fmt.Sprintf("open %s, Danger Zone, Change visibility, and choose %s", w.settings(s.Image, s.Package), w.Required)
}

func (w Watch) toPublic(s Seen) string {
	said := fmt.Sprintf("open %s, Danger Zone, Change visibility, and choose Public", w.settings(s.Image, s.Package))
	if s.Package.Owner != packages.User {
		said += "; where that is greyed out, an owner of the organization ticks Public in its Settings, Packages, Package Creation"
	}
	return said
}

func (w Watch) fromPublic(s Seen) string {
	return fmt.Sprintf("a public package cannot be made private again: delete it in %s and publish it anew, or under another name", w.settings(s.Image, s.Package))
}
