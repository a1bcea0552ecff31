package inputs

import "github.com/slipway-build/slipway/internal/packages"

// Call is what the Dockerfile is asked for.
type Call string

// The values of the input call, as docker/build-push-action has them.
const (
	CallBuild   Call = "build"   // an image: the default
	CallCheck   Call = "check"   // what BuildKit's checks find in it
	CallOutline Call = "outline" // what its target takes: arguments, secrets, agents
	CallTargets Call = "targets" // its stages
)

// Builds tells whether anything is built. The zero value is a build.
func (c Call) Builds() bool { return c == "" || c == CallBuild }

func (p *parser) call(input string) Call {
	switch value := Call(p.text(input)); value {
	case "":
		return CallBuild
	case CallBuild, CallCheck, CallOutline, CallTargets:
		return value
	default:
		p.problems.add(input, "build, check, outline or targets", "%q is not one of them", value)
		return CallBuild
	}
}

func (p *parser) visibility(input string) packages.Visibility {
	value := p.text(input)
	required := packages.VisibilityOf(value)
	if value != "" && required == packages.Unknown {
		p.problems.add(input, "public, private or internal", "%q is not one of them", value)
	}
	return required
}
