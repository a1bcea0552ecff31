package testenv

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// CA signs certificates. It and they are good for a day.
type CA struct {
	PEM []byte // its own certificate

	t    T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewCA makes an authority with a key of its own.
func NewCA(t T, name string) *CA {
	t.Helper()
	now := time.Now()
	cert := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	key := newKey(t)
	return &CA{PEM: sign(t, cert, cert, key, key), t: t, cert: cert, key: key}
}

// Server returns a certificate for every address of this host, localhost, BridgeIP and the host "registry", and its
// key, in PEM.
func (a *CA) Server(name string) (cert, key []byte) {
	a.t.Helper()
	return a.ServerOf(name, "localhost", "registry")
}

// ServerOf returns a certificate for the addresses of Server and these hosts, and its key, in PEM.
func (a *CA) ServerOf(name string, hosts ...string) (cert, key []byte) {
	a.t.Helper()
	return a.issue(&x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    a.cert.NotBefore,
		NotAfter:     a.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  append(ownAddresses(a.t), net.ParseIP(BridgeIP)),
		DNSNames:     hosts,
	})
}

// ownAddresses returns those of this host's interfaces, 127.0.0.1 among them.
func ownAddresses(t T) []net.IP {
	t.Helper()
	found, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatalf("listing the host's addresses: %v", err)
	}
	var all []net.IP
	for _, address := range found {
		if network, ok := address.(*net.IPNet); ok {
			all = append(all, network.IP)
		}
	}
	return all
}

// Client returns a certificate that a client shows of itself, and its key, in PEM.
func (a *CA) Client(name string) (cert, key []byte) {
	a.t.Helper()
	return a.issue(&x509.Certificate{
		SerialNumber: big.NewInt(3),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    a.cert.NotBefore,
		NotAfter:     a.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

func (a *CA) issue(leaf *x509.Certificate) (cert, key []byte) {
	a.t.Helper()
	leafKey := newKey(a.t)
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		a.t.Fatalf("encoding a private key: %v", err)
	}
	return sign(a.t, leaf, a.cert, leafKey, a.key), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// writeCertificates writes a certificate of the authority, or of a new one, as ca.pem, cert.pem and key.pem in dir; it
// is for these hosts, too. It returns ca.pem.
func writeCertificates(t T, dir string, ca *CA, hosts []string) []byte {
	t.Helper()
	if ca == nil {
		ca = NewCA(t, "slipway test authority")
	}
	cert, key := ca.ServerOf("slipway test registry", append([]string{"localhost", "registry"}, hosts...)...)
	writeFiles(t, dir, map[string][]byte{"ca.pem": ca.PEM, "cert.pem": cert, "key.pem": key})
	return ca.PEM
}

func writeFiles(t T, dir string, files map[string][]byte) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatalf("writing a certificate: %v", err)
		}
	}
}

func newKey(t T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("generating a private key: %v", err)
	}
	return key
}

func sign(t T, cert, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatalf("signing a certificate: %v", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
