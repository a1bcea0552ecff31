package inputs

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/slipway-build/slipway/internal/host"
)

// Login is an entry of registry-auth. Username and Password are empty if their
// secret is not there, as in runs that GitHub gives none: what that means is for
// the plan to decide.
type Login struct {
	Registry string // host, lower case
	Username string
	Password Secret
}

const acceptsAuth = "a YAML list of entries with registry, username and password; values in single quotes where they hold signs of YAML"

// maxAuthSize is how long the list may be, in bytes: a hundred cloud keys.
const maxAuthSize = 256 << 10

// registryAuth reads the logins of further registries. Its errors name entries
// and lines and never show a value: it may be a password in the wrong place.
func (p *parser) registryAuth(input string) []Login {
	text := p.raw(input)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if len(text) > maxAuthSize {
		p.problems.add(input, acceptsAuth, "it has more than %d bytes", maxAuthSize)
		return nil
	}
	entries, err := yamlList(text)
	if err != nil {
		p.problems.add(input, acceptsAuth, "%v", err)
		return nil
	}
	var logins []Login
	first := map[string]int{} // host to entry
	for i, entry := range entries {
		login, ok := p.authEntry(input, i+1, entry)
		if !ok {
			continue
		}
		if login.Registry == "" {
			p.leaveOut("the registry of entry %d (line %d) in registry-auth is empty, and the entry is left out", i+1, entry.Line)
			continue
		}
		canonical := host.Canonical(login.Registry)
		if earlier, twice := first[canonical]; twice {
			p.problems.add(input, "each registry once", "entry %d is for %s, as entry %d is%s", i+1, login.Registry, earlier, alias(login.Registry))
			continue
		}
		first[canonical] = i + 1
		logins = append(logins, login)
	}
	return logins
}

// alias explains why two names are one.
func alias(registry string) string {
	if host.Canonical(registry) == host.Canonical("docker.io") {
		return " (docker.io, index.docker.io and registry-1.docker.io are Docker Hub)"
	}
	return ""
}

// authEntry reads one entry, and reports all that is wrong with it.
func (p *parser) authEntry(input string, number int, entry *yaml.Node) (Login, bool) {
	before := len(p.problems.errs)
	bad := func(format string, args ...any) {
		p.problems.add(input, acceptsAuth, "entry %d (line %d) "+format, append([]any{number, entry.Line}, args...)...)
	}
	if entry.Kind != yaml.MappingNode {
		bad("is no mapping of registry, username and password")
		return Login{}, false
	}
	values := authValues(entry, bad)
	login := Login{
		Registry: strings.ToLower(strings.TrimSpace(values["registry"])),
		Username: strings.TrimSpace(values["username"]),
		Password: Secret(strings.TrimRight(values["password"], "\r\n")),
	}
	if login.Registry != "" && !isHost(login.Registry) {
		bad("has a registry that is no host such as docker.io or registry.example.com:5000, without scheme or path")
	}
	if strings.ContainsAny(login.Username, ":\r\n") {
		bad("has a username with a colon or a line end in it, which no registry takes")
	}
	return login, len(p.problems.errs) == before
}

// authValues reads the three values of an entry.
func authValues(entry *yaml.Node, bad func(format string, args ...any)) map[string]string {
	keys, values := []string{"registry", "username", "password"}, map[string]string{}
	for i := 0; i+1 < len(entry.Content); i += 2 {
		key, value := entry.Content[i].Value, entry.Content[i+1]
		if !slices.Contains(keys, key) {
			bad("has an unknown key on line %d; allowed are registry, username and password", entry.Content[i].Line)
			continue
		}
		if _, twice := values[key]; twice {
			bad("has %s twice", key)
		} else if value.Kind != yaml.ScalarNode || value.Anchor != "" || value.Style&yaml.TaggedStyle != 0 {
			bad("has a %s that is no plain text; put it in single quotes", key)
		}
		values[key] = value.Value
	}
	for _, key := range keys {
		if _, there := values[key]; !there {
			bad("has no %s", key)
		}
	}
	return values
}

// yamlLine is all of an error of the parser that is safe to show: the rest quotes
// the text.
var yamlLine = regexp.MustCompile(`line \d+`)

// yamlList reads a text that is one list.
func yamlList(text string) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if line := yamlLine.FindString(err.Error()); line != "" {
			return nil, errors.New("it is no YAML, near " + line)
		}
		return nil, errors.New("it is no YAML")
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the list")
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.SequenceNode {
		return nil, errors.New(`it is no list: each entry begins with "- registry:"`)
	}
	return document.Content[0].Content, nil
}
