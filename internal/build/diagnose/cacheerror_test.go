package diagnose

import (
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// What Azure's client says becomes one line, and the signature of an address is
// nobody's to read.
func TestWordsOfGitHubsCache(t *testing.T) {
	t.Parallel()
	const line = "--------------------------------------------------------------------------------\n"
	cases := map[string]struct{ text, want string }{
		"an answer": {
			"error writing layer blob: PUT http://h/blobs/A\n" + line + "RESPONSE 403: 403 Forbidden\nERROR CODE UNAVAILABLE\n" + line + "Response contained no body\n" + line,
			"error writing layer blob: PUT http://h/blobs/A: 403 Forbidden",
		},
		"an answer with words": {
			"GET https://h/b\n" + line + "RESPONSE 404: 404 The specified blob does not exist.\nERROR CODE: BlobNotFound\n" + line + "<?xml?>\n<Error>\n" + line + "\nafter",
			"GET https://h/b: 404 The specified blob does not exist.\nafter",
		},
		"no answer":  {`Put "https://h/b?blockid=Ar%3D&comp=block&sig=s3c%2Fr3t&sp=w": connection reset`, `Put "https://h/b?blockid=Ar%3D&comp=block&sig=***&sp=w": connection reset`},
		"first":      {"GET https://h/b?sig=s3cr3t", "GET https://h/b?sig=***"},
		"none of it": {"process \"/bin/sh -c x\" did not complete\n-----\nRESPONSE 1: x", "process \"/bin/sh -c x\" did not complete\n-----\nRESPONSE 1: x"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got := WithoutSignatures(c.text); got != c.want {
				t.Errorf("withoutSignatures = %q, want %q", got, c.want)
			}
		})
	}
}

// An export to GitHub's cache that has failed by itself is not tried again beside
// a push that is.
func TestExportEnded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		vertex client.Vertex
		want   bool
	}{
		{client.Vertex{Name: "exporting to GitHub Actions Cache", Completed: &now}, true},
		{client.Vertex{Name: "exporting to GitHub Actions Cache", Completed: &now, Error: "429"}, true},
		{client.Vertex{Name: "exporting to GitHub Actions Cache", Completed: &now, Error: "write: context canceled"}, false},
		{client.Vertex{Name: "exporting to GitHub Actions Cache"}, false},
		{client.Vertex{Name: "exporting cache to registry", Completed: &now}, true},
		{client.Vertex{Name: "exporting cache to registry", Completed: &now, Error: "502"}, false},
		{client.Vertex{Name: "exporting inline cache", Completed: &now}, false},
		{client.Vertex{Name: "exporting to image", Completed: &now}, false},
	} {
		if got := ExportEnded(c.vertex); got != c.want {
			t.Errorf("exportEnded(%+v) = %t, want %t", c.vertex, got, c.want)
		}
	}
}
