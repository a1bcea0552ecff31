package inputs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
)

// The three inputs together, as docker/build-push-action reads them: provenance
// and sbom win over attests.
func TestAttestations(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	provenance := func(a attrs) inputs.Attestation {
		return inputs.Attestation{Type: inputs.Provenance, Attrs: a}
	}
	sbom := func(a attrs) inputs.Attestation { return inputs.Attestation{Type: inputs.SBOM, Attrs: a} }
	cases := map[string]struct {
		set  vars
		want []inputs.Attestation
	}{
		"none":                     {vars{}, nil},
		"false":                    {vars{"provenance": "false", "sbom": "False"}, nil},
		"provenance":               {vars{"provenance": "true"}, []inputs.Attestation{provenance(attrs{})}},
		"provenance with options":  {vars{"provenance": "mode=max,version=v0.2"}, []inputs.Attestation{provenance(attrs{"mode": "max", "version": "v0.2"})}},
		"sbom":                     {vars{"sbom": "TRUE"}, []inputs.Attestation{sbom(attrs{})}},
		"a generator":              {vars{"sbom": "generator=docker/scout-sbom-indexer:latest"}, []inputs.Attestation{sbom(attrs{"generator": "docker/scout-sbom-indexer:latest"})}},
		"a generator's own option": {vars{"sbom": "generator=a/b,LEVEL=3"}, []inputs.Attestation{sbom(attrs{"generator": "a/b", "LEVEL": "3"})}},
		"attests":                  {vars{"attests": "type=sbom\ntype=provenance,mode=max"}, []inputs.Attestation{provenance(attrs{"mode": "max"}), sbom(attrs{})}},
		"an input wins":            {vars{"attests": "type=provenance,mode=max", "provenance": "mode=min"}, []inputs.Attestation{provenance(attrs{"mode": "min"})}},
		"false wins, too":          {vars{"attests": "type=provenance,mode=max\ntype=sbom", "provenance": "false"}, []inputs.Attestation{sbom(attrs{})}},
		"disabled in attests":      {vars{"attests": "type=provenance,disabled=true\ntype=sbom,disabled=false"}, []inputs.Attestation{sbom(attrs{})}},
		"a comma in a value":       {vars{"provenance": `mode=max,"builder-id=https://a/?b,c"`}, []inputs.Attestation{provenance(attrs{"mode": "max", "builder-id": "https://a/?b,c"})}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, in.Attestations); diff != "" {
				t.Errorf("Parse(%v), -want +got:\n%s", c.set, diff)
			}
		})
	}
}

func TestAttestationsThatAreNone(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct{ input, value, says string }{
		"an unknown type":      {"attests", "type=sbom\ntype=vex", `line 2: the type "vex" is neither provenance nor sbom`},
		"no type":              {"attests", "mode=max", "line 1: it has no type"},
		"a word":               {"attests", "provenance", "part 1 of it is not NAME=value"},
		"a type twice":         {"attests", "type=sbom\ntype=sbom,generator=a", "line 2: the type sbom is given twice"},
		"an unknown mode":      {"provenance", "mode=full", `mode: "full" is not one of min, max`},
		"an unknown version":   {"attests", "type=provenance,version=v9", `version: "v9" is not one of v0.2, v1`},
		"an unknown option":    {"provenance", "modus=max", "there is no attribute modus"},
		"an option twice":      {"provenance", "mode=max,mode=min", "mode is given twice"},
		"no boolean":           {"provenance", "perhaps", "part 1 of it is not NAME=value"},
		"an open quote":        {"attests", `"type=sbom`, "never closed"},
		"an illegal generator": {"sbom", "generator=Not An Image", `generator: "Not An Image" is not an image`},
		"an empty generator":   {"sbom", "generator=", "is not an image"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{c.input: c.value})
			wantMistake(t, err, c.input, c.says)
		})
	}
}
