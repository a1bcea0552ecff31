package registry

import (
	"fmt"
	"net/http"
	"slices"
	"syscall"

	"github.com/slipway-build/slipway/internal/packages"
)

const (
	uploads  = "/v2/octo-org/app/blobs/uploads/"
	manifest = "/v2/octo-org/app/manifests/1"
	blob     = "/v2/octo-org/app/blobs/sha256:e3b0"
)

func recordings() []recorded {
	return slices.Concat(recordedRights(), recordedTokens(), recordedTypos(), recordedNames(), recordedUploads(), recordedOthers(), recordedForeign())
}

func recordedRights() []recorded {
	perm := []string{"permissions:\n  contents: read\n  packages: write"}
	settings := "https://github.com/orgs/octo-org/packages/container/app/settings"
	another := octo()
	another.Repository = "stranger/app"
	readOnly := octo()
	readOnly.ReadOnly = "Dependabot triggered this run, and GitHub gives such runs a token that cannot write packages"
	user := Situation{Repository: "octocat/app", Owner: packages.User}
	return []recorded{
		{
			row: 1, name: "write_package", entry: "write_package", method: "POST", path: uploads, status: 403, body: denial("permission_denied: write_package"),
			what: []string{"ghcr.io/octo-org/app exists", "Octo-Org/App may not write"}, why: []string{"permissions are not the cause"},
			do: []string{settings, "Manage Actions access", "role Write"},
		},
		{
			row: 1, name: "write_package, linked to another repository", entry: "write_package", method: "PUT", path: manifest, status: 403, body: denial("permission_denied: write_package"),
			found: Package{Asked: true, Exists: true, Repository: "octo-org/old-app"},
			what:  []string{"exists"}, why: []string{"octo-org/old-app"}, do: []string{settings},
		},
		{
			row: 1, name: "write_package, of a user, by BuildKit", entry: "write_package", image: "ghcr.io/octocat/tools/app", situation: user,
			text: "failed to push ghcr.io/octocat/tools/app: unexpected status from POST request to https://ghcr.io/v2/octocat/tools/app/blobs/uploads/: 403 Forbidden: denied: permission_denied: write_package",
			what: []string{"ghcr.io/octocat/tools/app exists"}, do: []string{"https://github.com/users/octocat/packages/container/tools%2Fapp/settings"},
		},
		{
			row: 2, name: "HEAD without a reason", entry: "denied without a reason",
			text: "failed to push ghcr.io/octo-org/app: unexpected status from HEAD request to https://ghcr.io/v2/octo-org/app/blobs/sha256:e3b0: 403 Forbidden",
			what: []string{"does not let this token push"}, why: []string{"does not say the reason"}, do: append(perm, settings, "Package Creation"),
		},
		{
			row: 2, name: "HEAD without a reason, the API knows the package", entry: "denied without a reason", method: "HEAD", path: blob, status: 403,
			found: Package{Asked: true, Exists: true}, what: []string{"exists"}, do: []string{settings, "role Write"},
		},
		{
			row: 2, name: "HEAD without a reason, the API may not be asked", entry: "denied without a reason", method: "HEAD", path: blob, status: 403,
			found: Package{Asked: true, Hidden: true}, what: []string{"may not write packages"}, do: perm,
		},
		{
			row: 2, name: "HEAD without a reason, the API does not know the package", entry: "denied without a reason", method: "HEAD", path: blob, status: 403,
			found: Package{Asked: true}, what: []string{"does not exist", "may not create"}, do: perm,
		},
		{
			row: 3, name: "create", entry: "create", method: "POST", path: uploads, status: 403, body: denial("installation not allowed to Create organization package"),
			what: []string{"does not exist", "may not create it"}, why: []string{"organization forbids", "another GitHub App"},
			do: append(perm, "https://github.com/organizations/octo-org/settings/packages", "Package Creation"),
		},
		{
			row: 3, name: "create, by nature", entry: "create", method: "POST", path: uploads, status: 403, body: denial("installation not allowed to Create organization package"), situation: readOnly,
			what: []string{"may not create it"}, why: []string{"Dependabot"}, do: []string{"leave the input push out"},
		},
		{
			row: 3, name: "create, no permission at all", entry: "create", method: "POST", path: uploads, status: 403, body: denial("installation not allowed to Create organization package"),
			found: Package{Asked: true, Hidden: true}, what: []string{"may not create it"}, why: []string{"does not even let it look"}, do: perm,
		},
		{
			row: 4, name: "write", entry: "write", method: "POST", path: uploads, status: 403, body: denial("installation not allowed to Write organization package"),
			what: []string{"exists", "may not write packages"}, do: perm,
		},
		{
			row: 5, name: "read", entry: "read", image: "ghcr.io/octo-org/base", pulling: true,
			text: "ghcr.io/octo-org/base:1: failed to resolve source metadata for ghcr.io/octo-org/base:1: unexpected status from GET request to https://ghcr.io/v2/octo-org/base/manifests/1: 403 Forbidden: denied: installation not allowed to Read organization package",
			what: []string{"ghcr.io/octo-org/base is private"}, do: []string{"packages: read", "https://github.com/orgs/octo-org/packages/container/base/settings", "role Read"},
		},
		{
			row: 6, name: "read_package", entry: "read_package", method: "GET", path: manifest, status: 403, body: denial("permission_denied: read_package"), pulling: true,
			what: []string{"is private"}, do: []string{"packages: read", settings, "role Read"},
		},
		{
			row: 7, name: "scopes", entry: "scopes", method: "POST", path: uploads, status: 403, body: denial("permission_denied: The token provided does not match expected scopes."),
			token: packages.Classic,
			what:  []string{"may not push packages"}, why: []string{"a classic personal access token", "write:packages"}, do: []string{"settings/tokens/new?scopes=write:packages", "leave that token out"},
		},
		{
			row: 8, name: "another owner's", entry: "another owner's", method: "POST", path: uploads, status: 403, body: denial("permission_denied: The requested installation does not exist."), situation: another,
			what: []string{"stranger/app may not push for octo-org"}, why: []string{"belongs to octo-org", "fork"}, do: []string{"ghcr.io/stranger/app", "${{ github.repository }}"},
		},
		{
			row: 12, name: "denied, anonymous", entry: "denied without a reason", method: "GET", path: manifest, status: 401, body: `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, pulling: true, anonymous: true,
			what: []string{"does not exist, or is private"}, do: []string{"check the name", "registry-auth"},
		},
		{
			row: 12, name: "denied, by an engine", entry: "denied without a reason", text: "Error response from daemon: denied", pulling: true,
			what: []string{"does not exist, or is private and not for Octo-Org/App"}, do: []string{"packages: read", "role Read"},
		},
		{
			row: 33, name: "SAML", entry: "SAML", method: "GET", path: manifest, status: 403,
			body: denial("Resource protected by organization SAML enforcement. You must grant your OAuth token / Personal Access token access to this organization."),
			what: []string{"single sign-on"}, do: []string{"Configure SSO"},
		},
		{
			row: 34, name: "IP allow list", entry: "IP allow list", method: "GET", path: manifest, status: 403,
			body: denial("Although you appear to have the correct authorization credentials, the `octo-org` organization has an IP allow list enabled, and your IP address is not permitted to access this resource."),
			what: []string{"IP allow list"}, do: []string{"self-hosted", "https://github.com/organizations/octo-org/settings/security"},
		},
		{
			row: 35, name: "older registry", entry: "Docker registry", image: "docker.pkg.github.com/octo-org/app/app", method: "POST", path: "/v2/octo-org/app/app/blobs/uploads/", status: 401,
			body: denial("Your request could not be authenticated by the GitHub Packages service. Please ensure your access token is valid and has the appropriate scopes configured."),
			what: []string{"docker.pkg.github.com does not let this token in"}, do: append(perm, "ghcr.io"),
		},
		{
			row: 36, name: "older registry, no login", entry: "Docker registry", image: "docker.pkg.github.com/octo-org/app/app", text: "no basic auth credentials", notDenied: true,
			what: []string{"does not let this token in"}, do: perm,
		},
		{
			row: 35, name: "older registry, silent", entry: "denied by the older registry", image: "docker.pkg.github.com/octo-org/app/app", method: "HEAD", path: "/v2/octo-org/app/app/manifests/1", status: 403,
			what: []string{"does not let this token in"}, do: perm,
		},
	}
}

func recordedTokens() []recorded {
	own := Situation{Server: packages.ServerAt("https://git.example.com"), Repository: "octo-org/app"}
	return []recorded{
		{
			row: 10, name: "token not accepted", entry: "token not accepted", method: "POST", path: uploads, status: 401,
			body: `{"errors":[{"code":"UNAUTHORIZED","message":"unauthenticated: User cannot be authenticated with the token provided."}]}`,
			what: []string{"does not accept the token"}, why: []string{"expired", "6 hours"}, do: []string{"leave that token out"},
		},
		{
			row: 11, name: "login refused", entry: "login refused", method: "GET", path: "/token", status: 403, body: denial("denied"),
			what: []string{"does not accept the token"}, do: []string{"leave that token out"},
		},
		{
			row: 11, name: "login refused, fine-grained", entry: "login refused", method: "GET", path: "/token", status: 403, body: denial("denied"),
			token: packages.FineGrained,
			what:  []string{"does not accept the token"}, why: []string{"fine-grained"},
		},
		{
			row: 13, name: "no login", entry: "no login", image: "registry.example.com/team/base", anonymous: true, pulling: true,
			text: "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://registry.example.com/token?scope=repository%3Ateam%2Fbase%3Apull: 403 Forbidden",
			what: []string{"registry.example.com/team/base does not exist, or is private"}, why: []string{"without a login"}, do: []string{"check the name", "registry-auth: |\n  - registry: registry.example.com"},
		},
		{
			row: 13, name: "no login at ghcr.io", entry: "no login", anonymous: true, pulling: true,
			text: "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aocto-org%2Fapp%3Apull&service=ghcr.io: 403 Forbidden",
			what: []string{"ghcr.io/octo-org/app does not exist, or is private"}, do: []string{"registry-auth"},
		},
		{
			row: 14, name: "login refused, by BuildKit", entry: "login refused",
			text: "failed to push ghcr.io/octo-org/app: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden: denied: denied",
			what: []string{"does not accept the token"}, do: []string{"leave that token out"},
		},
		{
			row: 15, name: "no token in the request", entry: "no token in the request", method: "GET", path: manifest, status: 403, body: denial("invalid token"),
			what: []string{"does not accept the token"},
		},
		{
			row: 38, name: "another server's token", entry: "another server's token", method: "GET", path: "/token", status: 403, body: denial("denied"), situation: own, pulling: true,
			what: []string{"ghcr.io does not know the token"}, why: []string{"https://git.example.com", "github.com"}, do: []string{"containers.git.example.com", "registry-auth"},
		},
		{
			row: 12, name: "another registry's 401", entry: "login not accepted", image: "registry.example.com/team/app", method: "POST", path: "/v2/team/app/blobs/uploads/", status: 401, body: denial("authentication required"),
			what: []string{"does not accept the user name and token for team/app"}, do: []string{"may push to team/app"},
		},
		{
			row: 12, name: "another registry's 403", entry: "not allowed", image: "registry.example.com/team/app", method: "GET", path: "/v2/team/app/manifests/1", status: 403, pulling: true,
			what: []string{"does not accept the user name and token for team/app"}, do: []string{"may read team/app"},
		},
		{
			row: 12, name: "another registry's, by an engine", entry: "not allowed", image: "docker.io/octo/app", anonymous: true,
			text: "push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
			what: []string{"docker.io does not let anybody push to octo/app without a login"}, do: []string{"registry-auth: |\n  - registry: docker.io"},
		},
	}
}

// recordedTypos are names that are wrong where the registry speaks of rights.
func recordedTypos() []recorded {
	return []recorded{
		{
			row: 12, name: "a typo on Docker Hub", entry: "not allowed", image: "docker.io/library/gloang", pulling: true, anonymous: true,
			text: "docker.io/library/gloang:1: failed to resolve source metadata for docker.io/library/gloang:1: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
			what: []string{"docker.io/library/gloang does not exist, or is private"}, do: []string{"check the name"},
		},
		{
			row: 12, name: "an engine that says it twice", entry: "denied without a reason", text: "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required",
			what: []string{"does not let this token push"},
		},
		{
			row: 37, name: "no index, by an engine", entry: "no index", image: "docker.pkg.github.com/octo-org/app/app", text: "received unexpected HTTP status: 500 Internal Server Error", notDenied: true,
			what: []string{"could not take the manifest"},
		},
	}
}

func recordedNames() []recorded {
	return []recorded{
		{
			row: 9, name: "owner not found", entry: "owner not found", method: "POST", path: uploads, status: 403, body: denial("not_found: owner not found"),
			what: []string{"no user or organization octo-org"}, do: []string{"ghcr.io/octo-org/app"},
		},
		{
			row: 17, name: "name invalid", entry: "name invalid", method: "POST", path: uploads, status: 400, body: `{"errors":[{"code":"NAME_INVALID","message":"name invalid"}]}`, notDenied: true,
			what: []string{"does not take the name"}, do: []string{"ghcr.io/OWNER/NAME"},
		},
		{
			row: 17, name: "name unknown", entry: "name unknown", image: "registry.example.com/team/app", method: "POST", path: "/v2/team/app/blobs/uploads/", status: 404,
			body: `{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}`, notDenied: true, what: []string{"has no team/app"}, do: []string{"create it there"},
		},
		{
			row: 18, name: "no such host", image: "ghrc.io/octo-org/app", err: dialFailed("lookup ghrc.io: no such host"), notDenied: true,
			what: []string{"there is no host ghrc.io", "did you mean ghcr.io?"}, do: []string{"registry"},
		},
		{
			row: 18, name: "connection refused", image: "registry.example.com:5000/app", err: dialFailed("connect: connection refused"), notDenied: true,
			what: []string{"cannot be reached"}, do: []string{"is up"},
		},
		{
			row: 30, name: "manifest unknown", entry: "manifest unknown", method: "GET", path: manifest, status: 404, body: `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`, pulling: true, notDenied: true,
			what: []string{"does not have this image"}, why: []string{"cleans up"}, do: []string{"publish it again"},
		},
		{
			row: 31, name: "manifest invalid", entry: "manifest invalid", method: "PUT", path: manifest, status: 400, body: `{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid"}]}`, notDenied: true,
			what: []string{"does not take this kind of manifest"}, do: []string{"one platform"},
		},
		{
			row: 32, name: "unsupported", entry: "unsupported", method: "DELETE", path: manifest, status: 405, body: `{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}`, notDenied: true,
			what: []string{"does not do this"}, why: []string{"deletes nothing"},
		},
		{
			row: 37, name: "no index", entry: "no index", image: "docker.pkg.github.com/octo-org/app/app", method: "PUT", path: "/v2/octo-org/app/app/manifests/1", status: 500, notDenied: true,
			what: []string{"could not take the manifest"}, why: []string{"one platform"}, do: []string{"ghcr.io"},
		},
	}
}

func recordedUploads() []recorded {
	code := func(code, message string) string {
		return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message)
	}
	return []recorded{
		{
			row: 19, name: "upload unknown", entry: "upload lost", method: "PUT", path: uploads + "1", status: 404, body: code("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"), notDenied: true,
			what: []string{"lost an upload"}, do: []string{"run the job again", "not sent again"},
		},
		{
			row: 20, name: "upload invalid", entry: "upload invalid", method: "PUT", path: uploads + "1", status: 404, body: code("BLOB_UPLOAD_INVALID", "blob upload invalid"), notDenied: true,
			what: []string{"has not taken an upload"}, do: []string{"run the job again"},
		},
		{
			row: 21, name: "blob unknown", entry: "blob unknown", method: "PUT", path: manifest, status: 404, body: code("BLOB_UNKNOWN", "blob unknown to registry"), notDenied: true,
			what: []string{"does not find a layer"}, do: []string{"run the job again"},
		},
		{
			row: 21, name: "unknown blob, by an engine", entry: "blob unknown", text: "unknown blob", notDenied: true, what: []string{"does not find a layer"},
		},
		{
			row: 22, name: "digest invalid", entry: "digest invalid", method: "PUT", path: uploads + "1", status: 400, body: code("DIGEST_INVALID", "provided digest did not match uploaded content"), notDenied: true,
			what: []string{"not what was sent"}, do: []string{"run the job again"},
		},
		{
			row: 23, name: "connection reset", notDenied: true, text: `failed to push ghcr.io/octo-org/app: failed to copy: failed to do request: Put "https://ghcr.io/v2/octo-org/app/blobs/uploads/1": write tcp 10.1.0.4:41-140.82.1.1:443: write: connection reset by peer`,
			what: []string{"connection to ghcr.io broke"}, do: []string{"githubstatus.com"},
		},
		{row: 23, name: "broken pipe", notDenied: true, text: "write: broken pipe", what: []string{"broke"}},
		{row: 23, name: "EOF", notDenied: true, text: `Put "https://ghcr.io/v2/octo-org/app/blobs/uploads/1": EOF`, what: []string{"broke"}},
		{row: 23, name: "closed pipe", notDenied: true, text: "io: read/write on closed pipe", what: []string{"broke"}},
		{row: 24, name: "body used up", notDenied: true, text: "failed to do request: cannot reuse body, request must be retried", what: []string{"broke"}, do: []string{"run the job again"}},
		{
			row: 25, name: "upload too long", notDenied: true, text: `Put "https://ghcr.io/v2/octo-org/app/blobs/uploads/1": read tcp 10.1.0.4:41: i/o timeout`,
			what: []string{"broke"}, why: []string{"10 GB", "10 minutes"}, do: []string{"COPY"},
		},
		{
			row: 25, name: "too large", entry: "too large", image: "registry.example.com/team/app", method: "PUT", path: "/v2/team/app/blobs/uploads/1", status: http.StatusRequestEntityTooLarge, body: "<html>nginx", notDenied: true,
			what: []string{"takes no layer of this size"}, do: []string{"split the layer"},
		},
		{row: 23, name: "reset before any answer", notDenied: true, err: fmt.Errorf("asking: %w", syscall.ECONNRESET), what: []string{"broke"}},
	}
}

