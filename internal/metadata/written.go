package metadata

import (
	"strings"
	"unicode"
)

// written is the text of a bare tag or a reference. It is taken as it stands or
// refused: what expressions make is made legal, and nothing else.
type written struct {
	text string
	at   int // where it begins in its line, in bytes
	tag  int // where its tag begins in the text; 0 of a reference that has none
}

const (
	acceptsWritten = "a tag such as 1.2.3 or a reference such as ghcr.io/owner/name:1.2.3, one per line; type=raw,value=TEXT makes a legal tag of any text"
	acceptsOfRef   = "type=ref,event=branch, event=tag or event=pr for a tag that is made of the ref"
)

// refused says why a text that is to be taken as it stands cannot be, with what
// stands in front of its tag. It is nil for all other rules.
func (r *Rule) refused(s scope, prefix string) *mistake {
	w := r.written
	if w == nil {
		return nil
	}
	bad := func(offset int, format string, args ...any) *mistake {
		return wrong(w.at+offset, acceptsWritten, format, args...)
	}
	mask := masked(w.text)
	tag, constant := r.value.constant()
	if named, kind := cutRef(s.ref()); kind != unknown && r.Type == TypeReference && w.text == named {
		return wrong(w.at, acceptsOfRef, "%q is the name of this run's ref, and would be read as that of an image", w.text)
	}
	if blank := strings.IndexFunc(mask, unicode.IsSpace); blank >= 0 {
		return bad(blank, "%q has a blank in it", w.text)
	}
	if digest := strings.IndexByte(mask, '@'); digest >= 0 {
		return bad(digest, "%q has an @, for a digest, and an image is pushed to a tag", w.text)
	}
	switch {
	case r.Type == TypeReference && mask[0] == ':':
		return bad(0, "%q has no image before its colon: is a variable empty?", w.text)
	case tag == "" && constant:
		return bad(w.tag, "%q has no tag behind its colon: is a variable empty?", w.text)
	case constant && len(tag) > MaxTag:
		return bad(w.tag, "its tag has %d characters, of at most %d", len(tag), MaxTag)
	}
	if sign := r.value.illegalSign(s, prefix == "" || r.Type == TypeReference); sign != "" {
		return bad(w.tag, "its tag %q has a %q, which no tag may have there", w.text[w.tag:], sign)
	}
	return nil
}

// illegalSign returns a character that a tag cannot have, of what is written
// and no expression has made. A tag does not begin with a dot or a hyphen.
func (t template) illegalSign(s scope, first bool) string {
	for _, p := range t.parts {
		text := p.text
		if p.expr != nil {
			first = first && p.expr.value(s) == ""
			continue
		}
		if first && strings.ContainsAny(text[:1], ".-") {
			return text[:1]
		}
		if found := illegal.FindString(text); found != "" {
			return string([]rune(found)[:1])
		}
		first = false
	}
	return ""
}
