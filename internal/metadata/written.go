package metadata

import (
	"strings"
	"unicode"
)

// written is the text of a bare tag or a reference. A reference is taken as it
// stands or refused: what expressions make is made legal, and nothing else. A bare
// tag is made legal as type=raw is, but for what tells of two tags, or of a variable
// that is empty.
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
	reference := r.Type == TypeReference
	if named, kind := cutRef(s.ref()); reference && kind != unknown && w.text == named {
		return wrong(w.at, acceptsOfRef, "%q is the name of this run's ref, and would be read as that of an image", w.text)
	}
	if blank := strings.IndexFunc(masked(w.text), unicode.IsSpace); blank >= 0 {
		return w.wrong(blank, "%q has a blank in it", w.text)
	}
	if reference {
		if m := r.refusedReference(); m != nil {
			return m
		}
		prefix = ""
	}
	if prefix == "" && r.value.startsBadly(s) {
		return w.wrong(w.tag, "its tag %q begins with a dot or a hyphen: is a variable empty?", w.text[w.tag:])
	}
	return nil
}

func (w *written) wrong(offset int, format string, args ...any) *mistake {
	return wrong(w.at+offset, acceptsWritten, format, args...)
}

// refusedReference is refused for what a reference alone cannot be.
func (r *Rule) refusedReference() *mistake {
	w, bad := r.written, r.written.wrong
	mask := masked(w.text)
	tag, constant := r.value.constant()
	sign := r.value.illegalSign()
	switch digest := strings.IndexByte(mask, '@'); {
	case digest >= 0:
		return bad(digest, "%q has an @, for a digest, and an image is pushed to a tag", w.text)
	case mask[0] == ':':
		return bad(0, "%q has no image before its colon: is a variable empty?", w.text)
	case tag == "" && constant:
		return bad(w.tag, "%q has no tag behind its colon: is a variable empty?", w.text)
	case constant && len(tag) > MaxTag:
		return bad(w.tag, "its tag has %d characters, of at most %d", len(tag), MaxTag)
	case sign != "":
		return bad(w.tag, "its tag %q has a %q, which no tag may have", w.text[w.tag:], sign)
	}
	return nil
}

// startsBadly tells whether the text that is written, and not one that an
// expression makes, begins with what no tag begins with.
func (t template) startsBadly(s scope) bool {
	for _, p := range t.parts {
		if p.expr == nil {
			return strings.ContainsAny(p.text[:1], ".-")
		}
		if p.expr.value(s) != "" {
			return false
		}
	}
	return false
}

// illegalSign returns a character of the text that is written, and not of one that
// an expression makes, which no tag may have. It is empty where there is none.
func (t template) illegalSign() string {
	for _, p := range t.parts {
		if found := illegal.FindString(p.text); found != "" {
			return string([]rune(found)[:1])
		}
	}
	return ""
}
