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

// secrets reads the three inputs that name build secrets into one map. One that is
// empty is left out: a secret of GitHub's that does not exist, or that a run of a fork
// does not get, is an empty text. A file or a variable that is not there is an error.
func (p *parser) secrets(values, envs, files string) map[string]Secret {
	found, given := map[string]Secret{}, map[string]bool{}
	add := func(input string, kv pair, value string) {
		if given[kv.key] {
			p.problems.add(input, "each id once, in "+values+", "+envs+" or "+files, "line %d: the id %q is given twice", kv.line, kv.key)
		}
		given[kv.key] = true
		if len(value) > maxSecretSize {
			p.problems.add(input, "secrets of at most 500 KiB", "line %d: %s has more than %d bytes", kv.line, kv.key, maxSecretSize)
		}
		if strings.TrimSpace(value) == "" {
			p.leaveOut("the secret %s in %s is empty and left out; a step of the Dockerfile that needs it fails, or does without", kv.key, input)
			return
		}
		found[kv.key] = Secret(value)
	}
	for _, kv := range p.secretPairs(values, acceptsPairs) {
		add(values, kv, kv.value)
	}
	for _, kv := range p.secretPairs(envs, acceptsEnvs) {
		value, ok := p.env.Lookup(kv.value)
		if !ok && kv.value != "" {
			p.problems.add(envs, acceptsEnvs, "line %d: the variable %s for %s is not set", kv.line, kv.value, kv.key)
			continue
		}
		add(envs, kv, value)
	}
	for _, kv := range p.secretPairs(files, acceptsFiles) {
		value, err := "", error(nil)
		if strings.TrimSpace(kv.value) != "" {
			value, err = p.readSecret(kv.value)
		}
		if err != nil {
			p.problems.add(files, acceptsFiles, "line %d: %s: %v", kv.line, kv.key, err)
			continue
		}
		add(files, kv, value)
	}
	return found
}

const (
	acceptsEnvs  = "ID=VARIABLE, one per line, with the variable in the step's env"
	acceptsFiles = "ID=path of a readable file, one per line"
)

// secretPairs never shows a line's text: a line without = may be the secret.
func (p *parser) secretPairs(input, accepts string) []pair {
	var complete []pair
	for _, kv := range p.keyValues(input) {
		if !kv.hasValue {
			p.problems.add(input, accepts, "line %d has no =", kv.line)
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

// Secret is a value that must not be shown. It prints as *** in every verb of
// fmt and in JSON; only Reveal gives the value.
type Secret string

// Reveal returns the value, for the one place that has to send it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string { return redacted }

// Format hides the value from fmt, also in verbs that are not for strings: for
// those, fmt would pass String by and show the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the value from JSON and every other text encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

const redacted = "***"
