package inputs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
)

func TestNodes(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	amd64, arm64 := v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	armv7 := v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
	cases := map[string]struct {
		value string
		want  []inputs.Node
	}{
		"two nodes": {
			"linux/amd64=tcp://a:1\nlinux/arm64,linux/arm/v7=unix:///run/b.sock",
			[]inputs.Node{{[]v1.Platform{amd64}, "tcp://a:1"}, {[]v1.Platform{arm64, armv7}, "unix:///run/b.sock"}},
		},
		"one line is a farm of one node": {"linux/arm64=tcp://b:1", []inputs.Node{{[]v1.Platform{arm64}, "tcp://b:1"}}},
		"two nodes for one platform": {
			"linux/amd64=tcp://a:1\nlinux/amd64=tcp://b:1",
			[]inputs.Node{{[]v1.Platform{amd64}, "tcp://a:1"}, {[]v1.Platform{amd64}, "tcp://b:1"}},
		},
		"two lines for one node": {
			"linux/amd64=tcp://a:1\nlinux/arm64,linux/amd64=tcp://a:1",
			[]inputs.Node{{[]v1.Platform{amd64, arm64}, "tcp://a:1"}},
		},
		"as the list is, aliases, blanks": {
			"# the farm\n\n linux/x86_64 , linux/amd64 = tcp://a:1 \n",
			[]inputs.Node{{[]v1.Platform{amd64}, "tcp://a:1"}},
		},
		"a = sign in the address": {
			"linux/amd64=kube-pod://b-0?namespace=ci\nlinux/arm64=ssh://me@b",
			[]inputs.Node{{[]v1.Platform{amd64}, "kube-pod://b-0?namespace=ci"}, {[]v1.Platform{arm64}, "ssh://me@b"}},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"builder": c.value})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, in.Nodes); diff != "" || in.Builder != "" {
				t.Errorf("Builder %q, Farm, -want +got:\n%s", in.Builder, diff)
			}
		})
	}
	in, err := parse(dir, vars{"builder": "kube-pod://b-0?namespace=ci"})
	if err != nil || in.Nodes != nil || in.Builder != "kube-pod://b-0?namespace=ci" {
		t.Errorf("an address with a = sign is %q, %v, %v, want a single builder", in.Builder, in.Nodes, err)
	}
}

// Every line that is wrong is reported in one run, with its number, and no
// password of an address is shown.
func TestNodesThatAreWrong(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	_, err := parse(dir, vars{"builder": strings.Join([]string{
		"linux/amd64=tcp://a:1",
		"linux/z80,plan9/amd64=tcp://b:1",
		"linux/arm64=tcp//c:1",
		"auto",
		"tcp://d:1",
		"linux/s390x=docker",
		"=tcp://e",
		"linux/arm64",
		"ssh://me:canary@f",
		"linux/386=ssh://me:canary@g",
	}, "\n")})
	want := []string{
		`line 2: "linux/z80" is not a platform`,
		`line 2: "plan9/amd64" is not a platform`,
		`line 3: "tcp//c:1" is not a kind of builder or an address`,
		"line 4 has no PLATFORM= before an address",
		"line 5 has no PLATFORM= before an address",
		"line 6: docker cannot be a node of a farm, which is at an address",
		"line 7 has no PLATFORM= before an address",
		`line 7: "tcp://e" is not just a host and a port`,
		"line 8 has no PLATFORM= before an address",
		"line 9 has no PLATFORM= before an address",
		"line 9: the ssh:// address of f holds a password",
		"line 10: the ssh:// address of g holds a password",
	}
	found := mistakes(t, err)
	if len(found) != len(want) {
		t.Fatalf("Parse reports %d mistakes, want %d:\n%v", len(found), len(want), err)
	}
	for i, mistake := range found {
		if mistake.Input != "builder" || !strings.Contains(mistake.Problem, want[i]) {
			t.Errorf("mistake %d is %v, want %q", i, mistake, want[i])
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("Parse reports %v, which shows a password", err)
	}
}

// TLS is for those nodes that are at a tcp:// address.
func TestNodesWithTLS(t *testing.T) {
	t.Parallel()
	dir, all := certificates(t)
	const tls = "ca=tls/ca.pem\ncert=tls/cert.pem\nkey=tls/key.pem"
	in, err := parse(dir, vars{"builder": "linux/amd64=unix:///run/a.sock\nlinux/arm64=tcp://b:1", "builder-tls": tls})
	if err != nil || string(in.BuilderTLS.CA) != string(all.CA) || in.BuilderTLS.Key != all.Key {
		t.Errorf("Parse = %v, want the certificates", err)
	}
	_, err = parse(dir, vars{"builder": "linux/amd64=unix:///run/a.sock\nlinux/arm64=ssh://b", "builder-tls": tls, "BUILDKIT_HOST": "tcp://c:1"})
	wantMistake(t, err, "builder-tls", "no tcp:// address")
}

// Builder reads the two inputs that it is about and no other.
func TestBuilderAlone(t *testing.T) {
	t.Parallel()
	dir, all := certificates(t)
	env := vars{"INPUT_BUILDER": "linux/arm64=tcp://b:1", "INPUT_BUILDER-TLS": "ca=tls/ca.pem", "INPUT_CONTEXT": "/nowhere", "INPUT_PUSH": "perhaps"}
	read := func() (inputs.Inputs, error) {
		return inputs.Builder(inputs.Env{Lookup: func(name string) (string, bool) { value, ok := env[name]; return value, ok }, Workspace: dir})
	}
	in, err := read()
	if err != nil || len(in.Nodes) != 1 || string(in.BuilderTLS.CA) != string(all.CA) {
		t.Errorf("Builder = %v, %v, want a node and the authority", in.Nodes, err)
	}
	env["INPUT_BUILDER-TLS"] = "ca=" + filepath.Join(dir, "absent.pem")
	_, err = read()
	wantMistake(t, err, "builder-tls", "absent.pem")
}
