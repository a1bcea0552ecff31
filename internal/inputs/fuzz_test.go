package inputs_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
)

// Any text in an input that is a list gives inputs or mistakes in that one.
func FuzzParse(f *testing.F) {
	lists := []string{
		"image", "tags", "labels", "platforms", "build-args", "secrets", "secret-envs", "secret-files", "cache-from", "cache-to", "attests", "provenance", "sbom",
		"context", "build-contexts", "ssh", "no-cache-filters", "add-hosts", "allow", "ulimit", "shm-size",
	}
	for _, text := range []string{
		"", "a\nb, c", "# a\n a=b \r\n", "\"a=b\nc\"", `"a=""b"""`, `"`, "=", "a=", "linux/amd64,linux/arm/v7", "linux(1+x)/amd64", "a=Dockerfile",
		"a=/dev/zero", "a=\x00", "type=registry,ref=a/b:c", "type=local,src=.,dest=x", `type=s3,"secret_access_key=a,b"`, "type=sbom,generator=a", "mode=max,version=v1", "a=1\na=2", "type=sha", "ghcr.io/octo/name:1.2.3", "HOME", "\x1f", "\xff=\xff",
		"{{defaultContext}}:sub", "https://github.com/octo/app.git#main:sub", "git@github.com:octo/app.git?ref=x", "a=docker-image://b", "a=oci-layout://.", "a:1.2.3.4,b=[::1]", "device=a/b=c", "nofile=1:2", "1g", "default=Dockerfile",
	} {
		for i := range lists {
			f.Add(uint8(i), text)
		}
	}
	dir := checkout(f)
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		input := lists[int(which)%len(lists)]
		in, err := parse(dir, vars{input: text, "HOME": "/root"})
		if err != nil {
			for _, mistake := range mistakes(t, err) {
				if mistake.Input != input && mistake.Input != "ssh" { // which git may need
					t.Errorf("Parse(%s: %q) reports %v, want only mistakes in %s", input, text, mistake, input)
				}
			}
			return
		}
		for _, word := range in.Images {
			if word == "" || strings.TrimSpace(word) != word || strings.Contains(word, ",") {
				t.Errorf("Parse(%s: %q) holds the word %q", input, text, word)
			}
		}
		for _, cache := range slices.Concat(in.CacheFrom, in.CacheTo) {
			checkCache(t, input, text, cache)
		}
		for key := range in.Secrets {
			checkKey(t, input, text, key)
		}
		for key := range in.Labels.Values(metadata.Facts{}) {
			checkKey(t, input, text, key)
		}
		for key := range in.BuildArgs {
			checkKey(t, input, text, key)
		}
		seen := map[string]bool{}
		for _, platform := range in.Platforms {
			if platform.OS == "" || platform.Architecture == "" || seen[platform.String()] {
				t.Errorf("Parse(%s: %q) = %v, want whole platforms, each once", input, text, in.Platforms)
			}
			seen[platform.String()] = true
		}
		if in.Push != inputs.PushAuto || in.Builder != "auto" {
			t.Errorf("Parse(%s: %q) changed other inputs: %v", input, text, in)
		}
	})
}

// checkCache holds a cache to what BuildKit needs of it, and a local one to the
// workspace.
func checkCache(t *testing.T, input, text string, cache inputs.Cache) {
	t.Helper()
	for _, path := range []string{cache.Attrs["src"], cache.Attrs["dest"]} {
		if cache.Type == inputs.CacheLocal && path != "" && !filepath.IsAbs(path) {
			t.Errorf("Parse(%s: %q) holds the relative path %q", input, text, path)
		}
	}
	if cache.Type == "" || cache.Type == inputs.CacheRegistry && cache.Attrs["ref"] == "" {
		t.Errorf("Parse(%s: %q) holds half a cache: %v", input, text, cache)
	}
}

func checkKey(t *testing.T, input, text, key string) {
	t.Helper()
	if key == "" || strings.TrimSpace(key) != key || strings.Contains(key, "=") {
		t.Errorf("Parse(%s: %q) holds the key %q", input, text, key)
	}
}

// Any text in builder gives one builder, several nodes that can be connected
// to, or mistakes in builder.
func FuzzBuilder(f *testing.F) {
	for _, text := range []string{
		"", "auto", "docker", "tcp://a:1", "linux/amd64=tcp://a:1\nlinux/arm64,linux/arm/v7=unix:///b", "=", "linux/amd64=", "=tcp://a:1",
		"linux/amd64=kube-pod://b?namespace=c", "kube-pod://b?namespace=c\nauto", "# a\n\nlinux/amd64 = ssh://a@b:1/c", `"linux/amd64=tcp://a:1`, "linux/amd64=auto",
	} {
		f.Add(text)
	}
	dir := checkout(f)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := parse(dir, vars{"builder": text})
		if err != nil {
			for _, mistake := range mistakes(t, err) {
				if mistake.Input != "builder" {
					t.Errorf("Parse(builder: %q) reports %v, want only mistakes in builder", text, mistake)
				}
			}
			return
		}
		if (in.Builder == "") == (len(in.Nodes) == 0) {
			t.Errorf("Parse(builder: %q) = %q and %v, want one of them", text, in.Builder, in.Nodes)
		}
		seen := map[string]bool{}
		for _, node := range in.Nodes {
			if err := inputs.CheckAddress(node.Address); err != nil || len(node.Platforms) == 0 || seen[node.Address] {
				t.Errorf("Parse(builder: %q) has the node %v: %v", text, node, err)
			}
			seen[node.Address] = true
		}
	})
}
