package diagnose

import (
	"fmt"
	"regexp"
	"strings"
)

// missingSecret is what BuildKit says of a secret that a step cannot do without.
var missingSecret = regexp.MustCompile(`\bsecret ([\w.-]+): not found\b`)

// withAdvice adds what to do about a refusal of BuildKit's or git's, where that is
// known.
func withAdvice(err error) error {
	text := err.Error()
	for _, privilege := range []string{"network.host", "security.insecure"} {
		if strings.Contains(text, privilege+" is not allowed") {
			return fmt.Errorf("%w\na step asks for a privilege that the build has not; where it is meant, set the input `allow: %s`", err, privilege)
		}
	}
	if found := missingSecret.FindStringSubmatch(text); found != nil {
		return fmt.Errorf("%w\na step needs the build secret %[2]s, which this run does not have; give it by the input `secrets: %[2]s=…`. One that is empty counts as none: runs for forks and for Dependabot get no secrets of the repository", err, found[1])
	}
	switch {
	case strings.Contains(text, "unknown scheme git"), strings.Contains(text, `exec: "git": executable file not found`):
		return fmt.Errorf("%w\nthe builder has no git, which fetches a context from a repository; use a builder that has it, such as the image moby/buildkit, or check the repository out in a step before", err)
	case strings.Contains(text, "could not read Username"), strings.Contains(text, "Authentication failed for"):
		return fmt.Errorf("%w\nthe git server wants a login; give one as a build secret, `secrets: GIT_AUTH_TOKEN.HOST=…` with the host of that server (the input token is for the run's own server alone, and not for a stranger's files)", err)
	}
	return err
}
