package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"
)

// commands are the verbs of the scripts beside testscript's own:
//
//	checkout             makes repo a git checkout of one commit of 2026-03-04,
//	                     and sets GITHUB_SHA
//	odd-file DIR         makes an empty file whose name has line ends in it, and rubbish
//	                     of 4 KB and a Dockerfile of 10 MB beside it
//	input NAME FILE      sets an input to a file's text, with $VARIABLES put in
//	output NAME          prints an output of the step
//	published REF ...    every reference answers with the step's digest output
//	! published REF ...  none of the references exists
//	tried                the digest and the reference in the last command's
//	                     output are those of the local registry
//	config REF           prints the config of an image
//	files REF            prints the paths of an image's files
//	manifest REF         prints a manifest or index
//	statements REF       prints the attestations of an index
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"odd-file":  oddFile,
		"checkout":  checkout,
		"input":     setInput,
		"output":    printing(output),
		"config":    printing(config),
		"files":     printing(files),
		"manifest":  printing(manifest),
		"published": published,
		"tried":     tried,

		"statements": printing(statements),
	}
}

func checkout(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("GIT_AUTHOR_DATE", "2026-03-04T05:06:07+01:00")
	ts.Setenv("GIT_COMMITTER_DATE", "2026-03-04T05:06:07+01:00")
	identity := []string{"-C", "repo", "-c", "user.name=octocat", "-c", "user.email=octocat@example.com"}
	ts.Check(ts.Exec("git", "init", "-q", "-b", "main", "repo"))
	ts.Check(ts.Exec("git", append(identity, "add", ".")...))
	ts.Check(ts.Exec("git", append(identity, "commit", "-q", "-m", "one")...))
	ts.Check(ts.Exec("git", "-C", "repo", "rev-parse", "HEAD"))
	ts.Setenv("GITHUB_SHA", strings.TrimSpace(ts.ReadFile("stdout")))
}

func oddFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: odd-file DIR")
	}
	dir := ts.MkAbs(args[0])
	rubbish := make([]byte, 4<<10)
	for i := range rubbish {
		rubbish[i] = byte(i * 167)
	}
	ts.Check(errors.Join(
		os.WriteFile(filepath.Join(dir, "a\n::error::b"), nil, 0o600),
		os.WriteFile(filepath.Join(dir, "rubbish"), rubbish, 0o600),
		os.WriteFile(filepath.Join(dir, "large"), []byte("FROM scratch\n"+strings.Repeat("# a comment of some length\n", 10<<20/27)+"COPI a b\n"), 0o600),
	))
}

func setInput(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: input NAME FILE")
	}
	ts.Setenv(inputVariable(args[0]), os.Expand(ts.ReadFile(args[1]), ts.Getenv))
}

// printing makes a script command of a function of one argument.
func printing(f func(ts *testscript.TestScript, arg string) (string, error)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: one argument, no !")
		}
		text, err := f(ts, args[0])
		ts.Check(err)
		_, err = fmt.Fprintln(ts.Stdout(), text)
		ts.Check(err)
	}
}

func output(ts *testscript.TestScript, want string) (string, error) {
	values, err := parseOutputs(ts.ReadFile(ts.Getenv("GITHUB_OUTPUT")))
	if err != nil {
		return "", err
	}
	value, ok := values[want]
	if !ok {
		return "", fmt.Errorf("there is no output %s", want)
	}
	return value, nil
}

// parseOutputs reads the file as the runner does: NAME<<DELIMITER, lines, and
// DELIMITER on a line of its own.
func parseOutputs(text string) (map[string]string, error) {
	values := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		output, delimiter, ok := strings.Cut(lines[i], "<<")
		end := slices.Index(lines[i+1:], delimiter)
		if !ok || end < 0 {
			return nil, fmt.Errorf("line %d of the outputs is no output: %q", i+1, lines[i])
		}
		values[output] = strings.Join(lines[i+1:i+1+end], "\n")
		i += end + 1
	}
	return values, nil
}

