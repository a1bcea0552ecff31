package inputs

import (
	"strconv"
	"strings"

	"github.com/distribution/reference"
)

// AttestationType is a kind of statement about a build that is kept beside the
// image, in its index.
type AttestationType string

// The kinds that BuildKit makes.
const (
	Provenance AttestationType = "provenance" // how it was built
	SBOM       AttestationType = "sbom"       // what it holds
)

// Attestation is one that is wanted, with its options as BuildKit takes them.
type Attestation struct {
	Type  AttestationType
	Attrs map[string]string
}

const (
	acceptsProvenance = "true, false, or options such as mode=max,version=v1"
	acceptsSBOM       = "true, false, or generator=IMAGE"
	acceptsAttests    = "type=provenance,mode=max or type=sbom,generator=IMAGE, one per line"
)

// attestations reads the three inputs that name them. What provenance and sbom
// say wins over a line of attests with the same type, also when it is false: the
// rule of docker/build-push-action.
func (p *parser) attestations(attests, provenance, sbom string) []Attestation {
	byType := p.attests(attests)
	if attrs := p.attestation(provenance, acceptsProvenance, Provenance); attrs != nil {
		byType[Provenance] = attrs
	}
	if attrs := p.attestation(sbom, acceptsSBOM, SBOM); attrs != nil {
		byType[SBOM] = attrs
	}
	var wanted []Attestation
	for _, kind := range []AttestationType{Provenance, SBOM} {
		attrs, given := byType[kind]
		if disabled, _ := strconv.ParseBool(attrs["disabled"]); !given || disabled {
			continue
		}
		delete(attrs, "disabled")
		wanted = append(wanted, Attestation{Type: kind, Attrs: attrs})
	}
	return wanted
}

// attestation reads provenance or sbom; nil where it is not set.
func (p *parser) attestation(input, accepts string, kind AttestationType) attributes {
	switch text := p.text(input); text {
	case "":
		return nil
	case "true", "True", "TRUE":
		return attributes{}
	case "false", "False", "FALSE":
		return attributes{"disabled": "true"}
	default:
		attrs := p.attributes(input, accepts, "", text)
		p.checkAttestation(input, accepts, "", kind, attrs)
		return attrs
	}
}

func (p *parser) attests(input string) map[AttestationType]attributes {
	byType := map[AttestationType]attributes{}
	for _, it := range p.lines(input, acceptsAttests) {
		where := onLine(it)
		attrs := p.attributes(input, acceptsAttests, where, it.text)
		if attrs == nil {
			continue
		}
		kind := AttestationType(attrs["type"])
		delete(attrs, "type")
		switch _, twice := byType[kind]; {
		case kind == "":
			p.problems.add(input, acceptsAttests, "%sit has no type", where)
			continue
		case kind != Provenance && kind != SBOM:
			p.problems.add(input, acceptsAttests, "%sthe type %q is neither provenance nor sbom", where, kind)
			continue
		case twice:
			p.problems.add(input, acceptsAttests, "%sthe type %s is given twice", where, kind)
			continue
		}
		p.checkAttestation(input, acceptsAttests, where, kind, attrs)
		byType[kind] = attrs
	}
	return byType
}

// checkAttestation checks the options
// (https://github.com/moby/buildkit/tree/v0.33.1/docs/attestations). A generator
// of bills of materials has further ones of its own.
func (p *parser) checkAttestation(input, accepts, where string, kind AttestationType, attrs attributes) {
	known := map[string]check{
		"builder-id":         anything,
		"capture-usage":      trueOrFalse,
		"complete-materials": trueOrFalse,
		"disabled":           trueOrFalse,
		"filename":           something,
		"inline-only":        trueOrFalse,
		"mode":               oneOf("min", "max"),
		"reproducible":       trueOrFalse,
		"version":            oneOf("v0.2", "v1"),
	}
	if kind == SBOM {
		known = map[string]check{"disabled": trueOrFalse}
		for name := range attrs {
			if name != "disabled" {
				known[name] = anything
			}
		}
		known["generator"] = image
	}
	p.checkAttributes(input, accepts, where, attrs, known)
}

// image says why a text cannot be an image, or "".
func image(text string) string {
	if _, err := reference.ParseNormalizedNamed(text); err != nil {
		return strconv.Quote(text) + " is not an image: " + strings.TrimPrefix(err.Error(), "invalid reference format: ")
	}
	return ""
}
