package registry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
)

// NewTrustingClient returns a client that trusts the authorities of a PEM text
// besides the system's.
func NewTrustingClient(credentials Credentials, situation Situation, authorities []byte) (*Client, error) {
	client, transport := NewClient(credentials, situation), newTransport()
	if err := trust(transport, authorities); err != nil {
		return nil, err
	}
	client.base = transport
	return client, nil
}

// trust adds authorities to those of the system, which the variables
// SSL_CERT_FILE and SSL_CERT_DIR may name. Without any it changes nothing.
func trust(transport *http.Transport, authorities []byte) error {
	if len(authorities) == 0 {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return fmt.Errorf("reading the system's authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(authorities) {
		return errors.New("reading the input registry-ca: it holds no certificate")
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return nil
}
