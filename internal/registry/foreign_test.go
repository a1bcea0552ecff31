package registry

import "net/http"

const (
	begins = "/v2/team/app/blobs/uploads/"
	tagged = "/v2/team/app/manifests/latest"
)

func errorsOf(code, message string) string {
	return `{"errors":[{"code":"` + code + `","message":"` + message + `"}]}`
}

// recordedForeign are the words of registries other than GitHub's, from public
// reports, documentation and sources.
func recordedForeign() []recorded {
	all := append(append(foreignAbsent(), foreignQuotas()...), foreignTags()...)
	return append(append(append(all, foreignRights()...), foreignNetworks()...), foreignOthers()...)
}

func foreignAbsent() []recorded {
	const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	return []recorded{
		{
			name: "ECR, no repository", source: "aws-actions/amazon-ecr-login#166, plexsystems/sinker#55", entry: "name unknown", image: ecr + "/team/app",
			method: http.MethodPost, path: begins, status: 404, body: errorsOf("NAME_UNKNOWN", "The repository with name 'team/app' does not exist in the registry with id '123456789012'"),
			what: []string{ecr + " refuses this: The repository with name 'team/app' does not exist"}, do: []string{"aws ecr create-repository --region eu-west-1 --repository-name team/app"}, notDenied: true, lasts: true,
		},
		{
			name: "ECR, no repository, by BuildKit", source: "actions/starter-workflows#2647; containerd v2.3.6 puts the words in a line of their own", entry: "name unknown", image: ecr + "/team/app",
			text: "failed to push " + ecr + "/team/app: unexpected status from POST request to https://" + ecr + begins + ": 404 Not Found\nname unknown: The repository with name 'team/app' does not exist in the registry with id '123456789012'",
			what: []string{"refuses this: The repository with name"}, do: []string{"aws ecr create-repository"}, notDenied: true, lasts: true,
		},
		{
			name: "ECR, no repository, by an engine", source: "aws-actions/amazon-ecr-login#4", entry: "name unknown", image: ecr + "/team/app",
			text: "name unknown: The repository with name 'team/app' does not exist in the registry with id '123456789012'",
			what: []string{"refuses this: The repository with name"}, do: []string{"aws ecr create-repository"}, notDenied: true, lasts: true,
		},
		{
			name: "ECR's public registry", source: "aws-actions/amazon-ecr-login#202", entry: "name unknown", image: "public.ecr.aws/k5n6o2s4/app",
			method: http.MethodPost, path: "/v2/k5n6o2s4/app/blobs/uploads/", status: 404, body: errorsOf("NAME_UNKNOWN", "The repository with name 'app' does not exist in the registry with id 'k5n6o2s4'"),
			what: []string{"The repository with name 'app'"}, do: []string{"aws ecr-public create-repository --region us-east-1 --repository-name app"}, notDenied: true, lasts: true,
		},
		{
			name: "Artifact Registry, no repository", source: "yanqian/ai-helloworld-fe and five more public logs: name unknown: Repository \"fe-repo\" not found", entry: "name unknown", image: "europe-west1-docker.pkg.dev/acme/images/app",
			method: http.MethodPost, path: "/v2/acme/images/app/blobs/uploads/", status: 404, body: errorsOf("NAME_UNKNOWN", `Repository \"images\" not found`),
			what: []string{`refuses this: Repository "images" not found`}, do: []string{"gcloud artifacts repositories create images --repository-format=docker --location=europe-west1 --project=acme"}, notDenied: true, lasts: true,
		},
		{
			name: "Artifact Registry, a name of two parts", source: "docker/build-push-action#171", entry: "name invalid", image: "europe-west1-docker.pkg.dev/acme/app",
			method: http.MethodPost, path: "/v2/acme/app/blobs/uploads/", status: 400, body: errorsOf("NAME_INVALID", "Missing image name. Pushes should be of the form docker push HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE"),
			what: []string{"refuses this: Missing image name. Pushes should be of the form"}, do: []string{"input image"}, notDenied: true, lasts: true,
		},
		{
			name: "Harbor, no project", source: "goharbor/harbor src/server/middleware/v2auth/auth.go: 401 with the words of the missing project", entry: "name unknown", image: "harbor.example.com/team/app",
			method: http.MethodPost, path: begins, status: 401, body: errorsOf("UNAUTHORIZED", "project team not found"),
			what: []string{"refuses this: project team not found"}, do: []string{"create the project team"}, lasts: true,
		},
		{
			name: "Harbor, no project, as 404", source: "goharbor/harbor src/lib/errors/const.go: NOT_FOUND", entry: "name unknown", image: "harbor.example.com/team/app",
			method: http.MethodPost, path: begins, status: 404, body: errorsOf("NOT_FOUND", "project team not found"),
			what: []string{"refuses this: project team not found"}, do: []string{"create the project team"}, notDenied: true, lasts: true,
		},
		{
			name: "Quay, no repository", source: "quay/quay endpoints/v2/errors.py: NameUnknown", entry: "name unknown", image: "quay.io/team/app",
			method: http.MethodPost, path: begins, status: 404, body: `{"errors":[{"code":"NAME_UNKNOWN","detail":{},"message":"repository name not known to registry"}]}`,
			what: []string{"quay.io has no team/app"}, do: []string{"create it there"}, notDenied: true, lasts: true,
		},
		{
			name: "Chainguard, no repository", source: "edu.chainguard.dev, errors of its registry", entry: "name unknown", image: "cgr.dev/team/app", pulling: true,
			method: http.MethodGet, path: tagged, status: 404, body: errorsOf("NAME_UNKNOWN", `repository does not exist \"team/app\"`),
			what: []string{`refuses this: repository does not exist "team/app"`}, do: []string{"correct the image's name"}, notDenied: true,
		},
	}
}

