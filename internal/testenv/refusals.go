package testenv

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// What GitHub's registries say in a refusal, word for word. All but the last two come with the code DENIED: see Denied.
const (
	WriteDenied     = "permission_denied: write_package"
	ReadDenied      = "permission_denied: read_package"
	CreateDenied    = "installation not allowed to Create organization package"
	OrgWriteDenied  = "installation not allowed to Write organization package"
	OrgReadDenied   = "installation not allowed to Read organization package"
	ScopesDenied    = "permission_denied: The token provided does not match expected scopes."
	OtherOwner      = "permission_denied: The requested installation does not exist."
	JustDenied      = "denied"
	BadToken        = "unauthenticated: User cannot be authenticated with the token provided." // UNAUTHORIZED, 401
	DockerForbidden = "Your request could not be authenticated by the GitHub Packages service. Please ensure your access token is valid and has the appropriate scopes configured."
)

// RegistryRefusal is an answer in the form of registries.
func RegistryRefusal(status int, code, message string) *Answer {
	return asJSON(status, map[string]any{"errors": []any{map[string]any{"code": code, "message": message}}})
}

// Denied is how ghcr.io refuses who is logged in.
func Denied(message string) *Answer { return RegistryRefusal(http.StatusForbidden, "DENIED", message) }

// Unauthenticated is how ghcr.io refuses a token that is no good any more.
func Unauthenticated() *Answer {
	return RegistryRefusal(http.StatusUnauthorized, "UNAUTHORIZED", BadToken)
}

// APIRefusal is an answer in the form of GitHub's API.
func APIRefusal(status int, message string) *Answer {
	return asJSON(status, map[string]any{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	})
}

// NotAccessible is the API's answer to the token of a run that lacks a permission.
func NotAccessible() *Answer {
	return APIRefusal(http.StatusForbidden, "Resource not accessible by integration")
}

// NoSSO is the API's answer to a token that is not authorized for an organization with SAML.
func NoSSO() *Answer {
	return APIRefusal(http.StatusForbidden, "Resource protected by organization SAML enforcement. You must grant your OAuth token / Personal Access token access to this organization.")
}

// NotFromHere is the API's answer to an address that an organization does not allow.
func NotFromHere(organization string) *Answer {
	return APIRefusal(http.StatusForbidden, "Although you appear to have the correct authorization credentials, the `"+organization+"` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.")
}

func asJSON(status int, value any) *Answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // of maps and texts
	}
	return &Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: string(body)}
}

// replace puts the answer in place of another.
func (a *Answer) replace(resp *http.Response) {
	_ = resp.Body.Close()
	resp.StatusCode, resp.Status = a.Status, ""
	resp.Header = a.Header.Clone()
	resp.Header.Set("Content-Length", strconv.Itoa(len(a.Body)))
	resp.ContentLength = int64(len(a.Body))
	resp.Body = io.NopCloser(bytes.NewBufferString(a.Body))
}
