package dockerengine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	moby "github.com/moby/moby/client"
)

// reachable returns how the docker program would connect to the engine at this
// host, beside where it is, or why it would connect to another one or in another
// way than this program can.
func reachable(lookup func(string) (string, bool), host string) ([]moby.Opt, error) {
	if strings.HasPrefix(host, "ssh://") {
		return nil, errors.New("only the docker program reaches an engine over ssh; forward its socket in a step before (ssh -fnNT -L /tmp/docker.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix:///tmp/docker.sock, or set the input builder to the address of a BuildKit")
	}
	named, _ := lookup("DOCKER_CONTEXT")
	if explicit, _ := lookup("DOCKER_HOST"); explicit == "" && named != "" && named != defaultContext {
		return nil, fmt.Errorf("DOCKER_CONTEXT names the docker context %q, and contexts are not read; %s", named, hostAdvice)
	}
	if strings.HasPrefix(host, "unix://") {
		return nil, nil // nobody speaks TLS there
	}
	return dockerTLS(lookup)
}

// dockerTLS is how the docker program is told of TLS: by DOCKER_TLS_VERIFY, with the
// certificates in DOCKER_CERT_PATH, or else where its configuration is. A
// certificate to show is optional.
func dockerTLS(lookup func(string) (string, bool)) ([]moby.Opt, error) {
	if verify, _ := lookup("DOCKER_TLS_VERIFY"); verify == "" {
		if unverified, _ := lookup("DOCKER_TLS"); unverified != "" {
			return nil, errors.New("DOCKER_TLS asks for TLS with whoever answers, who would be sent the registry's password; set DOCKER_TLS_VERIFY, and DOCKER_CERT_PATH to the directory of ca.pem")
		}
		return nil, nil
	}
	dir, _ := lookup("DOCKER_CERT_PATH")
	if dir = cmp.Or(dir, dockerConfig(lookup)); dir == "" {
		return nil, errors.New("DOCKER_TLS_VERIFY asks for TLS, and neither DOCKER_CERT_PATH nor HOME says where the certificates are; set DOCKER_CERT_PATH to the directory of ca.pem, cert.pem and key.pem")
	}
	ca, cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := os.Stat(ca); err != nil {
		return nil, fmt.Errorf("DOCKER_TLS_VERIFY asks for TLS: %w; set DOCKER_CERT_PATH to the directory of ca.pem, cert.pem and key.pem", err)
	}
	_, noCert := os.Stat(cert)
	_, noKey := os.Stat(key)
	if os.IsNotExist(noCert) && os.IsNotExist(noKey) {
		cert, key = "", ""
	}
	return []moby.Opt{moby.WithTLSClientConfig(ca, cert, key)}, nil
}

// dockerConfig is the directory of the docker program's configuration, or "".
func dockerConfig(lookup func(string) (string, bool)) string {
	if dir, _ := lookup("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	if home, _ := lookup("HOME"); home != "" {
		return filepath.Join(home, ".docker")
	}
	return ""
}

// defaultContext is the docker context that means DOCKER_HOST or the default socket.
const defaultContext = "default"

const hostAdvice = "set DOCKER_HOST to the address of its engine, which docker context inspect shows"

// contextAdvice says, where nobody answers at the default socket, that the docker
// program would have looked elsewhere. It is empty where it would not.
func contextAdvice(lookup func(string) (string, bool)) string {
	host, _ := lookup("DOCKER_HOST")
	dir := dockerConfig(lookup)
	if host != "" || dir == "" {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return ""
	}
	var config struct{ CurrentContext string }
	if err := json.Unmarshal(text, &config); err != nil || config.CurrentContext == "" || config.CurrentContext == defaultContext {
		return ""
	}
	return fmt.Sprintf("; the docker program uses the context %q, and contexts are not read: %s", config.CurrentContext, hostAdvice)
}
