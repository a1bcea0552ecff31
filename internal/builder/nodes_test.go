package builder_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/testenv"
)

func share(address string, architectures ...string) plan.Share {
	s := plan.Share{Address: address}
	for _, architecture := range architectures {
		s.Platforms = append(s.Platforms, v1.Platform{OS: "linux", Architecture: architecture})
	}
	return s
}

// TestNodes connects to nodes of every kind. TLS is for those at tcp:// addresses.
func TestNodes(t *testing.T) {
	t.Parallel()
	ca := testenv.NewCA(t, "the farm's authority")
	secured := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true, TLS: ca, Clients: ca, Platform: "linux/arm64"})
	plain := testenv.Buildkitd(t, testenv.BuildkitdOptions{Older: true})
	cases := map[string]struct {
		shares   []plan.Share
		nodes    []string // addresses of the nodes; none for one node
		notices  []string
		platform string // that its name holds
	}{
		"two nodes": {
			[]plan.Share{share(plain.Address, "amd64"), share(secured.TCPAddress, "arm64")},
			[]string{plain.Address, secured.TCPAddress},
			[]string{"The nodes have different versions of BuildKit: " + plain.Address + " v0.31.2, " + secured.TCPAddress + " "},
			"linux/arm64 in the input builder",
		},
		"one node": {
			[]plan.Share{share(secured.TCPAddress, "arm64", "amd64")}, nil, nil, "linux/arm64,linux/amd64 in the input builder",
		},
		"one node that runs something else": {
			[]plan.Share{share(plain.Address, "amd64", "s390x")},
			nil,
			[]string{plain.Address + " does not run linux/s390x, which it is to build, but linux/amd64,"},
			"linux/amd64,linux/s390x in the input builder",
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			b, err := builder.Connect(t.Context(), builder.Options{
				Nodes: c.shares, TLS: files(ca, ca), Lookup: environment(nil),
				Needs: plan.Needs{Push: true, Repositories: 2, Platforms: c.shares[0].Platforms},
			})
			if err != nil {
				t.Fatal(err)
			}
			var addresses []string
			for _, node := range b.Nodes {
				addresses = append(addresses, node.Share.Address)
			}
			if !slices.Equal(addresses, c.nodes) || len(b.All()) != max(1, len(c.nodes)) || !b.PushByDigest {
				t.Errorf("nodes %q of %d, push by digest %t; want %q", addresses, len(b.All()), b.PushByDigest, c.nodes)
			}
			if len(b.Notices) != len(c.notices) || len(c.notices) > 0 && !strings.HasPrefix(b.Notices[0], c.notices[0]) {
				t.Errorf("notices %q, want %q", b.Notices, c.notices)
			}
			if !strings.Contains(b.String(), c.platform) {
				t.Errorf("it is called %q, want it to hold %q", b, c.platform)
			}
			if err := b.Close(t.Context()); err != nil {
				t.Errorf("Close() = %v", err)
			}
			for _, one := range b.All() {
				if _, err := one.Client.Info(t.Context()); err == nil {
					t.Errorf("%s answers after Close", one)
				}
			}
		})
	}
}

// TestWithoutANode names every node that cannot be used, and no other.
func TestWithoutANode(t *testing.T) {
	t.Parallel()
	up := testenv.Buildkitd(t, testenv.BuildkitdOptions{TCP: true})
	_, err := builder.Connect(t.Context(), builder.Options{
		Nodes:  []plan.Share{share("tcp://127.0.0.1:1", "amd64"), share(up.Address, "386"), share(up.TCPAddress, "arm64"), share("kube-pod://pod-0", "s390x")},
		TLS:    inputs.BuilderTLS{CA: testenv.NewCA(t, "another authority").PEM},
		Lookup: environment(nil),
	})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("Connect() = %v, want joined errors", err)
	}
	want := [][]string{
		{"tcp://127.0.0.1:1 (linux/amd64 in the input builder)", "connection refused"},
		{up.TCPAddress + " (linux/arm64 in the input builder)", "does not speak TLS"},
		{"kube-pod://pod-0 (linux/s390x in the input builder)", "the program kubectl, which is not on PATH"},
	}
	found := joined.Unwrap()
	if len(found) != len(want) {
		t.Fatalf("Connect() = %v, want %d errors", err, len(want))
	}
	for i, texts := range want {
		wantSaid(t, found[i], texts...)
	}
}
