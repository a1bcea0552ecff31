package record

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	control "github.com/moby/buildkit/api/services/control"
)

// shortest is the length below which nothing is looked for: it would be found
// everywhere.
const shortest = 4

// hider makes secrets unreadable and leaves the length of everything as it is, on
// which BuildKit's binary formats depend.
type hider struct {
	secrets []string // longest first: nothing is left of one that holds another
}

// newHider looks for secrets, their lines, and what JSON makes of either.
func newHider(secrets []string) hider {
	var h hider
	for _, secret := range secrets {
		for _, text := range append(strings.Split(secret, "\n"), secret) {
			text = strings.TrimSpace(text)
			if len(text) < shortest {
				continue
			}
			h.secrets = append(h.secrets, text, inJSON(text, true), inJSON(text, false))
		}
	}
	slices.SortStableFunc(h.secrets, func(a, b string) int { return len(b) - len(a) })
	return h
}

func inJSON(text string, html bool) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(html)
	_ = encoder.Encode(text) // to memory
	return strings.Trim(strings.TrimSpace(encoded.String()), `"`)
}

// query finds the query of a URL in JSON. That of a registry's storage holds a
// signature, which lets whoever knows it read for some minutes.
var query = regexp.MustCompile(`https?://[^\s"?\\]*\?(?:[^\s"\\]|\\u[0-9a-f]{4})+`)

// trace makes the queries of URLs unreadable, too, of which a trace has many.
func (h hider) trace(raw []byte) []byte {
	return query.ReplaceAllFunc(h.bytes(raw), func(url []byte) []byte {
		at := bytes.IndexByte(url, '?') + 1
		return append(bytes.Clone(url[:at]), hidden(string(url[at:]))...)
	})
}

func (h hider) bytes(raw []byte) []byte {
	for _, secret := range h.secrets {
		raw = bytes.ReplaceAll(raw, []byte(secret), []byte(hidden(secret)))
	}
	return raw
}

func (h hider) text(text string) string { return string(h.bytes([]byte(text))) }

// hidden is as long as the secret. Of digits it makes digits, which may be a number
// in JSON.
func hidden(secret string) string {
	return string(bytes.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '9'
		}
		return '*'
	}, asASCII(secret)))
}

// asASCII has one character for each byte.
func asASCII(text string) []byte {
	raw := []byte(text)
	for i, b := range raw {
		if b >= 0x80 {
			raw[i] = '*'
		}
	}
	return raw
}

// hide makes secrets unreadable in the record itself, which has the build
// arguments.
func (f *fetcher) hide(h *control.BuildHistoryRecord) {
	values := []map[string]string{h.FrontendAttrs, h.ExporterResponse}
	for _, exporter := range h.Exporters {
		values = append(values, exporter.Attrs)
	}
	for _, one := range values {
		for key, value := range one {
			one[key] = f.hider.text(value)
		}
	}
	if h.Error != nil {
		h.Error.Message = f.hider.text(h.Error.Message)
	}
}
