package builder_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/testenv"
)

// files makes the input builder-tls of an authority for the server and, unless
// it is nil, one that signs the client's certificate.
func files(server, client *testenv.CA) inputs.BuilderTLS {
	var all inputs.BuilderTLS
	if server != nil {
		all.CA = server.PEM
	}
	if client != nil {
		cert, key := client.Client("octo-org")
		all.Cert, all.Key = cert, inputs.Secret(key)
	}
	return all
}

// TestTLS covers what can be right and wrong between a client and a server.
// Whatever is wrong is said in time, with the address and with what to do.
func TestTLS(t *testing.T) {
	t.Parallel()
	ours, other := testenv.NewCA(t, "our authority"), testenv.NewCA(t, "another authority")
	mutual := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true, TLS: ours, Clients: ours}).TCPAddress
	oneSided := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true, TLS: ours}).TCPAddress
	plain := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true}).TCPAddress
	byName := strings.Replace(mutual, "127.0.0.1", "localhost", 1)
	elsewhere := strings.Replace(mutual, "127.0.0.1", "127.0.0.2", 1)
	wrongName := forward(t, "127.0.0.2:0", mutual)
	for title, c := range map[string]struct {
		address string
		tls     inputs.BuilderTLS
		says    []string // nothing where it is to work
	}{
		"both sides":                      {mutual, files(ours, ours), nil},
		"both sides, by name":             {byName, files(ours, ours), nil},
		"the server's side only":          {oneSided, files(ours, nil), nil},
		"a certificate nobody asked for":  {oneSided, files(ours, other), nil},
		"no TLS":                          {plain, inputs.BuilderTLS{}, nil},
		"no client certificate":           {mutual, files(ours, nil), []string{"asks for a client certificate", "builder-tls has none", "cert=PATH and key=PATH"}},
		"a rogue client certificate":      {mutual, files(ours, other), []string{"refuses the client certificate", "CN=octo-org", "CN=another authority", "--tlscacert"}},
		"an unknown authority":            {mutual, files(other, ours), []string{`signed by "CN=our authority" and not by the ca of builder-tls`}},
		"an authority that nobody gave":   {mutual, files(nil, ours), []string{`signed by "CN=our authority", which this system does not know`, "ca=PATH"}},
		"a server without TLS":            {plain, files(ours, ours), []string{"does not speak TLS", "leave builder-tls out"}},
		"a server that wants TLS":         {oneSided, inputs.BuilderTLS{}, []string{"wants TLS", "builder-tls is not set", "ca=PATH"}},
		"a server that wants it mutually": {mutual, inputs.BuilderTLS{}, []string{"wants TLS", "builder-tls is not set", "cert=PATH and key=PATH"}},
		"a certificate for another name":  {wrongName, files(ours, ours), []string{"is not for 127.0.0.2", "valid for 127.0.0.1"}},
		"nobody listens":                  {elsewhere, files(ours, ours), []string{"connection refused", "check that buildkitd listens there"}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			b, err := builder.Connect(t.Context(), builder.Options{Want: c.address, TLS: c.tls, Lookup: environment(nil)})
			if took := time.Since(started); took > 30*time.Second {
				t.Errorf("it took %s, want less than 30s", took)
			}
			if len(c.says) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Close(t.Context()); err != nil {
					t.Errorf("Close() = %v", err)
				}
				return
			}
			if err == nil {
				_ = b.Close(t.Context())
			}
			wantSaid(t, err, append(c.says, c.address)...)
		})
	}
}

// forward listens and hands every connection on.
func forward(t *testing.T, listen, address string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "tcp://"))
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	return "tcp://" + listener.Addr().String()
}

// TestTLSThatIsBroken is that of a caller that has checked nothing.
func TestTLSThatIsBroken(t *testing.T) {
	t.Parallel()
	good := files(testenv.NewCA(t, "ours"), testenv.NewCA(t, "theirs"))
	for title, c := range map[string]struct {
		address string
		tls     inputs.BuilderTLS
		says    string
	}{
		"no certificate in ca":    {"tcp://127.0.0.1:1", inputs.BuilderTLS{CA: []byte("nothing")}, "holds no certificate"},
		"a cert without its key":  {"tcp://127.0.0.1:1", inputs.BuilderTLS{Cert: good.Cert}, "cert and key of builder-tls"},
		"TLS for a socket":        {"unix:///nowhere/buildkitd.sock", good, "for tcp:// addresses alone"},
		"TLS for a program":       {"ssh://buildkitd", good, "for tcp:// addresses alone"},
		"an address that is none": {"https://127.0.0.1:1", good, "is not a kind of builder"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := builder.Connect(t.Context(), builder.Options{Want: c.address, TLS: c.tls, Lookup: environment(nil)})
			wantSaid(t, err, c.says, c.address)
		})
	}
}

// wantSaid checks that err is a NotFoundError which says all of the texts.
func wantSaid(t *testing.T, err error, texts ...string) {
	t.Helper()
	var none *builder.NotFoundError
	if !errors.As(err, &none) {
		t.Fatalf("Connect() = %v, want a NotFoundError", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("Connect() = %q, want it to say %q", err, text)
		}
	}
}
