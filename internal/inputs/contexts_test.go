package inputs_test

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
)

func TestRemoteContext(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "github.com/octo/here/Dockerfile", "a:b/Dockerfile")
	const git, url, own = source.Git, source.URL, source.Default
	cases := map[string]struct {
		value string
		kind  source.Kind // empty: a directory
		where string
	}{
		"a repository":                     {"https://github.com/octo/app.git", git, "https://github.com/octo/app.git"},
		"at a branch":                      {"https://github.com/octo/app.git#main", git, "https://github.com/octo/app.git#main"},
		"a subdirectory":                   {"https://github.com/octo/app.git#main:sub/dir", git, "https://github.com/octo/app.git#main:sub/dir"},
		"a subdirectory of the default":    {"https://github.com/octo/app.git#:sub", git, "https://github.com/octo/app.git#:sub"},
		"with options":                     {"https://github.com/octo/app.git?ref=main&subdir=a", git, "https://github.com/octo/app.git?ref=main&subdir=a"},
		"over ssh":                         {"git@github.com:octo/app.git#v1", git, "git@github.com:octo/app.git#v1"},
		"over ssh, as a URL":               {"ssh://git@example.com:2222/octo/app.git", git, "ssh://git@example.com:2222/octo/app.git"},
		"git's own protocol":               {"git://example.com/app.git", git, "git://example.com/app.git"},
		"without https":                    {"github.com/octo/app#v1", git, "github.com/octo/app#v1"},
		"a directory that looks like that": {"github.com/octo/here", "", "github.com/octo/here"},
		"a directory with a colon":         {"a:b", "", "a:b"},
		"an archive":                       {"https://example.com/app.tar.gz", url, "https://example.com/app.tar.gz"},
		"an archive with a signature":      {"https://example.com/app.tar.gz?sig=x", url, "https://example.com/app.tar.gz?sig=x"},
		"over HTTP":                        {"http://example.com/app.tar", url, "http://example.com/app.tar"},
		"the run's own":                    {"{{defaultContext}}", own, ""},
		"with blanks":                      {" {{ defaultContext }} ", own, ""},
		"its subdirectory":                 {"{{defaultContext}}:sub/dir", own, "sub/dir"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"context": c.value})
			if err != nil && c.value != "git@github.com:octo/app.git#v1" && !strings.HasPrefix(c.value, "ssh:") { // no agent
				t.Fatal(err)
			}
			if c.kind == "" {
				if in.Remote != nil || in.Context != filepath.Join(dir, c.where) {
					t.Errorf("Parse(context: %q) = %q, %v, want the directory", c.value, in.Context, in.Remote)
				}
				return
			}
			if diff := cmp.Diff(&source.Source{Kind: c.kind, Where: c.where}, in.Remote); diff != "" || in.Context != "" || in.Dockerfile != "Dockerfile" {
				t.Errorf("Parse(context: %q) with %q and %q, -want +got:\n%s", c.value, in.Context, in.Dockerfile, diff)
			}
			if local := in.Local(); len(local) > 0 {
				t.Errorf("Parse(context: %q) takes %q of this machine", c.value, local)
			}
		})
	}
}

