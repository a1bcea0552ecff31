package inputs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
)

// BuilderTLS is how a connection to a BuildKit at a tcp:// address is kept, all
// of it in PEM. It is the same for every node. The zero value means that it is not.
type BuilderTLS struct {
	CA   []byte // the certificate authorities of the server; without it, those of the system
	Cert []byte // our certificate, and what is between it and its authority; may be empty
	Key  Secret // of Cert
}

// Wanted tells whether there is to be TLS at all.
func (t BuilderTLS) Wanted() bool { return len(t.CA) > 0 || len(t.Cert) > 0 }

const acceptsTLS = "ca=PATH, cert=PATH and key=PATH, one per line, of PEM files: ca alone, cert and key, or all three"

// builderTLS reads the files that builder-tls names. It comes after builder,
// whose addresses it takes: TLS belongs to tcp:// addresses alone.
func (p *parser) builderTLS(input string, addresses []string) BuilderTLS {
	before := len(p.problems.errs)
	read := p.tlsFiles(input)
	if len(read) == 0 {
		return BuilderTLS{}
	}
	if len(p.problems.errs) == before {
		p.checkPEM(input, read)
	}
	if !slices.ContainsFunc(addresses, func(address string) bool { return strings.HasPrefix(address, "tcp://") }) {
		p.problems.add(input, "a tcp:// address in builder or BUILDKIT_HOST beside it", "there is no tcp:// address that it could be for")
	}
	if len(p.problems.errs) > before {
		return BuilderTLS{}
	}
	return BuilderTLS{CA: []byte(read["ca"]), Cert: []byte(read["cert"]), Key: Secret(read["key"])}
}

// checkPEM checks what the files hold.
func (p *parser) checkPEM(input string, read map[string]string) {
	_, cert := read["cert"]
	_, key := read["key"]
	switch {
	case cert && !key:
		p.problems.add(input, acceptsTLS, "there is a cert and no key")
	case key && !cert:
		p.problems.add(input, acceptsTLS, "there is a key and no cert")
	case cert:
		if _, err := tls.X509KeyPair([]byte(read["cert"]), []byte(read["key"])); err != nil {
			p.problems.add(input, acceptsTLS, "cert and key cannot be used: %s", strings.TrimPrefix(err.Error(), "tls: "))
		}
	}
	if ca, ok := read["ca"]; ok && !x509.NewCertPool().AppendCertsFromPEM([]byte(ca)) {
		p.problems.add(input, acceptsTLS, "the file of ca holds no certificate in PEM")
	}
}

// tlsFiles reads the files by what they are for. Like those of secrets, its
// errors show no line's text: somebody may have put the key itself there.
func (p *parser) tlsFiles(input string) map[string]string {
	read := map[string]string{}
	for _, kv := range p.secretPairs(input, acceptsTLS) {
		_, twice := read[kv.key]
		switch {
		case kv.key != "ca" && kv.key != "cert" && kv.key != "key":
			p.problems.add(input, acceptsTLS, "line %d starts with none of ca=, cert= and key=", kv.line)
			continue
		case twice:
			p.problems.add(input, acceptsTLS, "line %d: %s is given twice", kv.line, kv.key)
			continue
		}
		content, err := p.readPEM(kv.value)
		if err != nil {
			p.problems.add(input, acceptsTLS, "line %d: %s: %v", kv.line, kv.key, err)
		}
		read[kv.key] = content
	}
	return read
}

func (p *parser) readPEM(path string) (string, error) {
	if strings.Contains(path, "-----BEGIN") || strings.Contains(path, "\n") {
		return "", errors.New("it is the PEM text itself; write it to a file in a step before, and name that")
	}
	content, err := p.readSecret(path)
	if err == nil && strings.TrimSpace(content) == "" {
		err = errors.New("the file is empty")
	}
	return content, err
}

const acceptsCA = "paths of PEM files with certificates of authorities, one per line"

// registryCA reads the authorities that registries' certificates may have besides
// the system's, as one PEM text. Nothing but certificates is kept of the files: a
// builder gets them, too.
func (p *parser) registryCA(input string) []byte {
	var all bytes.Buffer
	for _, it := range p.lines(input, acceptsCA) {
		content, err := p.readPEM(it.text)
		var found []byte
		if err == nil {
			found, err = certificates([]byte(content))
		}
		if err != nil {
			p.problems.add(input, acceptsCA, "%s%v", onLine(it), err)
		}
		all.Write(found)
	}
	return all.Bytes()
}

// certificates returns the certificates of a PEM text.
func certificates(text []byte) ([]byte, error) {
	var found bytes.Buffer
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, errors.New("the file holds a certificate that cannot be read")
		}
		block.Headers = nil
		if err := pem.Encode(&found, block); err != nil {
			return nil, err
		}
	}
	if found.Len() == 0 {
		return nil, errors.New("the file holds no certificate in PEM")
	}
	return found.Bytes(), nil
}
