package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/testenv"
)

// buildxBuilder is the name that buildx knows the daemon by.
const buildxBuilder = "bench"

// repository returns the program's own image at a registry, so that no push
// finds what another program has pushed.
func repository(host, program string, s *site) string {
	return host + "/bench/" + program + "-" + s.name
}

// slipway is a step as the runner starts it: inputs and facts in the
// environment, files for outputs and the summary. Inputs are added as
// NAME=value, without INPUT_.
func (b *bench) slipway(s *site, tags []string, inputs ...string) contender {
	output, summary := filepath.Join(b.dir, "output"), filepath.Join(b.dir, "summary.md")
	vars := map[string]string{
		"PATH":                os.Getenv("PATH"),
		"HOME":                b.dir,
		"BUILDKIT_HOST":       b.daemon.Address,
		"INPUT_IMAGE":         repository(s.registry, "slipway", s),
		"INPUT_TAGS":          strings.Join(tags, "\n"),
		"GITHUB_ACTIONS":      "true",
		"GITHUB_EVENT_NAME":   "push",
		"GITHUB_EVENT_PATH":   s.event,
		"GITHUB_REF":          "refs/heads/main",
		"GITHUB_SHA":          s.commit,
		"GITHUB_REPOSITORY":   "bench/" + s.name,
		"GITHUB_ACTOR":        "bench",
		"GITHUB_RUN_ID":       "1",
		"GITHUB_SERVER_URL":   "https://github.com",
		"GITHUB_API_URL":      "http://127.0.0.1:9", // nothing may be asked there
		"GITHUB_WORKSPACE":    s.dir,
		"GITHUB_OUTPUT":       output,
		"GITHUB_STEP_SUMMARY": summary,
	}
	for _, input := range inputs {
		name, value, _ := strings.Cut(input, "=")
		vars["INPUT_"+name] = value
	}
	var env []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return contender{path: testenv.Tool(b, "slipway"), env: env, dir: s.dir, fresh: []string{output, summary}}
}

// buildctl builds and pushes what slipway does.
func (b *bench) buildctl(s *site, tags []string) contender {
	return contender{
		path: testenv.Tool(b, "buildctl"),
		args: []string{
			"--addr", b.daemon.Address, "build", "--frontend", "dockerfile.v0",
			"--local", "context=.", "--local", "dockerfile=.",
			// The list of names is one field of a line of CSV.
			"--output", `type=image,push=true,"name=` + strings.Join(names(s, "buildctl", tags), ",") + `"`,
		},
		env: b.plainEnv(),
		dir: s.dir,
	}
}

// buildx builds and pushes what slipway does: without the provenance that it
// adds by default.
func (b *bench) buildx(s *site, tags []string) contender {
	args := []string{"build", "--builder", buildxBuilder, "--push", "--provenance=false"}
	for _, name := range names(s, "buildx", tags) {
		args = append(args, "--tag", name)
	}
	return contender{
		path: testenv.Tool(b, "buildx"),
		args: append(args, "."),
		env:  b.plainEnv(),
		dir:  s.dir,
	}
}

func names(s *site, program string, tags []string) []string {
	all := make([]string, len(tags))
	for i, tag := range tags {
		all[i] = repository(s.registry, program, s) + ":" + tag
	}
	return all
}

// plainEnv holds no login and no settings of the user's.
func (b *bench) plainEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "BUILDX_CONFIG=" + filepath.Join(b.dir, "buildx")}
}
