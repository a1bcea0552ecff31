package inputs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/testenv"
)

// vars is a step's environment. Keys in lower case are inputs.
type vars map[string]string

// parse reads inputs in a workspace, as the runner passes them.
func parse(workspace string, set vars) (inputs.Inputs, error) {
	env := vars{}
	var given []string
	for name, value := range set {
		if name == strings.ToLower(name) {
			name = "INPUT_" + strings.ToUpper(name)
		}
		env[name] = value
		given = append(given, name)
	}
	return inputs.Parse(inputs.Env{
		Lookup:    func(name string) (string, bool) { value, ok := env[name]; return value, ok },
		Workspace: workspace,
		Given:     given,
	})
}

// checkout makes a workspace that holds a Dockerfile and the files named.
func checkout(tb testing.TB, files ...string) string {
	tb.Helper()
	dir, err := filepath.EvalSymlinks(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range append(files, "Dockerfile") {
		write(tb, filepath.Join(dir, file), "FROM scratch\n")
	}
	return dir
}

func write(tb testing.TB, path, content string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// mistakes takes a joined error apart.
func mistakes(tb testing.TB, err error) []*inputs.Error {
	tb.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		tb.Fatalf("Parse = %v, want joined errors", err)
	}
	var all []*inputs.Error
	for _, one := range joined.Unwrap() {
		var mistake *inputs.Error
		if !errors.As(one, &mistake) {
			tb.Fatalf("Parse reports %v, want an *inputs.Error", one)
		}
		all = append(all, mistake)
	}
	return all
}

// wantMistake checks that err is one mistake in one input which says all of the
// texts.
func wantMistake(tb testing.TB, err error, input string, says ...string) {
	tb.Helper()
	all := mistakes(tb, err)
	if len(all) != 1 || all[0].Input != input || all[0].Accepts == "" {
		tb.Fatalf("Parse reports %v, want one mistake in %s that says what is accepted", err, input)
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			tb.Errorf("Parse reports %q, want it to say %q", err, text)
		}
	}
}

func TestParseWithoutInputs(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	want := inputs.Inputs{
		Images:     []string{},
		Push:       inputs.PushAuto,
		Preflight:  true,
		Call:       inputs.CallBuild,
		Workspace:  dir,
		Context:    dir,
		Dockerfile: filepath.Join(dir, "Dockerfile"),
		BuildArgs:  map[string]string{},
		Secrets:    map[string]inputs.Secret{},
		Builder:    "auto",
	}
	empty := vars{}
	for _, name := range inputs.Names() {
		empty[name] = ""
	}
	blank := vars{}
	for _, name := range inputs.Names() {
		blank[name] = " \n"
	}
	cases := map[string]vars{"unset": nil, "empty": empty, "blank": blank}
	for title, set := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := parse(dir, set)
			if err != nil {
				t.Fatalf("Parse(%s) = %v, want the defaults", title, err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(metadata.Flavor{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Parse(%s), -want +got:\n%s", title, diff)
			}
		})
	}
}

