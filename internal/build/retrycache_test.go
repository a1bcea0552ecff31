package build

import "testing"

func TestBrokenLayer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"failed to compute cache key: failed to copy: GET http://h/blobs/A: 404":                                    true,
		"failed to compute cache key: short read: expected 3146834 bytes but got 1000: unexpected EOF":              true,
		`process "/bin/sh -c echo failed to copy: x; exit 1" did not complete successfully: exit code: 1`:           false,
		`failed to compute cache key: failed to calculate checksum of ref a: "/absent": not found`:                  false,
		"dockerfile parse error on line 2: unknown instruction: COPI":                                               false,
		"failed to push ghcr.io/o/r: unexpected status from PUT request to https://ghcr.io/v2/: 403 Forbidden":      false,
		"x: failed to resolve source metadata for ghcr.io/o/absent:1: ghcr.io/o/absent:1: not found":                false,
		"failed to copy: httpReadSeeker: failed open: unexpected status code https://r/v2/b/sha256:1: 502 Bad Gate": true,
	} {
		if got := brokenLayer(text); got != want {
			t.Errorf("brokenLayer(%q) = %t, want %t", text, got, want)
		}
	}
}