func foreignQuotas() []recorded {
	const harbor = "adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB."
	room := []string{"delete what is no longer needed"}
	return []recorded{
		{
			name: "Harbor's quota", source: "goharbor/harbor#17390", entry: "quota", image: "harbor.example.com/team/app", method: http.MethodPut, path: tagged, status: 403, body: errorsOf("DENIED", harbor),
			what: []string{"harbor.example.com refuses this: " + harbor}, why: []string{"nothing to do with the login"}, do: room, lasts: true,
		},
		{
			name: "Harbor's quota, by BuildKit", source: "goharbor/harbor#17390", entry: "quota", image: "harbor.example.com/team/app",
			text: "failed to push harbor.example.com/team/app: failed to commit: unexpected status from PUT request to https://harbor.example.com/v2/team/app/manifests/sha256:e3b0: 403 Forbidden\ndenied: " + harbor,
			what: []string{"harbor.example.com refuses this: " + harbor}, do: room, lasts: true,
		},
		{
			name: "Harbor's quota, by an engine", source: "goharbor/harbor#17390", entry: "quota", image: "harbor.example.com/team/app", text: "denied: " + harbor,
			what: []string{"harbor.example.com refuses this: " + harbor}, do: room, lasts: true,
		},
		{
			name: "Harbor's quota before 1.10", source: "goharbor/harbor#8802", entry: "quota", image: "harbor.example.com/team/app", method: http.MethodPut, path: tagged, status: 403,
			body: errorsOf("DENIED", "Quota exceeded when processing the request of adding 1.3 MiB, which when added to current usage of 235.9 MiB will exceed the configured upper limit of 100.0 MiB."),
			what: []string{"refuses this: Quota exceeded when"}, do: room, lasts: true,
		},
		{
			name: "Quay's quota", source: "quay/quay endpoints/v2/errors.py: QuotaExceeded", entry: "quota", image: "quay.io/team/app", method: http.MethodPost, path: begins, status: 403, body: errorsOf("DENIED", "Quota has been exceeded on namespace"),
			what: []string{"quay.io refuses this: Quota has been exceeded on namespace"}, do: room, lasts: true,
		},
		{
			name: "ECR's images", source: "dev.classmethod.jp; aws/containers-roadmap#2159", entry: "quota", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app", method: http.MethodPut, path: tagged, status: 403,
			body: errorsOf("DENIED", "The repository with name 'team/app' in registry with id '123456789012' already has the maximum allowed number of images which is '10000'"),
			what: []string{"already has the maximum allowed number of images"}, do: room, lasts: true,
		},
		{
			name: "DigitalOcean's repositories", source: "docker/build-push-action#586", entry: "quota", image: "registry.digitalocean.com/team/app", method: http.MethodGet, path: "/token", status: 403,
			body: errorsOf("DENIED", "registry contains 1 repositories, limit is 1"), what: []string{"refuses this: registry contains 1 repositories, limit is 1"}, do: room, lasts: true,
		},
		{
			name: "IBM's quota", source: "IBM-Cloud docs, ts_pushpull", entry: "quota", image: "icr.io/team/app", method: http.MethodPost, path: begins, status: 401,
			body: errorsOf("UNAUTHORIZED", "You have exceeded your storage quota. Delete one or more images, or review your storage quota and pricing plan."),
			what: []string{"refuses this: You have exceeded your storage quota."}, do: room, lasts: true,
		},
	}
}

