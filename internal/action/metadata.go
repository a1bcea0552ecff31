package action

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/record"
	"github.com/slipway-build/slipway/internal/report"
	"github.com/slipway-build/slipway/internal/workspace"
)

// metadataOf is what BuildKit has answered, with the digest and the names under
// which the image is to be found now: BuildKit has pushed it without a name, and an
// engine with a graph driver calls its image ID the digest. What the nodes of a
// farm have answered is in a list.
func metadataOf(o report.Outcome, p plan.Build, b *builder.Builder, answers []build.Answer) map[string]any {
	all := map[string]any{}
	if len(b.Nodes) > 0 {
		all["slipway.nodes"] = nodesMetadata(answers)
	} else {
		for _, answer := range answers {
			all = answer.Decoded()
		}
	}
	set := func(key, value string) {
		all[key] = value
		if value == "" {
			delete(all, key)
		}
	}
	digest, _ := all[build.AnswersDigest].(string)
	if (!b.Stores || b.PushByTag) && !slices.ContainsFunc(p.Outputs, inputs.Output.IsImage) {
		digest = "" // of nothing that is to be found
	}
	if o.Pushed {
		digest = o.Digest.String()
	}
	set(build.AnswersDigest, digest)
	config := ""
	if o.ImageID != (v1.Hash{}) {
		config = o.ImageID.String()
	}
	set(build.AnswersConfig, config)
	set(build.AnswersName, strings.Join(imageNames(o), ","))
	if digest == "" || describes(all[build.AnswersDescriptor]) != digest {
		delete(all, build.AnswersDescriptor)
	}
	return all
}

func nodesMetadata(answers []build.Answer) []map[string]any {
	nodes := make([]map[string]any, len(answers))
	for i, answer := range answers {
		nodes[i] = map[string]any{"platforms": plan.ListPlatforms(answer.Platforms), "metadata": answer.Decoded()}
	}
	return nodes
}

// imageNames are the tags that were pushed and loaded, each once.
func imageNames(o report.Outcome) []string {
	var names []string
	seen := map[name.Tag]bool{}
	tags := o.Loaded
	if o.Pushed {
		tags = append(append([]name.Tag{}, o.Tags...), o.Loaded...)
	}
	for _, tag := range tags {
		if !seen[tag] {
			seen[tag] = true
			names = append(names, host.Shown(tag.Name()))
		}
	}
	return names
}

// describes returns the digest in a descriptor, or "".
func describes(descriptor any) string {
	var described struct {
		Digest string `json:"digest"`
	}
	raw, _ := descriptor.(json.RawMessage)
	if json.Unmarshal(raw, &described) != nil {
		return ""
	}
	return described.Digest
}

// keepMetadata writes the file that the input metadata-file names.
func keepMetadata(in inputs.Inputs, o report.Outcome) error {
	if in.MetadataFile == "" {
		return nil
	}
	encoded, err := o.EncodeMetadata()
	if err == nil {
		err = workspace.WriteFile(in.MetadataFile, append(encoded, '\n'), in.Workspace)
	}
	if err != nil {
		return fmt.Errorf("writing the metadata to %s: %w", in.MetadataFile, err)
	}
	return nil
}

// keepRecord writes the file that the input build-record names. There is none of a
// build that has not begun.
func keepRecord(in inputs.Inputs, built build.Result) error {
	if in.BuildRecord == "" || len(built.Records) == 0 {
		return nil
	}
	archive, err := record.Archive(built.Records)
	if err == nil {
		err = workspace.WriteFile(in.BuildRecord, archive, in.Workspace)
	}
	if err != nil {
		return fmt.Errorf("writing the build record to %s: %w", in.BuildRecord, err)
	}
	return nil
}
