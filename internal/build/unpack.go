package build

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/regular"
	"github.com/slipway-build/slipway/internal/workspace"
)

const layoutIndex = "index.json"

// unpack puts the layout in the archive into a directory. What is there stays:
// images of an OCI layout are added to those of its index, in place of those with
// the same name. Links in the directory lead nowhere outside.
func (a *archive) unpack(dir string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return errNothingSent
	}
	packed, err := os.Open(a.file.Name())
	if err != nil {
		return err
	}
	defer packed.Close()
	if err := workspace.MakeDirectory(dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(packed); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpackOne(root, header, r)
		}
		if err != nil {
			return fmt.Errorf("unpacking it: %w", err)
		}
	}
}

func unpackOne(root *os.Root, header *tar.Header, content io.Reader) error {
	name := filepath.FromSlash(path.Clean(header.Name))
	switch {
	case header.Typeflag == tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case header.Typeflag != tar.TypeReg:
		return fmt.Errorf("%s is no file", header.Name)
	case name == layoutIndex:
		merged, err := mergeIndex(root, content)
		if err != nil {
			return err
		}
		content = bytes.NewReader(merged)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// mergeIndex adds the images of an index to the one that is there.
func mergeIndex(root *os.Root, added io.Reader) ([]byte, error) {
	index, err := v1.ParseIndexManifest(added)
	if err != nil {
		return nil, err
	}
	there, err := regular.OpenIn(root, layoutIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return json.Marshal(index)
	}
	if err != nil {
		return nil, err
	}
	defer there.Close()
	merged, err := v1.ParseIndexManifest(there)
	if err != nil {
		return nil, fmt.Errorf("reading %s, which is there: %w", layoutIndex, err)
	}
	merged.Manifests = slices.DeleteFunc(merged.Manifests, func(old v1.Descriptor) bool {
		return slices.ContainsFunc(index.Manifests, func(one v1.Descriptor) bool { return layoutNames(one) == layoutNames(old) })
	})
	merged.Manifests = append(merged.Manifests, index.Manifests...)
	return json.Marshal(merged)
}

// layoutNames are what an image of a layout is called: its full name, and its tag.
func layoutNames(d v1.Descriptor) [2]string {
	return [2]string{d.Annotations["io.containerd.image.name"], d.Annotations["org.opencontainers.image.ref.name"]}
}
