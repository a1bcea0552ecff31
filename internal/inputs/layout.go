package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/regular"
)

// layout reads PATH[:TAG|@DIGEST], an image in a directory of the format OCI
// layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md).
func (p *parser) layout(text string) (source.Source, error) {
	path, tag, digest := text, "", ""
	if i := strings.LastIndex(path, "@"); i >= 0 && strings.Contains(path[i:], ":") {
		path, digest = path[:i], path[i+1:]
	}
	if i := strings.LastIndex(path, ":"); i >= 0 && reference.TagRegexp.MatchString(path[i+1:]) && !strings.Contains(path[i:], "/") {
		path, tag = path[:i], path[i+1:]
	}
	followed, err := p.resolve(path, filepath.IsAbs(path))
	if errors.Is(err, fs.ErrNotExist) {
		return source.Source{}, errors.New("there is no " + p.absolute(path))
	}
	if err == nil {
		err = directory(followed)
	}
	if err != nil {
		return source.Source{}, err
	}
	var hash v1.Hash
	if digest != "" {
		hash, err = v1.NewHash(digest)
	} else {
		hash, err = layoutDigest(followed, tag)
	}
	if err != nil {
		return source.Source{}, err
	}
	if err := isFile(filepath.Join(followed, "blobs", hash.Algorithm, hash.Hex)); err != nil {
		return source.Source{}, fmt.Errorf("%s has no %s", followed, hash)
	}
	return source.Source{Kind: source.Layout, Where: followed, Digest: hash}, nil
}

// The annotations by which images of a layout are known: the tag, and the full
// name.
const (
	layoutTag  = "org.opencontainers.image.ref.name"
	layoutName = "io.containerd.image.name"
)

// layoutDigest finds the image of a tag, by default latest, or the only one.
func layoutDigest(dir, tag string) (v1.Hash, error) {
	file, err := regular.Open(filepath.Join(dir, "index.json"))
	if err != nil {
		return v1.Hash{}, fmt.Errorf("it is no OCI layout: %w", err)
	}
	defer file.Close()
	index, err := v1.ParseIndexManifest(file)
	if err != nil {
		return v1.Hash{}, fmt.Errorf("its index.json cannot be read: %w", err)
	}
	wanted := tag
	if wanted == "" {
		wanted = "latest"
	}
	var tags []string
	for _, annotation := range []string{layoutName, layoutTag} {
		for _, one := range index.Manifests {
			if one.Annotations[annotation] == wanted {
				return one.Digest, nil
			}
			if name := one.Annotations[annotation]; name != "" {
				tags = append(tags, name)
			}
		}
	}
	if len(index.Manifests) == 1 {
		return index.Manifests[0].Digest, nil
	}
	return v1.Hash{}, fmt.Errorf("none of its %d images has the tag %s, but %q", len(index.Manifests), wanted, tags)
}
