package solveopt

import (
	"github.com/slipway-build/slipway/internal/plan"
)

// FileTimeAttrs have an exporter of images put the time of SOURCE_DATE_EPOCH in
// place of every later one in the layers that the build adds.
func FileTimeAttrs(p plan.Build) map[string]string {
	if p.FileTime.IsZero() {
		return nil
	}
	return map[string]string{"rewrite-timestamp": "true"}
}

// packedAttrs have an engine leave an image packed that it keeps: BuildKit has
// unpacked the layers with the times that they had. It is unpacked for the first
// container.
func packedAttrs(p plan.Build) map[string]string {
	if p.FileTime.IsZero() {
		return nil
	}
	return map[string]string{"unpack": "false"}
}
