package inputs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
)

// Any text in an input that is a list gives inputs or mistakes in that one.
func FuzzParse(f *testing.F) {
	lists := []string{"image", "tags", "labels", "platforms", "build-args", "secrets", "secret-envs", "secret-files"}
	for _, text := range []string{
		"", "a\nb, c", "# a\n a=b \r\n", "\"a=b\nc\"", `"a=""b"""`, `"`, "=", "a=", "linux/amd64,linux/arm/v7", "linux(1+x)/amd64", "a=Dockerfile",
		"a=/dev/zero", "a=\x00", "a=1\na=2", "type=sha", "ghcr.io/octo/name:1.2.3", "HOME", "\x1f", "\xff=\xff",
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
				if mistake.Input != input {
					t.Errorf("Parse(%s: %q) reports %v, want only mistakes in %s", input, text, mistake, input)
				}
			}
			return
		}
		for _, word := range slices.Concat(in.Images, in.Tags) {
			if word == "" || strings.TrimSpace(word) != word || strings.Contains(word, ",") {
				t.Errorf("Parse(%s: %q) holds the word %q", input, text, word)
			}
		}
		for key := range in.Secrets {
			checkKey(t, input, text, key)
		}
		for key := range in.Labels {
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

func checkKey(t *testing.T, input, text, key string) {
	t.Helper()
	if key == "" || strings.TrimSpace(key) != key || strings.Contains(key, "=") {
		t.Errorf("Parse(%s: %q) holds the key %q", input, text, key)
	}
}