func foreignTags() []recorded {
	anew := []string{"tags that are new each time"}
	return []recorded{
		{
			name: "Harbor's immutable tag", source: "goharbor/harbor src/pkg/immutable, #9718", entry: "tag stays", image: "harbor.example.com/team/app", method: http.MethodPut, path: tagged, status: 412,
			body: errorsOf("PRECONDITION", "Failed to process request due to 'app:latest' configured as immutable."), what: []string{"refuses this: Failed to process request due to 'app:latest' configured as immutable."}, do: anew, notDenied: true,
		},
		{
			name: "ECR's immutable tag", source: "moby/buildkit#3776, aws/containers-roadmap#862", entry: "tag stays", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app", method: http.MethodPut, path: tagged, status: 400,
			body: errorsOf("TAG_INVALID", "The image tag 'latest' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable."),
			what: []string{"refuses this: The image tag 'latest' already exists"}, do: anew, notDenied: true,
		},
		{
			name: "ECR's immutable tag, by an engine", source: "aws/containers-roadmap#862", entry: "tag stays", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app",
			text: "tag invalid: The image tag 'latest' already exists in the 'team/app' repository and cannot be overwritten because the repository is immutable.",
			what: []string{"refuses this: The image tag 'latest' already exists"}, do: anew, notDenied: true,
		},
		{
			name: "Artifact Registry's immutable tag", source: "cloud.google.com/artifact-registry/docs/docker/troubleshoot#push", entry: "tag stays", image: "europe-west1-docker.pkg.dev/acme/images/app", method: http.MethodPut, path: tagged, status: 400,
			body: errorsOf("MANIFEST_INVALID", "cannot update tag latest. The repository has enabled tag immutability"), what: []string{"refuses this: cannot update tag latest. The repository has enabled tag immutability"}, do: anew, notDenied: true,
		},
		{
			name: "Alibaba's immutable tag", source: "alibabacloud.com/help/doc-detail/186029.htm", entry: "tag stays", image: "registry.cn-hangzhou.aliyuncs.com/team/app", method: http.MethodPut, path: tagged, status: 400,
			body: errorsOf("UNKNOWN", "The requested tag already exists and cannot be overwritten."), what: []string{"refuses this: The requested tag already exists"}, do: anew, notDenied: true,
		},
		{
			name: "Nexus, redeploying", source: "GoogleContainerTools/jib#3057", entry: "tag stays", image: "nexus.example.com/team/app", method: http.MethodPut, path: tagged, status: 400,
			body: `{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"blob upload invalid","detail":"Repository does not allow updating assets: docker-hosted"}]}`,
			what: []string{"Repository does not allow updating assets: docker-hosted"}, do: anew, notDenied: true,
		},
		{
			name: "Artifactory, overwriting", source: "odpi/egeria#2879, conan-io/conan#6193", entry: "tag stays", image: "acme.jfrog.io/docker/app", method: http.MethodPut, path: "/v2/docker/app/manifests/latest", status: 403,
			body: `{"errors":[{"status":403,"message":"Not enough permissions to delete/overwrite artifact 'docker:app/latest/manifest.json' (user 'ci' needs DELETE permission)."}]}`,
			what: []string{"acme.jfrog.io refuses this: Not enough permissions to delete/overwrite artifact"}, do: []string{"this user's rights"},
		},
		{
			name: "Quay, a tag that is there", source: "quay/quay endpoints/v2/errors.py: TagAlreadyExists", entry: "tag stays", image: "quay.io/team/app", method: http.MethodPut, path: tagged, status: 409,
			body: errorsOf("TAG_ALREADY_EXISTS", "tag was already pushed"), what: []string{"refuses this: tag was already pushed"}, do: anew, notDenied: true,
		},
	}
}

