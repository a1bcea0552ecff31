package builder

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// systemCA are the directories in which Go, and so buildkitd, looks for
// ca by default
// (https://cs.opensource.google/go/go/+/refs/tags/go1.26.0:src/crypto/x509/root_linux.go).
const systemCA = "/etc/ssl/certs:/etc/pki/tls/certs"

// certDir names those directories. What is in SSL_CERT_FILE or its default is
// trusted besides.
const certDir = "SSL_CERT_DIR"

// caFile is what the certificate authorities of registry-ca are called in a
// directory of their own.
const caFile = "registry-ca.pem"

// copiedCA is that directory in a builder container.
const copiedCA = "/slipway-authorities"

// What says where a builder that is not ours has its authorities.
const (
	engineCA = "on the engine's machine, in /etc/docker/certs.d/%s/ca.crt"
	daemonCA = `in its buildkitd.toml, under [registry."%s"] as ca=["PATH"] (for docker/setup-buildx-action in its input buildkitd-config-inline)`
)

// HowToTrust says where the authority of a registry's certificate is given to
// this builder.
func (b *Builder) HowToTrust(registry string) string {
	if b.ca == "" {
		return "in the input registry-ca"
	}
	return fmt.Sprintf(b.ca, registry)
}

// TrustsOurs tells whether the builder has the certificate authorities of Options. One that is
// not ours has a configuration of its own.
func (b *Builder) TrustsOurs() bool { return b.ca == "" }

// trusting returns an environment in which Go programs trust what is in a
// directory, too.
func trusting(env []string, dir string) []string {
	for i, variable := range env {
		if strings.HasPrefix(variable, certDir+"=") {
			env[i] += ":" + dir
			return env
		}
	}
	return append(env, certDir+"="+systemCA+":"+dir)
}

// environmentWith is environment with the authorities that registries may have
// besides the system's, in root.
func (c child) environmentWith(root string) ([]string, error) {
	env := c.environment(root)
	if len(c.ca) == 0 {
		return env, nil
	}
	dir := filepath.Join(root, "authorities")
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, caFile), c.ca, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the authorities of registry-ca for buildkitd: %w", err)
	}
	return trusting(env, dir), nil
}

// copyCA puts the authorities into a container.
func (s builderContainer) copyCA(ctx context.Context, id string) error {
	if len(s.ca) == 0 {
		return nil
	}
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	dir := strings.TrimPrefix(copiedCA, "/")
	err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
	if err == nil {
		err = writer.WriteHeader(&tar.Header{Name: dir + "/" + caFile, Mode: 0o644, Size: int64(len(s.ca))})
	}
	if err == nil {
		_, err = writer.Write(s.ca)
	}
	if err = errors.Join(err, writer.Close()); err != nil {
		return err
	}
	return s.docker.CopyToContainer(ctx, id, &archive)
}
