package report

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-build/slipway/internal/duration"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/trace"
)

// Outcome is what a run that did not fail has to tell.
type Outcome struct {
	Pushed bool
	Reason string // why nothing was pushed

	Digest    v1.Hash    // as the registry answers; zero when nothing was pushed
	ImageID   v1.Hash    // digest of the config; zero for several platforms, and when nothing was pushed or loaded
	Loaded    []name.Tag // in the store of the Docker engine
	Images    []name.Digest
	Pull      name.Reference // the first image, as it can be pulled
	Tags      []name.Tag     // in the order of the inputs; without those that stay
	Unmoved   []plan.Unmoved
	Version   string
	Platforms map[string]v1.Hash // by platform, such as linux/arm64
	Labels    []Entry            // in the order in which they are listed
	// Annotations, each with its level: manifest:KEY=value.
	Annotations []string

	Metadata map[string]any // what BuildKit has answered, for the output metadata
	Asked    inputs.Call    // what the Dockerfile was asked for; empty: a build
	Answer   string         // to that

	Visibility string // of the first image: public, private, internal; empty where it is not known
	PackageURL string // of its page; empty where it has none

	Sizes   []Size   // of what was published, by platform
	Against name.Tag // what Sizes are compared with; zero where there was none, or it is not known
	Remarks []string // what the log says before the build
	Builder string
	Took    time.Duration
}

// Size is what a platform's image weighs.
type Size struct {
	Platform string // such as linux/arm64
	Digest   v1.Hash
	Bytes    int64 // in the registry; 0 where it is not known
	Before   int64 // likewise, under the tag Against before this run
	New      bool  // there was no such tag before, or not for this platform
}

// Entry is a label.
type Entry struct{ Key, Value string }

// Success writes the outputs, the job summary and the last lines of the log.
// Outputs are written first: a workflow can do without a summary.
func (r *Reporter) Success(o Outcome) error {
	var errs []error
	if r.outputs != "" {
		errs = append(errs, r.writeOutputs(o))
	}
	if r.summary != "" {
		errs = append(errs, r.writeSummary(r.summaryOf(o)))
	}
	r.writeArtifacts(o)
	r.printOutcome(o)
	if r.action == nil {
		r.printDetails(o)
	}
	r.built, r.noted = trace.Build{}, nil // they are told, and are not told again if the run fails at its end
	return errors.Join(errs...)
}

func (r *Reporter) printOutcome(o Outcome) {
	if o.Asked != "" {
		r.printAnswer(o)
		return
	}
	if !o.Pushed {
		r.Printf("Built in %s, not published: %s", duration.Text(o.Took), o.Reason)
		r.printLoaded(o)
		return
	}
	r.Printf("Published in %s", duration.Text(o.Took))
	for _, tag := range o.Tags {
		r.Printf("  tag     %s", host.Shown(tag.Name()))
	}
	r.Printf("  digest  %s", o.Digest)
	r.Printf("  pull    docker pull %s", host.Shown(o.Pull.Name()))
	switch {
	case o.PackageURL != "" && o.Visibility != "":
		r.Printf("  package %s (%s)", o.PackageURL, o.Visibility)
	case o.PackageURL+o.Visibility != "":
		r.Printf("  package %s", o.PackageURL+o.Visibility)
	}
	r.printLoaded(o)
}

func (r *Reporter) printLoaded(o Outcome) {
	for _, tag := range o.Loaded {
		r.Printf("  loaded  %s", host.Tag(tag))
	}
}

// writeOutputs writes every output in one go, so that the workflow sees all or
// none of them.
func (r *Reporter) writeOutputs(o Outcome) error {
	values, err := outputs(o)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, output := range OutputNames() {
		text.WriteString(fileCommand(output, values[output]))
	}
	return appendTo(r.outputs, text.String())
}

// fileCommand writes one output in the form that holds any value. The delimiter
// is random: with a fixed one, a value that holds it could add an output.
func fileCommand(output, value string) string {
	delimiter := "slipway_" + rand.Text()
	return fmt.Sprintf("%s<<%s\n%s\n%s\n", output, delimiter, value, delimiter)
}

// OutputNames lists the outputs that are written, in the order of action.yml.
func OutputNames() []string {
	return []string{"digest", "image", "images", "tags", "version", "pushed", "reason", "platforms", "imageid", "labels", "annotations", "visibility", "package-url", "json", "metadata"}
}

func outputs(o Outcome) (map[string]string, error) {
	platforms := map[string]string{}
	for platform, digest := range o.Platforms {
		platforms[platform] = digest.String()
	}
	values := map[string]string{
		"digest":  hash(o.Digest),
		"images":  lines(o.Images),
		"tags":    lines(o.Tags),
		"version": o.Version,
		"pushed":  strconv.FormatBool(o.Pushed),
		"reason":  o.Reason,
		"imageid": hash(o.ImageID),
		"labels":  labelLines(o.Labels),

		"annotations": folded(o.Annotations),
		"visibility":  o.Visibility,
		"package-url": o.PackageURL,
	}
	labels := make(map[string]string, len(o.Labels))
	for _, label := range o.Labels {
		labels[label.Key] = label.Value
	}
	if len(o.Images) > 0 {
		values["image"] = host.Shown(o.Images[0].Name())
	}
	encoded, err := json.Marshal(platforms)
	if err != nil {
		return nil, fmt.Errorf("writing the output platforms: %w", err)
	}
	values["platforms"] = string(encoded)
	if encoded, err = o.EncodeMetadata(); err != nil {
		return nil, err
	}
	values["metadata"] = string(encoded)
	all := map[string]any{"metadata": json.RawMessage(encoded), "platforms": platforms, "labels": labels, "annotations": append([]string{}, o.Annotations...), "pushed": o.Pushed, "tags": texts(o.Tags), "images": texts(o.Images)}
	for _, output := range []string{"digest", "image", "version", "reason", "imageid", "visibility", "package-url"} {
		all[output] = values[output]
	}
	encoded, err = json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("writing the output json: %w", err)
	}
	values["json"] = string(encoded)
	return values, nil
}

func hash(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}

func texts[R name.Reference](refs []R) []string {
	all := make([]string, len(refs))
	for i, ref := range refs {
		all[i] = host.Shown(ref.Name())
		if tag, ok := any(ref).(name.Tag); ok {
			all[i] = host.Tag(tag)
		}
	}
	return all
}

func lines[R name.Reference](refs []R) string { return strings.Join(texts(refs), "\n") }

// labelLines writes KEY=value lines.
func labelLines(labels []Entry) string {
	all := make([]string, len(labels))
	for i, label := range labels {
		all[i] = label.Key + "=" + label.Value
	}
	return folded(all)
}

// folded writes one item per line. A line end in an item is folded to a blank: the
// json output has it as it is.
func folded(items []string) string {
	fold := strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = fold.Replace(item)
	}
	return strings.Join(all, "\n")
}
