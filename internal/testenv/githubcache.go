package testenv

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// GitHubCacheOptions say what the service does besides its work; the zero value only works.
type GitHubCacheOptions struct {
	// Fault may answer in its place, as a Proxy's does. Requests to the service have twirp in their path, or
	// _apis/artifactcache, and those for contents /blobs/.
	Fault func(n int, r *http.Request) *Answer
}

// GitHubCache stands in for the cache of GitHub Actions: the service, in version 2 of its protocol
// (github.actions.results.api.v1.CacheService, Twirp in JSON) and in version 1, which Enterprise Servers have, and the
// store of Azure's kind that it sends clients to with signed URLs. As GitHub's it keeps the caches of refs apart, by
// the token. It keeps contents in memory.
type GitHubCache struct {
	// URL is where it answers, which a runner has in ACTIONS_RESULTS_URL and ACTIONS_CACHE_URL.
	URL string
	// Host is that without the scheme.
	Host string

	front *Proxy // records
	key   []byte // signs tokens and URLs

	mu      sync.Mutex
	entries []*cacheEntry // in the order of their creation
}

// CacheScope is what a token lets a run do with the cache of a ref.
type CacheScope struct {
	Ref   string `json:"Scope"`
	Right int    `json:"Permission"` // 1 reads, 3 writes, too
}

// CacheEntry is a part of the cache that is complete.
type CacheEntry struct {
	Ref, Key string
	Size     int64
}

type cacheEntry struct {
	CacheEntry
	version  string
	id       string
	blocks   map[string][]byte
	content  []byte
	complete bool
}

// NewGitHubCache starts a cache that is empty. It ends with the test.
func NewGitHubCache(t T, opt GitHubCacheOptions) *GitHubCache {
	t.Helper()
	c := &GitHubCache{key: []byte(rand.Text())}
	c.front = &Proxy{forward: c.routes(), opt: ProxyOptions{Fault: opt.Fault}}
	c.Host = serve(t, c.front, nil)
	c.URL = "http://" + c.Host + "/"
	return c
}

// Requests returns the requests so far, in the order of their arrival.
func (c *GitHubCache) Requests() []ProxyRequest { return c.front.Requests() }

// Token returns what a run on the first ref has in ACTIONS_RUNTIME_TOKEN: it writes there, and reads there and at the
// others, as the default branch and a pull request's base.
func (c *GitHubCache) Token(ref string, others ...string) string {
	scopes := []CacheScope{{ref, 3}}
	for _, other := range others {
		scopes = append(scopes, CacheScope{other, 1})
	}
	return c.TokenFor(scopes...)
}

// TokenFor returns a token with these rights alone.
func (c *GitHubCache) TokenFor(scopes ...CacheScope) string {
	access, now := mustJSON(scopes), time.Now()
	claims := map[string]any{"ac": string(access), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(), "jti": rand.Text()}
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(mustJSON(claims))
	return signed + "." + c.sign(signed)
}

// Entries returns what is complete, in the order of its creation.
func (c *GitHubCache) Entries() []CacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []CacheEntry
	for _, e := range c.entries {
		if e.complete {
			all = append(all, e.CacheEntry)
		}
	}
	return all
}

// Contents returns what the complete entries hold, in the order of Entries.
func (c *GitHubCache) Contents() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all [][]byte
	for _, e := range c.entries {
		if e.complete {
			all = append(all, e.content)
		}
	}
	return all
}

// Evict forgets all entries whose key begins so, as GitHub does with old ones.
func (c *GitHubCache) Evict(prefix string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = slices.DeleteFunc(c.entries, func(e *cacheEntry) bool { return strings.HasPrefix(e.Key, prefix) })
}

func (c *GitHubCache) sign(text string) string {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(text))
	return encode(mac.Sum(nil))
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func mustJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // all values are ours
	}
	return text
}

// scopes returns what the token of a request lets it do, or false for a token that is not this service's.
func (c *GitHubCache) scopes(r *http.Request) ([]CacheScope, bool) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	end := strings.LastIndex(token, ".")
	if end < 0 || !hmac.Equal([]byte(c.sign(token[:end])), []byte(token[end+1:])) {
		return nil, false
	}
	_, claims, _ := strings.Cut(token[:end], ".")
	raw, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		return nil, false
	}
	var said struct {
		Access  string `json:"ac"`
		Expires int64  `json:"exp"`
	}
	var scopes []CacheScope
	if json.Unmarshal(raw, &said) != nil || json.Unmarshal([]byte(said.Access), &scopes) != nil || time.Now().Unix() > said.Expires {
		return nil, false
	}
	return scopes, true
}

// create begins an entry at the ref that the scopes let write. It returns nil where there is no such ref, and taken
// where the ref has this key.
func (c *GitHubCache) create(scopes []CacheScope, key, version string) (entry *cacheEntry, taken bool) {
	at := slices.IndexFunc(scopes, func(s CacheScope) bool { return s.Right&2 != 0 })
	if at < 0 || key == "" || len(key) > 512 || strings.Contains(key, ",") {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.Ref == scopes[at].Ref && e.Key == key && e.version == version {
			return nil, true
		}
	}
	entry = &cacheEntry{CacheEntry: CacheEntry{Ref: scopes[at].Ref, Key: key}, version: version, id: rand.Text(), blocks: map[string][]byte{}}
	c.entries = append(c.entries, entry)
	return entry, false
}

// finish makes an entry complete, where as much has arrived as the client says.
func (c *GitHubCache) finish(scopes []CacheScope, key, version string, size int64) (id string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		writes := slices.Contains(scopes, CacheScope{e.Ref, 3})
		if writes && e.Key == key && e.version == version && !e.complete && int64(len(e.content)) == size {
			e.complete, e.Size = true, size
			return e.id, true
		}
	}
	return "", false
}

// find returns the entry for the first of the keys that there is: at the first ref that has it, first under this very
// key and then the newest whose key begins so.
func (c *GitHubCache) find(scopes []CacheScope, keys []string, version string) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range scopes {
		for _, key := range keys {
			var best *cacheEntry
			for _, e := range c.entries {
				if e.complete && e.Ref == s.Ref && e.version == version && s.Right&1 != 0 && strings.HasPrefix(e.Key, key) && (best == nil || best.Key != key) {
					best = e
				}
			}
			if best != nil {
				return best
			}
		}
	}
	return nil
}
