package registry

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-build/slipway/internal/host"
)

// Refusal is what a registry has answered in place of what it was asked for, as
// far as an error tells. BuildKit and engines hand on words only.
type Refusal struct {
	Status int    // of HTTP; 0 where nobody has answered, or it is not known
	Method string // of the request; empty where it is not known
	URL    string // of the request, without a query; empty where it is not known
	Words  string // the registry's own; empty where it has said nothing

	mayPush bool // the registry has let the same login begin an upload since
}

// statusLine is how containerd, and with it BuildKit and the engines, tell of an
// answer: the status line, and then the words where there are any, since its version
// 2.1 in lines of their own.
var statusLine = regexp.MustCompile(`(?s)unexpected status from (GET|HEAD|POST|PUT|PATCH) request to (\S+): (\d{3})(?: [A-Z][A-Za-z' -]*)?(?:(?:: |\n)(.+))?`)

// ReadRefusal finds what a registry has answered in an error, whoever made it.
func ReadRefusal(err error) Refusal {
	var answer *transport.Error
	if errors.As(err, &answer) {
		return ofAnswer(answer)
	}
	text := err.Error()
	if found := statusLine.FindStringSubmatch(text); found != nil {
		status, _ := strconv.Atoi(found[3]) // three digits
		return Refusal{Status: status, Method: found[1], URL: withoutQuery(found[2]), Words: oneLine(found[4])}
	}
	text = pushOf.ReplaceAllString(text, "")
	for _, said := range inWords {
		if at := strings.Index(text, said.words); at >= 0 {
			return Refusal{Status: said.status, Words: oneLine(text[at:])}
		}
	}
	for _, said := range inCodes {
		if strings.HasSuffix(text, said.words) {
			return Refusal{Status: said.status, Words: lastPart(text)}
		}
	}
	return Refusal{Status: ReadFailure(text).Status, Words: text}
}

// told is what a status is known by that nobody hands on.
type told struct {
	words  string
	status int
}

// inCodes end what containerd tells of an answer without words of its own.
var inCodes = []told{{"denied", http.StatusForbidden}, {"unauthorized", http.StatusUnauthorized}, {"name unknown", http.StatusNotFound}}

// inWords are statuses of which containerd tells the words alone, where there are
// several the one that says most first.
var inWords = []told{
	{"pull access denied", http.StatusForbidden},
	{"push access denied", http.StatusForbidden},
	{"toomanyrequests: ", http.StatusTooManyRequests},
	{"denied: ", http.StatusForbidden},
	{"unauthorized: ", http.StatusUnauthorized},
	{"authorization failed", http.StatusForbidden},
	{"name unknown: ", http.StatusNotFound},
	{"name invalid: ", http.StatusBadRequest},
	{"tag invalid: ", http.StatusBadRequest},
	{"manifest invalid: ", http.StatusBadRequest},
}

func ofAnswer(answer *transport.Error) Refusal {
	r := Refusal{Status: answer.StatusCode}
	if answer.Request != nil {
		r.Method = answer.Request.Method
		r.URL = withoutQuery(answer.Request.URL.String())
	}
	if len(answer.Errors) == 0 {
		if _, body, found := strings.Cut(answer.Error(), http.StatusText(answer.StatusCode)+": "); found {
			r.Words = oneLine(message(body))
		}
		return r
	}
	words := make([]string, len(answer.Errors))
	for i, one := range answer.Errors {
		words[i] = strings.Trim(string(one.Code)+": "+one.Message, ": ")
		if detail := detail(one.Detail); detail != "" && detail != one.Message {
			words[i] += " (" + detail + ")"
		}
	}
	r.Words = oneLine(strings.Join(words, "; "))
	return r
}

// detail is what a registry adds to an error in words: Nexus and Artifactory have
// the reason there, and a sentence that says nothing in its message.
func detail(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case map[string]any:
		for _, key := range []string{"message", "reason", "description"} {
			if text, ok := value[key].(string); ok {
				return text
			}
		}
	}
	return ""
}

// message takes the words out of a body that is JSON, and not that of a registry's
// errors: token servers have their own forms.
func message(body string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil {
		return body
	}
	for _, key := range []string{"message", "details", "detail", "error_description", "error"} {
		if text, ok := fields[key].(string); ok && text != "" {
			return text
		}
	}
	return body
}

// longestWords is how much is shown of what a registry says, in bytes.
const longestWords = 500

// oneLine makes one line of bounded length of a registry's words, which may be a
// page of HTML.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestWords {
		text = strings.ToValidUTF8(text[:longestWords], "") + " …"
	}
	return text
}

// lastPart is what the innermost of several layers says.
func lastPart(text string) string {
	parts := strings.Split(text, ": ")
	return strings.Join(parts[max(len(parts)-2, 0):], ": ")
}

// withoutQuery leaves out what may hold a secret.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// says tells whether the registry has used these words, in any case, or a code that
// is written like them.
func (r Refusal) says(words string) bool {
	return strings.Contains(fold(r.Words), fold(words))
}

// ofLogin tells whether it was a token server that refused.
func (r Refusal) ofLogin() bool {
	u, err := url.Parse(r.URL)
	return err == nil && r.URL != "" && !strings.HasPrefix(u.Path, "/v2/")
}

// by tells whether it was the registry itself that refused, and nobody that it has
// sent its client to, as far as is known.
func (r Refusal) by(registry name.Registry) bool {
	if r.URL == "" {
		return true
	}
	u, err := url.Parse(r.URL)
	return err == nil && !r.ofLogin() && host.Canonical(u.Host) == host.Canonical(registry.RegistryStr())
}

// Denied tells whether the answer is a no to these credentials. GitHub also
// answers 403 to somebody who asks too often.
func (r Refusal) Denied() bool {
	return r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden && !r.says("rate limit")
}

// silent tells whether it is a no without a reason: the answer to HEAD has no
// body.
func (r Refusal) silent() bool {
	return r.Denied() && (r.Words == "" || r.Method == http.MethodHead && strings.HasPrefix(r.Words, "unexpected status"))
}

// Refused tells whether a registry, or its token server, has answered that this is
// not for whoever asked.
func Refused(err error) bool { return err != nil && ReadRefusal(err).Denied() }

// Lasts tells whether err explains a refusal after which no push to the same
// repository can succeed, until somebody has changed something.
func Lasts(err error) bool {
	var explained *Error
	return errors.As(err, &explained) && explained.Meaning.Lasts && explained.refusal.byClient()
}

// byClient tells whether an answer is about what was asked for, and not about the
// registry's own state at this moment.
func (r Refusal) byClient() bool {
	return r.Status >= http.StatusBadRequest && r.Status < http.StatusInternalServerError && !slices.Contains(overloaded, r.Status)
}

// NotFound tells whether a registry has answered that there is no such thing.
func NotFound(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}
