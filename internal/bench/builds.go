package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// mostMemory is the goal for the largest resident set in any build, in bytes.
	mostMemory = 120 << 20
	// fewRounds is how often what takes seconds is measured at most.
	fewRounds = 5
)

// briefly is the bench for what takes seconds: fewer rounds tell enough of it.
func (b *bench) briefly() *bench {
	slow := *b
	slow.rounds, slow.warmups = min(b.rounds, fewRounds), 1
	return &slow
}

// cold is a build of which nothing is in the cache: every file is sent again and
// every step is carried out.
func (b *bench) cold() []row {
	const files, size = 2_000, 25_000
	context := map[string]string{"Dockerfile": fmt.Sprintf(`FROM %[1]s AS build
WORKDIR /src
COPY . .
RUN find . -type f | sort >/list
RUN cat $(cat /list) | sha256sum >/sum
FROM %[1]s
COPY --from=build /list /sum /
RUN test -s /sum && echo ready >/ready
`, b.base(b.registry.Host))}
	for i := range files {
		context[fmt.Sprintf("src/%02d/%04d.txt", i%50, i)] = text(i, size)
	}
	return b.all("cold build, 2,000 files of 50 MB", b.site("cold", b.registry.Host, context), 1.02)
}

// large is a context of one large file, which is sent every time.
func (b *bench) large() []row {
	const size = 300_000_000
	context := map[string]string{"data.bin": text(0, size), "Dockerfile": fmt.Sprintf(`FROM %[1]s AS build
COPY data.bin /data.bin
RUN wc -c /data.bin >/size
FROM %[1]s
COPY --from=build /size /size
`, b.base(b.registry.Host))}
	return b.all("one file of 300 MB, sent again", b.site("large", b.registry.Host, context), 1.05)
}

// all compares a build with --no-cache whose files are newer every time.
func (b *bench) all(what string, s *site, most float64) []row {
	slow := b.briefly()
	contenders := []contender{slow.slipway(s, oneTag, "NO-CACHE=true"), slow.buildctl(s, oneTag), slow.buildx(s, oneTag)}
	contenders[1].args = append(contenders[1].args, "--no-cache")
	contenders[2].args = append([]string{"build", "--no-cache"}, contenders[2].args[1:]...)
	for i := range contenders {
		contenders[i].touch = s.dir
	}
	samples := slow.compare(contenders...)
	return []row{
		timeRow(what, samples).against("buildctl", samples[0], samples[1], most),
		peakRow(samples, mostMemory),
	}
}

// sizes is what a context costs that has not changed, by its number of files.
func (b *bench) sizes() []row {
	var rows []row
	for _, count := range []int{1_000, 10_000, 100_000} {
		name := fmt.Sprintf("files-%d", count)
		s := b.site(name, b.registry.Host, manyFiles(count))
		slow := b.briefly()
		samples := slow.compare(slow.slipway(s, oneTag), slow.buildctl(s, oneTag), slow.buildx(s, oneTag))
		rows = append(rows,
			timeRow(fmt.Sprintf("context of %d files, unchanged", count), samples).beside(samples[0], samples[1]),
			peakRow(samples, mostMemory))
	}
	return rows
}

// lines is what a step that prints 50,000 lines costs the program that shows them.
func (b *bench) lines() []row {
	s := b.site("lines", b.registry.Host, map[string]string{"Dockerfile": fmt.Sprintf(`FROM %s
RUN awk 'BEGIN { for (i = 1; i <= 50000; i++) print "line " i " of what a long compilation prints" }'
`, b.base(b.registry.Host))})
	slow := b.briefly()
	contenders := []contender{slow.slipway(s, oneTag, "NO-CACHE=true"), slow.buildctl(s, oneTag), slow.buildx(s, oneTag)}
	contenders[1].args = append(contenders[1].args, "--no-cache", "--progress=plain")
	contenders[2].args = append([]string{"build", "--no-cache", "--progress=plain"}, contenders[2].args[1:]...)
	for i := range contenders {
		contenders[i].says = "line 50000 of"
	}
	samples := slow.compare(contenders...)
	for i, one := range samples {
		if one.unsaid > 0 {
			b.Fatalf("%s has not shown the last line", programs[i])
		}
	}
	return []row{
		processorRow("50,000 lines in the log, processor time", samples).uses("buildctl", samples[0], samples[1], 1.05),
		peakRow(samples, mostMemory),
	}
}

// text is so much that is not all the same, and compresses as source code does.
func text(seed, size int) string {
	var b strings.Builder
	b.Grow(size + 100)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "line %d of file %d: %x\n", i, seed, (i+1)*(seed+7)*2654435761)
	}
	return b.String()[:size]
}

// touchAll makes every file of a directory newer, so that BuildKit asks for it.
func (b *bench) touchAll(dir string) {
	now := time.Now()
	b.check("touching the files of a workspace", filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return filepath.SkipDir
		case entry.IsDir():
			return nil
		}
		return os.Chtimes(path, now, now)
	}))
}
