package main

import (
	"testing"

	"github.com/slipway-build/slipway/internal/testenv"
)

// TestFailuresOnEngines sees that a failure is told in the same way by the BuildKits
// of Docker engines, also of one that is five years old, and what call does there.
func TestFailuresOnEngines(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]testenv.EngineOptions{"Docker 29": {}, "Docker 20.10": {Old: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
			base := testenv.BaseImage(t, registry.Host)
			engine := testenv.NewEngine(t, options)
			engine.Forward(t, registry.Host)
			environment := []string{"INPUT_REGISTRY=" + registry.Host, "INPUT_BUILDER=docker", "DOCKER_HOST=" + engine.Host, "INPUT_PUSH=false"}
			for _, c := range []struct {
				dockerfile, with string
				want             []string
			}{
				{
					"FROM " + base.Name() + "\nRUN echo one && \\\n  frobnicate\n", "",
					[]string{"::error endLine=3,file=Dockerfile,line=2::building: ", "exit code: 127%0Aexit code 127: a command was not found", "%0Athe last lines of the step:%0A  ", "%0A  one", "%0A  /bin/sh: frobnicate: not found"},
				},
				{"FROM scratch\nCOPY package.jsn /\n", "", []string{"::error file=Dockerfile,line=2::building: ", "did you mean package.json?"}},
				{"FROM scratch\nCOPY left.out /\n", "", []string{"::error file=Dockerfile,line=2::building: ", "left.out is there, but .dockerignore leaves it out with the line *.out"}},
				{"FROM scratch\nCOPI a b\n", "", []string{"::error file=Dockerfile,line=2::building: ", "unknown instruction: COPI"}},
				{"FROM scratch AS one\nCOPY package.json /\n", "INPUT_TARGET=oen", []string{"::error file=Dockerfile::building: ", "did you mean one?"}},
				{"FROM " + base.Name() + "-missing\n", "", []string{"::error file=Dockerfile,line=1::building: ", "the registry has no " + base.Name() + "-missing: "}},
			} {
				r := start(t, step{
					dockerfile: c.dockerfile, env: append(environment, c.with),
					files: map[string][]byte{"package.json": nil, "left.out": nil, ".dockerignore": []byte("*.out\n")},
				})
				if code := r.wait(); code != 1 {
					t.Errorf("exit code %d, want 1", code)
				}
				r.mustSay(c.want...)
				r.mustAnnotateOnce()
			}
			for call, want := range map[string]string{"check": "::warning file=Dockerfile,line=1::StageNameCasing: ", "targets": "(default) \n", "outline": "VERSION     1  "} {
				r := start(t, step{dockerfile: "FROM scratch AS Base\nARG VERSION=1\nFROM scratch\nARG VERSION=1\n", env: append(environment, "INPUT_CALL="+call)})
				code := r.wait()
				if wantCode := map[bool]int{true: 1}[options.Old || call == "check"]; code != wantCode {
					t.Errorf("call: %s ends with %d\n%s", call, code, r.said())
				}
				if options.Old {
					want = "its Dockerfile frontend "
				}
				r.mustSay(want)
			}
		})
	}
}
