package build

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/build/diagnose"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestLargeDockerfiles has a real BuildKit say more than its messages hold, or take
// more than it does: what it means is said at the Dockerfile, and the advice helps. Each
// has a connection of its own, because too much in one breaks it for all that share it.
func TestLargeDockerfiles(t *testing.T) {
	t.Parallel()
	base := testenv.BaseImage(t, testenv.NewRegistry(t, testenv.RegistryOptions{}).Host)
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	from, check, comment := "FROM "+base.Name()+"\n", "ENV a b\n", "# 9 bytes\n"
	cases := []struct {
		name, text string
		says       string // empty: it builds
		may        bool   // it may also build: a slow BuildKit says less in one message
	}{
		{"1,000 checks", from + strings.Repeat(check, 1000), "", false},
		{"5,000 checks", from + strings.Repeat(check, 5000), "# check=skip=all", true},
		{"5,000 checks that are left out", "# check=skip=all\n" + from + strings.Repeat(check, 5000), "", false},
		{"4 MB", from + strings.Repeat(comment, 400_000), "", false},
		{"10 checks in 4 MB", from + strings.Repeat(check, 10) + strings.Repeat(comment, 400_000), "# check=skip=all", true},
		{"17 MB", from + strings.Repeat(comment, 1_700_000), "Dockerfile exceeds maximum allowed size", false},
		{"a line of 200 KB", from + "RUN true " + strings.Repeat("012345678 ", 20_000) + "\n", "dockerfile line greater than", false},
		{"a script of 3 MB", from + "RUN <<EOF\n" + strings.Repeat(comment, 300_000) + "EOF\n", "put the script in a file", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			dockerfile := filepath.Join(dir, "Dockerfile")
			if err := os.WriteFile(dockerfile, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			_, err := Solve(t.Context(), connectTo(t, daemon.Address), Request{Registries: anonymous(), Plan: plan.Build{Context: dir, Dockerfile: dockerfile}, Log: &log})
			if c.says == "" || c.may && err == nil {
				if err != nil {
					t.Errorf("Solve = %.2000q, want it to build", err)
				}
				return
			}
			var placed *diagnose.Error
			if err == nil || !strings.Contains(err.Error(), c.says) || !errors.As(err, &placed) || placed.File != dockerfile {
				t.Errorf("Solve = %.2000q at %+v, want it to say %q at the Dockerfile", err, placed, c.says)
			}
		})
	}
}
