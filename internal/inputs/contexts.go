package inputs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/slipway-build/slipway/internal/inputs/source"
)

// NamedContext is a context that a Dockerfile calls by its name, in place of an
// image or a stage.
type NamedContext struct {
	Name string // as Dockerfiles write it
	source.Source
}

// Local lists the paths of this machine that a build takes files of: the
// directories of its contexts, and its Dockerfile where that is none of a remote
// context's.
func (in Inputs) Local() []string {
	var paths []string
	if in.Remote == nil {
		paths = append(paths, in.Context)
	}
	if in.Remote == nil || filepath.IsAbs(in.Dockerfile) {
		paths = append(paths, in.Dockerfile)
	}
	for _, named := range in.Contexts {
		if named.Kind == source.Directory || named.Kind == source.Layout {
			paths = append(paths, named.Where)
		}
	}
	return paths
}

// Fetched lists what the builder fetches by itself.
func (in Inputs) Fetched() []source.Source {
	var all []source.Source
	if in.Remote != nil {
		all = append(all, *in.Remote)
	}
	for _, named := range in.Contexts {
		if named.Fetched() {
			all = append(all, named.Source)
		}
	}
	return all
}

const acceptsContext = "a directory inside the workspace, relative to it; {{defaultContext}}, the run's repository at its commit; the URL of a git repository, https://HOST/OWNER/NAME.git#REF:SUBDIRECTORY; or the URL of a tar archive"

// contexts reads the main context: a directory, or what the builder fetches.
func (p *parser) contexts(in *Inputs, context, named string) {
	written := p.text(context)
	if written == "-" {
		p.problems.add(context, acceptsContext, "a step has no standard input to read a context from")
		return
	}
	remote, err := p.isRemote(written)
	if written == "git" || written == "workflow" { // directories, or values of docker/metadata-action
		_, err = p.resolve(written, false)
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("there is no such directory; docker/metadata-action has an input context of another meaning, of which there is none here: tags are made of the run's ref. Leave INPUT_CONTEXT (context) out")
		}
	}
	switch {
	case err != nil:
		p.problems.add(context, acceptsContext, "%q cannot be used: %v", source.Shown(written), err)
	case remote != nil:
		in.Remote = remote
	default:
		in.Context = p.context(context)
	}
	in.Contexts = p.namedContexts(named)
}

const acceptsNamed = "NAME=SOURCE, one per line, where SOURCE is a directory, {{defaultContext}}, a git URL, an https:// URL, docker-image://IMAGE, oci-layout://PATH[:TAG|@DIGEST] or target:STAGE"

// namedContexts reads the further contexts, of which the last of a name is meant,
// as with docker build.
func (p *parser) namedContexts(input string) []NamedContext {
	var all []NamedContext
	for _, it := range p.lines(input, acceptsNamed) {
		name, text, complete := strings.Cut(strings.TrimSpace(it.text), "=")
		named, err := reference.ParseNormalizedNamed(strings.TrimSpace(name))
		if !complete || err != nil || strings.TrimSpace(text) == "" {
			p.problems.add(input, acceptsNamed, "line %d: %q is no name and its source", it.line, source.Shown(it.text))
			continue
		}
		from, err := p.namedSource(strings.TrimSpace(text))
		if err != nil {
			p.problems.add(input, acceptsNamed, "line %d: %q: %v", it.line, source.Shown(it.text), err)
			continue
		}
		one := NamedContext{Name: strings.TrimSuffix(reference.FamiliarString(named), ":latest"), Source: from}
		all = slices.DeleteFunc(all, func(other NamedContext) bool { return other.Name == one.Name })
		all = append(all, one)
	}
	return all
}

func (p *parser) namedSource(text string) (source.Source, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch kind {
	case "docker-image":
		image := strings.TrimPrefix(rest, "//")
		if _, err := reference.ParseNormalizedNamed(image); err != nil {
			return source.Source{}, err
		}
		return source.Source{Kind: source.Image, Where: image}, nil
	case "oci-layout":
		return p.layout(strings.TrimPrefix(rest, "//"))
	case "target":
		if !stageName.MatchString(rest) {
			return source.Source{}, errors.New("it is not the name of a stage")
		}
		return source.Source{Kind: source.Stage, Where: rest}, nil
	}
	remote, err := p.isRemote(text)
	if err != nil {
		return source.Source{}, err
	}
	if remote != nil {
		return *remote, nil
	}
	// An absolute path was meant by the workflow's author, wherever it leads.
	path, err := p.resolve(text, filepath.IsAbs(text))
	if errors.Is(err, fs.ErrNotExist) {
		return source.Source{}, errors.New("there is no " + p.absolute(text))
	}
	if err == nil {
		err = directory(path)
	}
	return source.Source{Kind: source.Directory, Where: path}, err
}

// remoteDockerfile returns the Dockerfile of a context that the builder fetches:
// a path inside it or, where it is absolute, a file of this machine.
func (p *parser) remoteDockerfile(input string) string {
	written := p.text(input)
	if filepath.IsAbs(written) {
		return p.dockerfile(input, "")
	}
	path := filepath.Clean(written)
	if written == "" {
		path = "Dockerfile"
	}
	if !filepath.IsLocal(path) || path == "." {
		p.problems.add(input, "the path of a Dockerfile in the context, or an absolute path on this machine", "%q is not inside the context, which the builder fetches", written)
	}
	return path
}

// isRemote reads a context that the builder fetches, unless there is a directory
// of that name.
func (p *parser) isRemote(text string) (*source.Source, error) {
	if info, err := os.Stat(p.absolute(text)); err == nil && info.IsDir() {
		return nil, nil
	}
	return source.Remote(text)
}
