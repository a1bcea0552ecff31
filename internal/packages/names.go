package packages

import "strings"

// DockerHub is the host that go-containerregistry knows docker.io as.
const DockerHub = "index.docker.io"

// Form returns how a repository's path has to look at a registry, such as
// OWNER/NAME, or "" where it may look like any.
func (s Server) Form(registry string) string {
	switch s.KindOf(registry) {
	case Container:
		return "OWNER/NAME"
	case Docker:
		return "OWNER/REPOSITORY/NAME"
	case Foreign:
	}
	return ""
}

// Fits tells whether a path has the form that its registry wants. A package of an
// owner may have a longer name; one of a repository may not.
func (s Server) Fits(registry, path string) bool {
	parts := strings.Count(path, "/") + 1
	switch s.KindOf(registry) {
	case Container:
		return parts >= 2
	case Docker:
		return parts == 3
	case Foreign:
	}
	return true
}

// Successor returns the host of the container registry that has taken the place
// of one of kind Docker: packages of github.com have been moved there
// (https://docs.github.com/en/packages/working-with-a-github-packages-registry/migrating-to-the-container-registry-from-the-docker-registry).
func (s Server) Successor(registry string) string {
	if strings.EqualFold(registry, DockerGitHub) {
		return GHCR
	}
	return s.Container()
}
