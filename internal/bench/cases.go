package main

import (
	"os"
	"path/filepath"

	"github.com/slipway-build/slipway/internal/testenv"
)

// benchCase measures some rows of the table.
type benchCase struct {
	name    string
	measure func(*bench) []row
}

func cases() []benchCase {
	return []benchCase{
		{"near", (*bench).near},
		{"far", (*bench).distant},
		{"changed", (*bench).changed},
		{"files", (*bench).files},
		{"cold", (*bench).cold},
		{"large", (*bench).large},
		{"sizes", (*bench).sizes},
		{"lines", (*bench).lines},
		{"start", (*bench).startUp},
		{"engine", (*bench).engine},
		{"refuse", (*bench).refuse},
		{"farm", (*bench).nodes},
		{"registries", (*bench).registries},
		{"extras", (*bench).extras},
		{"size", (*bench).size},
	}
}

func caseNames() []string {
	var names []string
	for _, c := range cases() {
		names = append(names, c.name)
	}
	return names
}

var (
	programs = []string{"slipway", "buildctl", "buildx"} // the columns of the table
	oneTag   = []string{"v1"}
	fiveTags = []string{"v1.2.3", "v1.2", "v1", "latest", "main"}
	fewFiles = map[string]string{"main.txt": "The program.\n", "doc/readme.txt": "How to use it.\n"}
)

// near is a cached rebuild with a push to a registry on this machine.
func (b *bench) near() []row {
	one, five := b.site("near", b.registry.Host, fewFiles), b.site("near-five", b.registry.Host, fewFiles)
	// In a checkout buildx runs git several times.
	noGit := b.buildx(one, oneTag)
	noGit.env = append(noGit.env, "BUILDX_GIT_INFO=false")
	s := b.compare(
		b.slipway(one, oneTag), b.buildctl(one, oneTag), b.buildx(one, oneTag),
		b.slipway(five, fiveTags), b.buildctl(five, fiveTags), b.buildx(five, fiveTags), noGit,
	)
	return []row{
		timeRow("cached rebuild and push, 1 tag", s[:3]).against("buildctl", s[0], s[1], 1.05),
		timeRow("the same", s[:3]).against("buildx", s[0], s[2], 0.6),
		timeRow("the same, with BUILDX_GIT_INFO=false", []sample{s[0], s[1], s[6]}).beside(s[0], s[6]),
		timeRow("cached rebuild and push, 5 tags", s[3:6]).against("slipway with 1 tag", s[3], s[0], 1.3),
	}
}

// distant is the same with a registry that answers late.
func (b *bench) distant() []row {
	one, five := b.site("far", b.far.Host, fewFiles), b.site("far-five", b.far.Host, fewFiles)
	s := b.compare(
		b.slipway(one, oneTag), b.buildctl(one, oneTag), b.buildx(one, oneTag),
		b.slipway(five, fiveTags), b.buildctl(five, fiveTags), b.buildx(five, fiveTags),
	)
	b.timelines("1 tag", s[:3])
	b.timelines("5 tags", s[3:])
	return []row{
		timeRow("cached, 1 tag"+b.late(), s[:3]).withRequests(s[:3]).against("buildctl", s[0], s[1], 1.1),
		timeRow("cached, 5 tags"+b.late(), s[3:]).withRequests(s[3:]).against("buildctl", s[3], s[4], 0.6),
	}
}

func (b *bench) late() string { return ", registry answers " + b.delay.String() + " late" }

// changed is the build of a new commit: one file is another each time, so that
// there is a layer to push and the tags have to be moved. No goal is set for it.
func (b *bench) changed() []row {
	var rows []row
	for _, at := range []struct{ name, host, late string }{{"changed", b.registry.Host, ""}, {"changed-far", b.far.Host, b.late()}} {
		s := b.site(at.name, at.host, fewFiles)
		contenders := []contender{b.slipway(s, oneTag), b.buildctl(s, oneTag), b.buildx(s, oneTag)}
		for i := range contenders {
			contenders[i].change = filepath.Join(s.dir, "main.txt")
		}
		samples := b.compare(contenders...)
		r := timeRow("one file changed, 1 tag"+at.late, samples).beside(samples[0], samples[1])
		if at.late != "" {
			r = r.withRequests(samples)
			b.timelines("one file changed", samples)
		}
		rows = append(rows, r)
	}
	return rows
}

// files is a context that takes long to look through.
func (b *bench) files() []row {
	const most = 100 << 20 // bytes
	many := b.site("files", b.registry.Host, manyFiles(20_000))
	s := b.compare(b.slipway(many, oneTag), b.buildctl(many, oneTag), b.buildx(many, oneTag))
	return []row{
		timeRow("context of 20,000 files, unchanged", s).against("buildctl", s[0], s[1], 1.1),
		peakRow(s, most),
	}
}

// startUp is the price of being started at all.
func (b *bench) startUp() []row {
	version := func(tool string, arg string) contender {
		return contender{path: testenv.Tool(b, tool), args: []string{arg}, env: b.plainEnv(), dir: b.dir}
	}
	s := b.compare(version("slipway", "version"), version("buildctl", "--version"), version("buildx", "version"))
	return []row{timeRow("start-up, to say the version", s).atMost(s[0], 15)}
}

// refuse is how soon a mistake is told: one that slipway finds, and one that
// BuildKit finds before it begins, after which a client waits for 5 s unless it
// knows better.
func (b *bench) refuse() []row {
	s := b.site("refuse", b.registry.Host, fewFiles)
	ours, theirs := b.slipway(s, oneTag, "PLATFORMS=linux/nonsense"), b.slipway(s, oneTag, "BUILD-ARGS=BUILDKIT_ATTEST_NONSENSE=1")
	ours.expect, ours.says = 1, "linux/nonsense"
	theirs.expect, theirs.says = 1, "unknown attestation type"
	peer := b.buildctl(s, oneTag)
	peer.args = append(peer.args, "--opt", "build-arg:BUILDKIT_ATTEST_NONSENSE=1")
	peer.expect, peer.says = 1, "unknown attestation type"
	peers := *b // waiting for 5 s is not worth n times
	peers.rounds, peers.warmups = 1, 1
	first, second := b.compare(ours, theirs), peers.compare(peer)
	return []row{
		timeRow("impossible option, refused by slipway", first[:1]).always(first[0], 500),
		timeRow("impossible option, refused by BuildKit", []sample{first[1], second[0]}).always(first[1], 500),
	}
}

// size is of the programs as they are, without debugging symbols.
func (b *bench) size() []row {
	const most = 25_000_000 // bytes
	r := row{what: "size of the program", goal: "at most " + megabytes(most)}
	for i, tool := range programs {
		info, err := os.Stat(testenv.Tool(b, tool))
		b.check("measuring a program's size", err)
		r.cells[i] = megabytes(info.Size())
		if i == 0 {
			r.met = info.Size() <= most
		}
	}
	return []row{r}
}
