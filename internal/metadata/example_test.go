package metadata_test

import (
	"fmt"

	"github.com/slipway-build/slipway/internal/metadata"
)

// Rules have the form of docker/metadata-action.
func ExampleRules_Names() {
	rules, err := metadata.ParseTags([]metadata.Line{
		{Number: 1, Text: "type=semver,pattern={{version}}"},
		{Number: 2, Text: "type=semver,pattern={{major}}.{{minor}}"},
	})
	if err != nil {
		fmt.Println(err)
	}
	names, err := rules.Names(metadata.Flavor{}, metadata.Facts{Event: "push", Ref: "refs/tags/v1.2.3"})
	if err != nil {
		fmt.Println(err)
	}
	for _, tag := range names.Tags {
		fmt.Println(tag.Name)
	}
	// Output:
	// 1.2.3
	// 1.2
	// latest
}