// A whole workflow step: every input at once, each in its own field.
func TestParseEveryInput(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "app/build/Dockerfile.prod", "app/key.txt")
	ca := testenv.NewCA(t, "authority").PEM
	write(t, filepath.Join(dir, "app/ca.pem"), string(ca))
	got, err := parse(dir, vars{
		"image":        "octo/one\nghcr.io/octo/two",
		"registry":     "GHCR.io",
		"token":        " t0ken\n",
		"username":     "octocat",
		"tags":         "1.2.3, latest\nquay.io/octo/one:1.2.3",
		"labels":       "runnumber=42\nmaintainer=A, B <a@b.c>",
		"push":         "true",
		"preflight":    "false",
		"context":      "app",
		"file":         "app/build/Dockerfile.prod",
		"target":       "release",
		"platforms":    "linux/amd64,linux/arm64",
		"build-args":   "VERSION=1.2.3\nFROM_ENV",
		"secrets":      "one=first",
		"secret-envs":  "two=SECOND",
		"secret-files": "three=app/key.txt",
		"no-cache":     "true",
		"pull":         "true",
		"cache-from":   "ghcr.io/Octo/One:Cache",
		"cache-to":     "type=local,dest=app/cache,mode=max",
		"provenance":   "mode=max",
		"sbom":         "true",
		"attests":      "type=provenance,version=v0.2",
		"load":         "true",
		"call":         "targets",
		"builder":      "tcp://127.0.0.1:1234",
		"builder-tls":  "ca=app/ca.pem",
		"FROM_ENV":     "from the environment",
		"SECOND":       "second",

		"allow-untrusted-head": "true",
		"allow-secret-args":    "true",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := inputs.Inputs{
		Images:     []string{"octo/one", "ghcr.io/octo/two"},
		Registry:   "ghcr.io",
		Token:      "t0ken",
		Username:   "octocat",
		Push:       inputs.PushTrue,
		Preflight:  false,
		Workspace:  dir,
		Context:    filepath.Join(dir, "app"),
		Dockerfile: filepath.Join(dir, "app/build/Dockerfile.prod"),
		Target:     "release",
		Platforms:  []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}},
		BuildArgs:  map[string]string{"VERSION": "1.2.3", "FROM_ENV": "from the environment"},
		Secrets:    map[string]inputs.Secret{"one": "first", "two": "second", "three": "FROM scratch\n"},
		NoCache:    true,
		Pull:       true,
		CacheFrom:  []inputs.Cache{{Type: inputs.CacheRegistry, Attrs: map[string]string{"ref": "ghcr.io/octo/one:Cache"}}},
		CacheTo:    []inputs.Cache{{Type: inputs.CacheLocal, Attrs: map[string]string{"dest": filepath.Join(dir, "app/cache"), "mode": "max"}}},
		Attestations: []inputs.Attestation{
			{Type: inputs.Provenance, Attrs: map[string]string{"mode": "max"}},
			{Type: inputs.SBOM, Attrs: map[string]string{}},
		},
		Load:       true,
		Call:       inputs.CallTargets,
		Builder:    "tcp://127.0.0.1:1234",
		BuilderTLS: inputs.BuilderTLS{CA: ca, Cert: []byte{}},

		AllowUntrustedHead: true,
		AllowSecretArgs:    true,
	}
	if diff := cmp.Diff([]string{"1.2.3", "latest", "quay.io/octo/one:1.2.3"}, written(got.Tags)); diff != "" {
		t.Errorf("Parse: tags, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"runnumber": "42", "maintainer": "A, B <a@b.c>"}, got.Labels.Values(metadata.Facts{})); diff != "" {
		t.Errorf("Parse: labels, -want +got:\n%s", diff)
	}
	got.Tags, got.Labels, got.Flavor = nil, nil, metadata.Flavor{} // have no fields to compare
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(metadata.Flavor{})); diff != "" {
		t.Errorf("Parse, -want +got:\n%s", diff)
	}
}

// The names are those of the public interface, each once: an input that is
// dropped here would be ignored in every workflow that sets it.
func TestNames(t *testing.T) {
	t.Parallel()
	want := strings.Fields(`
		image registry token username registry-auth registry-ca
		tags flavor labels annotations floating
		push preflight require-visibility allow-untrusted-head
		context file target platforms build-args allow-secret-args build-contexts secrets secret-envs secret-files ssh
		cache cache-from cache-to no-cache no-cache-filters pull network add-hosts allow shm-size ulimit cgroup-parent
		attests provenance sbom outputs load call reproducible metadata-file build-record
		builder builder-tls builder-image builder-volume`)
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(inputs.Names()))); diff != "" {
		t.Errorf("Names(), -want +got:\n%s", diff)
	}
}
