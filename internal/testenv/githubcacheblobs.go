package testenv

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// signedURL is where an entry's content is read (r) or written (w), with a signature in place of a login.
func (c *GitHubCache) signedURL(id, permission string) string {
	query := url.Values{"sp": {permission}, "sr": {"b"}, "sig": {c.sign(permission + id)}}
	return c.URL + "blobs/" + id + "?" + query.Encode()
}

// serveBlob is the part of Azure's Blob Storage that its clients use for one block blob: the upload as a whole or in
// blocks, and the download of a range
// (https://learn.microsoft.com/en-us/rest/api/storageservices/operations-on-block-blobs).
func (c *GitHubCache) serveBlob(w http.ResponseWriter, r *http.Request) {
	id, query := r.PathValue("id"), r.URL.Query()
	w.Header().Set("X-Ms-Request-Id", rand.Text()) // BuildKit breaks without
	permission := "r"
	if r.Method == http.MethodPut {
		permission = "w"
	}
	if query.Get("sp") != permission || !hmac.Equal([]byte(query.Get("sig")), []byte(c.sign(permission+id))) {
		blobError(w, http.StatusForbidden, "AuthenticationFailed")
		return
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.id != id {
			continue
		}
		switch {
		case r.Method == http.MethodGet:
			e.serve(w, r)
		case r.Method == http.MethodPut && !e.complete:
			e.store(w, r, content)
		default:
			blobError(w, http.StatusConflict, "InvalidOperation")
		}
		return
	}
	blobError(w, http.StatusNotFound, "BlobNotFound")
}

// store takes a whole blob, one block, or the list of the blocks that make the blob.
func (e *cacheEntry) store(w http.ResponseWriter, r *http.Request, content []byte) {
	switch query := r.URL.Query(); query.Get("comp") {
	case "":
		if r.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
			blobError(w, http.StatusBadRequest, "InvalidHeaderValue")
			return
		}
		e.content = content
	case "block":
		e.blocks[query.Get("blockid")] = content
	case "blocklist":
		var list struct {
			Latest []string `xml:"Latest"`
		}
		if err := xml.Unmarshal(content, &list); err != nil {
			blobError(w, http.StatusBadRequest, "InvalidXmlDocument")
			return
		}
		var whole bytes.Buffer
		for _, id := range list.Latest {
			block, ok := e.blocks[id]
			if !ok {
				blobError(w, http.StatusBadRequest, "InvalidBlockList")
				return
			}
			whole.Write(block)
		}
		e.content = whole.Bytes()
	default:
		blobError(w, http.StatusBadRequest, "InvalidQueryParameterValue")
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// serve answers with the content, or from an offset on.
func (e *cacheEntry) serve(w http.ResponseWriter, r *http.Request) {
	if asked := r.Header.Get("X-Ms-Range"); asked != "" { // Azure's clients send no Range
		r.Header.Set("Range", asked)
	}
	w.Header().Set("X-Ms-Blob-Type", "BlockBlob")
	w.Header().Set("Etag", strconv.Quote(e.id))
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(e.content))
}

func blobError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Ms-Error-Code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>"+code+"</Code></Error>")
}
