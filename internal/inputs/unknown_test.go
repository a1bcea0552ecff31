package inputs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
)

// Inputs of other actions that say where an image goes, as whom, under which tags
// or whether are mistakes: without them something else would be published.
func TestInputsOfOtherActionsAreRefused(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	for name, use := range map[string]string{
		"images": "image", "repository": "image", "name": "image", "image_name": "image", "imageName": "image", "image-name": "image", "registries": "registry-auth",
		"password": "token", "docker_password": "token", "registry-auths": "registry-auth",
		"tag": "tags", "tag-names": "type=ref,event=tag", "tag_names": "type=ref,event=tag", "tag_semver": "type=semver", "tag_with_ref": "tags", "tag_with_sha": "type=sha", "addLatest": "flavor", "snapshot": "type=raw", "meta-tags": "tags",
		"no_push": "push", "skipPush": "push", "pushImage": "push", "build-only": "push", "output": "outputs", "files": "no bake file",
		// Ours, written wrong.
		"tagss": "tags", "flavour": "flavor", "imgae": "image", "regstry": "registry", "pushh": "push", "registry_auth": "registry-auth", "user_name": "username",
	} {
		for _, value := range []string{"canary", ""} {
			_, err := inputsOf(dir, name, value)
			variable := "INPUT_" + strings.ToUpper(name)
			wantMistake(t, err, strings.ToLower(name), `"`+variable+`" is set`, use)
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v shows the value", name, err)
			}
		}
	}
}

// All others are left out with a word on what does the same.
func TestInputsOfOtherActionsAreNoticed(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	for name, use := range map[string]string{
		"github-token": "token", "dockerfile": "file", "path": "context", "workdir": "context", "buildargs": "build-args", "build_args": "build-args", "buildArgs": "build-args", "platform": "platforms",
		"version": "nothing", "driver": "builder", "driver-opts": "builder-image", "buildkitd-flags": "allow", "buildkitd-config-inline": "registry-ca", "config": "registry-ca", "append": "builder", "install": "nothing", "cleanup": "nothing", "use": "nothing", "keep-state": "builder-volume",
		"ecr": "registry-auth", "logout": "nothing", "scope": "nothing", "sep-tags": "outputs", "bake-target": "outputs",
		"subject-name": "actions/attest", "subject-digest": "actions/attest", "subject-path": "actions/attest", "push-to-registry": "actions/attest", "predicate-type": "actions/attest", "sbom-path": "actions/attest",
		"cache_froms": "cache-from", "add_git_labels": "labels", "digestfile": "metadata-file", "tls-verify": "registry-ca",
		// Ours, written wrong.
		"platfroms": "platforms", //nolint:misspell // it is
		"contxt":    "context", "no_cache": "no-cache", "secret": "secrets", "build-arg": "build-args",
		// Nobody's.
		"somebodys-own": "there are no such inputs",
	} {
		in, err := inputsOf(dir, name, "canary")
		if err != nil {
			t.Errorf("%s: Parse = %v, want a notice", name, err)
			continue
		}
		if len(in.Notices) != 1 || !strings.Contains(in.Notices[0], `"`+strings.ToLower(name)+`"`) || !strings.Contains(in.Notices[0], use) || strings.Contains(in.Notices[0], "canary") {
			t.Errorf("%s: notices %q, want one that names it and %q, and not the value", name, in.Notices, use)
		}
	}
}

// The runner's own, ours, and what only looks like an input say nothing.
func TestInputsThatNeedNoWord(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	for _, variable := range []string{"INPUT_ARGS", "INPUT_ENTRYPOINT", "INPUT_", "INPUTS_IMAGES", "MY_INPUT_IMAGES", "input_images", "PATH"} {
		in, err := inputs.Parse(inputs.Env{Lookup: func(string) (string, bool) { return "", false }, Workspace: dir, Given: []string{variable}})
		if err != nil || len(in.Notices) > 0 {
			t.Errorf("%s: notices %q, %v, want none", variable, in.Notices, err)
		}
	}
	given := make([]string, 0, len(inputs.Names()))
	for _, name := range inputs.Names() {
		given = append(given, "INPUT_"+strings.ToUpper(name))
	}
	in, err := inputs.Parse(inputs.Env{Lookup: func(string) (string, bool) { return "", false }, Workspace: dir, Given: given})
	if err != nil || len(in.Notices) > 0 {
		t.Errorf("our own: notices %q, %v, want none", in.Notices, err)
	}
}

// docker/metadata-action's context is no directory.
func TestContextOfMetadataAction(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"git", "workflow"} {
		_, err := parse(checkout(t), vars{"context": value})
		wantMistake(t, err, "context", "INPUT_CONTEXT", "docker/metadata-action", "a directory inside the workspace")
		in, err := parse(checkout(t, value+"/Dockerfile"), vars{"context": value})
		if err != nil || !strings.HasSuffix(in.Context, "/"+value) {
			t.Errorf("Parse(context: %s) = %q, %v, want the directory that is there", value, in.Context, err)
		}
	}
}

// Every mistake and every notice is found in one run, each once.
func TestEveryForeignInputAtOnce(t *testing.T) {
	t.Parallel()
	given := []string{"INPUT_REPOSITORY", "INPUT_PASSWORD", "INPUT_DRIVER", "INPUT_X", "INPUT_Y", "INPUT_TAGS"}
	in, err := inputs.Parse(inputs.Env{Lookup: func(string) (string, bool) { return "", false }, Workspace: checkout(t), Given: given})
	var named []string
	for _, mistake := range mistakes(t, err) {
		named = append(named, mistake.Input)
	}
	if !slices.Equal(named, []string{"password", "repository"}) || len(in.Notices) != 2 || !strings.Contains(in.Notices[1], `"x", "y"`) {
		t.Errorf("mistakes in %q, notices %q", named, in.Notices)
	}
}

// inputsOf reads a step's environment with one variable, as the runner names it.
func inputsOf(dir, name, value string) (inputs.Inputs, error) {
	variable := "INPUT_" + strings.ToUpper(name)
	return inputs.Parse(inputs.Env{
		Lookup:    func(asked string) (string, bool) { return map[string]string{variable: value}[asked], asked == variable },
		Workspace: dir,
		Given:     []string{variable},
	})
}
