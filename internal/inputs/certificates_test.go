package inputs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/testenv"
)

// certificates makes a checkout with an authority, a certificate of it and the
// certificate's key, and what may be mistaken for them.
func certificates(t *testing.T) (dir string, all inputs.BuilderTLS) {
	t.Helper()
	dir = checkout(t)
	ca := testenv.NewCA(t, "authority")
	cert, key := ca.Client("octo-org")
	_, another := ca.Client("octo-org")
	for name, content := range map[string]string{
		"tls/ca.pem": string(ca.PEM), "tls/cert.pem": string(cert), "tls/key.pem": string(key), "tls/another.pem": string(another),
		"tls/empty.pem": "\n", "tls/text.pem": "canary",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	return dir, inputs.BuilderTLS{CA: ca.PEM, Cert: cert, Key: inputs.Secret(key)}
}

func TestBuilderTLS(t *testing.T) {
	t.Parallel()
	dir, all := certificates(t)
	const ca, pair = "ca=tls/ca.pem\n", "cert=tls/cert.pem\nkey=tls/key.pem\n"
	cases := map[string]struct {
		set  vars
		want inputs.BuilderTLS
	}{
		"all of it":          {vars{"builder": "tcp://b:1", "builder-tls": ca + pair}, all},
		"the authority":      {vars{"builder": "tcp://b:1", "builder-tls": ca}, inputs.BuilderTLS{CA: all.CA}},
		"the client's half":  {vars{"builder": "tcp://b:1", "builder-tls": pair}, inputs.BuilderTLS{Cert: all.Cert, Key: all.Key}},
		"as the list is":     {vars{"builder": "tcp://b:1", "builder-tls": "# TLS\n\n ca = ./tls/ca.pem \n"}, inputs.BuilderTLS{CA: all.CA}},
		"an absolute path":   {vars{"builder": "tcp://b:1", "builder-tls": "ca=" + filepath.Join(dir, "tls/ca.pem")}, inputs.BuilderTLS{CA: all.CA}},
		"with BUILDKIT_HOST": {vars{"BUILDKIT_HOST": "tcp://b:1", "builder-tls": ca + pair}, all},
		"nothing":            {vars{"builder": "tcp://b:1"}, inputs.BuilderTLS{}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil {
				t.Fatal(err)
			}
			same := cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })
			if diff := cmp.Diff(c.want, in.BuilderTLS, same); diff != "" {
				t.Errorf("BuilderTLS, -want +got:\n%s", diff)
			}
			if in.BuilderTLS.Wanted() != (c.set["builder-tls"] != "") {
				t.Errorf("Wanted() = %t", in.BuilderTLS.Wanted())
			}
		})
	}
}

func TestBuilderTLSThatIsWrong(t *testing.T) {
	t.Parallel()
	dir, all := certificates(t)
	cases := map[string]struct{ value, says string }{
		"a cert without a key":        {"cert=tls/cert.pem", "a cert and no key"},
		"a key without a cert":        {"key=tls/key.pem", "a key and no cert"},
		"a key of another cert":       {"cert=tls/cert.pem\nkey=tls/another.pem", "private key does not match"},
		"the cert as the key":         {"cert=tls/cert.pem\nkey=tls/cert.pem", "cert and key cannot be used"},
		"the key as the cert":         {"cert=tls/key.pem\nkey=tls/key.pem", "cert and key cannot be used"},
		"the key as the ca":           {"ca=tls/key.pem", "holds no certificate"},
		"text as the ca":              {"ca=tls/text.pem", "holds no certificate"},
		"an empty file":               {"ca=tls/empty.pem", "line 1: ca: the file is empty"},
		"no such file":                {"\nca=tls/absent.pem", "line 2: ca: open"},
		"a directory":                 {"ca=tls", "is a directory"},
		"a device":                    {"ca=/dev/zero", "is not a regular file"},
		"outside of the workspace":    {"ca=../../../../../../etc/passwd", "outside the workspace"},
		"twice":                       {"ca=tls/ca.pem\nca=tls/ca.pem", "line 2: ca is given twice"},
		"another name":                {"cacert=tls/ca.pem", "line 1 starts with none of ca=, cert= and key="},
		"no name":                     {"tls/ca.pem", "line 1 has no ="},
		"the text in place of a path": {`"ca=` + string(all.CA) + `"`, "is the PEM text itself"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{"builder": "tcp://b:1", "builder-tls": c.value})
			wantMistake(t, err, "builder-tls", c.says, "ca=PATH, cert=PATH and key=PATH")
		})
	}
}

// Several mistakes are several reports, and none shows a key that somebody put
// where its file belongs.
func TestBuilderTLSReportsAllAndNoKey(t *testing.T) {
	t.Parallel()
	dir, all := certificates(t)
	_, err := parse(dir, vars{"builder": "tcp://b:1", "builder-tls": "ca=absent.pem\ncert=tls/empty.pem\nkey=\n" + all.Key.Reveal()})
	if found := mistakes(t, err); len(found) < 5 {
		t.Errorf("Parse reports %v, want each line", found)
	}
	for line := range strings.Lines(all.Key.Reveal()) {
		if line = strings.TrimSpace(line); line != "" && strings.Contains(err.Error(), line) {
			t.Errorf("Parse reports %q, which shows the key", err)
		}
	}
}

func TestBuilderTLSNeedsATCPAddress(t *testing.T) {
	t.Parallel()
	dir, _ := certificates(t)
	for title, set := range map[string]vars{
		"auto":                      {},
		"auto and another address":  {"BUILDKIT_HOST": "unix:///run/buildkitd.sock"},
		"docker":                    {"builder": "docker"},
		"local, BUILDKIT_HOST idle": {"builder": "local", "BUILDKIT_HOST": "tcp://b:1"},
		"a socket":                  {"builder": "unix:///run/buildkitd.sock"},
		"a program":                 {"builder": "kube-pod://b"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			set["builder-tls"] = "ca=tls/ca.pem"
			_, err := parse(dir, set)
			wantMistake(t, err, "builder-tls", "no tcp:// address", "in builder or BUILDKIT_HOST")
		})
	}
}