func foreignRights() []recorded {
	const google = `Permission \"artifactregistry.repositories.uploadArtifacts\" denied on resource \"projects/acme/locations/europe-west1/repositories/images\" (or it may not exist)`
	return []recorded{
		{
			name: "ECR's rights", source: "aws-samples/aws-modern-application-workshop#95", entry: "Amazon's rights", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app", method: http.MethodPost, path: begins, status: 403,
			body: errorsOf("DENIED", "User: arn:aws:sts::123456789012:assumed-role/ci/GitHubActions is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app because no identity-based policy allows the ecr:InitiateLayerUpload action"),
			what: []string{"refuses this: User: arn:aws:sts", "ecr:InitiateLayerUpload"}, do: []string{"AmazonEC2ContainerRegistryPowerUser"}, lasts: true,
		},
		{
			name: "ECR's password", source: "docs.aws.amazon.com/AmazonECR, and eight public logs", entry: "login expired", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app", method: http.MethodPost, path: begins, status: 403,
			body: errorsOf("DENIED", "Your authorization token has expired. Reauthenticate and try again."), what: []string{"refuses this: Your authorization token has expired."}, why: []string{"12 hours"}, do: []string{"right before this step"}, lasts: true,
		},
		{
			name: "Artifact Registry's rights", source: "GoogleCloudPlatform/cymbal-superstore#4, google/ax#140", entry: "Google's rights", image: "europe-west1-docker.pkg.dev/acme/images/app", method: http.MethodGet, path: "/v2/token", status: 403, body: errorsOf("DENIED", google),
			what: []string{"(or it may not exist)"}, do: []string{"roles/artifactregistry.writer", "gcloud artifacts repositories create images"}, lasts: true,
		},
		{
			name: "Artifact Registry without a login", source: "GoogleCloudPlatform/generative-ai#693", entry: "Google's rights", image: "europe-west1-docker.pkg.dev/acme/images/app", method: http.MethodPost, path: "/v2/acme/images/app/blobs/uploads/", status: 401, anonymous: true,
			body: errorsOf("UNAUTHORIZED", `Unauthenticated request. Unauthenticated requests do not have permission \"artifactregistry.repositories.uploadArtifacts\" on resource \"projects/acme/locations/europe-west1/repositories/images\" (or it may not exist)`),
			what: []string{"Unauthenticated request."}, do: []string{"oauth2accesstoken", "_json_key"}, lasts: true,
		},
		{
			name: "Artifact Registry is not enabled", source: "gist comments of sphtd, 2023: denied: Artifact Registry API has not been used in project", entry: "Google's service", image: "europe-west1-docker.pkg.dev/acme/images/app", method: http.MethodPost, path: "/v2/acme/images/app/blobs/uploads/", status: 403,
			body: errorsOf("DENIED", "Artifact Registry API has not been used in project 254464063395 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/artifactregistry.googleapis.com/overview"),
			what: []string{"refuses this: Artifact Registry API has not been used"}, do: []string{"enable what it names"}, lasts: true,
		},
		{
			name: "Docker Hub's token", source: "spinalcordtoolbox/spinalcordtoolbox#5286", entry: "Docker Hub's scopes", image: "docker.io/octo/app",
			text: "failed to push docker.io/octo/app: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.docker.io/token?scope=repository%3Aocto%2Fapp%3Apull%2Cpush&service=registry.docker.io: 401 Unauthorized: access token has insufficient scopes",
			what: []string{"docker.io refuses this: access token has insufficient scopes"}, do: []string{"Read & Write"}, lasts: true,
		},
		{
			name: "Docker Hub's password", source: "auth.docker.io in public logs of jib and ko", entry: "login not accepted", image: "docker.io/octo/app", method: http.MethodGet, path: "/token", status: 401,
			body: `{"details":"incorrect username or password"}`, what: []string{"docker.io does not accept the user name and token"}, do: []string{"check the login"},
		},
		{
			name: "Docker Hub's private repositories", source: "docker/hub-feedback#1585, docker-archive-public/docker.app#321, moby/moby#31760", entry: "not allowed", image: "docker.io/octo/app",
			text: "push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
			what: []string{"docker.io does not accept the user name and token for octo/app"}, why: []string{"no further private repository", "more than two parts"}, do: []string{"check the login"},
		},
		{
			name: "ECR's images, by a BuildKit that drops the words", source: "medic/cht-core#9175", entry: "refused without a reason", image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app", mayPush: true,
			text: "failed to push 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app: unexpected status from PUT request to https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/team/app/manifests/sha256:fdcb: 403 Forbidden",
			what: []string{"does not say why, although it lets an upload to team/app begin"}, why: []string{"quota"}, do: []string{"own pages or log"},
		},
		{
			name: "Azure's rights", source: "MicrosoftDocs/SupportArticles-docs acr-authentication-errors.md", entry: "Azure's rights", image: "acme.azurecr.io/team/app", method: http.MethodGet, path: "/oauth2/token", status: 401,
			body: errorsOf("UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization for more information. CorrelationId: 69598458"),
			what: []string{"aka.ms/acr/authorization"}, do: []string{"check the login", "AcrPush"}, lasts: true,
		},
		{
			name: "GitLab's login", source: "a public log of a GitLab registry: unauthorized: HTTP Basic: Access denied", entry: "GitLab's login", image: "registry.gitlab.com/team/app", method: http.MethodGet, path: "/jwt/auth", status: 403,
			body: errorsOf("DENIED", "HTTP Basic: Access denied. The provided password or token is incorrect or your account has 2FA enabled and you must use a personal access token instead of a password."),
			what: []string{"refuses this: HTTP Basic: Access denied. The provided password or token is incorrect"}, do: []string{"write_registry"}, lasts: true,
		},
		{
			name: "GitLab's no", source: "ansible/ansible-container#893", entry: "not allowed", image: "registry.gitlab.com/team/app", method: http.MethodPost, path: begins, status: 403, body: errorsOf("DENIED", "requested access to the resource is denied"),
			what: []string{"does not accept the user name and token for team/app"}, do: []string{"may push to team/app"},
		},
		{
			name: "Harbor's rights", source: "goharbor/harbor#21373", entry: "Harbor's rights", image: "harbor.example.com/team/app", method: http.MethodPost, path: begins, status: 401,
			body: errorsOf("UNAUTHORIZED", "unauthorized to access repository: team/app, action: push: unauthorized to access repository: team/app, action: push"),
			what: []string{"refuses this: unauthorized to access repository: team/app, action: push"}, do: []string{"role Developer", "robot account"},
		},
		{
			name: "Artifactory's no", source: "docs of Artifactory, and public logs: unauthorized: The client does not have permission to push to the repository.", entry: "login not accepted", image: "acme.jfrog.io/docker/app", method: http.MethodPost, path: "/v2/docker/app/blobs/uploads/", status: 401,
			body: errorsOf("UNAUTHORIZED", "The client does not have permission to push to the repository."), what: []string{"does not accept the user name and token"}, do: []string{"may push to docker/app"},
		},
		{
			name: "Quay's no", source: "quay/quay endpoints/v2/errors.py: Unauthorized", entry: "login not accepted", image: "quay.io/team/app", method: http.MethodPost, path: begins, status: 401, body: errorsOf("UNAUTHORIZED", "access to the requested resource is not authorized"),
			what: []string{"does not accept the user name and token"}, do: []string{"check the login"},
		},
	}
}

