package inputs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/slipway-build/slipway/internal/spelling"
)

// OutputType is a kind of file that the result of a build is written to.
type OutputType string

// The kinds.
const (
	OutputLocal  OutputType = "local"  // the files of the image in a directory
	OutputTar    OutputType = "tar"    // the same in a tar archive
	OutputOCI    OutputType = "oci"    // the image as an OCI layout
	OutputDocker OutputType = "docker" // the image as docker save writes it
)

// Output is one result of a build that is written to files.
type Output struct {
	Type     OutputType
	Dest     string            // absolute path, links followed: a directory of OutputLocal and where Unpacked, else a file
	Unpacked bool              // a layout as a directory, not as a tar archive. Default: false
	Attrs    map[string]string // further ones, as BuildKit takes them
}

// String names the kind and the place, for the log and for errors.
func (o Output) String() string { return "type=" + string(o.Type) + " to " + o.Dest }

// Empties tells whether what is in the directory and not in the image is removed.
func (o Output) Empties() bool {
	return o.Type == OutputLocal && strings.EqualFold(o.Attrs["mode"], "delete")
}

// IsImage tells whether it is an image, with a manifest, and not the image's files.
func (o Output) IsImage() bool { return o.Type == OutputOCI || o.Type == OutputDocker }

// Pushed is what the input outputs says of the image that is published.
type Pushed struct {
	Push     Push     // PushTrue and PushFalse stand in the input Push, too. Default: empty, which means that nothing is said
	Names    []string // as written, in lower case and without tags, of which each must be published to. Default: none
	Options  map[string]string
	ByDigest bool // no tag moves. Default: false
}

const acceptsOutputs = "type=local,dest=DIRECTORY or a DIRECTORY alone, type=tar, oci or docker with dest=FILE, type=docker alone, type=image, registry or cacheonly, one per line"

// outputTypes lists what a line may have as its type.
func outputTypes() []string {
	return []string{"cacheonly", "docker", "image", "local", "oci", "registry", "tar"}
}

// outputReader reads the lines of the input outputs.
type outputReader struct {
	*parser

	in        *Inputs
	input     string
	where     string // the line that is read, for errors
	cacheOnly bool
	pushes    []bool // what lines of type=image say
	named     []item // names that they give
	images    int    // lines of type=image or registry
}

// outputs reads the list. What it says of the published image and of the Docker
// engine is put where the inputs image, tags, annotations, push and load put it.
func (p *parser) outputs(in *Inputs, input string) {
	r := &outputReader{parser: p, in: in, input: input}
	for _, it := range p.lines(input, acceptsOutputs) {
		r.where = fmt.Sprintf("line %d, %q: ", it.line, it.text)
		attrs := r.split(strings.TrimSpace(it.text))
		if attrs == nil {
			continue
		}
		kind := attrs["type"]
		delete(attrs, "type")
		switch kind {
		case "local", "tar", "oci", "docker":
			r.file(OutputType(kind), attrs)
		case "image", "registry":
			r.image(it, kind, attrs)
		case "cacheonly":
			r.cacheOnly = true
			p.checkAttributes(input, acceptsOutputs, r.where, attrs, nil)
		case "":
			r.wrong("it has no type")
		default:
			r.wrong("the type %q is not known%s", kind, nearest(kind, outputTypes()))
		}
	}
	r.settlePush()
	r.settleNames()
}

func (r *outputReader) wrong(format string, args ...any) {
	r.problems.add(r.input, acceptsOutputs, "%s%s", r.where, fmt.Sprintf(format, args...))
}

// split takes a line apart. A path alone is a directory, and the names of
// attributes may have capitals, as for docker buildx build --output.
func (r *outputReader) split(line string) attributes {
	if !strings.ContainsAny(line, "=,") {
		return attributes{"type": string(OutputLocal), "dest": line}
	}
	written := r.attributes(r.input, acceptsOutputs, r.where, line)
	if written == nil {
		return nil
	}
	attrs := attributes{}
	for name, value := range written {
		if !strings.HasPrefix(name, "annotation") {
			name = strings.ToLower(name)
		}
		if _, twice := attrs[name]; twice {
			r.wrong("%s is given twice", name)
		}
		attrs[name] = value
	}
	return attrs
}

