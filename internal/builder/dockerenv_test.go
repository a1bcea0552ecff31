package builder_test

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestTLSWithAnEngine sees what is said first to an engine at tcp://: TLS where docker
// would speak it, and else nothing at all.
func TestTLSWithAnEngine(t *testing.T) {
	t.Parallel()
	ca := testenv.NewCA(t, "engine")
	certs, home := t.TempDir(), t.TempDir()
	for _, dir := range []string{certs, filepath.Join(home, ".docker")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "ca.pem"), ca.PEM, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		env  map[string]string
		tls  bool
		says string
	}{
		"a directory":                 {map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}, true, ""},
		"docker's default directory":  {map[string]string{"DOCKER_TLS_VERIFY": "1", "HOME": home}, true, ""},
		"docker's configuration":      {map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": certs, "HOME": "/nowhere"}, true, ""},
		"0 is not empty":              {map[string]string{"DOCKER_TLS_VERIFY": "0", "DOCKER_CERT_PATH": certs}, true, ""},
		"no certificates":             {map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": t.TempDir()}, false, "set DOCKER_CERT_PATH"},
		"none in the default":         {map[string]string{"DOCKER_TLS_VERIFY": "1", "HOME": t.TempDir()}, false, "set DOCKER_CERT_PATH"},
		"no home":                     {map[string]string{"DOCKER_TLS_VERIFY": "1"}, false, "set DOCKER_CERT_PATH"},
		"without verification":        {map[string]string{"DOCKER_TLS": "1", "HOME": home}, false, "set DOCKER_TLS_VERIFY"},
		"over ssh":                    {map[string]string{"DOCKER_HOST": "ssh://me@example.com"}, false, "forward its socket"},
		"a context":                   {map[string]string{"DOCKER_HOST": "", "DOCKER_CONTEXT": "far"}, false, `the docker context "far"`},
		"a context beside an address": {map[string]string{"DOCKER_CONTEXT": "far", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, first := firstByte(t)
			env := map[string]string{"DOCKER_HOST": "tcp://" + address}
			maps.Copy(env, c.env)
			_, err := builder.Connect(t.Context(), builder.Options{Want: "docker", Lookup: environment(env)})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Connect() = %v, want an error that says %q", err, c.says)
			}
			const handshake = 0x16 // of a record of TLS
			select {
			case got := <-first:
				if !c.tls || got != handshake {
					t.Errorf("the first byte was %#x; TLS was asked for: %t", got, c.tls)
				}
			default:
				if c.tls {
					t.Error("it did not connect")
				}
			}
		})
	}
}

// firstByte listens, and tells with what byte the first client begins before it hangs
// up.
func firstByte(t *testing.T) (address string, first <-chan byte) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	said := make(chan byte, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			one := make([]byte, 1)
			if n, _ := conn.Read(one); n == 1 {
				said <- one[0]
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String(), said
}

// TestContextOfDocker names the context that the docker program would have used.
func TestContextOfDocker(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		t.Skip("an engine is at the default socket")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":"rootless"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := builder.Connect(t.Context(), builder.Options{Want: "docker", Lookup: environment(map[string]string{"DOCKER_CONFIG": dir})})
	if err == nil || !strings.Contains(err.Error(), `uses the context "rootless"`) {
		t.Errorf("Connect() = %v, want an error that names the context", err)
	}
}
