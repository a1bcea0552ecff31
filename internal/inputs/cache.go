package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/slipway-build/slipway/internal/metadata"
)

// CacheType is a kind of place for build cache.
type CacheType string

// The kinds that work.
const (
	CacheRegistry CacheType = "registry" // an image of its own in a registry
	CacheInline   CacheType = "inline"   // inside the published image; for export alone
	CacheLocal    CacheType = "local"    // a directory of the workspace
	CacheS3       CacheType = "s3"
	CacheAzblob   CacheType = "azblob"
	CacheGitHub   CacheType = "gha" // the cache of GitHub Actions
)

// Cache is one place that build cache is imported from or exported to.
type Cache struct {
	Type    CacheType
	Attrs   map[string]string // as BuildKit takes them; references are full, and paths absolute
	Secrets map[string]Secret // those attributes that must not be shown
	// Text is the attribute ref if it holds expressions. The plan fills it. Default: nil
	Text *metadata.Text
}

// Filled returns a cache with the reference that its text stands for.
func (c Cache) Filled(ref string) (Cache, error) {
	full, err := fullReference(ref)
	if err != nil {
		return c, err
	}
	c.Attrs, c.Text = maps.Clone(c.Attrs), nil
	c.Attrs["ref"] = reference.TagNameOnly(full).String()
	return c, nil
}

// fullReference reads a reference as Docker does.
func fullReference(written string) (reference.Named, error) {
	return reference.ParseNormalizedNamed(lowerName(written))
}

// CacheSecrets returns what must not be shown of the caches.
func (in Inputs) CacheSecrets() []Secret {
	all := []Secret{in.CacheService.Token}
	for _, cache := range slices.Concat(in.CacheFrom, in.CacheTo) {
		all = slices.AppendSeq(all, maps.Values(cache.Secrets))
	}
	return all
}

const acceptsCaches = "type=registry,ref=IMAGE, an IMAGE alone, or type=gha, local, inline (for cache-to), s3 or azblob with the options of BuildKit, one per line"

// caches reads cache-from or, with export, cache-to. A line that is mistaken is
// returned, too: its secrets are to be hidden.
func (p *parser) caches(input string, export bool) []Cache {
	var all []Cache
	for _, it := range p.lines(input, acceptsCaches) {
		where := onLine(it)
		line := it.text
		if !strings.ContainsAny(metadata.WithoutExpressions(line), "=,") {
			line = "type=registry,ref=" + strings.TrimSpace(line)
		}
		attrs := p.attributes(input, acceptsCaches, where, line)
		if attrs == nil {
			continue
		}
		cache := Cache{Type: CacheType(attrs["type"])}
		delete(attrs, "type")
		written := attrs["ref"]
		if cache.Type == CacheRegistry {
			cache.Text = p.cacheText(input, it, written)
		}
		if cache.Text != nil {
			attrs["ref"], _ = cache.Text.Sample()
		}
		p.checkCache(input, where, cache.Type, attrs, export)
		if cache.Text != nil {
			attrs["ref"] = written
		}
		cache.Attrs, cache.Secrets = attrs.splitSecrets()
		if slices.ContainsFunc(all, cache.same) {
			p.problems.add(input, acceptsCaches, "%sthe same place is given twice", where)
		}
		all = append(all, cache)
	}
	if export {
		p.checkExports(input, all)
	}
	return all
}

// cacheText reads a reference that holds expressions, or returns nil.
func (p *parser) cacheText(input string, it item, ref string) *metadata.Text {
	text := p.expressions(input, onLine(it)+"ref", ref)
	if text == nil {
		return nil
	}
	if _, inside := text.Sample(); !inside {
		p.problems.add(input, acceptsCaches, "%sthe ref %q has an expression in its first part, which names the registry or the owner; write that out", onLine(it), ref)
	}
	return text
}

// same tells whether two lines mean one place.
func (c Cache) same(other Cache) bool {
	if c.Type != other.Type {
		return false
	}
	switch c.Type {
	case CacheRegistry:
		return c.Attrs["ref"] == other.Attrs["ref"]
	case CacheLocal:
		return c.Attrs["src"] == other.Attrs["src"] && c.Attrs["dest"] == other.Attrs["dest"] && c.Attrs["tag"] == other.Attrs["tag"]
	case CacheGitHub:
		return c.Scope() == other.Scope() && c.Attrs["repository"] == other.Attrs["repository"]
	}
	return maps.Equal(c.Attrs, other.Attrs)
}

// checkExports refuses what BuildKit would mix up: its answer has room for the
// manifest of one exported cache, and its client writes that one, whichever it
// is, into the index of the directory.
func (p *parser) checkExports(input string, all []Cache) {
	directories, manifests := 0, 0
	for _, cache := range all {
		switch cache.Type {
		case CacheLocal:
			directories++
			manifests++
		case CacheRegistry:
			manifests++
		}
	}
	if directories > 0 && manifests > 1 {
		p.problems.add(input, acceptsCaches, "type=local goes with no other local and with no registry, because BuildKit mixes them up")
	}
}

