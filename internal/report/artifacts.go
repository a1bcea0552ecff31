package report

import "strings"

// openArtifacts takes the file in which a step names what it has published, for a
// later step to attest, where the runner has such a file. It is new there: a run
// does without one that cannot be written.
func (r *Reporter) openArtifacts(path string) {
	if path == "" {
		return
	}
	if err := appendTo(path, ""); err != nil {
		r.Warning("", 0, err.Error())
		return
	}
	r.artifacts = path
}

// writeArtifacts names every image that was published. The runner takes no line
// with an = in it, which no image's name has.
func (r *Reporter) writeArtifacts(o Outcome) {
	if r.artifacts == "" || len(o.Images) == 0 {
		return
	}
	var text strings.Builder
	for _, image := range o.Images {
		text.WriteString("oci://" + image.Name() + "\n")
	}
	if err := appendTo(r.artifacts, text.String()); err != nil {
		r.Warning("", 0, err.Error())
	}
}
