package registry

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// ofNames are answers to what was asked for by a name that is not right.
func ofNames() []entry {
	return []entry{
		{name: "owner not found", words: []string{"owner not found"}, means: func(r refused) Meaning {
			owner, _ := r.pkg()
			return Meaning{
				What:  fmt.Sprintf("there is no user or organization %s on %s", owner, r.Server.URL()),
				Do:    fmt.Sprintf("correct the input image, or leave it out: the image is then %s/%s", r.host(), strings.ToLower(r.run())),
				Lasts: true,
			}
		}},
		{name: "name invalid", words: []string{"name_invalid", "name invalid", "invalid repository name"}, means: func(r refused) Meaning {
			v := r.leads(fmt.Sprintf("%s does not take the name %s", r.host(), r.repo.RepositoryStr()), "", "correct the input image")
			v.Lasts = true
			if r.onGitHubs() {
				v.Do += fmt.Sprintf(": %s/OWNER/NAME", r.host())
			}
			return v
		}},
		{name: "name unknown", when: func(r refused) bool { return r.isAbsent() }, means: refused.noRepository},
	}
}

// aboutTypes tells that a registry has something against the kind of a manifest.
var aboutTypes = regexp.MustCompile(`(?i)media ?type|schema|manifest list|\bindex\b`)

// ofManifests are answers about what an image is made of.
func ofManifests() []entry {
	return []entry{
		{name: "manifest unknown", words: []string{"manifest unknown", "manifest_unknown"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s does not have this image of %s", r.host(), r.repo.RepositoryStr()),
				Why:  "the tag is not there, or a job that cleans up has deleted what an index names: the images of its platforms have no tags of their own",
				Do:   "correct the tag; where the image was cleaned up, publish it again, and have that job keep what an index names",
			}
		}},
		{name: "manifest invalid", words: []string{"manifest_invalid", "manifest invalid"}, means: func(r refused) Meaning {
			v := r.leads(fmt.Sprintf("%s does not take this kind of manifest", r.host()), "", "")
			if reason := r.reason(); reason == "" || aboutTypes.MatchString(reason) {
				v.Why = "it does not know the media types of OCI, or not these together, or something in front of it has changed what was sent"
				v.Do = "publish one platform without provenance, sbom and annotations there, or use a registry that follows the OCI distribution specification"
			}
			return v
		}},
		{name: "no index", status: []int{http.StatusInternalServerError}, when: refused.onDocker, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s could not take the manifest", r.host()),
				Why:  "it knows images of one platform only",
				Do:   fmt.Sprintf("publish to %s, which has replaced it", r.Server.Container()),
			}
		}},
		{name: "unsupported", words: []string{"unsupported"}, status: []int{http.StatusMethodNotAllowed}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s does not do this", r.host()),
				Why:  "GitHub's registry deletes nothing and cancels no upload; other registries may be read-only",
				Do:   "of a registry of your own, check that it may be written to; packages on GitHub are deleted on their page or by its API",
			}
		}},
	}
}

// ofOthers are the answers that say least.
func ofOthers() []entry {
	return []entry{
		{name: "server error", when: func(r refused) bool { return r.Status >= http.StatusInternalServerError }, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s has trouble, and had it each time that it was tried", r.host()),
				Do:   r.again(),
			}
		}},
	}
}
