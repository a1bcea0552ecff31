package inputs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/testenv"
)

// Whoever starts with a broken workflow sees everything that is wrong with it
// in one run.
func TestParseReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct {
		set  vars
		want []string // inputs, in the order of the reports
	}{
		"ten inputs, ten mistakes": {
			set: vars{
				"registry":   "https://ghcr.io",
				"token":      "ghs_two words",
				"tags":       "type=nonsense",
				"labels":     "novalue",
				"push":       "maybe",
				"preflight":  "yes",
				"platforms":  "linux/z80",
				"build-args": "ABSENT",
				"context":    "nowhere",
				"file":       "Dockerfile.missing",
			},
			want: []string{"registry", "token", "tags", "labels", "push", "preflight", "platforms", "build-args", "context", "file"},
		},
		"three mistakes in one input": {
			set:  vars{"platforms": "linux/z80\nlinux/amd64\nplan9/amd64, linux"},
			want: []string{"platforms", "platforms", "platforms"},
		},
		"three inputs of secrets": {
			set:  vars{"secrets": "noequals\na=1\na=2", "secret-envs": "b=ABSENT", "secret-files": "c=absent.txt"},
			want: []string{"secrets", "secrets", "secret-envs", "secret-files"},
		},
		"every list with an open quote": {
			set: vars{
				"image": `"a`, "tags": `"a`, "labels": `"a=b`, "platforms": `"linux/amd64`, "build-args": `"a=b`,
				"secrets": `"a=b`, "secret-envs": `"a=b`, "secret-files": `"a=b`,
			},
			want: []string{"image", "tags", "labels", "platforms", "build-args", "secrets", "secret-envs", "secret-files"},
		},
		"every list as one of YAML": {
			set: vars{
				"image": "- a", "tags": "- a\n-\tb", "flavor": "- latest=true", "labels": "- a=b", "annotations": "- a=b", "platforms": "- linux/amd64",
				"build-args": "- a=b", "secrets": "- a=b", "secret-envs": "- a=HOME", "secret-files": "- a=Dockerfile", "build-contexts": "- a=.", "ssh": "- default",
				"no-cache-filters": "- a", "add-hosts": "- a=1.2.3.4", "allow": "- network.host", "ulimit": "- nofile=1", "cache-from": "- octo/app:cache", "cache-to": "- type=inline",
				"attests": "- type=sbom", "outputs": "- dist", "registry-ca": "- Dockerfile", "builder": "- tcp://a:1", "builder-tls": "- ca=Dockerfile",
			},
			want: []string{
				"image", "registry-ca", "tags", "flavor", "labels", "annotations", "platforms", "build-args", "secrets", "secret-envs", "secret-files", "cache-from", "cache-to",
				"attests", "builder", "builder-tls", "build-contexts", "ssh", "no-cache-filters", "add-hosts", "allow", "ulimit", "outputs",
			},
		},
		"other inputs": {
			set:  vars{"pull": "perhaps", "outputs": "type=local\ntype=locl,dest=x\n-", "call": "lint"},
			want: []string{"pull", "call", "outputs", "outputs", "outputs"},
		},
		"caches and attestations": {
			set: vars{
				"cache":      "yes",
				"cache-from": "type=gha\ntype=registry\ntype=local,src=../x", "cache-to": "type=nowhere\ntype=inline,mode=most,color=red",
				"load": "perhaps", "provenance": "mode=all,version=v3", "sbom": "generator=Bad Name", "attests": "type=vex\nmode=max",
			},
			want: []string{"cache-from", "cache-from", "cache-from", "cache-to", "cache-to", "cache-to", "load", "cache", "attests", "attests", "provenance", "provenance", "sbom"},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, c.set)
			var named []string
			for _, mistake := range mistakes(t, err) {
				named = append(named, mistake.Input)
				if mistake.Accepts == "" || mistake.Problem == "" || !strings.Contains(mistake.Error(), `input "`+mistake.Input+`": `) {
					t.Errorf("Parse reports %q, want the input, what is wrong with it and what is accepted", mistake)
				}
			}
			if diff := cmp.Diff(c.want, named); diff != "" {
				t.Errorf("Parse(%v) reports mistakes in, -want +got:\n%s", c.set, diff)
			}
		})
	}
}

// Every input of the public interface takes something.
func TestParseTakesEveryInput(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	write(t, filepath.Join(dir, "ca.pem"), string(testenv.NewCA(t, "authority").PEM))
	write(t, filepath.Join(dir, "id"), string(privateKey(t, "")))
	works := map[string]string{
		"image": "name", "registry": "ghcr.io", "token": "t", "username": "u", "registry-auth": "[{registry: docker.io, username: u, password: p}]", "registry-ca": "ca.pem", "tags": "type=sha", "flavor": "latest=false", "labels": "a=b", "annotations": "index:a=b", "floating": "compat", "push": "auto", "preflight": "true", "require-visibility": "Private", "allow-untrusted-head": "true", "allow-secret-args": "true",
		"context": ".", "build-contexts": "a=.", "ssh": "a=id", "no-cache-filters": "build", "network": "none", "add-hosts": "a=1.2.3.4", "allow": "network.host", "shm-size": "1g", "ulimit": "nofile=1", "cgroup-parent": "builds",
		"file": "Dockerfile", "target": "t", "platforms": "linux/amd64", "build-args": "a=b", "secrets": "a=b",
		"secret-envs": "a=A", "secret-files": "a=Dockerfile", "no-cache": "true", "pull": "true", "builder": "auto",
		"builder-tls": "ca=ca.pem", "builder-image": "moby/buildkit:v0.33.1", "builder-volume": "slipway",
		"cache": "auto", "cache-from": "octo/app:cache", "cache-to": "type=inline", "provenance": "true", "sbom": "true", "attests": "type=sbom", "load": "true",
		"reproducible": "true", "metadata-file": "out/metadata.json", "build-record": "app.dockerbuild", "outputs": "type=local,dest=out", "call": "outline",
	}
	for _, name := range inputs.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if works[name] == "" {
				t.Fatalf("the test has no value for the input %s", name)
			}
			if _, err := parse(dir, vars{name: works[name], "A": "1", "BUILDKIT_HOST": "tcp://buildkitd:1234"}); err != nil {
				t.Errorf("Parse(%s: %s) = %v, want it accepted", name, works[name], err)
			}
		})
	}
}
