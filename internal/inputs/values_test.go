package inputs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/inputs"
)

func TestBooleans(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	read := map[string]func(inputs.Inputs) bool{
		"preflight": func(in inputs.Inputs) bool { return in.Preflight },
		"no-cache":  func(in inputs.Inputs) bool { return in.NoCache },
		"pull":      func(in inputs.Inputs) bool { return in.Pull },

		"allow-secret-args":    func(in inputs.Inputs) bool { return in.AllowSecretArgs },
		"allow-untrusted-head": func(in inputs.Inputs) bool { return in.AllowUntrustedHead },
	}
	good := map[string]bool{"true": true, "True": true, "TRUE": true, " true\n": true, "false": false, "False": false, "FALSE": false}
	for name, field := range read {
		for value, want := range good {
			t.Run(name+" "+value, func(t *testing.T) {
				t.Parallel()
				in, err := parse(dir, vars{name: value})
				if err != nil || field(in) != want {
					t.Errorf("Parse(%s: %q) = %v, %v, want %v", name, value, field(in), err, want)
				}
			})
		}
		for _, value := range []string{"yes", "no", "1", "0", "on", "tRUE", "true false", "'true'"} {
			t.Run(name+" "+value, func(t *testing.T) {
				t.Parallel()
				_, err := parse(dir, vars{name: value})
				wantMistake(t, err, name, `"`+value+`"`, "true or false")
			})
		}
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	good := map[string]inputs.Push{
		"": inputs.PushAuto, "auto": inputs.PushAuto, "Auto": inputs.PushAuto,
		"true": inputs.PushTrue, "True": inputs.PushTrue, "TRUE": inputs.PushTrue,
		"false": inputs.PushFalse, " FALSE ": inputs.PushFalse,
	}
	for value, want := range good {
		t.Run("good "+value, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"push": value})
			if err != nil || in.Push != want {
				t.Errorf("Parse(push: %q) = %q, %v, want %q", value, in.Push, err, want)
			}
		})
	}
	for _, value := range []string{"yes", "always", "true,false", "automatic"} {
		t.Run("bad "+value, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"push": value})
			wantMistake(t, err, "push", value, "auto, true or false")
		})
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	good := map[string]string{
		"ghcr.io":                   "ghcr.io",
		"GHCR.IO":                   "ghcr.io",
		"docker.io":                 "docker.io",
		"index.docker.io":           "index.docker.io",
		"registry.example.com:5000": "registry.example.com:5000",
		"localhost":                 "localhost",
		"localhost:5000":            "localhost:5000",
		"registry:5000":             "registry:5000",
		"127.0.0.1:5000":            "127.0.0.1:5000",
		"[::1]:5000":                "[::1]:5000",
	}
	for value, want := range good {
		t.Run("good "+value, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"registry": value})
			if err != nil || in.Registry != want {
				t.Errorf("Parse(registry: %q) = %q, %v, want %q", value, in.Registry, err, want)
			}
		})
	}
	bad := map[string]string{
		"a scheme":              "https://ghcr.io",
		"a path":                "ghcr.io/octo",
		"a slash at the end":    "ghcr.io/",
		"a query":               "ghcr.io?x=y",
		"a user":                "octo@ghcr.io",
		"two":                   "ghcr.io,docker.io",
		"two lines":             "ghcr.io\ndocker.io",
		"a blank":               "ghcr io",
		"a port that is none":   "ghcr.io:https",
		"a port missing":        "ghcr.io:",
		"a port alone":          ":5000",
		"an empty label":        "ghcr..io",
		"an underscore":         "my_registry.example.com",
		"a name on Docker Hub":  "registry",
		"an address in no [ ]":  "::1",
		"a hyphen at the start": "-ghcr.io",
	}
	for title, value := range bad {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"registry": value})
			wantMistake(t, err, "registry", "is not a host", "without scheme or path")
		})
	}
}

