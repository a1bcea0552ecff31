package testenv

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// twirp is what the methods of version 2 take.
type twirp struct {
	Key         string   `json:"key"`
	RestoreKeys []string `json:"restore_keys"`
	Version     string   `json:"version"`
	Size        int64    `json:"size_bytes"`
}

func (c *GitHubCache) routes() http.Handler {
	const service = "POST /twirp/github.actions.results.api.v1.CacheService/"
	mux := http.NewServeMux()
	for method, serve := range map[string]func([]CacheScope, twirp) (int, any){
		"CreateCacheEntry": c.createV2, "FinalizeCacheEntryUpload": c.finishV2, "GetCacheEntryDownloadURL": c.findV2,
	} {
		mux.HandleFunc(service+method, c.authorized(func(w http.ResponseWriter, r *http.Request, scopes []CacheScope) {
			var asked twirp
			if err := readJSON(r, &asked); err != nil {
				respond(w, http.StatusBadRequest, map[string]string{"code": "malformed", "msg": err.Error()})
				return
			}
			status, answer := serve(scopes, asked)
			respond(w, status, answer)
		}))
	}
	c.routesV1(mux)
	mux.HandleFunc("/blobs/{id}", c.serveBlob)
	return mux
}

func (c *GitHubCache) authorized(serve func(http.ResponseWriter, *http.Request, []CacheScope)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scopes, ok := c.scopes(r)
		if !ok {
			respond(w, http.StatusUnauthorized, map[string]string{"code": "unauthenticated", "msg": "invalid token"})
			return
		}
		serve(w, r, scopes)
	}
}

func (c *GitHubCache) createV2(scopes []CacheScope, asked twirp) (int, any) {
	entry, taken := c.create(scopes, asked.Key, asked.Version)
	switch {
	case taken:
		return http.StatusConflict, map[string]string{"code": "already_exists", "msg": "cache entry with the same key, version, and scope already exists"}
	case entry == nil:
		return http.StatusForbidden, map[string]string{"code": "permission_denied", "msg": "cache write denied: token has no writable scopes"}
	}
	return http.StatusOK, map[string]any{"ok": true, "signed_upload_url": c.signedURL(entry.id, "w")}
}

func (c *GitHubCache) finishV2(scopes []CacheScope, asked twirp) (int, any) {
	id, ok := c.finish(scopes, asked.Key, asked.Version, asked.Size)
	return http.StatusOK, map[string]any{"ok": ok, "entry_id": id}
}

func (c *GitHubCache) findV2(scopes []CacheScope, asked twirp) (int, any) {
	e := c.find(scopes, append([]string{asked.Key}, asked.RestoreKeys...), asked.Version)
	if e == nil {
		return http.StatusOK, map[string]any{"ok": false, "signed_download_url": "", "matched_key": ""}
	}
	return http.StatusOK, map[string]any{"ok": true, "signed_download_url": c.signedURL(e.id, "r"), "matched_key": e.Key}
}

func respond(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(mustJSON(answer))
}

func readJSON(r *http.Request, into any) error { return json.NewDecoder(r.Body).Decode(into) }

// routesV1 adds version 1 of the protocol, as actions/cache before 4.2 and Enterprise Servers speak it. Contents are
// uploaded to the service itself.
func (c *GitHubCache) routesV1(mux *http.ServeMux) {
	const path = " /_apis/artifactcache/"
	mux.HandleFunc("GET"+path+"cache", c.authorized(func(w http.ResponseWriter, r *http.Request, scopes []CacheScope) {
		e := c.find(scopes, strings.Split(r.URL.Query().Get("keys"), ","), r.URL.Query().Get("version"))
		if e == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		respond(w, http.StatusOK, map[string]string{"cacheKey": e.Key, "scope": e.Ref, "archiveLocation": c.signedURL(e.id, "r")})
	}))
	mux.HandleFunc("POST"+path+"caches", c.authorized(func(w http.ResponseWriter, r *http.Request, scopes []CacheScope) {
		var asked twirp
		if err := readJSON(r, &asked); err != nil {
			respond(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
			return
		}
		entry, taken := c.create(scopes, asked.Key, asked.Version)
		switch {
		case taken:
			respond(w, http.StatusConflict, map[string]string{"message": "Cache already exists.", "typeKey": "ArtifactCacheItemAlreadyExistsException"})
		case entry == nil:
			respond(w, http.StatusForbidden, map[string]string{"message": "Resource not accessible", "typeKey": "AccessDenied"})
		default:
			respond(w, http.StatusCreated, map[string]int{"cacheId": c.number(entry)})
		}
	}))
	mux.HandleFunc("PATCH"+path+"caches/{number}", c.authorized(c.chunkV1))
	mux.HandleFunc("POST"+path+"caches/{number}", c.authorized(func(w http.ResponseWriter, r *http.Request, scopes []CacheScope) {
		var asked struct {
			Size int64 `json:"size"`
		}
		e := c.numbered(r.PathValue("number"))
		if err := readJSON(r, &asked); err != nil || e == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, ok := c.finish(scopes, e.Key, e.version, asked.Size); !ok {
			respond(w, http.StatusBadRequest, map[string]string{"message": "the size is another"})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
}

// chunkV1 puts a part into its place.
func (c *GitHubCache) chunkV1(w http.ResponseWriter, r *http.Request, _ []CacheScope) {
	var from, to int64
	e := c.numbered(r.PathValue("number"))
	chunk, err := io.ReadAll(r.Body)
	if _, scanErr := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/*", &from, &to); e == nil || err != nil || scanErr != nil || to-from+1 != int64(len(chunk)) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if grown := to + 1 - int64(len(e.content)); grown > 0 {
		e.content = append(e.content, make([]byte, grown)...)
	}
	copy(e.content[from:], chunk)
	w.WriteHeader(http.StatusNoContent)
}

// number is an entry's in version 1, from 1.
func (c *GitHubCache) number(entry *cacheEntry) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, e := range c.entries {
		if e == entry {
			return i + 1
		}
	}
	return 0
}

func (c *GitHubCache) numbered(text string) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > len(c.entries) {
		return nil
	}
	return c.entries[number-1]
}