func foreignNetworks() []recorded {
	inside := []string{"allow the runner's address"}
	const azure = "client with IP '172.214.169.102' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."
	return []recorded{
		{
			name: "Azure's firewall", source: "docker/build-push-action#1214", entry: "firewall", image: "acme.azurecr.io/team/app", method: http.MethodGet, path: "/v2/", status: 403, body: errorsOf("DENIED", azure),
			what: []string{"acme.azurecr.io refuses this: " + azure}, do: inside, lasts: true,
		},
		{
			name: "Azure's firewall at its token server, without a login", source: "Azure/azure-cli#27253", entry: "firewall", image: "acme.azurecr.io/team/app", anonymous: true, method: http.MethodGet, path: "/oauth2/token", status: 403, body: errorsOf("DENIED", azure),
			what: []string{azure}, do: inside, lasts: true,
		},
		{
			name: "Quay's regions", source: "quay/quay endpoints/v2/errors.py: BlobDownloadGeoBlocked", entry: "firewall", image: "quay.io/team/app", pulling: true, method: http.MethodGet, path: "/v2/team/app/blobs/sha256:e3b0", status: 403,
			body: errorsOf("DENIED", "The region from which you are pulling has been geo-ip blocked. Please contact the namespace owner."), what: []string{"geo-ip blocked"}, do: inside, lasts: true,
		},
		{
			name: "Google's perimeter", source: "googleapis samples: Request is prohibited by organization's policy", entry: "firewall", image: "europe-west1-docker.pkg.dev/acme/images/app", method: http.MethodPost, path: "/v2/acme/images/app/blobs/uploads/", status: 403,
			body: errorsOf("DENIED", "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: 1A2B"), what: []string{"prohibited by organization's policy"}, do: inside, lasts: true,
		},
		{
			name: "a page of nginx", source: "jfrog/nexus2artifactory#72", entry: "a page", image: "registry.example.com/team/app", method: http.MethodPost, path: begins, status: 403,
			body: "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
			what: []string{`answers with a web page "403 Forbidden"`}, why: []string{"in front of it"}, do: []string{"lets this runner in"},
		},
	}
}

