package main

import (
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/testenv"
)

// engine is a cached rebuild and push by the BuildKit inside a Docker engine,
// and how soon that is found.
func (b *bench) engine() []row {
	engine := testenv.NewEngine(b, testenv.EngineOptions{})
	engine.Forward(b, b.registry.Host)
	at := b.site("engine", b.registry.Host, fewFiles)
	host := "DOCKER_HOST=" + engine.Host

	ours := b.slipway(at, oneTag)
	ours.env = append(slices.DeleteFunc(ours.env, isBuildkitHost), host)
	theirs := b.buildx(at, oneTag)
	theirs.env = append(theirs.env, host)
	theirs.args[slices.Index(theirs.args, buildxBuilder)] = "default" // the engine's own

	finding := contender{path: ours.path, args: []string{"builder"}, env: ours.env, dir: b.dir, says: "BuildKit inside the Docker engine"}
	builderContainer := finding
	builderContainer.env = append(slices.Clone(ours.env), "INPUT_BUILDER=container", "INPUT_BUILDER-IMAGE="+testenv.BuildkitImage(b, b.registry.Host))
	builderContainer.says = "BuildKit in the container slipway-"
	s := b.compare(ours, theirs, finding, builderContainer)
	rebuild := row{what: "cached rebuild and push over the Docker socket", cells: [3]string{milliseconds(median(s[0].times)), "", milliseconds(median(s[1].times))}}
	return []row{
		rebuild.against("buildx", s[0], s[1], 0.6),
		timeRow("auto finds the engine's BuildKit, start to end", s[2:3]).atMost(s[2], 100),
		timeRow("a container of its own, from making it to having removed it", s[3:]).atMost(s[3], 500),
	}
}

func isBuildkitHost(variable string) bool { return strings.HasPrefix(variable, "BUILDKIT_HOST=") }
