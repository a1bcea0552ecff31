// Package redact knows what secrets look like in text: as they are, in the encodings
// in which they travel, and as passwords in URLs.
package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// Shortest is the length in characters from which a secret is looked for in
	// text. Hiding one of one or two characters would hide half the log, and tell
	// what it is by the rest.
	Shortest = 3
	// shortestEncoded is the length in bytes from which a secret is looked for in
	// base64 and hexadecimal: a shorter one's are in other text by chance.
	shortestEncoded = 8
	// shortestInside is likewise for base64 of a text that holds the secret, of
	// which less is left.
	shortestInside = 12
	// longestEncoded is the length above which no encoding is looked for. Passwords
	// and tokens have some hundred bytes, a cloud's key file two thousand.
	longestEncoded = 8 << 10
)

// TooShort tells whether a secret has so few characters that it cannot be hidden.
// An empty one is no secret.
func TooShort(secret string) bool {
	secret = strings.TrimSpace(secret)
	return secret != "" && utf8.RuneCountInString(secret) < Shortest
}

// Forms returns what a secret looks like where it is written by other rules, without
// the secret itself: escaped for JSON, Go and URLs; in hexadecimal; and in base64 of
// both alphabets, also of a text that holds the secret (USER:SECRET, for basic
// authentication).
func Forms(secret string) []string {
	secret = strings.TrimSpace(secret)
	if TooShort(secret) || len(secret) > longestEncoded {
		return nil
	}
	all := []string{
		inJSON(secret, true), inJSON(secret, false), strings.Trim(strconv.Quote(secret), `"`),
		url.QueryEscape(secret), url.PathEscape(secret), userinfo(secret),
	}
	all = append(all, encoded(secret)...)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return form == "" || form == secret })
}

func encoded(secret string) []string {
	if len(secret) < shortestEncoded {
		return nil
	}
	digits := hex.EncodeToString([]byte(secret))
	all := []string{digits, strings.ToUpper(digits)}
	for skip := range 3 { // how many bytes of it share a group of three with what is in front
		rest := []byte(secret)[skip:]
		inner := rest[:len(rest)/3*3] // the last group may share its own with what follows
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			switch {
			case len(secret) >= shortestInside:
				all = append(all, encoding.EncodeToString(rest), encoding.EncodeToString(inner))
			case skip == 0:
				all = append(all, encoding.EncodeToString(rest))
			}
		}
	}
	return all
}

// inJSON is a text as JSON has it between quotes, also as JSON for HTML pages.
func inJSON(text string, html bool) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(html)
	_ = encoder.Encode(text) // to memory
	quoted := strings.TrimSuffix(encoded.String(), "\n")
	return quoted[1 : len(quoted)-1]
}

// userinfo is a password as it is written in front of a URL's host.
func userinfo(secret string) string {
	_, password, _ := strings.Cut(url.UserPassword("", secret).String(), ":")
	return password
}

var (
	// urlPassword finds user:password@ in a URL. A password may hold an @ that nobody
	// has escaped.
	urlPassword = regexp.MustCompile(`://[^/\s:@"'<>]*:([^/\s"'<>]+)@`)
	// urlToken finds a user that is long enough to be a token: many hosts take one
	// there, without a password.
	urlToken = regexp.MustCompile(`://([^/\s:@"'<>]{20,})@`)
)

// URLPasswords puts hidden in place of the passwords and tokens in a text's URLs.
// hidden is given what it replaces.
func URLPasswords(text string, hidden func(password string) string) string {
	if !strings.Contains(text, "://") || !strings.Contains(text, "@") {
		return text // as most text
	}
	for _, pattern := range []*regexp.Regexp{urlPassword, urlToken} {
		text = replaceGroup(pattern, text, hidden)
	}
	return text
}

// replaceGroup replaces the first group of each match. An image's digest follows an
// @, too, as in docker-image://alpine:3.20@sha256:….
func replaceGroup(pattern *regexp.Regexp, text string, hidden func(string) string) string {
	var b strings.Builder
	rest := 0
	for _, at := range pattern.FindAllStringSubmatchIndex(text, -1) {
		if strings.HasPrefix(text[at[1]:], "sha256:") {
			continue
		}
		b.WriteString(text[rest:at[2]])
		b.WriteString(hidden(text[at[2]:at[3]]))
		rest = at[3]
	}
	b.WriteString(text[rest:])
	return b.String()
}
