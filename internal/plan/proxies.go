package plan

import (
	"slices"
	"strings"

	"github.com/slipway-build/slipway/internal/inputs"
)

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
	return &Error{
		Doing:  "passing " + strings.Join(held, ", ") + " of the Docker config to the build",
		Reason: "it holds a login, and provenance with mode=max says all build arguments for everybody to read",
		Advice: "leave mode=max out, give the proxy an address without one, or set the build argument to one",
	}
}
