package plan_test

import (
	"fmt"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
)

// Without any input, a push of a version's tag publishes that version of the
// repository's own image.
func ExampleNew() {
	p, err := plan.New(inputs.Inputs{}, plan.Facts{
		Actions: true, Event: "push", Ref: "refs/tags/v1.2.3", Repository: "Octo-Org/Hello-World", ServerURL: "https://github.com", Actor: "octocat",
		Commit: plan.Commit{SHA: "4f2a9c1d7e60b3584a1f29c8d7e60b3584a1f29c"},
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(p.Publish.Push, p.Publish.Tags)
	// Output: true [ghcr.io/octo-org/hello-world:1.2.3]
}
