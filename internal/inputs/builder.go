package inputs

import (
	"regexp"

	"github.com/distribution/reference"
)

// reference accepts the name of an image, with a tag, a digest or neither.
func (p *parser) reference(input string) string {
	value := p.text(input)
	if value == "" {
		return ""
	}
	if _, err := reference.ParseNormalizedNamed(value); err != nil {
		p.problems.add(input, "an image such as moby/buildkit:v0.33.1", "%q is not the name of an image: %v", value, err)
	}
	return value
}

// volumeName is what an engine takes for one, and no path of the host.
var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$`)

func (p *parser) volume(input string) string {
	value := p.text(input)
	if value != "" && !volumeName.MatchString(value) {
		p.problems.add(input, "2 to 128 letters, digits and _ . - with a letter or digit first", "%q is not the name of a volume", value)
	}
	return value
}
