package dockerconfig_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/registry/dockerconfig"
	"github.com/slipway-build/slipway/internal/testenv"
)

func basic(login string) string { return base64.StdEncoding.EncodeToString([]byte(login)) }

// masks keeps what it was told to mask.
type masks struct{ told []string }

func (m *masks) add(secret string) { m.told = append(m.told, secret) }

// newConfig writes a Docker config, and returns the environment of a process that
// sees it.
func newConfig(t *testing.T, content string) (env map[string]string, lookup func(string) (string, bool)) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".docker", "config.json"), content)
	env = map[string]string{"HOME": dir}
	return env, func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDockerConfigIsForExactHosts(t *testing.T) {
	t.Parallel()
	content := fmt.Sprintf(`{"auths": {
		"ghcr.io": {},
		"quay.io": {"auth": %q},
		"https://legacy.example.com/v1/": {"auth": %q},
		"http://plain.example.com": {"auth": %q},
		"path.example.com/team": {"auth": %q},
		"https://index.docker.io/v1/": {"auth": %q},
		"acr.example.com": {"auth": %q, "identitytoken": "refresh"},
		"token.example.com:5000": {"registrytoken": "bearer"},
		"": {"auth": %q}}}`,
		basic("q:1"), basic("l:2"), basic("p:3"), basic("t:4"), basic("hub:5"), basic("0000:"), basic("e:6"))
	_, lookup := newConfig(t, content)
	var m masks
	d := dockerconfig.Read(lookup, m.add)
	for host, want := range map[string]authn.AuthConfig{
		"ghcr.io":                {}, // an entry with nothing in it is no login
		"quay.io":                {Username: "q", Password: "1"},
		"QUAY.io":                {Username: "q", Password: "1"},
		"evil.quay.io":           {},
		"quay.io:443":            {},
		"quay.io.evil.test":      {},
		"legacy.example.com":     {Username: "l", Password: "2"},
		"plain.example.com":      {},
		"path.example.com":       {},
		"index.docker.io":        {Username: "hub", Password: "5"},
		"registry-1.docker.io":   {Username: "hub", Password: "5"},
		"auth.docker.io":         {},
		"acr.example.com":        {Username: "0000", IdentityToken: "refresh"},
		"token.example.com:5000": {RegistryToken: "bearer"},
		"token.example.com":      {},
		"":                       {},
	} {
		if got := (registry.Credentials{}).Before(d).For(t.Context(), host); got != want {
			t.Errorf("%q gets %+v, want %+v", host, got, want)
		}
	}
	hosts := []string{"acr.example.com", "index.docker.io", "legacy.example.com", "quay.io", "token.example.com:5000"}
	if diff := cmp.Diff(hosts, d.Hosts()); diff != "" || len(d.Notices()) > 0 {
		t.Errorf("hosts, -want +got:\n%s, and notices %q", diff, d.Notices())
	}
	slices.Sort(m.told)
	if diff := cmp.Diff([]string{"1", "2", "5", "bearer", "refresh"}, m.told); diff != "" {
		t.Errorf("masked, -want +got:\n%s", diff)
	}
}

// The inputs win over the file.
func TestInputsWinOverDockerConfig(t *testing.T) {
	t.Parallel()
	_, lookup := newConfig(t, fmt.Sprintf(`{"auths": {"docker.io": {"auth": %q}, "quay.io": {"auth": %q}}}`, basic("file:file"), basic("file:file")))
	hub, err := name.NewRegistry("docker.io")
	if err != nil {
		t.Fatal(err)
	}
	all := registry.Credentials{}.Before(dockerconfig.Read(lookup, func(string) {})).With(hub, "input", "input")
	if got := all.For(t.Context(), "registry-1.docker.io").Username + all.For(t.Context(), "quay.io").Username; got != "inputfile" {
		t.Errorf("the logins are of %s", got)
	}
}

func TestDockerConfigThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	for title, content := range map[string]string{
		"no JSON": `{"auths": ` + canary, "another type": `{"auths": "` + canary + `"}`, "a login without a colon": `{"auths": {"ghcr.io": {"auth": "` + basic(canary) + `"}}}`,
		"no base64": `{"auths": {"ghcr.io": {"auth": "` + canary + `!"}}}`, "too long": `{"x": "` + strings.Repeat(canary, dockerconfig.MaxConfigSize/5) + `"}`,
	} {
		_, lookup := newConfig(t, content)
		d := dockerconfig.Read(lookup, func(string) {})
		notices := d.Notices()
		if len(notices) != 1 || !strings.Contains(notices[0], "config.json is not used: ") || strings.Contains(notices[0], canary) || len(d.Hosts()) > 0 {
			t.Errorf("%s: notices %q, hosts %q, want one notice that shows nothing", title, notices, d.Hosts())
		}
	}
}

