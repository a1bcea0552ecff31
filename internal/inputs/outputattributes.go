package inputs

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// fileAttributes lists the attributes of an output that is written to files
// (https://github.com/moby/buildkit/tree/v0.33.1#output).
func fileAttributes(kind OutputType, given attributes) map[string]check {
	known := map[string]check{"dest": anything}
	switch kind {
	case OutputLocal, OutputTar:
		known["platform-split"], known["attestation-prefix"], known["source-date-epoch"] = trueOrFalse, anything, wholeNumber
		if kind == OutputLocal {
			known["mode"] = oneOf("copy", "delete")
		}
		return known
	case OutputDocker:
		known["context"] = noContext
	case OutputOCI:
	}
	known["name"], known["tar"] = references, trueOrFalse
	maps.Copy(known, imageOptions())
	for name := range given {
		if strings.HasPrefix(name, "annotation") {
			known[name] = annotationName(name)
		}
	}
	return known
}

// imageOptions lists what an image may be made like, wherever it goes.
func imageOptions() map[string]check {
	return map[string]check{
		"compression":           oneOf("gzip", "estargz", "zstd", "uncompressed"),
		"compression-level":     wholeNumber,
		"force-compression":     trueOrFalse,
		"oci-mediatypes":        trueOrFalse,
		"oci-artifact":          trueOrFalse,
		"attestation-inline":    trueOrFalse,
		"prefer-nondist-layers": trueOrFalse,
		"rewrite-timestamp":     trueOrFalse,
		"source-date-epoch":     wholeNumber,
	}
}

// pushAttributes lists what a line of type=image or registry may say besides. What
// this action does by itself is refused, unless it is what it does.
func pushAttributes() map[string]check {
	kept := "the image is not kept in the builder's store; the input load puts it into a Docker engine"
	return map[string]check{
		"name":                    references,
		"push":                    trueOrFalse,
		"push-by-digest":          trueOrFalse,
		"name-canonical":          trueOrFalse,
		"registry.insecure":       onlyFalse("a registry on loopback is spoken to over plain http, and no other is; for a certificate of a private authority there is the input registry-ca"),
		"unpack":                  onlyFalse(kept),
		"store":                   onlyFalse(kept),
		"dangling-name-prefix":    refused(kept),
		"danging-name-empty-only": refused(kept), // as BuildKit writes it
		"dest":                    refused("an image goes to a registry; type=oci and type=docker write files"),
	}
}

// annotationName checks the name of an attribute such as annotation-index.KEY.
func annotationName(name string) check {
	if _, mistake := annotationLine(name); mistake != "" {
		return refused(mistake)
	}
	return anything
}

// annotationLine turns the name of such an attribute into the start of a line of
// the input annotations, LEVEL:KEY. The level is the manifest's by default.
func annotationLine(name string) (line, mistake string) {
	place, key, found := strings.Cut(name, ".")
	level := strings.TrimPrefix(place, "annotation")
	switch {
	case !found || key == "":
		return "", "an annotation is written annotation.KEY or annotation-LEVEL.KEY"
	case level == "" || strings.HasPrefix(level, "["):
		level = "manifest" + level
	case !strings.HasPrefix(level, "-"):
		return "", "an annotation is written annotation.KEY or annotation-LEVEL.KEY"
	}
	return strings.TrimPrefix(level, "-") + ":" + key, ""
}

// references says why a text is no list of images with commas, or "".
func references(value string) string {
	names := imageNames(value)
	if len(names) == 0 {
		return "it names no image: is a variable empty?"
	}
	for _, one := range names {
		if wrong := image(one); wrong != "" {
			return wrong
		}
	}
	return ""
}

// imageNames splits a list of images with commas.
func imageNames(value string) []string {
	var names []string
	for one := range strings.SplitSeq(value, ",") {
		if one = strings.TrimSpace(one); one != "" {
			names = append(names, lowerName(one))
		}
	}
	return names
}

// noContext refuses a Docker context.
func noContext(string) string {
	return "a step has no Docker contexts; the engine is the one at DOCKER_HOST or /var/run/docker.sock"
}

func refused(reason string) check { return func(string) string { return reason } }

func onlyFalse(reason string) check {
	return func(value string) string {
		if on, err := strconv.ParseBool(value); err != nil {
			return fmt.Sprintf("%q is neither true nor false", value)
		} else if on {
			return reason
		}
		return ""
	}
}
