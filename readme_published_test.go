package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// mustBeDone compares the outputs and the registries with what the run is for.
func (j *readmeJob) mustBeDone() {
	j.t.Helper()
	for _, says := range j.run.says {
		want, err := j.known.in(says)
		if err != nil {
			j.t.Fatal(err)
		}
		if !strings.Contains(j.log.String(), want) {
			j.t.Errorf("%s: it does not say %q:\n%s", j.run.title, want, &j.log)
		}
	}
	switch {
	case len(j.run.wants) > 0:
		j.mustHavePublished()
	case !j.failed:
		j.mustHavePublishedNothing()
	}
	if j.run.check != nil {
		j.run.check(j.t, j)
	}
}

func (j *readmeJob) wants() []string {
	j.t.Helper()
	var wants []string
	for _, want := range j.run.wants {
		want, err := j.known.in(want)
		if err != nil {
			j.t.Fatal(err)
		}
		wants = append(wants, want)
	}
	return sorted(wants)
}

func (j *readmeJob) mustHavePublished() {
	j.t.Helper()
	wants := j.wants()
	if diff := cmp.Diff(wants, sorted(strings.Split(j.outputs["tags"], "\n"))); diff != "" || j.outputs["pushed"] != "true" {
		j.t.Errorf("%s: pushed is %q, want true; the output tags (-want, +got):\n%s", j.run.title, j.outputs["pushed"], diff)
	}
	for _, want := range wants {
		there, err := j.head(want)
		if err != nil {
			j.t.Errorf("%s: looking for %s: %v\n%s", j.run.title, want, err, &j.log)
		} else if got := there.Digest.String(); got != j.outputs["digest"] {
			j.t.Errorf("%s: %s has the digest %s, and the output says %q", j.run.title, want, got, j.outputs["digest"])
		}
	}
}

func (j *readmeJob) mustHavePublishedNothing() {
	j.t.Helper()
	if j.outputs["pushed"] != "false" || j.outputs["digest"]+j.outputs["image"] != "" || !strings.Contains(j.outputs["reason"], j.run.reason) {
		j.t.Errorf("%s: the outputs do not say that nothing was published, because of %q: %q", j.run.title, j.run.reason, j.outputs)
	}
	for tag := range strings.FieldsSeq(j.outputs["tags"]) {
		j.mustNotBeThere(tag)
	}
}

func (j *readmeJob) mustNotBeThere(reference string) {
	j.t.Helper()
	there, err := j.head(reference)
	var answer *transport.Error
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusNotFound {
		j.t.Errorf("%s: looking for %s, which should not be there: %v, %v", j.run.title, reference, there, err)
	}
}

// head asks the registry of a reference.
func (j *readmeJob) head(reference string) (*v1.Descriptor, error) {
	j.t.Helper()
	return remote.Head(mustParse(j.t, reference), j.options(reference)...)
}

// options are how this process reaches the registry of a reference.
func (j *readmeJob) options(reference string) []remote.Option {
	j.t.Helper()
	ref := mustParse(j.t, reference)
	if service := j.services[ref.Context().RegistryStr()]; service != nil {
		return []remote.Option{remote.WithTransport(service.Transport())}
	}
	return j.reach(j.t, ref)
}

// cameOfIt is what TestReadmeExamplesRun shows.
func (j *readmeJob) cameOfIt() string {
	published := slices.Clone(j.wants())
	if len(published) == 0 {
		published = []string{"nothing is published"}
	}
	outcome := j.run.title + ": " + strings.Join(published, ", ")
	if j.t.Failed() {
		outcome += " FAILED"
	}
	return outcome
}
