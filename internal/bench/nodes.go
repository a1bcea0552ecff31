package main

import (
	"maps"
	"path/filepath"

	"github.com/slipway-build/slipway/internal/testenv"
)

// nodes builds two platforms at the same time, each on a node of its own, beside
// each of them alone on its node. Both nodes are this machine, which has to be
// shared where there is something to build.
func (b *bench) nodes() []row {
	amd64 := testenv.Buildkitd(b, testenv.BuildkitdOptions{})
	arm64 := testenv.Buildkitd(b, testenv.BuildkitdOptions{Platform: "linux/arm64"})
	nodes := []string{"linux/amd64=" + amd64.Address, "linux/arm64=" + arm64.Address}
	files := maps.Clone(fewFiles)
	files["Dockerfile"] = "FROM scratch\nCOPY . /src\n" // a RUN would need two machines
	on := func(name, builder string) contender {
		s := b.site(name, b.registry.Host, files)
		return b.slipway(s, oneTag, "BUILDER="+builder)
	}
	var rows []row
	for _, what := range []string{"cached", "one file changed"} {
		contenders := []contender{
			on("farm", nodes[0]+"\n"+nodes[1]), on("farm-amd64", nodes[0]), on("farm-arm64", nodes[1]),
		}
		for i := range contenders {
			if what != "cached" {
				contenders[i].change = filepath.Join(contenders[i].dir, "main.txt")
			}
		}
		s := b.compare(contenders...)
		rows = append(rows,
			timeRow("farm of two nodes, two platforms, "+what, s[:1]).within("the slower alone", s[0], s[1:], 1.2, 100),
			timeRow("the same, linux/amd64 alone on its node", s[1:2]),
			timeRow("the same, linux/arm64 alone on its node", s[2:]))
	}
	return rows
}
