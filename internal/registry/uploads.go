package registry

import (
	"fmt"
	"net/http"
)

// ofRequests are answers to anybody who asks at this moment.
func ofRequests() []entry {
	return []entry{
		{name: "too many requests", status: []int{http.StatusTooManyRequests}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s takes no more requests for now", r.host()),
				Why:  "it counts them, by user or by address",
				Do:   "run the job again later, and fewer at the same time; a login has a larger share than none",
			}
		}},
		{name: "secondary rate limit", words: []string{"secondary rate limit"}, means: func(refused) Meaning {
			return Meaning{
				What: "GitHub takes no more requests of this kind for now",
				Why:  "this is its secondary rate limit, which it answers with 403; it has nothing to do with rights",
				Do:   "wait some minutes, and publish fewer images at the same time: needs or max-parallel in the workflow",
			}
		}},
		{name: "egress", words: []string{"egress is over the account limit"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s gives out no more of %s for now", r.host(), r.repo),
				Why:  "it was pulled so much that its owner's limit is reached",
				Do:   "wait, or copy the image to a registry of your own and name that in FROM",
			}
		}},
	}
}

// ofUploads are answers to what is being uploaded, after it was tried again.
func ofUploads() []entry {
	return []entry{
		{name: "upload lost", words: []string{"blob upload unknown", "blob_upload_unknown"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s has lost an upload on the way", r.host()),
				Why:  "it takes seconds to store a large layer, and forgets the upload when a connection breaks meanwhile",
				Do:   r.again() + "; layers that arrived are not sent again",
			}
		}},
		{name: "upload invalid", words: []string{"blob upload invalid", "blob_upload_invalid"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s has not taken an upload", r.host()),
				Why:  "its parts did not fit together, most often because one was sent twice when a connection broke",
				Do:   r.again(),
			}
		}},
		{name: "blob unknown", words: []string{"unknown blob", "blob unknown", "blob_unknown"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s does not find a layer of %s", r.host(), r.repo),
				Why:  "what was uploaded a moment ago is not known everywhere in it yet, or the layer was deleted",
				Do:   r.again(),
			}
		}},
		{name: "digest invalid", words: []string{"digest_invalid", "provided digest did not match"}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("what has arrived at %s is not what was sent", r.host()),
				Why:  "the upload was damaged on the way, or what the registry had of it before was",
				Do:   r.again(),
			}
		}},
		{name: "too large", status: []int{http.StatusRequestEntityTooLarge}, means: func(r refused) Meaning {
			return Meaning{
				What: fmt.Sprintf("%s takes no layer of this size", r.host()),
				Do:   "split the layer: " + splitLayer + "; of a registry of your own, raise the limit of what stands in front of it",
			}
		}},
	}
}

const splitLayer = "copy less in one COPY, and clean up in the RUN that has made the files"

// cutOff is about an upload whose connection broke again and again.
func (r refused) cutOff() Meaning {
	v := Meaning{
		What: fmt.Sprintf("the connection to %s broke, each time that it was tried", r.host()),
		Do:   r.again(),
	}
	if r.onContainer() {
		v.Why = "either the network or the registry has trouble, or a layer is too large: it takes at most 10 GB in one layer and 10 minutes for it"
		v.Do += "; for large layers: " + splitLayer + ", or use a runner with a faster network"
	}
	return v
}

// cut tells whether an error, of which only words may be left, is that of a
// connection that broke.
func cut(text string) bool {
	words := quoted.ReplaceAllString(text, "")
	return oneOf(fold(words), brokenWords) != "" || endOfFile.MatchString(words)
}