// checkCache checks the attributes of one line and completes them. Those of s3
// and azblob are passed through.
func (p *parser) checkCache(input, where string, kind CacheType, attrs attributes, export bool) {
	switch known := cacheAttributes(kind, export); {
	case kind == "":
		p.problems.add(input, acceptsCaches, "%sit has no type", where)
		return
	case kind == CacheInline && !export:
		p.problems.add(input, acceptsCaches, "%sa cache inside an image is imported with type=registry,ref=IMAGE", where)
		return
	case known == nil:
		p.problems.add(input, acceptsCaches, "%sthe type %q is not known", where, kind)
		return
	default:
		if kind == CacheS3 || kind == CacheAzblob {
			passThrough(known, attrs)
		}
		p.checkAttributes(input, acceptsCaches, where, attrs, known)
	}
	switch kind {
	case CacheRegistry:
		p.cacheReference(input, where, attrs, export)
	case CacheLocal:
		p.cacheDirectory(input, where, attrs, export)
	case CacheGitHub:
		p.completeGitHubs(input, where, attrs)
	}
}

// cacheAttributes lists the attributes of a type, or nil for one that is not
// known (https://github.com/moby/buildkit/tree/v0.33.1#export-cache).
func cacheAttributes(kind CacheType, export bool) map[string]check {
	known := map[string]check{}
	switch kind {
	case CacheRegistry:
		known["ref"], known["registry.insecure"] = anything, trueOrFalse
	case CacheLocal:
		known["tag"] = something
		if export {
			known["dest"], known["reset"] = anything, trueOrFalse
		} else {
			known["src"], known["digest"] = anything, something
		}
	case CacheGitHub:
		known["version"], known["timeout"] = oneOf("1", "2"), duration
		for _, name := range []string{"scope", "url", "url_v2", "token", "repository", "ghtoken"} {
			known[name] = something
		}
	case CacheInline, CacheS3, CacheAzblob:
	default:
		return nil
	}
	if !export || kind == CacheInline {
		return known
	}
	known["mode"], known["ignore-error"] = oneOf("min", "max"), trueOrFalse
	if kind == CacheRegistry || kind == CacheLocal {
		maps.Copy(known, map[string]check{
			"compression":       oneOf("gzip", "estargz", "zstd", "uncompressed"),
			"compression-level": wholeNumber,
			"force-compression": trueOrFalse,
			"image-manifest":    trueOrFalse,
			"oci-mediatypes":    trueOrFalse,
		})
	}
	return known
}

func passThrough(known map[string]check, attrs attributes) {
	for name := range attrs {
		if known[name] == nil {
			known[name] = anything
		}
	}
}

// cacheReference puts the full reference in place of the one written. Its path
// is lower-cased, because registries refuse capitals and GitHub names have them.
func (p *parser) cacheReference(input, where string, attrs attributes, export bool) {
	written := attrs["ref"]
	if written == "" {
		p.problems.add(input, acceptsCaches, "%stype=registry needs ref=IMAGE", where)
		return
	}
	named, err := fullReference(written)
	if err != nil {
		p.problems.add(input, acceptsCaches, "%sthe ref %q is not an image: %v", where, written, err)
		return
	}
	if export && reference.IsNameOnly(named) {
		p.problems.add(input, acceptsCaches, "%sthe ref %q has no tag, and latest would replace the image; name one such as :cache", where, written)
		return
	}
	if _, digested := named.(reference.Digested); digested && export {
		p.problems.add(input, acceptsCaches, "%sthe ref %q has a digest, and cache is exported to a tag", where, written)
		return
	}
	attrs["ref"] = reference.TagNameOnly(named).String()
}

// lowerName lower-cases an image, but not its tag and digest: registries refuse
// capitals, and GitHub names have them.
func lowerName(written string) string {
	name, _, _ := strings.Cut(written, "@")
	name, _ = cutTag(name)
	return strings.ToLower(name) + written[len(name):]
}

// cacheDirectory puts the absolute path in place of the one written.
func (p *parser) cacheDirectory(input, where string, attrs attributes, export bool) {
	name := "src"
	if export {
		name = "dest"
	}
	written := attrs[name]
	if written == "" {
		p.problems.add(input, acceptsCaches, "%stype=local needs %s=PATH, a directory of the workspace", where, name)
		return
	}
	resolve := p.resolveNew
	if export {
		resolve = p.resolveNewDirectory
	}
	path, err := resolve(written)
	if err == nil && export {
		err = withoutLinks(path)
	}
	if err != nil {
		p.problems.add(input, acceptsCaches, "%s%s: %q cannot be used: %v", where, name, written, err)
		return
	}
	attrs[name] = path
}

// withoutLinks refuses a directory with a link in it, which may be there or not:
// BuildKit's client would write where it leads, and a checkout may bring it.
func withoutLinks(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err == nil && entry.Type()&fs.ModeSymlink != 0:
			return fmt.Errorf("%s is a link, through which it would be written", path)
		}
		return err
	})
}
