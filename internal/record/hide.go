package record

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	control "github.com/moby/buildkit/api/services/control"

	"github.com/slipway-build/slipway/internal/redact"
)

// hider makes secrets unreadable and leaves the length of everything as it is, on
// which BuildKit's binary formats depend.
type hider struct {
	secrets []string // longest first: nothing is left of one that holds another
}

// newHider looks for texts, which are all forms of the secrets (package redact), and
// for passwords in URLs.
func newHider(texts []string) hider {
	h := hider{secrets: slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.TrimSpace(text) == "" })}
	slices.SortStableFunc(h.secrets, func(a, b string) int { return len(b) - len(a) })
	return h
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
	if !bytes.Contains(raw, []byte("://")) {
		return raw
	}
	return []byte(redact.URLPasswords(string(raw), hidden))
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
