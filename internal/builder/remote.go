package builder

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/client"
)

// remote is a BuildKit at an address.
type remote struct {
	address string
	from    string // who named it
}

func (r remote) String() string { return fmt.Sprintf("%s (%s)", r.address, r.from) }

func (r remote) connect(ctx context.Context) (*Builder, error) {
	c, err := client.New(ctx, r.address, unstall()...)
	if err != nil {
		return nil, err
	}
	said, err := ask(ctx, c)
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("%w; check that buildkitd listens there", err)
	}
	return &Builder{
		Capabilities: said.Capabilities,
		Client:       c,
		Name:         "BuildKit at " + r.String(),
	}, nil
}
