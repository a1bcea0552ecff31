package packages

import (
	"fmt"
	"net/url"
	"strings"
)

// Owner is whose a package is.
type Owner int

// The kinds of owners.
const (
	SomeOwner    Owner = iota // nobody said
	User                      // a personal account
	Organization              // an organization
)

// OwnerOf reads the kind as GitHub's API and events write it.
func OwnerOf(kind string) Owner {
	switch kind {
	case "User":
		return User
	case "Organization":
		return Organization
	}
	return SomeOwner
}

// PageOf returns the address of a container package's page. Right after the first
// push it may not be there yet.
func (s Server) PageOf(kind Owner, owner, name string) string {
	section := "orgs"
	if kind == User {
		section = "users"
	}
	return fmt.Sprintf("%s/%s/%s/packages/container/package/%s", s.URL(), section, owner, url.PathEscape(name))
}

// SettingsOf returns the address of the settings of a container package, where
// repositories are given access to it.
func (s Server) SettingsOf(kind Owner, owner, name string) string {
	return strings.Replace(s.PageOf(kind, owner, name), "/container/package/", "/container/", 1) + "/settings"
}

// Split returns the owner and the name of a package in the path of a repository
// of the container registry.
func Split(path string) (owner, name string) {
	owner, name, _ = strings.Cut(path, "/")
	return owner, name
}
