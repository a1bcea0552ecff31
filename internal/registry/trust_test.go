package registry_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestCAOfOnesOwn asks real registries over TLS, of which one has a
// certificate of an authority that nobody else knows.
func TestCAOfOnesOwn(t *testing.T) {
	t.Parallel()
	ours, others := testenv.NewCA(t, "ours"), testenv.NewCA(t, "others")
	served := testenv.NewRegistry(t, testenv.RegistryOptions{TLS: true, CA: ours})
	repo, err := name.NewRepository(served.Host + "/octo/app")
	if err != nil {
		t.Fatal(err)
	}
	for title, c := range map[string]struct {
		ca   []byte
		want bool
	}{
		"none":       {nil, false},
		"another":    {others.PEM, false},
		"its own":    {ours.PEM, true},
		"one of two": {append(append([]byte{}, others.PEM...), ours.PEM...), true},
	} {
		client, err := registry.NewTrustingClient(registry.Credentials{}, registry.Situation{}, c.ca)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = client.Open(t.Context(), repo); (err == nil) != c.want {
			t.Errorf("%s: Open = %v, want it to work: %t", title, err, c.want)
		} else if err != nil && !strings.Contains(err.Error(), "registry-ca") {
			t.Errorf("%s: Open = %v, want the input registry-ca in it", title, err)
		}
	}
	if _, err := registry.NewTrustingClient(registry.Credentials{}, registry.Situation{}, []byte("nothing")); err == nil {
		t.Error("NewTrustingClient takes what holds no certificate")
	}
}

// TestSystemsCA has the authority in what SSL_CERT_FILE names, which
// a process reads once: the test runs itself again.
func TestSystemsCA(t *testing.T) {
	t.Parallel()
	const host, ask = "SLIPWAY_TEST_REGISTRY", "TestSystemsCA"
	if at := os.Getenv(host); at != "" {
		repo, err := name.NewRepository(at + "/octo/app")
		if err == nil {
			_, err = registry.NewClient(registry.Credentials{}, registry.Situation{}).Open(t.Context(), repo)
		}
		if err != nil {
			t.Error(err)
		}
		return
	}
	ours := testenv.NewCA(t, "ours")
	served := testenv.NewRegistry(t, testenv.RegistryOptions{TLS: true, CA: ours})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ours.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + filepath.Dir(file), "UNUSED="} {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+ask+"$")
		again.Env = append(again.Environ(), host+"="+served.Host, env)
		if said, err := again.CombinedOutput(); (err == nil) != (env != "UNUSED=") {
			t.Errorf("with %s: %v\n%s", env, err, said)
		}
	}
}
