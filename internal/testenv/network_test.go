package testenv_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestNetworkIsApart reaches a registry from its network and not from here, where
// it is refused or, if that is wanted, not heard of.
func TestNetworkIsApart(t *testing.T) {
	t.Parallel()
	network := testenv.NewNetwork(t)
	for _, silent := range []bool{false, true} {
		registry := testenv.NewRegistry(t, testenv.RegistryOptions{Network: network, Silent: silent})
		_, err := net.DialTimeout("tcp", registry.Host, 200*time.Millisecond)
		if refused, late := errors.Is(err, syscall.ECONNREFUSED), os.IsTimeout(err); refused == silent || late != silent {
			t.Errorf("silent = %t: connecting from here: %v", silent, err)
		}
		for range 2 { // also after a restart, at the same address
			resp, err := (&http.Client{Transport: registry.Transport()}).Get(registry.URL + "/v2/")
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("silent = %t: the registry answers %s inside", silent, resp.Status)
			}
			registry.Restart()
		}
	}
}

// TestForwardIntoNetwork reaches this host's registry from another network.
func TestForwardIntoNetwork(t *testing.T) {
	t.Parallel()
	network := testenv.NewNetwork(t)
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	inside := &http.Client{Transport: network.Transport()}
	if resp, err := inside.Get(registry.URL + "/v2/"); err == nil {
		_ = resp.Body.Close()
		t.Error("the host's registry is reached before it is forwarded")
	}
	network.Forward(t, registry.Host)
	resp, err := inside.Get(registry.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}