func TestDockerConfigWhere(t *testing.T) {
	t.Parallel()
	env, lookup := newConfig(t, fmt.Sprintf(`{"auths": {"home.example.com": {"auth": %q}}}`, basic("u:p")))
	hosts := func() string { return strings.Join(dockerconfig.Read(lookup, func(string) {}).Hosts(), " ") }
	if got := hosts(); got != "home.example.com" {
		t.Errorf("HOME/.docker: %q", got)
	}
	other := t.TempDir()
	write(t, filepath.Join(other, "config.json"), fmt.Sprintf(`{"auths": {"other.example.com": {"auth": %q}}}`, basic("u:p")))
	env["DOCKER_CONFIG"] = other
	if got := hosts(); got != "other.example.com" {
		t.Errorf("DOCKER_CONFIG: %q", got)
	}
	for _, nowhere := range []string{"relative", filepath.Join(other, "absent")} {
		env["DOCKER_CONFIG"] = nowhere
		if d := dockerconfig.Read(lookup, func(string) {}); len(d.Hosts())+len(d.Notices()) > 0 {
			t.Errorf("DOCKER_CONFIG=%s: %q, %q", nowhere, d.Hosts(), d.Notices())
		}
	}
	env["DOCKER_CONFIG"] = filepath.Join(other, "dir")
	if err := os.MkdirAll(filepath.Join(other, "dir", "config.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := dockerconfig.Read(lookup, func(string) {}).Notices(); len(got) != 1 || !strings.Contains(got[0], "it is a directory") {
		t.Errorf("a directory: %q", got)
	}
	delete(env, "DOCKER_CONFIG")
	delete(env, "HOME")
	if got := hosts(); got != "" {
		t.Errorf("no home: %q", got)
	}
}

// TestCredentialHelpers runs helpers as Docker does: real programs on PATH.
func TestCredentialHelpers(t *testing.T) {
	t.Parallel()
	env, lookup := newConfig(t, `{"credsStore": "all", "auths": {"stored.example.com": {}, "none.example.com": {}},
		"credHelpers": {"own.example.com": "own", "oauth.example.com": "oauth", "broken.example.com": "broken", "absent.example.com": "absent", "bad.example.com": "../bad"}}`)
	bin := t.TempDir()
	asked := filepath.Join(bin, "asked")
	program := func(suffix, script string) {
		testenv.WriteProgram(t, filepath.Join(bin, "docker-credential-"+suffix), "#!/bin/sh\nread server\necho \"$1 $server ${INPUT_TOKEN-}\" >> "+asked+"\n"+script)
	}
	program("all", `case $server in none*) echo "credentials not found in native keychain"; exit 1;; esac; echo '{"Username": "s", "Secret": "stored"}'`)
	program("own", `echo '{"Username": "o", "Secret": "owned"}'`)
	program("oauth", `echo '{"Username": "<token>", "Secret": "refresh"}'`)
	program("broken", `echo '{"Secret": "c4n4ry"}'; echo c4n4ry >&2; exit 1`)
	env["PATH"] = "relative:" + bin + ":/usr/bin:/bin"
	var m masks
	d := dockerconfig.Read(lookup, m.add)
	if _, err := os.Stat(asked); err == nil {
		t.Error("a helper was asked although nobody needs a login")
	}
	for range 2 { // the second time nobody is asked
		for host, want := range map[string]authn.AuthConfig{
			"stored.example.com": {Username: "s", Password: "stored"},
			"own.example.com":    {Username: "o", Password: "owned"},
			"oauth.example.com":  {IdentityToken: "refresh"},
			"none.example.com":   {}, "broken.example.com": {}, "absent.example.com": {}, "bad.example.com": {}, "unheard.example.com": {},
		} {
			if got := (registry.Credentials{}).Before(d).For(t.Context(), host); got != want {
				t.Errorf("%q gets %+v, want %+v", host, got, want)
			}
		}
	}
	said, err := os.ReadFile(asked)
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	slices.Sort(lines)
	want := []string{"get broken.example.com ", "get none.example.com ", "get oauth.example.com ", "get own.example.com ", "get stored.example.com "}
	if diff := cmp.Diff(want, lines, cmp.Transformer("trim", strings.TrimSpace)); err != nil || diff != "" {
		t.Errorf("asked: %v, -want +got:\n%s", err, diff)
	}
	slices.Sort(m.told)
	if diff := cmp.Diff([]string{"owned", "refresh", "stored"}, m.told); diff != "" {
		t.Errorf("masked, -want +got:\n%s", diff)
	}
	notices := d.Notices()
	slices.Sort(notices)
	all := strings.Join(notices, "\n")
	if len(notices) != 3 || strings.Contains(all, "c4n4ry") || !strings.Contains(all, "docker-credential-absent is not on PATH") || !strings.Contains(all, "docker-credential-broken failed") {
		t.Errorf("notices %q", notices)
	}
}

// A helper that never ends saying something is ended, and costs no memory.
func TestCredentialHelperThatSaysTooMuch(t *testing.T) {
	t.Parallel()
	env, lookup := newConfig(t, `{"credHelpers": {"own.example.com": "flood"}}`)
	bin := t.TempDir()
	testenv.WriteProgram(t, filepath.Join(bin, "docker-credential-flood"), "#!/bin/sh\nexec yes '{\"Username\": \"o\"}'\n")
	env["PATH"] = bin + ":/usr/bin:/bin"
	var m masks
	d := dockerconfig.Read(lookup, m.add)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := (registry.Credentials{}).Before(d).For(t.Context(), "own.example.com"); got != (authn.AuthConfig{}) {
		t.Errorf("it gets %+v", got)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64*dockerconfig.MaxSaid {
		t.Errorf("it takes %d MiB", grown>>20)
	}
	if all := strings.Join(d.Notices(), "\n"); !strings.Contains(all, "docker-credential-flood failed") {
		t.Errorf("notices %q", all)
	}
}
