package metadata

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Level is the object that carries an annotation, as BuildKit names them.
type Level string

// The four levels. The descriptors are the entries for a manifest in its index,
// and for an index in the layout that it is exported to.
const (
	Manifest           Level = "manifest"
	Index              Level = "index"
	ManifestDescriptor Level = "manifest-descriptor"
	IndexDescriptor    Level = "index-descriptor"
)

// Annotation is one annotation at one place.
type Annotation struct {
	Level      Level
	Platform   *v1.Platform // of manifests and their descriptors; nil: all
	Key, Value string
}

// String is the form of docker build's option --annotation.
func (a Annotation) String() string { return a.where() + ":" + a.Key + "=" + a.Value }

func (a Annotation) where() string {
	if a.Platform == nil {
		return string(a.Level)
	}
	return string(a.Level) + "[" + a.Platform.String() + "]"
}

// Annotations returns the standard annotations for manifest and index,
// overridden and completed by the user's own. GitHub reads an image of several
// platforms from its index, and one of a single platform from its manifest.
func Annotations(s Source, own []Annotation) []Annotation {
	all := map[string]*Annotation{}
	set := func(a Annotation) {
		a.Value = limited(a.Key, a.Value)
		all[a.where()+":"+a.Key] = &a
	}
	labels := s.labels()
	for _, level := range []Level{Manifest, Index} {
		for key, value := range labels {
			set(Annotation{Level: level, Key: key, Value: value})
		}
	}
	for _, a := range own {
		set(a)
	}
	sorted := make([]Annotation, 0, len(all))
	for _, a := range slices.SortedFunc(maps.Values(all), compareAnnotations) {
		sorted = append(sorted, *a)
	}
	return sorted
}

func compareAnnotations(a, b *Annotation) int {
	return cmp.Or(
		cmp.Compare(slices.Index(levels, a.Level), slices.Index(levels, b.Level)),
		cmp.Compare(a.where(), b.where()),
		CompareKeys(a.Key, b.Key))
}

var levels = []Level{Manifest, Index, ManifestDescriptor, IndexDescriptor}

// leveled is LEVEL[,LEVEL]:KEY, a level with a platform in brackets or without.
var leveled = regexp.MustCompile(`^\s*([a-z-]+(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):`)

// parsePlaces takes the levels off a key.
func parsePlaces(key string) (places []place, rest string, m *mistake) {
	found := leveled.FindStringSubmatch(key)
	if found == nil {
		return []place{{level: Manifest}, {level: Index}}, key, nil
	}
	offset := blanks(key)
	for text := range strings.SplitSeq(found[1], ",") {
		p, m := parsePlace(text)
		if m != nil {
			return nil, "", m.after(offset)
		}
		places = append(places, p)
		offset += len(text) + 1
	}
	return places, key[len(found[0]):], nil
}

func parsePlace(text string) (place, *mistake) {
	level, platform, hasPlatform := strings.Cut(strings.TrimSuffix(text, "]"), "[")
	p := place{level: Level(level)}
	switch {
	case !slices.Contains(levels, p.level):
		return p, wrong(0, acceptsAnnotations, "the level %q is not known", level)
	case !hasPlatform:
		return p, nil
	case p.level == Index || p.level == IndexDescriptor:
		return p, wrong(len(level), acceptsAnnotations, "an index is for all platforms")
	}
	parsed, err := platforms.Parse(platform)
	if err != nil || !strings.Contains(platform, "/") {
		return p, wrong(len(level)+1, "os/architecture[/variant], such as linux/arm64", "%q is not a platform", platform)
	}
	normal := platforms.Normalize(parsed)
	p.platform = &v1.Platform{OS: normal.OS, Architecture: normal.Architecture, Variant: normal.Variant, OSVersion: normal.OSVersion}
	return p, nil
}
