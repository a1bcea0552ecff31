package session

import (
	"fmt"

	"github.com/containerd/containerd/v2/core/content"

	"github.com/slipway-build/slipway/internal/build/solveopt"
	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
)

// Layouts are the images of OCI layouts that BuildKit may ask for.
func Layouts(p plan.Build) (map[string]content.Store, error) {
	stores := map[string]content.Store{}
	for i, named := range p.Contexts {
		if named.Kind != source.Layout {
			continue
		}
		store, err := openLayout(named.Where)
		if err != nil {
			return nil, fmt.Errorf("opening the OCI layout %s: %w", named.Where, err)
		}
		stores[solveopt.StoreName(i)] = store
	}
	return stores, nil
}