func foreignOthers() []recorded {
	return []recorded{
		{
			name: "Azure's lock", source: "MicrosoftDocs/SupportArticles-docs push-operation-issues.md, Azure/acr-cli#70", entry: "locked", image: "acme.azurecr.io/team/app", method: http.MethodPut, path: tagged, status: 405,
			body: errorsOf("REGISTRY_DISALLOWED_OPERATION", "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation"),
			what: []string{"refuses this: The operation is disallowed on this registry"}, do: []string{"az acr repository update --name acme --repository team/app --write-enabled true", "az acr show-usage"}, notDenied: true, lasts: true,
		},
		{
			name: "Harbor is read-only", source: "goharbor/harbor src/server/middleware/readonly", entry: "takes no pushes", image: "harbor.example.com/team/app", method: http.MethodPost, path: begins, status: 403,
			body: errorsOf("DENIED", "The system is in read only mode. Any modification is prohibited."), what: []string{"refuses this: The system is in read only mode."}, do: []string{"takes pushes again"}, lasts: true,
		},
		{
			name: "Quay is read-only", source: "quay/quay endpoints/v2/errors.py: ReadOnlyMode", entry: "takes no pushes", image: "quay.io/team/app", method: http.MethodPost, path: begins, status: 405,
			body: errorsOf("DENIED", "System is currently read-only. Pulls will succeed but all write operations are currently suspended."), what: []string{"refuses this: System is currently read-only."}, do: []string{"takes pushes again"}, notDenied: true, lasts: true,
		},
		{
			name: "Quay's disabled namespace", source: "quay/quay endpoints/v2/errors.py: NamespaceDisabled", entry: "takes no pushes", image: "quay.io/team/app", method: http.MethodPost, path: begins, status: 405,
			body: errorsOf("DENIED", "This namespace is disabled. Please contact your system administrator."), what: []string{"This namespace is disabled."}, do: []string{"whoever runs it"}, notDenied: true, lasts: true,
		},
		{
			name: "Artifactory's policy", source: "a public log of a pull from Artifactory; jfrog/jfrog-cli-core#1101", entry: "a reason of its own", image: "acme.jfrog.io/docker/app", method: http.MethodGet, path: "/v2/docker/app/manifests/1", status: 403, pulling: true,
			body: `{"errors":[{"status":403,"message":"Artifact download request rejected: app/1/manifest.json was not downloaded due to the download blocking policy configured in Xray."}]}`,
			what: []string{"acme.jfrog.io refuses this: Artifact download request rejected"},
		},
		{
			name: "Artifactory's manifest", source: "GoogleContainerTools/kaniko#1095", entry: "manifest invalid", image: "acme.jfrog.io/docker/app", method: http.MethodPut, path: "/v2/docker/app/manifests/1", status: 400,
			body: `{"errors":[{"code":"MANIFEST_INVALID","message":"manifest invalid","detail":{"description":"HTTP 403 Forbidden"}}]}`, what: []string{"HTTP 403 Forbidden"}, notDenied: true,
		},
		{
			name: "a reason that nobody knows, with 412", source: "made up", entry: "a reason of its own", image: "registry.example.com/team/app", method: http.MethodPut, path: tagged, status: 412,
			body: errorsOf("PRECONDITION", "the image was not signed by the release team"), what: []string{"registry.example.com refuses this: the image was not signed by the release team"}, notDenied: true,
		},
		{
			name: "a reason that nobody knows, in BuildKit's lines", source: "made up", entry: "a reason of its own", image: "registry.example.com/team/app",
			text: "failed to push registry.example.com/team/app: unexpected status from PUT request to https://registry.example.com/v2/team/app/manifests/sha256:e3b0: 403 Forbidden\nerrors:\ndenied: the project is frozen\nunknown: until Monday\n",
			what: []string{"registry.example.com refuses this: the project is frozen unknown: until Monday"},
		},
	}
}
