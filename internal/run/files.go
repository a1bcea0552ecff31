package run

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/build"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/record"
	"github.com/slipway-build/slipway/internal/report"
	"github.com/slipway-build/slipway/internal/workspace"
)

// metadataOf is what BuildKit has answered, with the digest and the names under
// which the image is to be found now: BuildKit has pushed it without a name, and an
// engine with a graph driver calls its image ID the digest. What several nodes have
// answered is in a list.
func metadataOf(o report.Outcome, p plan.Build, made Made, answers []build.Answer) map[string]any {
	all := map[string]any{}
	if made.Nodes {
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
	published, config := v1.Hash{}, ""
	if o.Pushed {
		published = o.Digest
	}
	if o.ImageID != (v1.Hash{}) {
		config = o.ImageID.String()
	}
	answered, _ := all[build.AnswersDigest].(string)
	digest := plan.MetadataDigest(answered, published, made.By, made.Stores, p.Outputs)
	set(build.AnswersDigest, digest)
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
func (r *Run) keepRecord(made Made) error {
	if r.in.BuildRecord == "" || len(made.Records) == 0 {
		return nil
	}
	archive, err := record.Archive(made.Records)
	if err == nil {
		err = workspace.WriteFile(r.in.BuildRecord, archive, r.in.Workspace)
	}
	if err != nil {
		return fmt.Errorf("writing the build record to %s: %w", r.in.BuildRecord, err)
	}
	return nil
}