func recordedOthers() []recorded {
	return []recorded{
		{
			row: 26, name: "too many requests", entry: "too many requests", method: "PUT", path: manifest, status: 429,
			body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 10.305464ms, allowed: 2000/minute"}]}`, notDenied: true,
			what: []string{"takes no more requests"}, do: []string{"again later"},
		},
		{
			row: 27, name: "secondary rate limit", entry: "secondary rate limit", method: "PUT", path: manifest, status: 403,
			body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`, notDenied: true,
			what: []string{"no more requests"}, why: []string{"nothing to do with rights"}, do: []string{"wait some minutes"},
		},
		{
			row: 28, name: "egress", entry: "egress", method: "GET", path: blob, status: 503, body: "Egress is over the account limit.", pulling: true, notDenied: true,
			what: []string{"gives out no more"}, do: []string{"FROM"},
		},
		{
			row: 29, name: "server error", entry: "server error", method: "PUT", path: manifest, status: 502, body: "<html><h1>Bad Gateway</h1>", notDenied: true,
			what: []string{"has trouble"}, do: []string{"https://www.githubstatus.com"},
		},
		{
			row: 29, name: "server error, by BuildKit", entry: "server error", image: "registry.example.com/team/app", notDenied: true,
			text: "failed to push registry.example.com/team/app: unexpected status from PUT request to https://registry.example.com/v2/team/app/manifests/sha256:e3b0: 500 Internal Server Error",
			what: []string{"registry.example.com has trouble"}, do: []string{"run the job again"},
		},
	}
}
