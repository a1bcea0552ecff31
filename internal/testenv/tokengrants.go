package testenv

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// answer returns the token that a login gets, or why it gets none.
func (s *TokenServer) answer(request TokenRequest, password string) (int, map[string]any) {
	if s.ghcr && request.Method != http.MethodGet {
		return http.StatusMethodNotAllowed, nil
	}
	user, ok := s.login(request.User, password)
	switch {
	case !ok && s.ghcr:
		return http.StatusForbidden, nil
	case !ok:
		return http.StatusUnauthorized, nil
	}
	token, err := s.token(user, s.access(user, request.Scopes))
	if err != nil {
		return http.StatusInternalServerError, nil
	}
	if s.ghcr {
		return http.StatusOK, map[string]any{"token": token}
	}
	// GET clients read token, POST clients access_token.
	return http.StatusOK, map[string]any{
		"token": token, "access_token": token, "expires_in": int(s.lifetime().Seconds()),
		"issued_at": time.Now().Add(s.Skew).UTC().Format(time.RFC3339),
	}
}

// login returns the user of the grants that a login is, and whether it is one. ghcr.io takes a password with any name,
// and nobody's login.
func (s *TokenServer) login(user, password string) (string, bool) {
	if user == "" && password == "" && s.public != nil {
		return "", true
	}
	if s.ghcr && password == "" {
		return "", false
	}
	i := slices.IndexFunc(s.grants, func(g Grant) bool {
		if s.ghcr {
			return g.Password == password
		}
		return g.User == user
	})
	if i < 0 || s.grants[i].Password != password {
		return "", false
	}
	return s.grants[i].User, true
}

// access returns the part of the scopes that the user may use.
func (s *TokenServer) access(user string, scopes []string) []tokenAccess {
	granted := []tokenAccess{}
	for _, scope := range scopes {
		kind, rest, _ := strings.Cut(scope, ":")
		colon := strings.LastIndexByte(rest, ':')
		if kind != "repository" || colon < 0 {
			continue
		}
		access := tokenAccess{Type: kind, Name: rest[:colon]}
		for action := range strings.SplitSeq(rest[colon+1:], ",") {
			if s.may(user, access.Name, action) {
				access.Actions = append(access.Actions, action)
			}
		}
		if len(access.Actions) > 0 {
			granted = append(granted, access)
		}
	}
	return granted
}

// may reports whether a user may do something in a repository.
func (s *TokenServer) may(user, repository, action string) bool {
	if action == "pull" && s.public != nil && s.public(repository) {
		return true
	}
	return slices.ContainsFunc(s.grants, func(g Grant) bool { return g.User == user && g.covers(repository, action) })
}
