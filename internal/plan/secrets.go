package plan

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan/advice"
	"github.com/slipway-build/slipway/internal/redact"
)

const (
	// shortestPublished is the length from which a secret is looked for in what is
	// published beside the image: a shorter one is part of other words.
	shortestPublished = 8
	// longestByLine is the size in bytes of a secret above which it is only looked
	// for as a whole. Keys and passwords are smaller.
	longestByLine = 16 << 10
)

// published is a text that everybody may read who may pull the image.
type published struct{ what, text string }

// refuseSecrets refuses labels, annotations, tags and names that hold a secret of the
// step.
func refuseSecrets(in inputs.Inputs, f Facts, d decisions) error {
	secrets := secretsOf(in, f, shortestPublished)
	texts := publishedTexts(in, f, d)
	var all strings.Builder
	for _, one := range texts {
		all.WriteString(strings.ToLower(one.text) + "\n")
	}
	if !holdsAny(all.String(), secrets) {
		return nil
	}
	var errs []error
	refused := map[string]bool{}
	for _, one := range texts {
		if refused[one.what] || !holdsAny(strings.ToLower(one.text), secrets) {
			continue
		}
		refused[one.what] = true
		errs = append(errs, &advice.Error{
			Doing:  "publishing " + one.what,
			Reason: "it holds a secret of this step, and everybody who may pull the image can read it",
			Advice: "leave the secret out; if it is not one, do not pass it as a secret",
		})
	}
	return errors.Join(errs...)
}

// holdsAny ignores case, which repositories lose: text is in lower case.
func holdsAny(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, strings.ToLower(secret)) })
}

// publishedTexts are those that the inputs write.
func publishedTexts(in inputs.Inputs, f Facts, d decisions) []published {
	var all []published
	add := func(what, text string) { all = append(all, published{what, text}) }
	for key, value := range in.Labels.Values(f.forNames()) {
		add("a label of the image, from labels", key+"="+value)
	}
	for _, a := range in.Annotations.Values(f.forNames()) {
		add("an annotation of the image, from annotations", a.Key+"="+a.Value)
	}
	for _, tag := range d.to.names.Tags {
		add("a tag, from tags", tag.Name)
	}
	add("a tag, from tags", d.to.names.Version)
	for _, repo := range d.to.repositories {
		add("the name of an image", repo.Name())
	}
	for _, tag := range d.results.loadAs {
		add("the name of an image", tag.Name())
	}
	for key, value := range in.Pushed.Options {
		add("an option of the image, from outputs", key+"="+value)
	}
	for _, out := range in.Outputs {
		for key, value := range out.Attrs {
			add("an option of "+string(out.Type)+", from outputs", key+"="+value)
		}
	}
	for _, a := range in.Attestations {
		for key, value := range a.Attrs {
			add("an attestation", key+"="+value)
		}
	}
	for _, cache := range slices.Concat(in.CacheFrom, in.CacheTo) {
		add("the reference of a cache", cache.Attrs["ref"])
	}
	return all
}

// secretsOf returns the secrets of a step that have so many characters, and the lines
// of those that have several. A value that everybody knows is no secret, wherever it
// is kept: people keep user names with their passwords.
func secretsOf(in inputs.Inputs, f Facts, shortest int) []string {
	given := append(slices.Collect(maps.Values(in.Secrets)), in.Token, in.BuilderTLS.Key)
	given = append(given, in.CacheSecrets()...)
	known := []string{f.owner(), f.title(), f.Repository, f.Actor, f.Attempter, in.Username}
	for _, login := range in.Logins {
		given, known = append(given, login.Password), append(known, login.Username)
	}
	var all []string
	add := func(text string) {
		text = strings.TrimSpace(text)
		public := slices.ContainsFunc(known, func(word string) bool { return strings.EqualFold(word, text) })
		if len(text) >= shortest && !public {
			all = append(all, text)
		}
	}
	for _, secret := range given {
		text := secret.Reveal()
		add(text)
		if len(text) <= longestByLine && strings.Contains(strings.TrimSpace(text), "\n") {
			for line := range strings.Lines(text) {
				add(line)
			}
		}
	}
	return all
}

// encodedIn tells whether a text holds one of the secrets in another encoding.
func encodedIn(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool {
		return slices.ContainsFunc(redact.Forms(secret), func(form string) bool { return strings.Contains(text, form) })
	})
}
