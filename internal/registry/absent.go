package registry

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/slipway-build/slipway/internal/host"
)

// absent is, folded, how registries say that they have no such repository, or no such
// project that it would be in.
var absent = regexp.MustCompile(`name unknown|repository name not known|does not exist in the registry with id|\b(?:project|repository|namespace)(?: \S+)? (?:was )?not found|no such (?:project|repository|namespace)`)

// isAbsent tells whether a registry has said so: with 404, or with 401 as Harbor does.
func (r Refusal) isAbsent() bool {
	return r.Status < http.StatusInternalServerError && absent.MatchString(fold(r.Words))
}

// noRepository is about a repository that a push does not make.
func (r refused) noRepository() Meaning {
	v := r.leads(fmt.Sprintf("%s has no %s", r.host(), r.repo.RepositoryStr()), "", "correct "+r.written())
	if r.pulling() {
		return v
	}
	v.Lasts = true
	v.Do = "create it there, because a push does not; or correct the name in the input image or in tags"
	project, _, _ := strings.Cut(r.repo.RepositoryStr(), "/")
	create := r.create()
	switch {
	case create != "":
		v.Do = "create it: " + create + "; or correct the name in the input image or in tags"
	case r.says("project"):
		v.Do = fmt.Sprintf("create the project %s there, which is the first part of the name, because a push does not; or correct the name in the input image or in tags", project)
	}
	return v
}

var (
	amazons = regexp.MustCompile(`^\d+\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.`) // with the region
	googles = regexp.MustCompile(`^([a-z0-9-]+)-docker\.pkg\.dev$`)            // with the location
)

// amazonsPublic is Amazon's registry of public images.
const amazonsPublic = "public.ecr.aws"

func onAmazon(registry string) bool {
	return amazons.MatchString(host.Name(registry)) || host.Name(registry) == amazonsPublic
}

// create is the command that makes the repository, where it is known.
func (r refused) create() string {
	at, repository := host.Name(r.host()), r.repo.RepositoryStr()
	if found := amazons.FindStringSubmatch(at); found != nil {
		return fmt.Sprintf("aws ecr create-repository --region %s --repository-name %s", found[1], repository)
	}
	if _, below, found := strings.Cut(repository, "/"); found && at == amazonsPublic {
		return "aws ecr-public create-repository --region us-east-1 --repository-name " + below
	}
	parts := strings.Split(repository, "/")
	if found := googles.FindStringSubmatch(at); found != nil && len(parts) > 2 {
		return fmt.Sprintf("gcloud artifacts repositories create %s --repository-format=docker --location=%s --project=%s", parts[1], found[1], parts[0])
	}
	return ""
}
