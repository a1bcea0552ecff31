package inputs

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-build/slipway/internal/metadata"
)

// image reads a line of type=image or registry. It makes no image of its own, but
// says what the published one is like.
func (r *outputReader) image(it item, kind string, attrs attributes) {
	known, before := pushAttributes(), len(r.problems.errs)
	maps.Copy(known, imageOptions())
	var lines []metadata.Line
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		if !strings.HasPrefix(name, "annotation") {
			continue
		}
		known[name] = annotationName(name)
		if line, mistake := annotationLine(name); mistake == "" {
			lines = append(lines, metadata.Line{Text: line + "=" + attrs[name], Number: it.line})
		}
	}
	r.checkAttributes(r.input, acceptsOutputs, r.where, attrs, known)
	r.checkTypes(attrs)
	annotations, err := metadata.ParseAnnotations(lines)
	r.addMistakes(r.input, err)
	r.in.Annotations = append(r.in.Annotations, annotations...)
	r.push(kind, attrs)
	r.names(it.line, attrs["name"])
	r.options(attrs, len(r.problems.errs) == before)
}

// push reads whether the line pushes.
func (r *outputReader) push(kind string, attrs attributes) {
	pushes, err := strconv.ParseBool(attrs["push"])
	switch {
	case kind == "registry" && err == nil && !pushes:
		r.wrong("type=registry pushes, and push is false; use type=image")
	case kind == "registry":
		r.pushes = append(r.pushes, true)
	case err == nil:
		r.pushes = append(r.pushes, pushes)
	}
	if byDigest, err := strconv.ParseBool(attrs["push-by-digest"]); err == nil && byDigest {
		r.in.Pushed.ByDigest = true
	}
}

// names reads the images of the attribute name.
func (r *outputReader) names(line int, value string) {
	for _, one := range imageNames(value) {
		if references(one) == "" {
			r.named = append(r.named, item{text: one, line: line})
		}
	}
}

// options keeps what the image is to be like. There is one image.
func (r *outputReader) options(attrs attributes, valid bool) {
	options := map[string]string{}
	for name := range imageOptions() {
		if value, given := attrs[name]; given {
			options[name] = value
		}
	}
	switch {
	case !valid:
		return
	case r.images == 0 && len(options) > 0:
		r.in.Pushed.Options = options
	case r.images > 0 && !maps.Equal(options, r.in.Pushed.Options):
		r.wrong("it wants another image than the line of type=image or registry before, and one is published; give both the same options, or use a step for each")
	}
	r.images++
}

// settlePush decides what the lines say of the input push.
func (r *outputReader) settlePush() {
	said := Push("")
	switch {
	case slices.Contains(r.pushes, true) && slices.Contains(r.pushes, false):
		r.problems.add(r.input, acceptsOutputs, "one line pushes the image, and another has push=false; there is one image")
		return
	case len(r.pushes) > 0 && r.pushes[0]:
		said = PushTrue
	case len(r.pushes) > 0:
		said = PushFalse
	case r.cacheOnly && r.in.Push == PushAuto:
		said = PushFalse
	}
	switch {
	case said == "":
	case r.in.Push == PushAuto || r.in.Push == said:
		r.in.Push, r.in.Pushed.Push = said, said
	default:
		r.problems.add(r.input, acceptsOutputs, "a line has push=%s, and the input push is %s; leave one of them out", said, r.in.Push)
	}
}

// settleNames puts names with tags where the input tags puts them, and keeps those
// without: which image one means is for the plan to decide.
func (r *outputReader) settleNames() {
	var lines []metadata.Line
	tagged := false
	for _, it := range r.named {
		name, tag := cutTag(it.text)
		if strings.Contains(it.text, "@") {
			r.problems.add(r.input, acceptsOutputs, "line %d: name: %q has a digest, and an image is pushed to a tag or by its own digest", it.line, it.text)
			continue
		}
		lines = append(lines, metadata.Line{Text: name + ":" + cmp.Or(tag, metadata.Latest), Number: it.line})
		tagged = tagged || tag != ""
		if !slices.Contains(r.in.Pushed.Names, name) {
			r.in.Pushed.Names = append(r.in.Pushed.Names, name)
		}
	}
	switch {
	case !tagged:
	case r.text("image") == "" && r.text("tags") == "":
		rules, err := metadata.ParseTags(lines)
		r.addMistakes(r.input, err)
		r.in.Tags, r.in.Pushed.Names = rules, nil
	default:
		r.problems.add(r.input, acceptsOutputs, "name: a tag stands in the input tags; leave it out here, or leave the inputs image and tags out")
	}
}

// cutTag splits name:tag; the tag is empty where there is none.
func cutTag(image string) (name, tag string) {
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[:colon], image[colon+1:]
	}
	return image, ""
}
