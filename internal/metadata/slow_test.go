package metadata_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway-build/slipway/internal/metadata"
)

// A name that a stranger has chosen makes hundreds of patterns slow, and they end
// together: every rule is told of, and most are not tried.
func TestManySlowPatterns(t *testing.T) {
	t.Parallel()
	var list []metadata.Line
	for i := range 300 {
		list = append(list, metadata.Line{Text: fmt.Sprintf(`type=match,pattern=^(a+)+%d$`, i), Number: i + 1})
	}
	rules, err := metadata.ParseTags(list)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = rules.Names(metadata.Flavor{}, metadata.Facts{Event: "push", Ref: "refs/tags/" + strings.Repeat("a", 60) + "b"})
	if took := time.Since(began); took > 2*time.Minute { // 300 s without a limit for all, 6 s with it
		t.Errorf("300 slow patterns take %s", took)
	}
	all := mistakes(t, err)
	if len(all) != len(list) {
		t.Fatalf("%d of %d rules are told of", len(all), len(list))
	}
	if first, last := all[0].Problem, all[len(all)-1].Problem; !strings.Contains(first, "more than 1s to match") || !strings.Contains(last, "and those before take more than 5s") {
		t.Errorf("the first says %q, the last %q", first, last)
	}
}
