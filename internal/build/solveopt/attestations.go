package solveopt

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
)

// AttestationAttrs are the options by which the frontend is asked for attestations,
// inline only where an image is streamed as well: with them the stream would be an
// index, which not every engine reads.
func AttestationAttrs(wanted []inputs.Attestation, inline bool) map[string]string {
	attrs := map[string]string{}
	for _, a := range wanted {
		options := maps.Clone(a.Attrs)
		if inline && a.Type == inputs.Provenance {
			options["inline-only"] = "true"
		}
		attrs["attest:"+string(a.Type)] = commaSeparated(options)
	}
	return attrs
}

// commaSeparated writes options as the frontend reads them: one record of CSV.
func commaSeparated(options map[string]string) string {
	if len(options) == 0 {
		return ""
	}
	var fields []string
	for _, key := range slices.Sorted(maps.Keys(options)) {
		fields = append(fields, key+"="+options[key])
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write(fields) // to a string
	w.Flush()
	return strings.TrimSuffix(text.String(), "\n")
}