// TestGitURLs holds what is taken for a repository to what BuildKit takes for one.
func TestGitURLs(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	random := rand.New(rand.NewPCG(1, 2))
	one := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	for range 1000 {
		text := one("https://", "http://", "git://", "ssh://git@", "HTTPS://", "git@", "", "ftp://") +
			one("github.com", "example.com:2222", "127.0.0.1") + one("/", ":") + one("octo/app", "octo/app.tar.gz", "app", "") + one(".git", ".git/", "") +
			one("", "?ref=main", "?branch=a&subdir=b", "?checksum=12ab", "?color=red", "?ref=a&ref=b", "?submodules=false") + one("", "#main", "#main:sub", "#:sub", "#")
		_, isGit, gitErr := dfgitutil.ParseGitRef(text)
		in, err := parse(dir, vars{"context": text, "ssh": "default"})
		taken := in.Remote != nil && in.Remote.Kind == source.Git
		if taken && !isGit {
			t.Errorf("%q is taken for a repository, and BuildKit does not", text)
		}
		refused := strings.Contains(errText(err), `input "context"`)
		if isGit && !taken && !refused {
			t.Errorf("BuildKit takes %q for a repository, and here it is %v", text, in.Remote)
		}
		if isGit && gitErr != nil && !refused {
			t.Errorf("BuildKit refuses %q with %v, and here it is taken", text, gitErr)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRemoteContextMistakes(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct {
		value string
		says  []string
	}{
		"a token in it":             {"https://x-access-token:correct-horse@github.com/octo/app.git", []string{"https://***@github.com/octo/app.git", "it holds a login", "GIT_AUTH_TOKEN.github.com"}},
		"a token alone":             {"https://correct-horse@github.com/octo/app.git#main", []string{"it holds a login"}},
		"a password for ssh":        {"ssh://git:correct-horse@example.com/app.git", []string{"it holds a login"}},
		"a login for an archive":    {"https://u:correct-horse@example.com/app.tar", []string{"it holds a login"}},
		"standard input":            {"-", []string{"no standard input"}},
		"the page of a repository":  {"https://github.com/octo/app", []string{"https://github.com/octo/app.git"}},
		"another template":          {"{{branch}}", []string{"{{defaultContext}} stands at the start"}},
		"a template in the middle":  {"a{{defaultContext}}", []string{"stands at the start"}},
		"a ref behind the template": {"{{defaultContext}}#main", []string{"stands at the start"}},
		"an option nobody knows":    {"https://github.com/octo/app.git?color=red", []string{"a git URL has no option color; there are branch"}},
		"an option twice":           {"https://github.com/octo/app.git?ref=a&ref=b", []string{"its option ref is given twice"}},
		"no host":                   {"https:///app.git", []string{"no URL that can be read"}},
		"a line end":                {"https://correct-horse@github.com/octo/app.git#a\nb", []string{"more than one line"}},
		"another kind of URL":       {"ftp://u:correct-horse@example.com/app.tar", []string{"ftp://***@example.com", "BuildKit fetches no such URL"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"context": c.value})
			wantMistake(t, err, "context", append(c.says, "{{defaultContext}}")...)
			if strings.Contains(err.Error(), "correct-horse") {
				t.Errorf("Parse(context) shows the login: %v", err)
			}
		})
	}
}

func TestDockerfileOfARemoteContext(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "prod.Dockerfile")
	local := filepath.Join(dir, "prod.Dockerfile")
	for file, want := range map[string]string{"": "Dockerfile", "build/prod.Dockerfile": "build/prod.Dockerfile", "./a/../b": "b", local: local} {
		in, err := parse(dir, vars{"context": "https://github.com/octo/app.git", "file": file})
		if err != nil || in.Dockerfile != want {
			t.Errorf("Parse(file: %q) = %q, %v, want %q", file, in.Dockerfile, err, want)
		}
		if got := strings.Join(in.Local(), " "); filepath.IsAbs(want) != (got == local) {
			t.Errorf("Parse(file: %q) takes %q of this machine", file, got)
		}
	}
	for _, file := range []string{"../Dockerfile", "a/../../b", "."} {
		_, err := parse(dir, vars{"context": "https://github.com/octo/app.git", "file": file})
		wantMistake(t, err, "file", "is not inside the context")
	}
	_, err := parse(dir, vars{"context": "https://github.com/octo/app.git", "file": dir + "/absent"})
	wantMistake(t, err, "file", "there is no Dockerfile at")
}

