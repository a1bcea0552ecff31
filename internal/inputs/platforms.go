package inputs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const acceptsPlatform = "os/architecture[/variant], such as linux/amd64, linux/arm64 or linux/arm/v7"

// platforms reads the target platforms, each once, in the order given.
func (p *parser) platforms(input string) []v1.Platform {
	var all []v1.Platform
	for _, text := range p.words(input) {
		one, ok := parsePlatform(text)
		if !ok {
			p.problems.add(input, acceptsPlatform, "%q is not a platform", text)
			continue
		}
		all = addPlatform(all, one)
	}
	return all
}

func addPlatform(all []v1.Platform, one v1.Platform) []v1.Platform {
	if slices.ContainsFunc(all, func(other v1.Platform) bool { return other.Equals(one) }) {
		return all
	}
	return append(all, one)
}

// parsePlatform reads one platform. Aliases such as x86_64 and aarch64 are
// accepted; a name that Go and BuildKit have no port for is not, because BuildKit
// would build an image that nothing can run.
func parsePlatform(text string) (v1.Platform, bool) {
	parsed, err := platforms.Parse(text)
	plain := parsed.OSVersion == "" && len(parsed.OSFeatures) == 0 // windows(10.0.17763)/amd64 is not
	if err != nil || !plain || !strings.Contains(text, "/") || !known(parsed.OS, parsed.Architecture, parsed.Variant) {
		return v1.Platform{}, false
	}
	normal := platforms.Normalize(parsed)
	return v1.Platform{OS: normal.OS, Architecture: normal.Architecture, Variant: normal.Variant}, true
}

var variant = regexp.MustCompile(`^(v[0-9]+(\.[0-9]+)?)?$`)

// known tells whether images for this platform exist at all: the ports of Go
// that can be a container's platform.
func known(os, arch, v string) bool {
	ports := map[string][]string{
		"linux":   {"386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x"},
		"windows": {"386", "amd64", "arm", "arm64"},
		"freebsd": {"386", "amd64", "arm", "arm64", "riscv64"},
		"darwin":  {"amd64", "arm64"},
		"wasi":    {"wasm"},
		"wasip1":  {"wasm"},
	}
	return slices.Contains(ports[os], arch) && variant.MatchString(v)
}
