package main

import (
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestLoadUnderANameOfItsOwn publishes an image, and loads it into every engine under the
// name that outputs gives it, as docker understands that, and under no other.
func TestLoadUnderANameOfItsOwn(t *testing.T) {
	t.Parallel()
	for title, options := range engineKinds() {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			base := testenv.BaseImage(t, registry.Host)
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
			for builder, address := range map[string]string{"engine": "docker", "remote": daemon.Address} {
				image := registry.Host + "/octo/named-" + builder + ":1"
				r, outputs := finish(t, step{
					dockerfile: "FROM " + base.Name() + "\nLABEL builder=" + builder + "\nCOPY Dockerfile /\n",
					env: []string{
						"INPUT_BUILDER=" + address, "DOCKER_HOST=" + engine.Host,
						"INPUT_OUTPUTS=type=image,name=" + image + ",push=true\ntype=docker,name=app-" + builder + ":local",
					},
				})
				r.mustSay("Loading docker.io/library/app-" + builder + ":local")
				if got := engineConfig(t, engine, "app-"+builder+":local"); got != outputs["imageid"] || got == "" {
					t.Errorf("%s: the engine has %q under the name, and the output imageid says %q", builder, got, outputs["imageid"])
				}
				if got := remoteConfig(t, image); got != outputs["imageid"] || outputs["tags"] != image {
					t.Errorf("%s: the registry has the config %s under %s, and the outputs say %q and %q", builder, got, image, outputs["imageid"], outputs["tags"])
				}
				if got := engineConfig(t, engine, image); got != "" {
					t.Errorf("%s: the engine has the published name %s, too", builder, image)
				}
			}
		})
	}
}
