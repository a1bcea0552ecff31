package plan

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/advice"
)

// shortestSecret is the length from which a secret is looked for in other text:
// a shorter one is there by chance.
const shortestSecret = 6

// What a name or a value of a secret looks like. The names are BuildKit's rule
// SecretsUsedInArgOrEnv (https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/),
// without those of which most are no secret: an AUTH is a way, and a KEY often one of a cache.
var (
	secretName  = regexp.MustCompile(`(?i)(^|[_-])(api_?key|access_?key(_id)?|private_?key|secret_?key|ssh_?key|credentials?|passw(or)?d|pword|secrets?|token)($|[_-])`)
	publicName  = regexp.MustCompile(`(?i)(^|[_-])public($|[_-])`)
	secretValue = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bglpat-[\w-]{20}|\bnpm_[A-Za-z0-9]{36}\b|\bxox[abprs]-[\w-]{10}|\bsk_live_\w{10}|\bdckr_pat_[\w-]{10}|://[^/\s:@]+:[^/\s@]{6,}@`)
	aboutSecret = regexp.MustCompile(`(?i)[_-](url|uri|name|file|path|dir|id|endpoint|host|ttl|type|version|length|size|expiry|header)$`)
	noSecret    = regexp.MustCompile(`(?i)^(|true|false|yes|no|on|off|none|null|\d{1,4})$`)
)

// checkArguments refuses build arguments that hold a secret, or look as if: they
// stay in the image's history, where everybody who may pull can read them. That
// can be allowed, but not for one of the step's secrets in provenance that tells
// all: nobody means to publish that.
func checkArguments(in inputs.Inputs, f Facts) error {
	if len(in.BuildArgs) == 0 {
		return nil
	}
	var errs []error
	secrets := secretsOf(in, f, shortestSecret)
	for _, argument := range slices.Sorted(maps.Keys(in.BuildArgs)) {
		value := in.BuildArgs[argument]
		if in.AllowSecretArgs && (!saysArguments(in.Attestations) || !holdsSecret(value, secrets)) {
			continue
		}
		if why := secretArgument(argument, value, secrets); why != "" {
			errs = append(errs, &advice.Error{
				Doing:  "passing the build argument " + argument,
				Reason: why + ", and build arguments stay in the image's history and its provenance for everybody to read",
				Advice: fmt.Sprintf("pass it by the input secrets and read it in the step that needs it:\n"+
					"secrets: |\n  %[1]s=${{ secrets.%[2]s }}\nand in the Dockerfile: RUN --mount=type=secret,id=%[1]s,env=%[2]s …\n"+
					"where it is none: allow-secret-args: true", strings.ToLower(argument), strings.ToUpper(argument)),
			})
		}
	}
	return errors.Join(errs...)
}

// saysArguments tells whether provenance is made that holds the build arguments.
func saysArguments(attestations []inputs.Attestation) bool {
	return slices.ContainsFunc(attestations, func(a inputs.Attestation) bool { return a.Attrs["mode"] == "max" })
}

// holdsSecret tells whether a value holds one of the secrets, in whichever encoding.
func holdsSecret(value string, secrets []string) bool {
	plain := slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(value, secret) })
	return plain || encodedIn(value, secrets)
}

// secretArgument says why a build argument is taken for a secret, or "".
func secretArgument(name, value string, secrets []string) string {
	switch {
	case holdsSecret(value, secrets):
		return "it holds a secret of this step"
	case packages.TokenOf(value) != packages.NotGitHubs:
		return fmt.Sprintf("its value looks like %s", packages.TokenOf(value))
	case secretValue.MatchString(value):
		return "its value looks like a secret"
	case secretName.MatchString(name) && !publicName.MatchString(name) && !aboutSecret.MatchString(name) && !noSecret.MatchString(value):
		return "its name is that of a secret"
	}
	return ""
}

// Proxies are the addresses of proxies for the steps of a build, which may hold
// passwords. A zero field is none.
type Proxies struct{ HTTP, HTTPS, No, FTP, All inputs.Secret }

// proxies are the build arguments that BuildKit hands to every step and leaves out of
// the cache's keys and of the image's history
// (https://docs.docker.com/build/building/variables/#proxy-arguments). One that the
// workflow gives wins, in capitals or not.
func proxies(in inputs.Inputs, f Facts) map[string]inputs.Secret {
	var args map[string]inputs.Secret
	for argument, proxy := range map[string]inputs.Secret{
		"HTTP_PROXY": f.Proxies.HTTP, "HTTPS_PROXY": f.Proxies.HTTPS, "NO_PROXY": f.Proxies.No, "FTP_PROXY": f.Proxies.FTP, "ALL_PROXY": f.Proxies.All,
	} {
		lower := strings.ToLower(argument)
		_, given := in.BuildArgs[argument]
		_, givenLower := in.BuildArgs[lower]
		if proxy == "" || given || givenLower {
			continue
		}
		if args == nil {
			args = map[string]inputs.Secret{}
		}
		args[argument], args[lower] = proxy, proxy
	}
	return args
}

// checkProxies refuses to publish the password of a proxy, which provenance that tells
// all would.
func checkProxies(in inputs.Inputs, f Facts) error {
	var held []string
	for argument, proxy := range proxies(in, f) {
		if argument == strings.ToUpper(argument) && strings.Contains(proxy.Reveal(), "@") {
			held = append(held, argument)
		}
	}
	if len(held) == 0 || !saysArguments(in.Attestations) {
		return nil
	}
	slices.Sort(held)
	return &advice.Error{
		Doing:  "passing " + strings.Join(held, ", ") + " of the Docker config to the build",
		Reason: "it holds a login, and provenance with mode=max says all build arguments for everybody to read",
		Advice: "leave mode=max out, give the proxy an address without one, or set the build argument to one",
	}
}
