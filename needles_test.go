package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// canary is a secret that is looked for everywhere.
type canary struct{ name, value string }

// needle is what a canary looks like in one encoding.
type needle struct {
	canary, form string
	text         []byte
}

// shortestLine is the length from which a line of a canary is looked for by
// itself, in bytes. Those of a private key in PEM have 64; the last one may have less.
const shortestLine = 20

// needlesOf are all forms of all canaries. They are made without the product's own
// list of them.
func needlesOf(canaries ...canary) []needle {
	var all []needle
	for _, c := range canaries {
		parts := []string{c.value}
		if lines := strings.Split(strings.TrimSpace(c.value), "\n"); len(lines) > 1 {
			parts = append(parts, lines...)
		}
		for _, part := range parts {
			if len(part) < shortestLine || strings.HasPrefix(part, "-----") && !strings.Contains(part, "\n") {
				continue
			}
			for form, text := range encodings(part) {
				all = append(all, needle{canary: c.name, form: form, text: []byte(text)})
			}
		}
	}
	return all
}

// encodings are the forms of a text, also as a part of another one: base64 with no,
// one or two bytes in front that share a group of three with it, and without the
// end that may share one.
func encodings(text string) map[string]string {
	all := map[string]string{
		"raw":       text,
		"hex":       hex.EncodeToString([]byte(text)),
		"HEX":       strings.ToUpper(hex.EncodeToString([]byte(text))),
		"query":     url.QueryEscape(text),
		"path":      url.PathEscape(text),
		"in JSON":   strings.ReplaceAll(text, "\n", `\n`),
		"for %0A":   strings.ReplaceAll(strings.ReplaceAll(text, "%", "%25"), "\n", "%0A"),
		"of a user": base64.StdEncoding.EncodeToString([]byte(user + ":" + text)),
	}
	for skip := range 3 {
		rest := text[skip:]
		rest = rest[:len(rest)/3*3]
		all[fmt.Sprintf("base64+%d", skip)] = base64.RawStdEncoding.EncodeToString([]byte(rest))
		all[fmt.Sprintf("base64url+%d", skip)] = base64.RawURLEncoding.EncodeToString([]byte(rest))
	}
	return all
}

// findIn returns the needles that a text holds: their canaries and forms.
func findIn(text []byte, needles []needle) []string {
	var found []string
	for _, n := range needles {
		if bytes.Contains(text, n.text) {
			found = append(found, n.canary+" as "+n.form)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
