package testenv

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// call asks a method of version 2, and returns the status and the answer.
func (c *GitHubCache) call(t *testing.T, method, token, body string) (int, map[string]any) {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + token}}
	status, said := request(t, http.MethodPost, c.URL+"twirp/github.actions.results.api.v1.CacheService/"+method, body, header)
	answer := map[string]any{}
	if err := json.Unmarshal([]byte(said), &answer); err != nil {
		t.Fatalf("%s answers %d %s: %v", method, status, said, err)
	}
	return status, answer
}

func request(t *testing.T, method, url, body string, header http.Header) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}

// save uploads an entry of one block and completes it.
func (c *GitHubCache) save(t *testing.T, token, key, content string) {
	t.Helper()
	status, answer := c.call(t, "CreateCacheEntry", token, `{"key":"`+key+`","version":"v"}`)
	if status != http.StatusOK {
		t.Fatalf("creating %s: %d %v", key, status, answer)
	}
	address, _ := answer["signed_upload_url"].(string)
	if status, said := request(t, http.MethodPut, address+"&comp=block&blockid=QQ==", content, http.Header{}); status != http.StatusCreated {
		t.Fatalf("uploading %s: %d %s", key, status, said)
	}
	if status, said := request(t, http.MethodPut, address+"&comp=blocklist", "<BlockList><Latest>QQ==</Latest></BlockList>", http.Header{}); status != http.StatusCreated {
		t.Fatalf("uploading %s: %d %s", key, status, said)
	}
	size, err := json.Marshal(len(content))
	if err != nil {
		t.Fatal(err)
	}
	if _, answer := c.call(t, "FinalizeCacheEntryUpload", token, `{"key":"`+key+`","version":"v","size_bytes":`+string(size)+`}`); answer["ok"] != true {
		t.Fatalf("completing %s: %v", key, answer)
	}
}

// load returns the content that a key leads to, and the key under which it is.
func (c *GitHubCache) load(t *testing.T, token, key string) (matched, content string) {
	t.Helper()
	_, answer := c.call(t, "GetCacheEntryDownloadURL", token, `{"key":"`+key+`","restore_keys":["`+key+`"],"version":"v"}`)
	if answer["ok"] != true {
		return "", ""
	}
	address, _ := answer["signed_download_url"].(string)
	matched, _ = answer["matched_key"].(string)
	status, content := request(t, http.MethodGet, address, "", http.Header{"X-Ms-Range": {"bytes=1-"}})
	if status != http.StatusPartialContent {
		t.Errorf("downloading %s: %d %s", key, status, content)
	}
	if status, said := request(t, http.MethodPut, address, "other", http.Header{"X-Ms-Blob-Type": {"BlockBlob"}}); status != http.StatusForbidden {
		t.Errorf("an upload to the URL of a download: %d %s, want 403", status, said)
	}
	return matched, content
}

// TestGitHubCache looks who reads and writes what: runs of one ref their own, of
// another that of the default branch, and nobody anything without a token of it.
func TestGitHubCache(t *testing.T) {
	t.Parallel()
	c := NewGitHubCache(t, GitHubCacheOptions{})
	main, branch := c.Token("refs/heads/main"), c.Token("refs/heads/branch", "refs/heads/main")
	c.save(t, main, "index#1", "-first")
	c.save(t, main, "index#2", "-second")
	c.save(t, main, "blob", "-blob of main")
	c.save(t, branch, "blob", "-blob of branch")
	for _, want := range []struct{ token, key, matched, content string }{
		{main, "index#", "index#2", "second"},
		{main, "index#1", "index#1", "first"},
		{main, "blob", "blob", "blob of main"},
		{branch, "blob", "blob", "blob of branch"},
		{branch, "index#", "index#2", "second"},
		{c.Token("refs/heads/other"), "blob", "", ""},
		{main, "none", "", ""},
	} {
		if matched, content := c.load(t, want.token, want.key); matched != want.matched || content != want.content {
			t.Errorf("%s leads to %q with %q, want %q with %q", want.key, matched, content, want.matched, want.content)
		}
	}
	for name, refused := range map[string]struct {
		token, key, code string
		status           int
	}{
		"twice":          {main, "blob", "already_exists", http.StatusConflict},
		"only to read":   {c.TokenFor(CacheScope{"refs/heads/main", 1}), "new", "permission_denied", http.StatusForbidden},
		"another's":      {NewGitHubCache(t, GitHubCacheOptions{}).Token("refs/heads/main"), "new", "unauthenticated", http.StatusUnauthorized},
		"no token":       {"", "new", "unauthenticated", http.StatusUnauthorized},
		"a changed one":  {strings.Replace(main, ".", ".e30", 1), "new", "unauthenticated", http.StatusUnauthorized},
		"a key to split": {main, "a,b", "permission_denied", http.StatusForbidden},
	} {
		if status, answer := c.call(t, "CreateCacheEntry", refused.token, `{"key":"`+refused.key+`","version":"v"}`); status != refused.status || answer["code"] != refused.code {
			t.Errorf("%s: %d %v, want %d %s", name, status, answer, refused.status, refused.code)
		}
	}
	if _, answer := c.call(t, "FinalizeCacheEntryUpload", main, `{"key":"none","version":"v","size_bytes":0}`); answer["ok"] != false {
		t.Errorf("what nobody has created is completed: %v", answer)
	}
	if status, said := request(t, http.MethodGet, c.URL+"blobs/x?sp=r&sig=x", "", http.Header{}); status != http.StatusForbidden {
		t.Errorf("a download without a signature: %d %s, want 403", status, said)
	}
	if entries := c.Entries(); len(entries) != 4 || entries[3] != (CacheEntry{"refs/heads/branch", "blob", 15}) {
		t.Errorf("entries %+v", entries)
	}
}
