package inputs

import "github.com/slipway-build/slipway/internal/packages"

func (p *parser) visibility(input string) packages.Visibility {
	value := p.text(input)
	required := packages.VisibilityOf(value)
	if value != "" && required == packages.Unknown {
		p.problems.add(input, "public, private or internal", "%q is none of them", value)
	}
	return required
}
