package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestBuildInputsOnABuilderContainer gives a container of the run's own what the steps ask
// for, and what only this machine has.
func TestBuildInputsOnABuilderContainer(t *testing.T) {
	t.Parallel()
	at := newSite(t, testenv.EngineOptions{Old: true})
	socket := startAgent(t, "the test's key")
	r := start(t, func() step {
		s := at.step("inputs", "FROM "+at.base.Name()+"\nCOPY --from=lib --chmod=755 agentlist /\nRUN --security=insecure echo \"insecure $(echo step)\"\nRUN --mount=type=ssh /agentlist\nRUN --network=host echo \"on the $(echo host)\"\n",
			"INPUT_PUSH=false", "INPUT_ALLOW=network.host,security.insecure", "INPUT_BUILD-CONTEXTS=lib=lib", "INPUT_SSH=default", "SSH_AUTH_SOCK="+socket)
		s.files = map[string][]byte{"lib/agentlist": staticProgram(t, "./testdata/agentlist")}
		return s
	}())
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("insecure step", "signed by the test's key", "on the host")

	// The stand-in for moby/buildkit has no git.
	r = start(t, at.step("inputs", "", "INPUT_PUSH=false", "INPUT_CONTEXT=https://127.0.0.1:1/octo/app.git"))
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "the builder has no git")
}

// TestBuildInputsOnSeveralNodes sends what a context has to every node.
func TestBuildInputsOnSeveralNodes(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	git := newInputsGit(t)
	nodes := "linux/amd64=" + testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address + "\nlinux/arm64=" + testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address
	env := append(git.with("unused"), "INPUT_IMAGE="+registry.Host+"/octo/farm", "INPUT_BUILDER="+nodes, "INPUT_CONTEXT={{defaultContext}}", "INPUT_BUILD-CONTEXTS=lib=lib\nnowhere.example/made=target:made", "INPUT_FILE="+filepath.Join(t.TempDir(), "Dockerfile"))
	mustWrite(t, strings.TrimPrefix(env[len(env)-1], "INPUT_FILE="), []byte("FROM scratch AS made\nCOPY where /\nCOPY --from=lib file /\nFROM nowhere.example/made\nCOPY where /again\n"))
	r := start(t, step{files: map[string][]byte{"lib/file": []byte("content")}, env: env})
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("digest  " + remoteDigest(t, registry.Host+"/octo/farm:latest"))

	r = start(t, step{files: map[string][]byte{"lib/file": []byte("content")}, env: append(env, "INPUT_ALLOW=network.host")})
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "this builder does not allow network.host", "--allow-insecure-entitlement")
	mustNotBuild(t, r)
}

// TestPrivilegeThatIsNotAllowed has BuildKit's refusal with what to do.
func TestPrivilegeThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	for option, privilege := range map[string]string{"--network=host": "network.host", "--security=insecure": "security.insecure"} {
		r := start(t, step{dockerfile: "FROM " + base + "\nRUN " + option + " echo no\n", env: []string{"INPUT_PUSH=false", "INPUT_BUILDER=" + daemon.Address}})
		if code := r.wait(); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		r.mustSay("::error", privilege+" is not allowed", "set the input `allow: "+privilege+"`")
	}
	// auto goes on to a builder that grants it.
	r := start(t, step{dockerfile: "FROM " + base + "\nRUN --network=host echo \"on the $(echo host)\"\n", env: []string{"INPUT_PUSH=false", "INPUT_ALLOW=network.host", "DOCKER_HOST=unix:///nowhere.sock"}})
	if code := r.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, r.said())
	}
	r.mustSay("Building with buildkitd as a child process", "on the host")
}

// TestNoCacheFilters builds one stage again and takes the other from the cache.
func TestNoCacheFilters(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	dockerfile := "FROM " + base + " AS one\nRUN echo \"one $(echo built)\"; touch /a\nFROM " + base + " AS Two\nCOPY --from=one /a /\nRUN echo \"two $(echo built)\"\n"
	env := []string{"INPUT_PUSH=false", "INPUT_BUILDER=" + daemon.Address}
	for _, c := range []struct {
		filters  string
		one, two bool // built
	}{{"", true, true}, {"", false, false}, {"two", false, true}, {"one,two", true, true}} {
		r := start(t, step{dockerfile: dockerfile, env: append(env, "INPUT_NO-CACHE-FILTERS="+c.filters)})
		if code := r.wait(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, r.said())
		}
		if one, two := strings.Contains(r.said(), "one built"), strings.Contains(r.said(), "two built"); one != c.one || two != c.two {
			t.Errorf("with the filters %q built one: %v, two: %v, want %v and %v", c.filters, one, two, c.one, c.two)
		}
	}
}

