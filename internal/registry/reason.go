package registry

import (
	"fmt"
	"regexp"
	"strings"
)

// codes are what registries, containerd and Docker engines put before a message.
// What they call unknown has a code of the registry's own.
var codes = regexp.MustCompile(`^(?:errors:? ?|[A-Z][A-Z_]+: |(?:denied|unauthorized|unknown|unsupported|(?:name|tag|manifest) (?:unknown|invalid)|blob upload invalid): )`)

// standard are, folded, the sentences that say no and not why: those of the
// specification and of its implementations, and what clients say around them.
var standard = strings.NewReplacer(repeat("\x00",
	"pull access denied", "push access denied", "repository does not exist or may require authorization", "requested access to the resource is denied",
	"access to the requested resource is not authorized", "you are not authorized to access the specified resource",
	"the client does not have permission for manifest", "the client does not have permission to push to the repository",
	"authentication is required", "authentication required", "authorization failed", "authorization required",
	"insufficient scope", "server message", "access forbidden", "access denied", "permission denied",
	"incorrect username or password", "specified credentials are invalid", "invalid username or password", "invalid credentials", "bad credentials",
	"manifest invalid", "manifest unknown", "blob upload invalid", "name invalid", "invalid repository name", "tag invalid", "manifest tag did not match uri",
	"name unknown", "repository name not known to registry", "the operation is unsupported", "unsupported",
	"unauthenticated", "unauthorized", "not authorized", "forbidden", "denied", "bad request", "not found", "unknown error", "unknown", "errors", "error",
)...)

// repeat pairs each of these with the same other one.
func repeat(by string, words ...string) []string {
	pairs := make([]string, 0, 2*len(words))
	for _, one := range words {
		pairs = append(pairs, one, by)
	}
	return pairs
}

// letters tell that something is left of a text.
var letters = regexp.MustCompile(`\pL{2}`)

// reason is what a registry says of its own about a refusal, without the code. It is
// empty where it has said no more than no, or that in a page for people.
func (r Refusal) reason() string {
	if r.page() || !letters.MatchString(standard.Replace(fold(r.Words))) {
		return ""
	}
	text := r.Words
	for codes.MatchString(text) {
		text = codes.ReplaceAllString(text, "")
	}
	return text
}

// page tells whether the answer is a page for people. No registry answers with one,
// but what stands in front of it.
func (r Refusal) page() bool {
	return r.says("<html") || r.says("<!doctype")
}

// leads is a meaning that the registry's own reason begins, where it has one.
func (r refused) leads(otherwise, why, do string) Meaning {
	v := Meaning{What: otherwise, Why: why, Do: do}
	if reason := r.reason(); reason != "" {
		v.What = fmt.Sprintf("%s refuses this: %s", r.host(), reason)
	}
	return v
}