func published(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args {
		ref, err := name.ParseReference(arg)
		ts.Check(err)
		got, err := remote.Head(ref, login(ts, ref))
		if neg {
			if err == nil {
				ts.Fatalf("%s exists: %s", ref, got.Digest)
			}
			continue
		}
		ts.Check(err)
		want, err := output(ts, "digest")
		ts.Check(err)
		if got.Digest.String() != want {
			ts.Fatalf("%s has the digest %s, and the output says %s", ref, got.Digest, want)
		}
	}
}

func tried(ts *testscript.TestScript, _ bool, _ []string) {
	said := ts.ReadFile("stdout")
	tag := regexp.MustCompile(`(?m)^ +tag +(\S+)$`).FindStringSubmatch(said)
	digest := regexp.MustCompile(`(?m)^ +digest +(\S+)$`).FindStringSubmatch(said)
	if tag == nil || digest == nil {
		ts.Fatalf("no tag or no digest was said")
	}
	ref, err := name.ParseReference(tag[1])
	ts.Check(err)
	got, err := remote.Get(ref)
	ts.Check(err)
	if got.Digest.String() != digest[1] {
		ts.Fatalf("%s has the digest %s, and try said %s", ref, got.Digest, digest[1])
	}
}

// login is what the registry of a reference wants to see.
func login(ts *testscript.TestScript, ref name.Reference) remote.Option {
	if ref.Context().RegistryStr() == ts.Getenv("TOKEN_REGISTRY") {
		return remote.WithAuth(&authn.Basic{Username: user, Password: password})
	}
	return remote.WithAuth(authn.Anonymous)
}

func image(arg string, options ...remote.Option) (v1.Image, error) {
	ref, err := name.ParseReference(arg)
	if err != nil {
		return nil, err
	}
	return remote.Image(ref, options...)
}

func config(ts *testscript.TestScript, arg string) (string, error) {
	ref, err := name.ParseReference(arg)
	if err != nil {
		return "", err
	}
	img, err := image(arg, login(ts, ref))
	if err != nil {
		return "", err
	}
	raw, err := img.RawConfigFile()
	return string(raw), err
}

func manifest(_ *testscript.TestScript, arg string) (string, error) {
	ref, err := name.ParseReference(arg)
	if err != nil {
		return "", err
	}
	got, err := remote.Get(ref)
	if err != nil {
		return "", err
	}
	return string(got.Manifest), nil
}

func files(_ *testscript.TestScript, arg string) (string, error) {
	img, err := image(arg)
	if err != nil {
		return "", err
	}
	content := mutate.Extract(img)
	defer content.Close()
	var paths []string
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(paths, "\n"), nil
		}
		if err != nil {
			return "", err
		}
		paths = append(paths, header.Name)
	}
}

// statements reads the layers of those manifests of an index that describe no
// image, as cosign and docker do.
func statements(_ *testscript.TestScript, arg string) (string, error) {
	ref, err := name.ParseReference(arg)
	if err != nil {
		return "", err
	}
	return statementsOf(ref)
}

func statementsOf(ref name.Reference, options ...remote.Option) (string, error) {
	index, err := remote.Index(ref, options...)
	if err != nil {
		return "", err
	}
	return statementsIn(index)
}

func statementsIn(index v1.ImageIndex) (string, error) {
	list, err := index.IndexManifest()
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, child := range list.Manifests {
		if child.Annotations["vnd.docker.reference.type"] != "attestation-manifest" {
			continue
		}
		attestation, err := index.Image(child.Digest)
		if err != nil {
			return "", err
		}
		layers, err := attestation.Layers()
		if err != nil {
			return "", err
		}
		for _, layer := range layers {
			content, err := layer.Uncompressed()
			if err != nil {
				return "", err
			}
			_, err = io.Copy(&all, content)
			if err = errors.Join(err, content.Close()); err != nil {
				return "", err
			}
		}
	}
	return all.String(), nil
}

// inputVariable is the name under which the runner passes an input.
func inputVariable(input string) string {
	return "INPUT_" + strings.ToUpper(input)
}

// inputDefaults reads what the runner would pass for a step without inputs.
func inputDefaults() (map[string]string, error) {
	declared, err := readActionYAML()
	if err != nil {
		return nil, err
	}
	defaults := map[string]string{}
	for input, about := range declared.Inputs {
		defaults[input] = about.Default
	}
	return defaults, nil
}
