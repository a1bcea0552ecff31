package inputs

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// acceptsAddresses describes the addresses in errors.
const acceptsAddresses = "tcp://HOST:PORT or unix:///PATH, or, where its program is on PATH, docker-container://NAME, podman-container://NAME, kube-pod://POD?namespace=NAMESPACE or ssh://[USER@]HOST[:PORT][/SOCKET]"

// builder accepts auto, a kind, an address, or the name of a builder of
// docker/setup-buildx-action, whose default is the engine. With auto, the address that
// BUILDKIT_HOST holds is checked, too.
func (p *parser) builder(input, value string) string {
	switch value {
	case "", "auto":
		host, _ := p.env.Lookup(buildkitHost)
		if err := CheckAddress(host); host != "" && err != nil {
			p.problems.add(input, "in "+buildkitHost+" "+acceptsAddresses, "%s: %v", buildkitHost, err)
		}
		return "auto"
	case "docker", "container", "local":
		return value
	case "default":
		return "docker"
	}
	err := CheckAddress(value)
	if meant := nearest(value, []string{"auto", "docker", "container", "local"}); err != nil && containerID.MatchString(value) && meant == "" {
		return value
	} else if err != nil {
		p.problems.add(input, "auto, docker (the engine behind the Docker socket), container (a builder container on that engine), local (buildkitd as a child process), the output name of docker/setup-buildx-action, "+
			acceptsAddresses+", or for a farm a line PLATFORM[,PLATFORM]=ADDRESS for each node", "%v%s", err, meant)
	}
	return value
}

// buildkitHost is the variable that auto looks at first.
const buildkitHost = "BUILDKIT_HOST"

// What the parts of an address may be. All of them become arguments of programs,
// so none starts with a hyphen; and ssh hands the path of a socket to a shell on
// the other side, so it holds nothing that a shell reads.
var (
	containerID = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)
	kubeName    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	contextName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.@:/+-]*$`)
	sshUser     = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9_.@+-]*$`)
	sshHost     = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.:-]*$`)
	socketPath  = regexp.MustCompile(`^(/[a-zA-Z0-9_.@+,:=-]+)+$`)
)

// CheckAddress says why a text is not the address of a BuildKit.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%q is not an address", address)
	}
	switch u.Scheme {
	case "tcp", "unix":
		return checkDirect(address, u)
	case "docker-container":
		return checkNamed(address, u, "container", containerID, map[string]*regexp.Regexp{"context": contextName})
	case "podman-container":
		return checkNamed(address, u, "container", containerID, nil)
	case "kube-pod":
		return checkNamed(address, u, "pod", kubeName, map[string]*regexp.Regexp{"context": contextName, "namespace": kubeName, "container": kubeName})
	case "ssh":
		return checkSSH(address, u)
	}
	return fmt.Errorf("%q is not a kind of builder or an address that this version knows", address)
}

func checkDirect(address string, u *url.URL) error {
	if u.Scheme == "tcp" && (u.Hostname() == "" || u.Port() == "" || address != "tcp://"+u.Host) {
		return fmt.Errorf("%q is not just a host and a port", address)
	}
	if u.Scheme == "unix" && (u.Path == "" || address != "unix://"+u.Path) {
		return fmt.Errorf("%q has no absolute path (unix:///run/buildkit/buildkitd.sock)", address)
	}
	return nil
}

// checkNamed checks SCHEME://NAME, with a query of the options given.
func checkNamed(address string, u *url.URL, what string, name *regexp.Regexp, options map[string]*regexp.Regexp) error {
	if !name.MatchString(u.Host) || strings.TrimSuffix(u.Scheme+"://"+u.Host+"?"+u.RawQuery, "?") != address {
		return fmt.Errorf("%q is not just %s:// and the name of a %s", address, u.Scheme, what)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("%q has a query that cannot be read", address)
	}
	for option, values := range query {
		pattern, known := options[option]
		if !known {
			return fmt.Errorf("%q has the option %q, which %s:// does not know", address, option, u.Scheme)
		}
		if len(values) != 1 || !pattern.MatchString(values[0]) {
			return fmt.Errorf("%q has a %s that is none", address, option)
		}
	}
	return nil
}

func checkSSH(address string, u *url.URL) error {
	_, password := u.User.Password()
	switch {
	case password:
		return fmt.Errorf("the ssh:// address of %s holds a password, which ssh does not take; use a key", u.Hostname())
	case u.User != nil && !sshUser.MatchString(u.User.Username()):
		return fmt.Errorf("%q has no valid user name before the @", address)
	case !sshHost.MatchString(u.Hostname()):
		return fmt.Errorf("%q has no host", address)
	case u.Path != "" && !socketPath.MatchString(u.Path) || slices.Contains(strings.Split(u.Path, "/"), ".."):
		return fmt.Errorf("%q has a path that is not a plain one to a socket", address)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%q has more than a user, a host, a port and the path of a socket", address)
	}
	return nil
}

// reference accepts the name of an image, with a tag, a digest or neither.
func (p *parser) reference(input string) string {
	value := p.text(input)
	if value == "" {
		return ""
	}
	if _, err := reference.ParseNormalizedNamed(value); err != nil {
		p.problems.add(input, "an image such as moby/buildkit:v0.33.1", "%q is not the name of an image: %v", value, err)
	}
	return value
}

// volumeName is what an engine takes for one, and no path of the host.
var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$`)

func (p *parser) volume(input string) string {
	value := p.text(input)
	if value != "" && !volumeName.MatchString(value) {
		p.problems.add(input, "2 to 128 letters, digits and _ . - with a letter or digit first", "%q is not the name of a volume", value)
	}
	return value
}
