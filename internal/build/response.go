package build

import (
	"encoding/base64"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The keys of an answer that tell what was exported.
const (
	AnswersDigest     = "containerimage.digest"
	AnswersConfig     = "containerimage.config.digest"
	AnswersDescriptor = "containerimage.descriptor"
	AnswersName       = "image.name"
)

// Answer is what a BuildKit has answered to a build, with a value for each key.
type Answer struct {
	Platforms []v1.Platform // that were asked of a node; nil where there is one builder
	Values    map[string]string
}

// Decoded is the answer with what is JSON in base64 as it is: an object, or a list
// of objects.
func (a Answer) Decoded() map[string]any {
	all := map[string]any{}
	for key, value := range a.Values {
		all[key] = value
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			continue
		}
		var object map[string]any
		var list []map[string]any
		if json.Unmarshal(raw, &object) == nil && len(object) > 0 || json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			all[key] = json.RawMessage(raw)
		}
	}
	return all
}
