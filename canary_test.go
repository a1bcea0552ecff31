package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/slipway-build/slipway/internal/testenv"
)

// aviary is a run with canaries in all places that secrets come from.
type aviary struct {
	t        *testing.T
	work     string // holds all directories of the run
	env      []string
	base     string
	canaries []canary
	stores   []string // directories of registries and builders
	tls      bool
	cache    *testenv.GitHubCache
}

// tellTale is a step that has the secrets, and does what it should not with what
// it prints.
const tellTale = `
RUN --mount=type=secret,id=value --mount=type=secret,id=env --mount=type=secret,id=file cd /run/secrets && for s in value env file; do \
  cat $s; echo; base64 -w0 $s; echo; hexdump -ve '1/1 "%02x"' $s; echo; hexdump -ve '1/1 "%02X"' $s; echo; \
  while read -r line; do echo "a line: $line"; echo -n "$line" | base64 -w0; echo; done < $s; \
  echo "in one: $(cat $s)"; done; echo printed; echo nothing > /result
`

// TestCanaries looks for secrets in every place that a run leaves something in, and
// in the arguments of every process that it starts.
func TestCanaries(t *testing.T) {
	t.Parallel()
	table := newTable(t, "run", "place", "files", "bytes", "forms looked for", "leaked")
	for _, c := range []struct {
		name  string
		build func(*aviary)
	}{
		{"GitHub's token, child", func(a *aviary) { a.onGitHub(); a.env = append(a.env, "INPUT_BUILDER=local") }},
		{"GitHub's token, remote with TLS", func(a *aviary) { a.remote(a.onGitHub().Env()...) }},
		{"a personal token, child", func(a *aviary) { a.elsewhere(); a.env = append(a.env, "INPUT_BUILDER=local") }},
		{"a personal token, remote with TLS", func(a *aviary) { a.elsewhere(); a.remote() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAviary(t)
			c.build(a)
			w := watch(t)
			r := a.run()
			needles := needlesOf(a.canaries...)
			arguments, environ, programs := w.scan(needles)
			for _, p := range append(a.places(r, needles), arguments, environ) {
				table.add(c.name, p.name, fmt.Sprint(p.files), fmt.Sprint(p.bytes), fmt.Sprint(len(needles)), fmt.Sprint(len(p.found)))
				if p.files == 0 {
					t.Errorf("%s: nothing was looked at", p.name)
				}
				if len(p.found) > 0 {
					t.Errorf("%s: %d leaks, such as %q", p.name, len(p.found), p.found[:min(8, len(p.found))])
				}
			}
			t.Logf("processes: %v, times that the kernel had more to tell than room: %d", programs, w.lost)
			if programs["slipway"] == 0 || w.lost > 0 {
				t.Error("not all processes were seen")
			}
		})
	}
}