func TestNamedContexts(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "lib/file", "two words/file")
	elsewhere := checkout(t)
	first, second := ociLayout(t, filepath.Join(dir, "oci"))
	cases := map[string]struct {
		value string
		want  []inputs.NamedContext
	}{
		"a directory":          {"lib=lib", []inputs.NamedContext{{"lib", source.Source{Kind: source.Directory, Where: dir + "/lib"}}}},
		"with ./":              {"lib=./lib/", []inputs.NamedContext{{"lib", source.Source{Kind: source.Directory, Where: dir + "/lib"}}}},
		"the workspace":        {"all=.", []inputs.NamedContext{{"all", source.Source{Kind: source.Directory, Where: dir}}}},
		"outside, absolute":    {"x=" + elsewhere, []inputs.NamedContext{{"x", source.Source{Kind: source.Directory, Where: elsewhere}}}},
		"in quotes":            {`"x=two words"`, []inputs.NamedContext{{"x", source.Source{Kind: source.Directory, Where: dir + "/two words"}}}},
		"an image":             {"alpine=docker-image://alpine:3.20", []inputs.NamedContext{{"alpine", source.Source{Kind: source.Image, Where: "alpine:3.20"}}}},
		"an image by digest":   {"a=docker-image://ghcr.io/o/a@" + first.String(), []inputs.NamedContext{{"a", source.Source{Kind: source.Image, Where: "ghcr.io/o/a@" + first.String()}}}},
		"in place of an image": {"docker.io/library/alpine:latest=docker-image://busybox", []inputs.NamedContext{{"alpine", source.Source{Kind: source.Image, Where: "busybox"}}}},
		"a repository":         {"x=https://github.com/o/r.git#v1", []inputs.NamedContext{{"x", source.Source{Kind: source.Git, Where: "https://github.com/o/r.git#v1"}}}},
		"the run's own":        {"x={{defaultContext}}:lib", []inputs.NamedContext{{"x", source.Source{Kind: source.Default, Where: "lib"}}}},
		"a file":               {"x=https://example.com/a.tar.gz", []inputs.NamedContext{{"x", source.Source{Kind: source.URL, Where: "https://example.com/a.tar.gz"}}}},
		"a stage":              {"x=target:base", []inputs.NamedContext{{"x", source.Source{Kind: source.Stage, Where: "base"}}}},
		"a layout by tag":      {"x=oci-layout://oci:two", []inputs.NamedContext{{"x", source.Source{Kind: source.Layout, Where: dir + "/oci", Digest: second}}}},
		"a layout's latest":    {"x=oci-layout://" + dir + "/oci", []inputs.NamedContext{{"x", source.Source{Kind: source.Layout, Where: dir + "/oci", Digest: first}}}},
		"a layout by digest":   {"x=oci-layout://oci@" + second.String(), []inputs.NamedContext{{"x", source.Source{Kind: source.Layout, Where: dir + "/oci", Digest: second}}}},
		"the last of a name":   {"x=lib\nx:latest=.", []inputs.NamedContext{{"x", source.Source{Kind: source.Directory, Where: dir}}}},
		"blank lines":          {"\n  a=lib \n\n", []inputs.NamedContext{{"a", source.Source{Kind: source.Directory, Where: dir + "/lib"}}}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"build-contexts": c.value})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, in.Contexts); diff != "" {
				t.Errorf("Parse(build-contexts: %q), -want +got:\n%s", c.value, diff)
			}
		})
	}
}

func TestNamedContextMistakes(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "file")
	_, two := ociLayout(t, filepath.Join(dir, "oci"))
	symlink(t, "/etc", filepath.Join(dir, "out"))
	cases := map[string]struct {
		value string
		says  []string
	}{
		"no source":            {"\nlib", []string{`line 2: "lib" is no name and its source`}},
		"an empty source":      {"lib= ", []string{"line 1"}},
		"a name that is none":  {"Bad Name=.", []string{`line 1: "Bad Name=."`}},
		"not there":            {"a=absent", []string{"there is no " + filepath.Join(dir, "absent")}},
		"a file":               {"a=file", []string{"it is not a directory"}},
		"up":                   {"a=..", []string{"outside the workspace"}},
		"a link out":           {"a=out", []string{"outside the workspace"}},
		"our environment":      {"a=/proc/self", []string{"outside the workspace"}},
		"a token":              {"a=https://correct-horse@github.com/o/r.git", []string{"https://***@github.com/o/r.git", "it holds a login"}},
		"no stage":             {"a=target:", []string{"it is not the name of a stage"}},
		"an image that is not": {"a=docker-image://Bad", []string{"line 1"}},
		"no layout":            {"a=oci-layout://.", []string{"it is no OCI layout"}},
		"no directory":         {"a=oci-layout://absent:x", []string{"there is no " + filepath.Join(dir, "absent")}},
		"another tag":          {"a=oci-layout://oci:three", []string{"none of its 2 images has the tag three", `"latest" "two"`}},
		"another digest":       {"a=oci-layout://oci@sha256:" + strings.Repeat("0", 64), []string{"oci has no sha256:000"}},
		"half a digest":        {"a=oci-layout://oci@" + two.String()[:20], []string{"line 1"}},
		"an open quote":        {`"a=.`, []string{"never closed"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"build-contexts": c.value})
			wantMistake(t, err, "build-contexts", c.says...)
			if strings.Contains(err.Error(), "correct-horse") {
				t.Errorf("Parse(build-contexts) shows the login: %v", err)
			}
		})
	}
}