func TestBuilder(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	for _, value := range []string{
		"auto", "docker", "local", "tcp://buildkitd:1234", "tcp://127.0.0.1:1234", "tcp://[::1]:1234", "unix:///run/buildkit/buildkitd.sock",
		"docker-container://buildx_buildkit_x0", "docker-container://b?context=far", "podman-container://b", "kube-pod://buildkitd-0",
		"kube-pod://b?context=arn:aws:eks:eu:1:cluster/c&namespace=ci&container=buildkitd", "ssh://buildkitd", "ssh://me@10.0.0.1:2222/run/user/1000/buildkit.sock",
		"builder-5cb467f7-0940-47e1-b94b-d51f54054d62", "mybuilder",
	} {
		t.Run("good "+value, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"builder": value})
			if err != nil || in.Builder != value {
				t.Errorf("Parse(builder: %q) = %q, %v, want it as it is", value, in.Builder, err)
			}
		})
	}
	if in, err := parse(dir, vars{"builder": "default"}); err != nil || in.Builder != "docker" {
		t.Errorf("Parse(builder: default) = %q, %v, want the engine, as for buildx", in.Builder, err)
	}
	bad := map[string]string{
		"tcp://buildkitd":                      "is not just a host and a port",
		"tcp://:1234":                          "is not just a host and a port",
		"tcp://buildkitd:1234/x":               "is not just a host and a port",
		"tcp://buildkitd:1234?x":               "is not just a host and a port",
		"tcp://octo@buildkit:123":              "is not just a host and a port",
		"tcp://buildkitd:port":                 "is not an address",
		"unix://run/buildkitd":                 "has no absolute path",
		"unix://":                              "has no absolute path",
		"unix:///a?b":                          "has no absolute path",
		"https://buildkitd:1234":               "is not a kind of builder",
		"docker-container://":                  "the name of a container",
		"docker-container://b:1":               "the name of a container",
		"docker-container://b/x":               "the name of a container",
		"docker-container://b?":                "the name of a container",
		"docker-container://b#x":               "the name of a container",
		"docker-container://-it":               "the name of a container",
		"docker-container://a@b":               "the name of a container",
		"docker-container://b?x=":              `the option "x"`,
		"podman-container://b?context=far":     `the option "context"`,
		"docker-container://b?context=":        "has a context that is none",
		"docker-container://b?context=-x":      "has a context that is none",
		"docker-container://b?context=a%20b":   "has a context that is none",
		"docker-container://b?context=a;b":     "has a query that cannot be read",
		"kube-pod://":                          "the name of a pod",
		"kube-pod://Pod_0":                     "the name of a pod",
		"kube-pod://-pod":                      "the name of a pod",
		"kube-pod://p?namespace=A":             "has a namespace that is none",
		"kube-pod://p?namespace=a&namespace=b": "has a namespace that is none",
		"kube-pod://p?container=":              "has a container that is none",
		"ssh://":                               "has no host",
		"ssh://-oProxyCommand=x":               "has no host",
		"ssh://-x@host":                        "has no valid user name before the @",
		"ssh://@host":                          "has no valid user name before the @",
		"ssh://host:port":                      "is not an address",
		"ssh://host/":                          "has a path that is not a plain one",
		"ssh://host/a%20b":                     "has a path that is not a plain one",
		"ssh://host/$(id)":                     "has a path that is not a plain one",
		"ssh://host/a;id":                      "has a path that is not a plain one",
		"ssh://host/../b":                      "has a path that is not a plain one",
		"ssh://host?a":                         "has more than a user",
		"ssh://host/a#b":                       "has more than a user",
		"contaner":                             "is not a kind of builder or an address that this version knows (did you mean container?)",
		"Docker":                               "(did you mean docker?)",
		"-builder":                             "is not a kind of builder",
		"/run/buildkitd.sock":                  "is not a kind of builder",
		"buildkitd:1234":                       "is not a kind of builder",
	}
	for value, says := range bad {
		t.Run("bad "+value, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"builder": value})
			wantMistake(t, err, "builder", value, says, "tcp://HOST:PORT or unix:///PATH")
		})
	}
}

func TestBuilderWithAPassword(t *testing.T) {
	t.Parallel()
	_, err := parse(checkout(t), vars{"builder": "ssh://me:canary@buildkitd"})
	wantMistake(t, err, "builder", "buildkitd", "holds a password")
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("Parse = %q, which shows the password", err)
	}
}