func newAviary(t *testing.T) *aviary {
	t.Helper()
	a := &aviary{t: t, work: publicDir(t)}
	for _, dir := range []string{"home", "tmp", "runner-temp", "commands", "cache", "outside"} {
		if err := os.Mkdir(filepath.Join(a.work, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"value", "env", "file"} { // a private key each
		_, key := testenv.NewCA(t, "canary").Client(name)
		a.canaries = append(a.canaries, canary{"private key by " + name, string(key)})
	}
	mustWrite(t, a.path("outside", "key.pem"), []byte(a.canaries[2].value))
	a.env = []string{
		"HOME=" + a.path("home"), "TMPDIR=" + a.path("tmp"), "RUNNER_TEMP=" + a.path("runner-temp"),
		`INPUT_SECRETS="value=` + a.canaries[0].value + `"`, "INPUT_SECRET-ENVS=env=CANARY", "CANARY=" + a.canaries[1].value,
		"INPUT_SECRET-FILES=file=" + a.path("outside", "key.pem"),
		"INPUT_PROVENANCE=mode=max", "INPUT_LABELS=team=canaries", "INPUT_ANNOTATIONS=manifest:team=canaries",
	}
	a.cache = testenv.NewGitHubCache(t, testenv.GitHubCacheOptions{})
	token := a.cache.Token("refs/heads/main")
	a.canaries = append(a.canaries, canary{"the runner's token", token})
	a.env = append(a.env, "INPUT_CACHE=auto", "ACTIONS_RUNTIME_TOKEN="+token, "ACTIONS_RESULTS_URL="+a.cache.URL)
	for _, variable := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_PATH"} {
		mustWrite(t, a.path("commands", variable), nil)
		a.env = append(a.env, variable+"="+a.path("commands", variable))
	}
	return a
}

func (a *aviary) path(parts ...string) string {
	return filepath.Join(append([]string{a.work}, parts...)...)
}

// onGitHub publishes to ghcr.io with the token of a run.
func (a *aviary) onGitHub() *testenv.GitHub {
	g := testenv.NewGitHub(a.t, testenv.GitHubOptions{})
	login := remote.WithAuth(&authn.Basic{Username: "octocat", Password: g.Token})
	a.base = testenv.BaseImage(a.t, testenv.ContainerHost+"/octo", login, remote.WithTransport(g.Transport(a.t))).Name()
	a.canaries = append(a.canaries, canary{"GitHub's token", g.Token})
	a.stores = append(a.stores, g.Registry.Root)
	a.env = append(append(a.env, gitHubRunner(g)...), "INPUT_CACHE-TO=type=registry,mode=max,ref=ghcr.io/octo/app:cache")
	return g
}

// elsewhere publishes to a registry of one's own, with a token of a person's.
func (a *aviary) elsewhere() {
	token := "pat." + rand.Text() + "/+" + rand.Text()
	registry := testenv.NewRegistry(a.t, testenv.RegistryOptions{Htpasswd: map[string]string{user: token}})
	a.base = testenv.BaseImage(a.t, registry.Host, remote.WithAuth(&authn.Basic{Username: user, Password: token})).Name()
	a.canaries = append(a.canaries, canary{"a personal token", token})
	a.stores = append(a.stores, registry.Root)
	a.env = append(a.env, "INPUT_REGISTRY="+registry.Host, "INPUT_USERNAME="+user, "INPUT_TOKEN="+token, "INPUT_CACHE-TO=type=local,mode=max,dest=cache")
}

// remote builds on a BuildKit that wants a certificate, whose key is a canary.
func (a *aviary) remote(env ...string) {
	ca := testenv.NewCA(a.t, "builders")
	daemon := testenv.Buildkitd(a.t, testenv.BuildkitdOptions{TCP: true, TLS: ca, Clients: ca, Env: env})
	cert, key := ca.Client("octo")
	a.canaries = append(a.canaries, canary{"private key of builder-tls", string(key)})
	for name, content := range map[string][]byte{"ca.pem": ca.PEM, "cert.pem": cert, "tls.pem": key} {
		mustWrite(a.t, a.path("outside", name), content)
	}
	a.tls = true
	a.stores = append(a.stores, filepath.Dir(strings.TrimPrefix(daemon.Address, "unix://")))
	a.env = append(a.env, "INPUT_BUILDER="+daemon.TCPAddress, "INPUT_BUILDER-TLS=ca=tls/ca.pem\ncert=tls/cert.pem\nkey=tls/tls.pem")
}

// run carries the step out, in a workspace that has the key of builder-tls.
func (a *aviary) run() *running {
	a.t.Helper()
	files := map[string][]byte{".dockerignore": []byte("tls\n")}
	if a.tls {
		for _, name := range []string{"ca.pem", "cert.pem", "tls.pem"} {
			content, err := os.ReadFile(a.path("outside", name))
			if err != nil {
				a.t.Fatal(err)
			}
			files["tls/"+name] = content
		}
	}
	r := start(a.t, step{program: installed(a.t), dockerfile: "FROM " + a.base + tellTale, files: files, env: a.env})
	if code := r.wait(); code != 0 {
		a.t.Fatalf("exit code %d\n%s", code, tail(unmasked(r.said())))
	}
	r.mustSay(" printed\n", "a line: ***")
	return r
}

// places looks in all that the run has left. Left out are, by name, the lines of
// the log that tell the runner what to hide, and the files that hold the keys for
// secret-files and builder-tls.
func (a *aviary) places(r *running, needles []needle) []place {
	a.t.Helper()
	all := []place{
		scanText("log", []byte(unmasked(r.said())), needles),
		scanTree(a.t, "workspace with cache export", r.cmd.Dir, needles, filepath.Join(r.cmd.Dir, "tls", "tls.pem")),
	}
	for name, dir := range map[string]string{"outputs, summary, env, state, path": "commands", "home": "home", "temporary folder": "tmp", "RUNNER_TEMP": "runner-temp"} {
		p := scanTree(a.t, name, a.path(dir), needles)
		p.files++ // the directory itself: it may be empty, and better is
		all = append(all, p)
	}
	for i, content := range a.cache.Contents() {
		mustWrite(a.t, a.path("github-cache", fmt.Sprint(i)), content)
	}
	all = append(all, scanTree(a.t, "GitHub's cache: layers, indexes", a.path("github-cache"), needles))
	names := map[int]string{0: "registry: manifests, configs, layers, cache", 1: "state of the builder"}
	for i, dir := range a.stores {
		all = append(all, scanTree(a.t, names[i], dir, needles))
	}
	return all
}

// TestCanariesAreSeen puts each canary, in each form, into each kind of place: who
// looks for them must find them there.
func TestCanariesAreSeen(t *testing.T) {
	t.Parallel()
	_, key := testenv.NewCA(t, "canary").Client("x")
	needles := needlesOf(canary{"key", string(key)}, canary{"token", "ghs_15368_" + rand.Text() + "." + rand.Text()})
	w := watch(t)
	for i, n := range needles {
		text := bytes.Join([][]byte{[]byte("before"), n.text, []byte("after\n")}, nil)
		dir := t.TempDir()
		for name, content := range packings(t, text) {
			mustWrite(t, filepath.Join(dir, name), content)
			p := scanTree(t, name, dir, []needle{n})
			if len(p.found) == 0 {
				t.Errorf("%s as %s is not found in %s", n.canary, n.form, name)
			}
			if p := scanTree(t, name, dir, []needle{n}, filepath.Join(dir, name)); len(p.found) > 0 {
				t.Errorf("%s is looked at although it is left out", name)
			}
			_ = os.Remove(filepath.Join(dir, name))
		}
		if p := scanText("log", []byte(unmasked("::add-mask::x\n"+string(text))), []needle{n}); len(p.found) == 0 {
			t.Errorf("%s as %s is not found in the log", n.canary, n.form)
		}
		if i < 40 { // each takes a process
			startWith(t, w, string(n.text))
		}
	}
	arguments, environ, programs := w.scan(needles[:min(40, len(needles))])
	if len(arguments.found) == 0 || len(environ.found) == 0 {
		t.Errorf("arguments %d, environments %d, programs %v", len(arguments.found), len(environ.found), programs)
	}
	for _, n := range needles[:min(40, len(needles))] {
		arguments, environ, _ := w.scan([]needle{n})
		if len(arguments.found) == 0 || len(environ.found) == 0 {
			t.Errorf("%s as %s is not seen in a process", n.canary, n.form)
		}
	}
	t.Logf("%d forms, each in %v, the log, arguments and environment", len(needles), maps.Collect(maps.All(programs)))
}
