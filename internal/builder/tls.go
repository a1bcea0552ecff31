package builder

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/slipway-build/slipway/internal/inputs"
)

// diagnosedWithin is how long it may take to connect, or else to find out why TLS
// failed. A server that fails at once leaves nearly all of it for the latter, which
// a busy machine needs: handshakes have taken 300 ms there.
const diagnosedWithin = answerWithin + 300*time.Millisecond

// tlsClient is our side of TLS.
type tlsClient struct {
	config *tls.Config
	// asked tells whether a server has asked for a client certificate.
	asked atomic.Bool
}

// newTLSClient makes the configuration in memory: keys touch no file. The name that
// the server's certificate must have is the host of the address, which both
// users of the configuration put in.
func newTLSClient(files inputs.BuilderTLS) (*tlsClient, error) {
	c := &tlsClient{config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}}
	if len(files.CA) > 0 {
		c.config.RootCAs = x509.NewCertPool()
		if !c.config.RootCAs.AppendCertsFromPEM(files.CA) {
			return nil, errors.New("the ca of builder-tls holds no certificate")
		}
	}
	own := &tls.Certificate{}
	if len(files.Cert) > 0 {
		pair, err := tls.X509KeyPair(files.Cert, []byte(files.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("the cert and key of builder-tls: %w", err)
		}
		own = &pair
	}
	// Not Certificates: from these Go sends one only when it looks right for the
	// ca that the server names, and then the server misses one.
	c.config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.asked.Store(true)
		return own, nil
	}
	return c, nil
}

// option makes a client use TLS. Options of gRPC come after the client's own and
// win over them; BuildKit's option for TLS reads files.
func (c *tlsClient) option() client.ClientOpt {
	return client.WithGRPCDialOption(grpc.WithTransportCredentials(credentials.NewTLS(c.config)))
}

// diagnose finds out what is wrong with TLS between us and a server, or returns
// nil where it finds nothing. To that end it connects once more, says nothing
// after the handshake, and listens: gRPC has written already when the server's
// refusal arrives, and then often sees a broken pipe in its place. It ends with the
// context.
func diagnose(ctx context.Context, u *url.URL, files inputs.BuilderTLS) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil // nothing to find out about TLS
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if !files.Wanted() {
		return diagnosePlain(ctx, conn)
	}
	c, err := newTLSClient(files)
	if err != nil {
		return err
	}
	c.config.ServerName = u.Hostname()
	secured := tls.Client(conn, c.config)
	err = secured.HandshakeContext(ctx)
	if err == nil {
		_, err = secured.Read(make([]byte, 1)) // from TLS 1.3 on, a refusal comes after the handshake
	}
	return c.explain(err, files, u.Hostname())
}

// diagnosePlain finds out whether a server that was spoken to in plain wants TLS.
func diagnosePlain(ctx context.Context, conn net.Conn) error {
	secured := tls.Client(conn, &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"h2"},
		InsecureSkipVerify: true, //nolint:gosec // nothing is said on this connection
	})
	err := secured.HandshakeContext(ctx)
	var opErr *net.OpError
	if err == nil || errors.As(err, &opErr) && opErr.Op == remoteAlert {
		return errors.New("the server wants TLS, and the input builder-tls is not set; give it ca=PATH, and cert=PATH and key=PATH where the server asks clients for a certificate")
	}
	return nil
}

// remoteAlert is the operation that failed when a server ends TLS with a reason.
const remoteAlert = "remote error"

// explain says what an error of the handshake, or of the first word after it,
// means for builder-tls. It is nil where the server ended the connection or was
// silent: what gRPC saw says more then.
func (c *tlsClient) explain(err error, files inputs.BuilderTLS, host string) error {
	var plain tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var opErr *net.OpError
	switch {
	case errors.As(err, &plain):
		return fmt.Errorf("the server does not speak TLS; leave builder-tls out, or start buildkitd with --tlscert, --tlskey and --tlscacert: %w", err)
	case errors.As(err, &verify):
		return explainServer(err, files, host)
	case errors.As(err, &opErr) && opErr.Op == remoteAlert:
		return c.explainClient(err, files)
	}
	return nil
}

// explainServer says why we refuse the server.
func explainServer(err error, files inputs.BuilderTLS, host string) error {
	var ca x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &ca) && len(files.CA) == 0:
		return fmt.Errorf("the server's certificate is signed by %s, which this system does not know; give it as ca=PATH in builder-tls: %w", issuer(ca.Cert), err)
	case errors.As(err, &ca):
		return fmt.Errorf("the server's certificate is signed by %s and not by the ca of builder-tls; give the authority that signed it: %w", issuer(ca.Cert), err)
	case errors.As(err, &name):
		return fmt.Errorf("the server's certificate is not for %s; use a name that it is for in the address: %w", host, err)
	}
	return fmt.Errorf("the server's certificate cannot be used: %w", err)
}

// explainClient says why the server refuses us.
func (c *tlsClient) explainClient(err error, files inputs.BuilderTLS) error {
	switch {
	case !c.asked.Load():
		return fmt.Errorf("the server refuses the TLS connection: %w", err)
	case len(files.Cert) == 0:
		return fmt.Errorf("the server asks for a client certificate, and builder-tls has none; give cert=PATH and key=PATH, too: %w", err)
	}
	return fmt.Errorf("the server refuses the client certificate of builder-tls%s; give one that is signed by the authority of its --tlscacert: %w", subject(files.Cert), err)
}

// issuer names who signed a certificate.
func issuer(cert *x509.Certificate) string {
	if cert == nil || cert.Issuer.String() == "" {
		return "an authority without a name"
	}
	return strconv.Quote(cert.Issuer.String())
}

// subject says whose the first certificate of a PEM text is and who signed it.
func subject(text []byte) string {
	block, _ := pem.Decode(text)
	if block == nil {
		return ""
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", which is for %q and signed by %s", cert.Subject, issuer(cert))
}