// The address that auto would take is an input, too.
func TestBuildkitHost(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	for _, builder := range []string{"", "auto"} {
		_, err := parse(dir, vars{"builder": builder, "BUILDKIT_HOST": "buildkitd:1234"})
		wantMistake(t, err, "builder", "BUILDKIT_HOST", "buildkitd:1234", "is not a kind of builder", "tcp://HOST:PORT")
		if in, err := parse(dir, vars{"builder": builder, "BUILDKIT_HOST": "kube-pod://b"}); err != nil || in.Builder != "auto" {
			t.Errorf("Parse = %q, %v, want auto", in.Builder, err)
		}
	}
	if _, err := parse(dir, vars{"builder": "local", "BUILDKIT_HOST": "buildkitd:1234"}); err != nil {
		t.Errorf("Parse = %v, want nothing said of a BUILDKIT_HOST that is not used", err)
	}
}

func TestPlatforms(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	amd64 := v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 := v1.Platform{OS: "linux", Architecture: "arm64"}
	armv7 := v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}
	cases := map[string]struct {
		value string
		want  []v1.Platform
	}{
		"in the order given":    {"linux/arm64,linux/amd64", []v1.Platform{arm64, amd64}},
		"one per line":          {"linux/amd64\n# and\nlinux/arm64", []v1.Platform{amd64, arm64}},
		"other names":           {"linux/x86_64, Linux/AARCH64", []v1.Platform{amd64, arm64}},
		"a variant":             {"linux/arm/v6", []v1.Platform{{OS: "linux", Architecture: "arm", Variant: "v6"}}},
		"arm is v7":             {"linux/arm", []v1.Platform{armv7}},
		"a level of amd64":      {"linux/amd64/v3", []v1.Platform{{OS: "linux", Architecture: "amd64", Variant: "v3"}}},
		"each once":             {"linux/amd64,linux/amd64", []v1.Platform{amd64}},
		"each once, by alias":   {"linux/amd64,linux/x86-64,linux/arm64/v8,linux/aarch64,linux/arm/v7,linux/armhf", []v1.Platform{amd64, arm64, armv7}},
		"other systems":         {"windows/amd64", []v1.Platform{{OS: "windows", Architecture: "amd64"}}},
		"WebAssembly":           {"wasi/wasm", []v1.Platform{{OS: "wasi", Architecture: "wasm"}}},
		"a less common port":    {"linux/riscv64", []v1.Platform{{OS: "linux", Architecture: "riscv64"}}},
		"a comma at the end":    {"linux/amd64,", []v1.Platform{amd64}},
		"32 bits, by its alias": {"linux/i386", []v1.Platform{{OS: "linux", Architecture: "386"}}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"platforms": c.value})
			if err != nil {
				t.Fatalf("Parse(platforms: %q) = %v, want %v", c.value, err, c.want)
			}
			if diff := cmp.Diff(c.want, in.Platforms); diff != "" {
				t.Errorf("Parse(platforms: %q), -want +got:\n%s", c.value, diff)
			}
		})
	}
}

func TestPlatformsOfEveryPort(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	ports := strings.Fields(`
		linux/386 linux/amd64 linux/arm64 linux/loong64 linux/mips linux/mipsle linux/mips64 linux/mips64le
		linux/ppc64 linux/ppc64le linux/riscv64 linux/s390x linux/arm/v5 linux/arm/v6 linux/arm/v7
		windows/386 windows/amd64 windows/arm/v7 windows/arm64
		freebsd/386 freebsd/amd64 freebsd/arm/v7 freebsd/arm64 freebsd/riscv64
		darwin/amd64 darwin/arm64 wasi/wasm wasip1/wasm`)
	in, err := parse(dir, vars{"platforms": strings.Join(ports, "\n")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, platform := range in.Platforms {
		got = append(got, platform.String())
	}
	if diff := cmp.Diff(ports, got); diff != "" {
		t.Errorf("Parse(platforms: every port), -want +got:\n%s", diff)
	}
}

func TestPlatformsThatAreNone(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	bad := []string{
		"linux", "amd64", "linux/", "/amd64", "linux/z80", "plan9/amd64", "linux/amd64/", "linux/amd64/fast", "linux/amd64/v1/x",
		"linux amd64", "linux/amd64:v2", "windows(10.0.17763)/amd64", "linux/*", "linux/wasm", "local",
	}
	for _, value := range bad {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"platforms": "linux/arm64\n" + value})
			wantMistake(t, err, "platforms", `"`+value+`" is not a platform`, "linux/arm/v7")
		})
	}
}
