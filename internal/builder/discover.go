package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/plan"
)

// search is one walk through the places where a BuildKit may be.
type search struct {
	options Options
	docker  dockerengine.Client // of the sources that are reached through it
	refused []string            // places, and why they are not used
	errs    []error
	found   bool
}

// sources lists where to look. An address is meant, and nothing else is tried.
func (s *search) sources(ctx context.Context) []source {
	o := s.options
	host, _ := o.Lookup("BUILDKIT_HOST")
	switch {
	case o.Want == "local":
		return []source{newChild(o)}
	case o.Want == "auto" && host != "":
		return []source{newRemote(o, host, "BUILDKIT_HOST")}
	case o.Want == "auto":
		return append(s.dockerSources(ctx), newChild(o))
	case !strings.Contains(o.Want, "://"):
		return s.dockerSources(ctx)
	}
	return []source{newRemote(o, o.Want, "the input builder")}
}

// dockerSources lists what is reached through a Docker engine, where there is
// one.
func (s *search) dockerSources(ctx context.Context) []source {
	o := s.options
	d, err := dockerengine.Open(ctx, o.Lookup)
	if err != nil {
		s.refuse(d, err)
		return nil
	}
	s.docker = d
	own, containers := engine{docker: d}, []source{adopted{docker: d}, newBuilderContainer(d, o)}
	if o.Image != "" || o.Volume != "" { // of a container of its own
		containers = containers[1:]
	}
	switch o.Want {
	case "docker":
		return []source{own}
	case "container":
		return containers
	case "auto":
		return append([]source{own}, containers...)
	}
	return []source{adopted{docker: d, name: o.Want}}
}

// try connects to a BuildKit, and gives it up again where it cannot do what is
// needed.
func (s *search) try(ctx context.Context, at source) *Builder {
	b, err := at.connect(ctx)
	if err == nil {
		err = s.fits(ctx, b)
	}
	if err != nil {
		s.refuse(at, err)
		return nil
	}
	s.found = true
	b.refused, b.options = s.refused, s.options
	if s.docker.Unlimited != nil {
		b.docker = s.docker
	}
	return b
}

// fits returns why a BuildKit cannot do what is needed, which is then closed, or
// nil.
func (s *search) fits(ctx context.Context, b *Builder) error {
	if err := b.putBeside(ctx, s.options); err != nil {
		return errors.Join(err, b.Close(ctx))
	}
	lack := b.Lacks(s.options.Needs)
	if lack == "" {
		if err := b.grants(ctx, s.options.Needs.Entitlements); err != nil {
			return errors.Join(err, b.Close(ctx))
		}
		return nil
	}
	if could := plan.Could(s.options.Needs); could != "" && s.options.Want != "auto" {
		lack += "; it could be done with " + could
	}
	return errors.Join(errors.New(lack), b.Close(ctx))
}

func (s *search) refuse(place fmt.Stringer, err error) {
	s.refused = append(s.refused, fmt.Sprintf("%s: %v", place, err))
	s.errs = append(s.errs, err)
}

// giveUp closes what was opened on the way, where nothing was found that needs it.
func (s *search) giveUp() {
	if !s.found && s.docker.Unlimited != nil {
		_ = s.docker.Close()
	}
}
