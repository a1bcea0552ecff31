package inputs

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/slipway-build/slipway/internal/regular"
)

// maxSecretSize is BuildKit's limit for one secret, in bytes
// (session/secrets/secretsprovider.MaxSecretSize). It is checked here so that a
// secret that is too large is reported before the build.
const maxSecretSize = 500 * 1024

// secrets reads the three inputs that name build secrets into one map. A secret
// that is missing is an error and never a build without it.
func (p *parser) secrets(values, envs, files string) map[string]Secret {
	found := map[string]Secret{}
	add := func(input string, kv pair, value string) {
		if _, twice := found[kv.key]; twice {
			p.problems.add(input, "each id once, in "+values+", "+envs+" or "+files, "line %d: the id %q is given twice", kv.line, kv.key)
		}
		if len(value) > maxSecretSize {
			p.problems.add(input, "secrets of at most 500 KiB", "line %d: %s has more than %d bytes", kv.line, kv.key, maxSecretSize)
		}
		found[kv.key] = Secret(value)
	}
	for _, kv := range p.secretPairs(values, acceptsPairs) {
		add(values, kv, kv.value)
	}
	for _, kv := range p.secretPairs(envs, acceptsEnvs) {
		value, ok := p.env.Lookup(kv.value)
		if !ok || value == "" { // a secret that does not exist reaches the env as an empty variable
			p.problems.add(envs, acceptsEnvs, "line %d: the variable %s for %s is not set or empty", kv.line, kv.value, kv.key)
			continue
		}
		add(envs, kv, value)
	}
	for _, kv := range p.secretPairs(files, acceptsFiles) {
		value, err := p.readSecret(kv.value)
		if err != nil {
			p.problems.add(files, acceptsFiles, "line %d: %s: %v", kv.line, kv.key, err)
			continue
		}
		add(files, kv, value)
	}
	return found
}

const (
	acceptsEnvs  = "ID=VARIABLE, one a line, with the variable in the step's env"
	acceptsFiles = "ID=path of a readable file, one a line"
)

// secretPairs never shows a line's text: a line without = may be the secret.
func (p *parser) secretPairs(input, accepts string) []pair {
	var complete []pair
	for _, kv := range p.keyValues(input) {
		if !kv.hasValue || strings.TrimSpace(kv.value) == "" {
			p.problems.add(input, accepts, "line %d has no = or nothing after it", kv.line)
			continue
		}
		complete = append(complete, kv)
	}
	return complete
}

// readSecret reads at most one byte more than a secret may have, so that a file
// of any size ends.
func (p *parser) readSecret(path string) (string, error) {
	path = strings.TrimSpace(path)
	path, err := p.resolveFile(path, filepath.IsAbs(path))
	if err != nil {
		return "", err
	}
	file, err := regular.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSecretSize+1))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return string(content), nil
}