// TestGitServerThatWantsALogin says what to give it, and shows no login.
func TestGitServerThatWantsALogin(t *testing.T) {
	t.Parallel()
	git := newInputsGit(t)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	s := step{env: []string{"INPUT_PUSH=false", "INPUT_BUILDER=" + daemon.Address, "INPUT_TOKEN=" + inputsToken, "INPUT_CONTEXT=" + git.server.URL + "/octo/app.git"}}
	r := start(t, s)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", "the git server wants a login", "GIT_AUTH_TOKEN.HOST")
	s.env = append(s.env, "INPUT_SECRETS=GIT_AUTH_TOKEN."+git.server.Host+"="+inputsToken)
	r = start(t, s)
	r.wait()
	r.mustSay("::error::building: Dockerfile, line 2: base name ($BASE) should not be blank") // it was read
	if strings.Contains(r.said(), "wants a login") {
		t.Errorf("the login was not taken:\n%s", r.said())
	}
}

// TestOddContexts builds what file systems can hold and people do not expect.
func TestOddContexts(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	list := "FROM " + base + "\nCOPY . /context\nRUN echo \"files $(cd /context; find . | sort | tr '\\n' ' ')\"\n"
	cases := map[string]struct {
		files map[string][]byte
		env   []string
		make  func(dir string) error
		says  []string
	}{
		"no files":               {env: []string{"INPUT_CONTEXT=empty", "INPUT_FILE=Dockerfile"}, make: func(dir string) error { return os.Mkdir(filepath.Join(dir, "empty"), 0o700) }, says: []string{"files . \n"}},
		"a loop of links":        {make: func(dir string) error { return os.Symlink("loop", filepath.Join(dir, "loop")) }, says: []string{"./loop"}},
		"links around a circle":  {make: func(dir string) error { return os.Symlink("..", filepath.Join(dir, "up")) }, says: []string{"./up"}},
		"a name with a line end": {files: map[string][]byte{"a\n::error::b": nil}, says: []string{"./a ::error::b"}},
		"negations":              {files: map[string][]byte{".dockerignore": []byte("*\n!keep\nkeep/not\n!keep/not/this\n"), "keep/a": nil, "keep/not/b": nil, "keep/not/this": nil, "other": nil}, says: []string{"files . ./keep ./keep/a ./keep/not ./keep/not/this \n"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s := step{dockerfile: list, files: c.files, env: append([]string{"INPUT_PUSH=false", "INPUT_BUILDER=" + daemon.Address}, c.env...)}
			s.wrap = func(cmd *exec.Cmd, _ string) {
				if c.make == nil {
					return
				}
				if err := c.make(cmd.Dir); err != nil {
					t.Fatal(err)
				}
			}
			r := start(t, s)
			if code := r.wait(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, r.said())
			}
			r.mustSay(c.says...)
		})
	}
}

// TestMistakesComeAtOnce is how long a mistake may take that needs no builder.
func TestMistakesComeAtOnce(t *testing.T) {
	t.Parallel()
	for input, c := range map[string][2]string{
		"INPUT_SSH":            {"default", "there is no agent: SSH_AUTH_SOCK is not set"},
		"INPUT_CACHE-TO":       {"type=tape", `the type "tape" is not known`},
		"INPUT_ADD-HOSTS":      {"a:1.2.3.4\nb", `line 2: "b"`},
		"INPUT_ULIMIT":         {"files=1", "line 1"},
		"INPUT_ALLOW":          {"everything", "line 1"},
		"INPUT_BUILD-CONTEXTS": {"a=https://x:correct-horse@github.com/o/r.git", "it holds a login"},
	} {
		r := start(t, step{dockerfile: "FROM scratch\n", env: []string{input + "=" + c[0], "INPUT_PUSH=false", "INPUT_BUILDER=tcp://127.0.0.1:1"}})
		if code := r.wait(); code != 1 {
			t.Errorf("%s: exit code %d, want 1", input, code)
		}
		r.mustSay("::error", c[1])
		if strings.Contains(r.said(), "correct-horse") {
			t.Errorf("%s: the log shows the login:\n%s", input, r.said())
		}
	}
}

// TestStageAsAContextIsPublished has provenance and a digest that holds, as any
// other build.
func TestStageAsAContextIsPublished(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	c := cell{image: registry.Host + "/octo/stage"}
	s := step{
		dockerfile: "FROM " + base + " AS own\nRUN echo made > /made\nFROM nowhere.example/extra\nRUN cat /made\n",
		env: []string{
			"INPUT_IMAGE=" + c.image, "INPUT_BUILDER=" + daemon.Address, "INPUT_BUILD-CONTEXTS=nowhere.example/extra=target:own", "INPUT_PROVENANCE=true",
			"INPUT_CACHE-TO=type=registry,ref=" + c.image + ":cache", "INPUT_CACHE-FROM=type=registry,ref=" + c.image + ":cache",
		},
	}
	r := start(t, s)
	if code := r.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, r.said())
	}
	hasProvenance(t, c, r)

	s.env = append(s.env, "INPUT_BUILD-CONTEXTS=nowhere.example/extra=target:absent", "INPUT_PUSH=false")
	r = start(t, s)
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.mustSay("::error", `target stage "absent" could not be found`)
}