// file reads a line whose result is written to files.
func (r *outputReader) file(kind OutputType, attrs attributes) {
	dest := attrs["dest"]
	if kind == OutputDocker && dest == "" {
		r.loaded(attrs)
		return
	}
	before := len(r.problems.errs)
	r.checkAttributes(r.input, acceptsOutputs, r.where, attrs, fileAttributes(kind, attrs))
	r.checkTypes(attrs)
	tarred, err := strconv.ParseBool(attrs["tar"])
	out := Output{Type: kind, Unpacked: err == nil && !tarred, Attrs: attrs}
	delete(attrs, "dest")
	delete(attrs, "tar")
	if names := imageNames(attrs["name"]); len(names) > 0 {
		attrs["name"] = strings.Join(names, ",")
	}
	r.place(&out, dest)
	if len(r.problems.errs) == before {
		r.in.Outputs = append(r.in.Outputs, out)
	}
}

// loaded reads a line that puts the image into the engine's store, under names of its
// own or under every tag.
func (r *outputReader) loaded(attrs attributes) {
	r.checkAttributes(r.input, acceptsOutputs, r.where, attrs, map[string]check{"name": references, "context": noContext})
	r.in.LoadTags = r.in.LoadTags || r.in.Load && len(r.in.LoadAs) == 0 // by the input load, or a line before
	r.in.Load = true
	names := imageNames(attrs["name"])
	r.in.LoadTags = r.in.LoadTags || len(names) == 0
	for _, one := range names {
		full, ok := normalized(one)
		if references(one) == "" && !ok {
			r.wrong("name: %q has a digest, and an image is loaded under a tag", one)
		} else if ok {
			r.in.LoadAs = append(r.in.LoadAs, reference.TagNameOnly(full).String())
		}
	}
}

// normalized reads an image as Docker does. It is false for one with a digest.
func normalized(text string) (reference.Named, bool) {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return nil, false
	}
	_, digested := named.(reference.Digested)
	return named, !digested
}

// place finds where an output goes.
func (r *outputReader) place(out *Output, dest string) {
	var err error
	switch {
	case dest == "":
		r.wrong("type=%s needs dest=PATH", out.Type)
		return
	case dest == "-":
		r.wrong("dest=- is standard output, which nothing reads from a step; name a file")
		return
	case out.Type == OutputLocal || out.Unpacked:
		out.Dest, err = r.at(r.absolute(dest)).resolveNewDirectory(dest)
	default:
		out.Dest, err = r.resolveNewFile(dest)
	}
	same := func(other Output) bool { return other.Dest == out.Dest }
	switch {
	case err != nil:
		r.wrong("dest: %q cannot be used: %v", dest, err)
	case out.Empties() && within(r.at(out.Dest).env.Workspace, out.Dest):
		r.wrong("mode=delete would empty the workspace, or RUNNER_TEMP; name a directory in it")
	case slices.ContainsFunc(r.in.Outputs, same):
		r.wrong("another line writes to the same place")
	}
}

// checkTypes refuses layers that an image with Docker's media types cannot have.
func (r *outputReader) checkTypes(attrs attributes) {
	if oci, err := strconv.ParseBool(attrs["oci-mediatypes"]); err == nil && !oci && (attrs["compression"] == "zstd" || attrs["compression"] == "estargz") {
		r.wrong("compression=%s needs OCI's media types, and oci-mediatypes is false", attrs["compression"])
	}
}

// nearest proposes what a word was probably meant to be, in brackets.
func nearest(word string, known []string) string {
	for _, one := range known {
		if spelling.Near(word, one) {
			return " (did you mean " + one + "?)"
		}
	}
	return ""
}
