package processes

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// Find looks for the first of some programs on PATH and in more directories, or
// returns "". A relative directory is passed over: what is in the checkout is not
// ours.
func Find(lookup func(string) (string, bool), names []string, more ...string) string {
	path, _ := lookup("PATH")
	for _, name := range names {
		for _, dir := range append(filepath.SplitList(path), more...) {
			if !filepath.IsAbs(dir) {
				continue
			}
			if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return found
			}
		}
	}
	return ""
}

// Secret tells which of our variables, NAME=value, a program of somebody else's
// must not see: the inputs, which hold the token and the secrets, and the runner's
// own tokens.
func Secret(variable string) bool {
	return strings.HasPrefix(variable, "INPUT_") || strings.HasPrefix(variable, "ACTIONS_")
}
