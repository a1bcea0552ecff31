package report

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

const (
	// shortestForm is the length in bytes from which a secret is looked for in
	// other encodings: parts of a shorter one's are in other text by chance.
	shortestForm = 12
	// longestForm is the length above which it is not any more. Passwords and
	// tokens have some hundred bytes, a cloud's key file two thousand.
	longestForm = 8 << 10
)

// forms returns what a secret looks like in the encodings in which passwords
// travel: base64 of both alphabets, also of a text that holds the secret
// (USER:SECRET, for basic authentication), hexadecimal, and escaped for a URL.
func forms(secret string) []string {
	secret = strings.TrimSpace(secret)
	if len(secret) < shortestForm || len(secret) > longestForm {
		return nil
	}
	var all []string
	for skip := range 3 { // how many bytes of it share a group of three with what is in front
		rest := []byte(secret)[skip:]
		inner := rest[:len(rest)/3*3] // the last group may share its own with what follows
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			all = append(all, encoding.EncodeToString(rest), encoding.EncodeToString(inner))
		}
	}
	digits := hex.EncodeToString([]byte(secret))
	all = append(all, digits, strings.ToUpper(digits), url.QueryEscape(secret), url.PathEscape(secret))
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return form == secret })
}
