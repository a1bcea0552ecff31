// Package foreign knows the inputs of other actions, and what does the same here.
package foreign

import "strings"

// Input is an input of another action that this one does not have.
type Input struct {
	Refused bool   // without it something else would be published, elsewhere, or where nothing was to be
	Use     string // what does the same here
}

// ownLogins is said of what further steps would have logged in to.
const ownLogins = "the inputs token and username for the registry, and registry-auth for further ones"

// Inputs lists the inputs of the actions that this one takes the place of, as
// canonical writes them (docker/build-push-action, metadata-action, login-action,
// setup-buildx-action, setup-qemu-action, bake-action, github-builder and
// github-actions, actions/attest, aws-actions/amazon-ecr-login,
// depot/build-push-action, elgohr/Publish-Docker-Github-Action,
// mr-smithers-excellent/docker-build-push, redhat-actions/buildah-build and
// push-to-registry, VaultVulp/gp-docker-action, jerray/publish-docker-action,
// macbre/push-to-ghcr, int128/kaniko-action).
func Inputs() map[string]Input {
	all := table{}
	all.addPublishing()
	all.addBuild()
	all.addBuilder()
	all.addRest()
	return all
}

// table is put together by what the inputs are about.
type table map[string]Input

func (t table) refuse(use string, names ...string) {
	for _, name := range names {
		t[Canonical(name)] = Input{Refused: true, Use: use}
	}
}

func (t table) leave(use string, names ...string) {
	for _, name := range names {
		t[Canonical(name)] = Input{Use: use}
	}
}

// addPublishing adds what says where an image goes, as whom, under which tags, and
// whether.
func (t table) addPublishing() {
	// where it goes, and as whom
	t.refuse("image, with a full name such as ghcr.io/owner/name", "images", "repository", "repo", "image-name", "meta-images", "docker-image", "github-organization")
	t.refuse("image for the name of an image, builder for that of a builder", "name")
	t.refuse("image, with a full name in each registry, and "+ownLogins, "registries")
	t.refuse("token, the password for registry", "password", "registry-password", "docker-password", "personal-access-token", "docker-io-token")
	t.refuse("username", "docker-username", "registry-username", "docker-io-user")
	t.refuse("registry-auth", "registry-auths", "registry-identities")
	// under which tags
	t.refuse("tags, with type=ref,event=branch and type=ref,event=tag for what is made of the ref", "tag-names", "tag-with-ref", "auto-tag", "extract-git-tag", "default-branch", "push-git-tag", "append-mode")
	t.refuse("tags, with type=semver,pattern={{version}}", "tag-semver", "strip-tag-prefix")
	t.refuse("tags, with type=sha", "tag-with-sha")
	t.refuse("tags, with latest as a line of its own, or flavor, with latest=true", "add-latest", "tag-with-latest")
	t.refuse("tags, with type=raw,value={{date 'YYYYMMDDHHmmss'}}", "add-timestamp", "snapshot")
	t.refuse("tags, one per line", "tag", "image-tag", "image-tags", "additional-image-tags", "meta-tags", "save-tag", "save-tags")
	t.refuse("flavor", "meta-flavor")
	// whether
	t.refuse("push, which is true, false or auto", "no-push", "skip-push", "push-image", "push-only", "build-only", "publish", "dry-run", "allow-pull-request")
	t.refuse("outputs, or push", "output")
	// what is built is written elsewhere
	t.refuse("the inputs context, file, target, tags and the like, in a step for each target: no bake file is read", "files", "targets", "set", "source", "bake-file")
}

func (t table) addBuild() {
	t.leave("file", "dockerfile", "dockerfiles", "containerfile", "containerfiles", "docker-file", "build-file", "dockerfile-path")
	t.leave("context", "path", "workdir", "working-directory", "working-dir", "directory", "build-context", "context-path")
	t.leave("build-args", "build-arg", "buildoptions", "build-options", "build-extra-args", "custom-args", "extra-args", "kaniko-args", "args-file")
	t.leave("platforms", "platform", "arch", "archs", "multi-platform", "image-platform", "build-platform")
	t.leave("pull", "always-pull", "pull-image")
	t.leave("cache-from and cache-to", "cache-froms", "cache-scope", "cache-mode", "cache-repository", "cache-ttl", "cache-image")
	t.leave("labels and annotations, of which the standard ones are made without an input", "add-git-labels", "meta-labels", "meta-annotations", "set-meta-labels", "set-meta-annotations")
	t.leave("a Dockerfile", "base-image", "content", "port", "envs", "layers", "oci", "enable-buildkit", "override-driver")
	t.leave("call: check", "lint", "lint-fail-on")
	t.leave("sbom, and outputs for files", "sbom-dir")
}

func (t table) addBuilder() {
	t.leave("builder, which takes the name of a builder, docker, container, local or an address", "driver", "endpoint", "append", "runner", "distribute", "project", "buildx-fallback", "driver-version")
	t.leave("builder-image, or allow for what steps may do", "driver-opts", "buildkitd-flags")
	t.leave("registry-ca, or a builder at an address with a configuration of its own", "buildkitd-config", "buildkitd-config-inline", "config", "config-inline", "tls-verify")
	t.leave("builder-volume", "keep-state")
	t.leave("nothing: the action brings what it needs and removes it", "version", "install", "use", "cleanup", "cache-binary", "setup-qemu", "fail-fast", "job-name-prefix", "buildx-version", "buildkit-version")
}

// addRest adds logins and results.
func (t table) addRest() {
	// logins
	t.leave("token, which has GitHub's by default", "github-token", "gh-token")
	t.leave("nothing: logins end with the step", "logout", "skip-logout", "mask-password", "scope")
	t.leave(ownLogins, "ecr", "registry-type", "http-proxy")
	// results
	t.leave("the outputs of the step, which have one per line", "sep-tags", "sep-labels", "sep-annotations", "bake-target")
	t.leave("metadata-file", "digestfile", "digest-file")
	t.leave("outputs and actions/upload-artifact", "artifact-name", "artifact-upload", "artifact-retention-days", "save")
	t.leave("actions/attest in a step after this one, with the output digest", "subject-path", "subject-digest", "subject-name", "subject-checksums", "subject-version", "predicate", "predicate-type", "predicate-path",
		"sbom-path", "push-to-registry", "create-storage-record", "show-summary", "sign")
}

// Canonical writes a name as no action does, so that image_name, imageName and
// image-name are one.
func Canonical(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}
