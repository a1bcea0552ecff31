// Package source reads where the files of a context come from.
package source

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Kind is a kind of place that the files of a context come from.
type Kind string

// The kinds.
const (
	Directory Kind = "directory"  // Where is its absolute path
	Git       Kind = "git"        // Where is the URL as BuildKit takes it, with ref and subdirectory
	URL       Kind = "url"        // Where is the http(s):// URL of a file, an archive for a main context
	Default   Kind = "default"    // the run's own repository at its commit; Where is a subdirectory or empty
	Image     Kind = "image"      // Where is its reference
	Stage     Kind = "stage"      // Where is the name of a stage of the Dockerfile itself
	Layout    Kind = "oci-layout" // Where is its absolute path, Digest what is taken of it
)

// Source is where the files of a context come from.
type Source struct {
	Kind   Kind
	Where  string
	Digest v1.Hash
}

// Fetched tells whether the builder fetches the files of a repository or a URL by
// itself.
func (s Source) Fetched() bool {
	return s.Kind == Git || s.Kind == URL || s.Kind == Default
}

// defaultContext is how docker/build-push-action writes the run's own repository.
var defaultContext = regexp.MustCompile(`^\{\{-?\s*defaultContext\s*-?\}\}(.*)$`)

// ScpStyle is USER@HOST:PATH, git over ssh.
var ScpStyle = regexp.MustCompile(`^[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:`)

// Remote reads what a builder fetches by itself. It returns nil for a text
// that looks like none.
func Remote(text string) (*Source, error) {
	if strings.ContainsFunc(text, unicode.IsControl) && strings.Contains(text, "://") {
		return nil, errors.New("it is more than one line")
	}
	if strings.Contains(text, "{{") {
		return defaultSource(text)
	}
	if ScpStyle.MatchString(text) {
		address, fragment, _ := strings.Cut(text, "#")
		_, query, _ := strings.Cut(address, "?")
		return &Source{Kind: Git, Where: text}, checkGit(query, fragment)
	}
	return urlSource(text)
}

func defaultSource(text string) (*Source, error) {
	found := defaultContext.FindStringSubmatch(text)
	if found == nil || found[1] != "" && (!strings.HasPrefix(found[1], ":") || strings.ContainsAny(found[1], "{}#?")) {
		return nil, errors.New("{{defaultContext}} stands at the start, with :SUBDIRECTORY or nothing after it")
	}
	return &Source{Kind: Default, Where: strings.TrimPrefix(found[1], ":")}, nil
}

// urlSource reads a URL as BuildKit does: of those with http(s) the ones whose path
// ends in .git are repositories, and what begins with github.com/ is one, too.
func urlSource(text string) (*Source, error) {
	address := text
	if strings.HasPrefix(text, "github.com/") {
		address = "https://" + text
	}
	scheme, _, found := strings.Cut(address, "://")
	if !found {
		return nil, nil
	}
	if !slices.Contains([]string{"http", "https", "git", "ssh"}, strings.ToLower(scheme)) {
		return nil, errors.New("BuildKit fetches no such URL, but https://, http://, git:// and ssh://")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("it is no URL that can be read")
	}
	if err := checkLogin(u); err != nil {
		return nil, err
	}
	if address == text && strings.HasPrefix(u.Scheme, "http") && !strings.HasSuffix(u.Path, ".git") {
		return &Source{Kind: URL, Where: text}, checkArchive(u)
	}
	return &Source{Kind: Git, Where: text}, checkGit(u.RawQuery, u.Fragment)
}

// checkArchive refuses the address that a browser shows of a repository.
func checkArchive(u *url.URL) error {
	if u.Host != "github.com" || strings.Count(strings.Trim(u.Path, "/"), "/") != 1 {
		return nil
	}
	return fmt.Errorf("it is the page of a repository; its git URL ends in .git (https://github.com%s.git)", strings.TrimSuffix(u.Path, "/"))
}

// checkLogin refuses what would be in the log of the builder, in its cache and in
// the provenance of the image.
func checkLogin(u *url.URL) error {
	if _, password := u.User.Password(); !password && (u.User == nil || u.Scheme == "ssh") {
		return nil
	}
	return fmt.Errorf("it holds a login, which every log would show; take it out: for a repository on the run's own server the input token is used, and for another set `secrets: GIT_AUTH_TOKEN.%s=…`", u.Host)
}

// checkGit reports options of a git URL that BuildKit would refuse
// (https://github.com/moby/buildkit/blob/v0.33.1/frontend/dockerfile/dfgitutil/git_ref.go).
func checkGit(query, fragment string) error {
	options, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("its query cannot be read")
	}
	known := []string{"branch", "checksum", "commit", "fetch-by-commit", "keep-git-dir", "mtime", "ref", "subdir", "submodules", "tag"}
	for name, values := range options {
		if !slices.Contains(known, name) {
			return fmt.Errorf("a git URL has no option %s; there are %s", name, strings.Join(known, ", "))
		}
		if len(values) > 1 {
			return fmt.Errorf("its option %s is given twice", name)
		}
	}
	if options.Has("commit") && options.Has("checksum") {
		return errors.New("its options commit and checksum are the same")
	}
	ref, dir, _ := strings.Cut(fragment, ":")
	refs := []string{ref, options.Get("ref"), under("refs/tags/", options.Get("tag")), under("refs/heads/", options.Get("branch"))}
	dirs := []string{strings.TrimPrefix(path.Join("/", dir), "/"), options.Get("subdir")}
	if several(refs) || several(dirs) {
		return errors.New("it names two refs or subdirectories")
	}
	return nil
}

// under puts the prefix of a kind of refs in front of a name.
func under(prefix, name string) string {
	if name == "" || strings.HasPrefix(name, prefix) {
		return name
	}
	return prefix + name
}

// several tells whether there are different names.
func several(names []string) bool {
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	slices.Sort(names)
	return len(slices.Compact(names)) > 1
}

// login finds what may be one in a text that is to be shown.
var login = regexp.MustCompile(`//[^/@\s]*@`)

// Shown is a text without logins and without the query of a URL, which may hold a
// signature.
func Shown(text string) string {
	text = login.ReplaceAllString(text, "//***@")
	if address, _, query := strings.Cut(text, "?"); query && strings.Contains(address, "://") {
		return address + "?…"
	}
	return text
}
