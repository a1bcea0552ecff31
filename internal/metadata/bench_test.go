package metadata_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/metadata"
)

// manyLines are lines of all types, no two the same.
func manyLines(n int) []metadata.Line {
	forms := []string{
		"type=semver,pattern={{version}},suffix=-%d", "type=semver,pattern={{major}}.{{minor}},prefix=p%d-", "type=pep440,pattern={{version}},prefix=q%d-",
		`type=match,pattern=v(\d+)\.%d?,group=1,suffix=-%[1]d`, "type=ref,event=tag,suffix=-%d", "type=raw,value=r-{{sha}}-%d,enable={{is_not_default_branch}}",
		"type=sha,prefix={{date 'YYYYMMDD' tz='Europe/Berlin'}}-%d-", "type=edge,branch=b%d", "type=schedule,pattern={{commit_date 'X'}}-%d", "bare-%d",
	}
	all := make([]metadata.Line, n)
	for i := range all {
		all[i] = metadata.Line{Text: fmt.Sprintf(forms[i%len(forms)], i), Number: i + 1}
	}
	return all
}

func benchmarkRules(b *testing.B, n int) {
	b.Helper()
	rules := manyLines(n)
	f := metadata.Facts{Event: "push", Ref: "refs/tags/v1.2.3", SHA: builtSHA, DefaultBranch: "main", CommitTime: time.Unix(1709247906, 0), Now: time.Unix(1735531506, 0)}
	for b.Loop() {
		parsed, err := metadata.ParseTags(rules)
		if err != nil {
			b.Fatal(err)
		}
		names, err := parsed.Names(metadata.Flavor{}, f)
		if err != nil || len(names.Tags) < n/2 {
			b.Fatal(err, len(names.Tags))
		}
	}
}

func BenchmarkRules10(b *testing.B)    { benchmarkRules(b, 10) }
func BenchmarkRules10000(b *testing.B) { benchmarkRules(b, 10000) }

// BenchmarkMoves compares four floating tags with the versions of a registry and
// a repository that have ten thousand each.
func BenchmarkMoves(b *testing.B) {
	rules, err := metadata.ParseTags(lines("type=semver,pattern={{version}}", "type=semver,pattern={{major}}.{{minor}}", "type=semver,pattern={{major}}", "type=semver,pattern=stable"))
	if err != nil {
		b.Fatal(err)
	}
	names, err := rules.Names(metadata.Flavor{}, metadata.Facts{Ref: "refs/tags/v1.2.3"})
	if err != nil {
		b.Fatal(err)
	}
	var known metadata.Known
	for i := range 10000 {
		known.Git = append(known.Git, fmt.Sprintf("v0.%d.%d", i/100, i%100))
		known.Published = append(known.Published, fmt.Sprintf("0.%d.%d", i/100, i%100))
	}
	for b.Loop() {
		if moves := names.Moves(known, metadata.Forward); len(moves) != 5 {
			b.Fatal(moves)
		}
	}
}
