package testenv

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestMain fails the run if a daemon, or a step of one, is left.
func TestMain(m *testing.M) {
	code := m.Run()
	if family := descendants(os.Getpid()); len(family) > 0 {
		fmt.Fprintf(os.Stderr, "%d child processes left\n", len(family))
		code = 1
	}
	os.Exit(code)
}

func TestBuildPushesToRegistry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		opt  RegistryOptions
	}{
		{"plain", RegistryOptions{}},
		{"tls", RegistryOptions{TLS: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			registry := NewRegistry(t, tt.opt)
			transport := remote.WithTransport(registry.Transport())
			base := BaseImage(t, registry.Host, transport)
			daemon := Buildkitd(t, BuildkitdOptions{Config: registry.BuildkitConfig(), TCP: true})
			dockerfile := fmt.Sprintf("FROM %s\nRUN echo built | sha256sum >/sum && test -s /sum && head -c 8 /sum\n", base)
			target := registry.Host + "/app:v1"
			for _, address := range []string{daemon.Address, daemon.TCPAddress} {
				built := buildctl(t, address, dockerfile, target)
				head, err := remote.Head(tag(t, target), transport)
				if err != nil {
					t.Fatal(err)
				}
				if head.Digest.String() != built {
					t.Errorf("the registry has %s, buildctl pushed %s", head.Digest, built)
				}
			}
		})
	}
}

func TestBuildLogsInWithToken(t *testing.T) {
	t.Parallel()
	tokens := NewTokenServer(t,
		Grant{User: "writer", Password: "w", Repository: "*", Actions: []string{"pull", "push"}},
		Grant{User: "reader", Password: "r", Repository: "*", Actions: []string{"pull"}},
	)
	registry := NewRegistry(t, RegistryOptions{Token: tokens})
	base := BaseImage(t, registry.Host, remote.WithAuth(&authn.Basic{Username: "writer", Password: "w"}))
	daemon := Buildkitd(t, BuildkitdOptions{})
	dockerfile := "FROM " + base.String() + "\nRUN true\n"
	seen := len(tokens.Requests())
	buildctl(t, daemon.Address, dockerfile, registry.Host+"/app:v1", login(t, registry.Host, "writer", "w"))
	requests := tokens.Requests()[seen:]
	if len(requests) == 0 || requests[0].Method != http.MethodPost || requests[0].User != "writer" || requests[0].Status != 200 {
		t.Errorf("requests for tokens: %+v", requests)
	}
	out, err := runBuildctl(t, daemon.Address, dockerfile, registry.Host+"/app:v2", "", login(t, registry.Host, "reader", "r"))
	if err == nil || !strings.Contains(out, "insufficient_scope") && !strings.Contains(out, "401 Unauthorized") {
		t.Errorf("push by the reader: %v\n%s", err, out)
	}
}

func TestKillLeavesNothing(t *testing.T) {
	t.Parallel()
	registry := NewRegistry(t, RegistryOptions{})
	base := BaseImage(t, registry.Host)
	var pids []int
	var root string
	t.Run("daemon", func(t *testing.T) {
		daemon := Buildkitd(t, BuildkitdOptions{})
		root = filepath.Dir(strings.TrimPrefix(daemon.Address, "unix://"))
		result := make(chan error, 1)
		go func() {
			_, err := runBuildctl(t, daemon.Address, "FROM "+base.String()+"\nRUN sleep 1234\n", registry.Host+"/never", "")
			result <- err
		}()
		var sleep int
		for deadline := time.Now().Add(startLimit); sleep == 0; time.Sleep(pollInterval) {
			if time.Now().After(deadline) {
				t.Fatalf("the step did not start\n%s", daemon.Log())
			}
			sleep = descendantRunning(daemon.Pid, "sleep\x001234\x00")
		}
		pids = []int{daemon.Pid, sleep}
		daemon.Kill()
		if err := <-result; err == nil {
			t.Error("buildctl succeeded without a daemon")
		}
	})
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("state directory left: %v", err)
	}
	for _, pid := range pids {
		for deadline := time.Now().Add(stopGrace); running(pid); time.Sleep(pollInterval) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d left", pid)
			}
		}
	}
}

func TestToolIsAbsolute(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"buildkitd", "buildctl", "registry", "runc", "busybox"} {
		if path := Tool(t, tool); !filepath.IsAbs(path) {
			t.Errorf("Tool(%s) = %s", tool, path)
		}
	}
}

// buildctl builds and pushes target, and returns the digest it reports.
func buildctl(t *testing.T, address, dockerfile, target string, env ...string) string {
	t.Helper()
	metadata := filepath.Join(t.TempDir(), "metadata.json")
	if out, err := runBuildctl(t, address, dockerfile, target, metadata, env...); err != nil {
		t.Fatalf("buildctl: %v\n%s", err, out)
	}
	content, err := os.ReadFile(metadata)
	if err != nil {
		t.Fatal(err)
	}
	var result map[string]any
	if err := json.Unmarshal(content, &result); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(result["containerimage.digest"])
}

func runBuildctl(t *testing.T, address, dockerfile, target, metadata string, env ...string) (string, error) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o600); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := []string{
		"--addr", address, "build", "--progress", "plain", "--frontend", "dockerfile.v0",
		"--local", "context=" + dir, "--local", "dockerfile=" + dir,
		"--output", "type=image,push=true,name=" + target,
	}
	if metadata != "" {
		args = append(args, "--metadata-file", metadata)
	}
	cmd := exec.CommandContext(ctx, Tool(t, "buildctl"), args...)
	cmd.Env = append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// login returns the variable that has buildctl read a Docker configuration with the login.
func login(t *testing.T, host, user, password string) string {
	t.Helper()
	dir := t.TempDir()
	config, err := json.Marshal(map[string]any{"auths": map[string]any{
		host: map[string]any{"auth": []byte(user + ":" + password)}, // encoded as base64
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	return "DOCKER_CONFIG=" + dir
}

func tag(t *testing.T, reference string) name.Tag {
	t.Helper()
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

// descendantRunning returns the process below pid whose command line ends so, or 0.
func descendantRunning(pid int, commandLine string) int {
	for _, member := range descendants(pid) {
		content, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(member.Pid), "cmdline"))
		if strings.HasPrefix(string(content), commandLine) {
			return member.Pid
		}
	}
	return 0
}

// running reports whether the process exists and is no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
