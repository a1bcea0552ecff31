package vertex

import (
	"testing"

	"github.com/moby/buildkit/client"
)

func TestReadName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Name{
		"[1/2] FROM docker.io/library/alpine":          {Number: 1, Total: 2, Label: "[1/2]", Work: "FROM docker.io/library/alpine"},
		"[build  2/10] RUN make [all]":                 {Stage: "build", Number: 2, Total: 10, Label: "[build  2/10]", Work: "RUN make [all]"},
		"[linux/arm64 build 2/3] RUN <<EOF\nmake\nEOF": {Platform: "linux/arm64", Stage: "build", Number: 2, Total: 3, Label: "[linux/arm64 build 2/3]", Work: "RUN <<EOF\nmake\nEOF"},
		"[linux/amd64->arm/v7 2/2] COPY . .":           {Platform: "linux/amd64->arm/v7", Number: 2, Total: 2, Label: "[linux/amd64->arm/v7 2/2]", Work: "COPY . ."},
		"[windows(10.0.17763)/amd64 app 1/1] COPY a":   {Platform: "windows(10.0.17763)/amd64", Stage: "app", Number: 1, Total: 1, Label: "[windows(10.0.17763)/amd64 app 1/1]", Work: "COPY a"},
		"[stage-1 2/3]":                               {Stage: "stage-1", Number: 2, Total: 3, Label: "[stage-1 2/3]"},
		"[99999999999999999999/3] RUN x":              {Label: "[99999999999999999999/3]", Work: "RUN x"},
		"[of a frontend] thing":                       {Work: "[of a frontend] thing"},
		"[internal] load build definition":            {Own: true, Work: "[internal] load build definition"},
		"[linux/arm64 internal] load metadata for x":  {Own: true, Work: "[linux/arm64 internal] load metadata for x"},
		"[auth] octo/app:pull token for ghcr.io":      {Own: true, Work: "[auth] octo/app:pull token for ghcr.io"},
		"[context extra] load from client":            {Own: true, Work: "[context extra] load from client"},
		"[linux/amd64] generating sbom using x":       {Own: true, Work: "[linux/amd64] generating sbom using x"},
		"exporting to image":                          {Own: true, Work: "exporting to image"},
		"importing cache manifest from ghcr.io/o/a:b": {Own: true, Work: "importing cache manifest from ghcr.io/o/a:b"},
		"": {Own: true},
	} {
		if got := ReadName(name); got != want {
			t.Errorf("%q is %+v, want %+v", name, got, want)
		}
	}
}

func TestFailed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "exit code: 1": true, "context canceled": false, "solve: context canceled": false,
		`process "/bin/sh -c test \"context canceled\" = x" did not complete successfully: exit code: 1`:          true,
		`process "/bin/sh -c x did not complete successfully: y" did not complete successfully: context canceled`: false,
	} {
		if got := Failed(&client.Vertex{Error: text}); got != want {
			t.Errorf("%q is a failure: %t, want %t", text, got, want)
		}
	}
}
