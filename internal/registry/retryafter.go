package registry

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// retryAfter is how GitHub's registry asks to wait, in the message of an error:
// "retry-after: 10.305464ms, allowed: 2000/minute".
var retryAfter = regexp.MustCompile(`(?i)retry-after:?\s*([0-9][0-9a-zµ.]*)`)

// asked returns how long a registry asks to wait: by its header, in seconds or
// with a date (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), or else in
// its text.
func asked(f Failure, now time.Time) time.Duration {
	header := f.Header.Get("Retry-After")
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	if wait := parseWait(header); wait > 0 {
		return wait
	}
	text := f.Text
	if f.Err != nil {
		text += "\n" + f.Err.Error()
	}
	if found := retryAfter.FindStringSubmatch(text); found != nil {
		return parseWait(strings.TrimRight(found[1], "."))
	}
	return 0
}

// parseWait reads seconds or Go's form of a duration; what is neither is 0.
func parseWait(text string) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil { // 32 bits of seconds are 68 years
		return max(0, time.Duration(seconds)*time.Second)
	}
	wait, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return max(0, wait)
}

// statusWords are the forms in which BuildKit and Docker engines tell the status
// of an answer.
var statusWords = regexp.MustCompile(`(?:unexpected (?:HTTP )?status.*?: |error parsing HTTP |unexpected status code )(\d{3})\b`)

// pushOf is the start of an error of BuildKit's exporter, with the name that it
// could not push.
var pushOf = regexp.MustCompile(`(?s)^.*?failed to push \S+: `)

// ReadFailure reads out of the words of BuildKit or of a Docker engine how a
// request to a registry went wrong that they have made.
func ReadFailure(text string) Failure {
	text = pushOf.ReplaceAllString(text, "")
	f := Failure{Text: text, Known: true}
	if found := statusWords.FindAllStringSubmatch(text, -1); len(found) > 0 {
		f.Status, _ = strconv.Atoi(found[len(found)-1][1]) // they are digits
		return f
	}
	f.Err = errors.New(text)
	return f
}
