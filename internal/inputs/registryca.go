package inputs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

const acceptsCA = "paths of PEM files with certificates of authorities, one a line"

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
