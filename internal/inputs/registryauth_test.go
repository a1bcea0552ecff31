package inputs_test

import (
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/testenv"
)

func TestRegistryAuth(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	long := "ghs_12345_" + strings.Repeat("eyJhbGciOiJSUzI1NiJ9.", 40)
	cases := map[string]struct {
		text string
		want []inputs.Login
	}{
		"nothing":    {"  \n", nil},
		"empty list": {"[]", nil},
		"two": {
			"- registry: docker.io\n  username: octocat\n  password: dckr_pat_1\n- registry: Registry.Example.com:5000\n  username: robot$ci\n  password: '12 34'\n",
			[]inputs.Login{{Registry: "docker.io", Username: "octocat", Password: "dckr_pat_1"}, {Registry: "registry.example.com:5000", Username: "robot$ci", Password: "12 34"}},
		},
		"as text, whatever YAML takes it for": {"[{registry: ghcr.io, username: 007, password: 0x10}]", []inputs.Login{{Registry: "ghcr.io", Username: "007", Password: "0x10"}}},
		"a long token":                        {"- {registry: ghcr.io, username: x, password: " + long + "}", []inputs.Login{{Registry: "ghcr.io", Username: "x", Password: inputs.Secret(long)}}},
		"a key file": {
			"- registry: europe-docker.pkg.dev\n  username: _json_key\n  password: |\n    {\n      \"a\": 1\n    }\n",
			[]inputs.Login{{Registry: "europe-docker.pkg.dev", Username: "_json_key", Password: "{\n  \"a\": 1\n}"}},
		},
		"secrets that are not there": {"- registry: ghcr.io\n  username: \n  password: \n", []inputs.Login{{Registry: "ghcr.io"}}},
		"loopback":                   {"- {registry: 'localhost:5000', username: u, password: p}", []inputs.Login{{Registry: "localhost:5000", Username: "u", Password: "p"}}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := parse(dir, vars{"registry-auth": c.text})
			reveal := cmp.Transformer("reveal", inputs.Secret.Reveal)
			if diff := cmp.Diff(c.want, got.Logins, reveal); err != nil || diff != "" {
				t.Errorf("Parse = %v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// An entry whose host is empty is for nobody.
func TestRegistryAuthWithoutAHost(t *testing.T) {
	t.Parallel()
	in, err := parse(checkout(t), vars{"registry-auth": "- {registry: '', username: u, password: p}\n- {registry: , username: u, password: p}\n- {registry: ghcr.io, username: u, password: p}"})
	if err != nil || len(in.Logins) != 1 || in.Logins[0].Registry != "ghcr.io" {
		t.Fatalf("Parse = %d logins, %v, want that of ghcr.io", len(in.Logins), err)
	}
	if len(in.Notices) != 2 || !strings.HasPrefix(in.Notices[1], "the registry of entry 2 (line 2) in registry-auth is empty") {
		t.Errorf("left out: %q, want both", in.Notices)
	}
}

func TestRegistryAuthMistakes(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	const canary = "c4n4ry"
	cases := map[string]struct {
		text string
		want []string
	}{
		"no YAML":         {"- registry: ghcr.io\n  password: @" + canary, []string{"no YAML, near line"}},
		"an open quote":   {"- registry: \"" + canary, []string{"no YAML"}},
		"an alias":        {"- {registry: ghcr.io, username: u, password: *" + canary + "}", []string{"no YAML"}},
		"two documents":   {"[]\n---\n- " + canary, []string{"more after the list"}},
		"a mapping":       {"registry: ghcr.io\nusername: u\npassword: " + canary, []string{`it is no list: each entry begins with "- registry:"`}},
		"a text":          {canary, []string{"it is no list"}},
		"a list of texts": {"- " + canary, []string{"entry 1 (line 1) is no mapping"}},
		"an unknown key":  {"- registry: ghcr.io\n  username: u\n  password: " + canary + "\n  " + canary + ": x", []string{"entry 1 (line 1) has an unknown key on line 4; allowed are"}},
		"no keys at all":  {"- {}", []string{"entry 1 (line 1) has no registry", "entry 1 (line 1) has no username", "entry 1 (line 1) has no password"}},
		"a key twice":     {"- registry: ghcr.io\n  username: u\n  password: " + canary + "\n  password: " + canary, []string{"has password twice"}},
		"a list as password": {
			"- {registry: ghcr.io, username: u, password: [" + canary + "]}",
			[]string{"has a password that is no plain text"},
		},
		"an anchor as password": {"- {registry: ghcr.io, username: u, password: &" + canary + " x}", []string{"has a password that is no plain text"}},
		"a tag as password":     {"- {registry: ghcr.io, username: u, password: !" + canary + " x}", []string{"has a password that is no plain text"}},
		"no hosts": {
			"- {registry: 'https://ghcr.io', username: u, password: " + canary + "}\n- {registry: ghcr.io/" + canary + ", username: u, password: p}\n- {registry: hub, username: u, password: p}",
			[]string{"entry 1 (line 1) has a registry that is no host", "entry 2 (line 2) has a registry", "entry 3 (line 3) has a registry"},
		},
		"a user with a colon": {"- {registry: ghcr.io, username: 'u:v', password: " + canary + "}", []string{"a colon"}},
		"the same host twice": {
			"- {registry: ghcr.io, username: u, password: " + canary + "}\n- {registry: docker.io, username: u, password: p}\n- {registry: GHCR.io, username: u, password: p}\n- {registry: registry-1.docker.io, username: u, password: p}\n- {registry: index.docker.io, username: u, password: p}",
			[]string{"entry 3 is for ghcr.io, as entry 1 is", "entry 4 is for registry-1.docker.io, as entry 2 is (docker.io,", "entry 5 is for index.docker.io, as entry 2 is"},
		},
		"endless": {"# " + strings.Repeat(canary, 1<<16), []string{"more than 262144 bytes"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"registry-auth": c.text})
			found := mistakes(t, err)
			if len(found) != len(c.want) {
				t.Fatalf("Parse = %v, want %d mistakes", err, len(c.want))
			}
			for i, mistake := range found {
				if mistake.Input != "registry-auth" || !strings.Contains(mistake.Problem, c.want[i]) {
					t.Errorf("Parse reports %q, want %q", mistake, c.want[i])
				}
				if strings.Contains(mistake.Error(), canary) {
					t.Errorf("Parse reports %q, which shows what may be a password", mistake)
				}
			}
		})
	}
}

// FuzzRegistryAuth wants no text of the list in an error.
func FuzzRegistryAuth(f *testing.F) {
	dir := checkout(f)
	for _, seed := range []string{"- registry: ghcr.io\n  username: u\n  password: p", "[{a: *b}]", "- &a [*a]", "- !!binary x", "{", "---\n---", "- ? x\n  : y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const canary = "c4n4ryc4n4ry"
		for _, whole := range []string{strings.ReplaceAll(text, "p", canary), text + canary} {
			if strings.ContainsRune(whole, 0) {
				t.Skip("no environment holds it")
			}
			got, err := parse(dir, vars{"registry-auth": whole})
			// A host is named where two entries are for it.
			if err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(err.Error(), " is for ") {
				t.Errorf("Parse(%q) = %v, which shows its text", whole, err)
			}
			for _, login := range got.Logins {
				if login.Registry == "" {
					t.Errorf("Parse(%q) has a login for no registry", whole)
				}
			}
		}
	})
}

func TestRegistryCA(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	one, two := testenv.NewCA(t, "one").PEM, testenv.NewCA(t, "two").PEM
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("c4n4ry")})
	outside := filepath.Join(t.TempDir(), "two.pem")
	write(t, filepath.Join(dir, "one.pem"), "a comment\n"+string(one)+string(key))
	write(t, outside, string(two))
	write(t, filepath.Join(dir, "key.pem"), string(key))
	write(t, filepath.Join(dir, "broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	write(t, filepath.Join(dir, "empty.pem"), "\n")

	got, err := parse(dir, vars{"registry-ca": "one.pem\n\n" + outside})
	if diff := cmp.Diff(string(one)+string(two), string(got.RegistryCA)); err != nil || diff != "" {
		t.Errorf("Parse = %v, -want +got:\n%s", err, diff)
	}
	for value, want := range map[string]string{
		"absent.pem": "does not exist", "../x.pem": "does not exist", "key.pem": "holds no certificate", "broken.pem": "cannot be read",
		"empty.pem": "is empty", ".": "is a directory", string(one): "", "one.pem\nkey.pem": "line 2: ",
	} {
		_, err := parse(dir, vars{"registry-ca": value})
		if value == string(one) {
			want = "write it to a file"
			_, err = parse(dir, vars{"registry-ca": `"` + value + `"`})
		}
		wantMistake(t, err, "registry-ca", want)
	}
}
