package main

import (
	"math/rand/v2"
	"path/filepath"
)

// extras is what inputs cost that ask BuildKit for more: every layer of the build
// is written again, or the record of the build is kept and fetched. Beside them is
// the same build without, whose goals are those of the other rows.
func (b *bench) extras() []row {
	files := map[string]string{"data": data(8_000_000)}
	temp := b.TempDir()
	recorded := b.slipway(b.site("extras-record", b.registry.Host, files), oneTag, "BUILD-RECORD="+filepath.Join(temp, "bench.dockerbuild"))
	recorded.env = append(recorded.env, "RUNNER_TEMP="+temp)
	s := b.compare(
		b.slipway(b.site("extras", b.registry.Host, files), oneTag),
		b.slipway(b.site("extras-reproducible", b.registry.Host, files), oneTag, "REPRODUCIBLE=true"),
		recorded,
	)
	return []row{
		timeRow("cached rebuild and push of 8 MB", s[:1]),
		timeRow("the same, reproducible", s[1:2]).beside(s[1], s[0]),
		timeRow("the same, with build-record", s[2:]).beside(s[2], s[0]),
	}
}

// data is a text that gzip makes little smaller, the same each time.
func data(size int) string {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, size)
	for i := range text {
		text[i] = byte(' ' + random.IntN(95))
	}
	return string(text)
}
