package builder

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	moby "github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"
)

// docker is a Docker engine that has answered. Several kinds of builder are
// reached through it.
type docker struct {
	*moby.Client
	host string // DOCKER_HOST, or the socket that the runner mounts
	api  string // version that it speaks
}

// oldestAPI is Docker 20.10's. What older engines do with a build is not known
// here.
const oldestAPI = "1.41"

func dockerHost(o Options) string {
	host, _ := o.Lookup("DOCKER_HOST")
	return cmp.Or(host, "unix:///var/run/docker.sock")
}

// openDocker connects to the engine, and fails where nobody answers or where
// this process may not open the socket.
func openDocker(ctx context.Context, o Options) (docker, error) {
	d := docker{host: dockerHost(o)}
	var err error
	if d.Client, err = moby.New(append(connection(d.host), dockerTLS(o)...)...); err != nil {
		return d, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	said, err := d.Ping(ctx, moby.PingOptions{NegotiateAPIVersion: true})
	if d.api = said.APIVersion; d.api != "" && versions.LessThan(d.api, oldestAPI) {
		err = fmt.Errorf("it speaks version %s of the API; version %s is needed, which Docker 20.10 was the first to have", d.api, oldestAPI)
	}
	if err != nil {
		_ = d.Close()
		return d, err
	}
	return d, nil
}

// dockerTLS is how docker itself is told of an engine's certificates.
func dockerTLS(o Options) []moby.Opt {
	verify, _ := o.Lookup("DOCKER_TLS_VERIFY")
	dir, _ := o.Lookup("DOCKER_CERT_PATH")
	if verify == "" || dir == "" {
		return nil
	}
	return []moby.Opt{moby.WithTLSClientConfig(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))}
}

func (d docker) String() string { return "the Docker engine at " + d.host }
