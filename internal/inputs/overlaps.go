package inputs

import (
	"path/filepath"
	"slices"
)

// target is a path that a run writes.
type target struct {
	input string
	path  string // links followed
	file  bool   // else a directory
	cache bool   // BuildKit's client writes it, and follows links in it
	after bool   // it is written when the build has ended, and its path looked at again
}

// targets lists all that a run writes for later steps, without what is not given and
// what is a mistake.
func (in Inputs) targets() []target {
	var all []target
	for _, out := range in.Outputs {
		all = append(all, target{input: "outputs", path: out.Dest, file: out.Type != OutputLocal && !out.Unpacked})
	}
	for _, cache := range in.CacheTo {
		if cache.Type == CacheLocal {
			all = append(all, target{input: "cache-to", path: cache.Attrs["dest"], cache: true})
		}
	}
	all = append(all, target{input: "metadata-file", path: in.MetadataFile, file: true, after: true}, target{input: "build-record", path: in.BuildRecord, file: true, after: true})
	return slices.DeleteFunc(all, func(t target) bool { return !filepath.IsAbs(t.path) })
}

// refuseOverlaps refuses what would be written into a directory that is emptied or
// filled in the same run, where an image may have put a link in its way, and what
// would be written below a file. Two paths that are the same are known, but for those
// of a cache.
func (p *parser) refuseOverlaps(in Inputs) {
	all := in.targets()
	for i, one := range all {
		for j, other := range all {
			if i != j && one.needs(other) {
				p.problems.add(one.input, "a path that is not in a file", "%q cannot be a directory, or in one: %s writes the file %q", one.path, other.input, other.path)
			}
		}
		for _, out := range in.Outputs {
			if out.Type == OutputLocal && within(one.path, out.Dest) && (one.path != out.Dest || one.cache) {
				p.refuseIn(out, one)
			}
		}
	}
}

// refuseIn refuses a target in the directory of an output.
func (p *parser) refuseIn(out Output, one target) {
	switch {
	case out.Empties():
		p.problems.add("outputs", acceptsOutputs, "mode=delete would empty %q, into which %q is written", out.Dest, one.path)
	case one.linkable(out.Dest):
		p.problems.add(one.input, "a path outside the directories of outputs", "%q is in %q, which the files of the image are written to, and a link of theirs could lead it elsewhere", one.path, out.Dest)
	}
}

// needs tells whether a directory is wanted where another target is a file.
func (t target) needs(file target) bool {
	return file.file && within(t.path, file.path) && (t.path != file.path || t.cache)
}

// linkable tells whether what is written below a directory would follow a link that
// is put there at the same time. The directory is none, and a file is put over one.
func (t target) linkable(dir string) bool {
	if t.file {
		return !t.after && filepath.Dir(t.path) != dir
	}
	return true
}
