package builder

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/moby/api/pkg/stdcopy"
	moby "github.com/moby/moby/client"
)

// stdio is a connection to the standard input and output of a process in a
// container. What the process says on standard error goes to log.
type stdio struct {
	net.Conn
	output *io.PipeReader
}

func newStdio(attached moby.HijackedResponse, log io.Writer) *stdio {
	reader, writer := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(writer, log, attached.Reader)
		_ = writer.CloseWithError(err)
	}()
	return &stdio{Conn: attached.Conn, output: reader}
}

// Read reads from the standard output.
func (s *stdio) Read(p []byte) (int, error) { return s.output.Read(p) }

// Close ends both directions.
func (s *stdio) Close() error { return errors.Join(s.Conn.Close(), s.output.Close()) }

// clientOver returns a client that speaks over one connection, and for which
// there is no second when that breaks.
func clientOver(ctx context.Context, conn net.Conn) (*client.Client, error) {
	var once sync.Once
	return client.New(ctx, "", append(unstall(), client.WithContextDialer(func(context.Context, string) (net.Conn, error) {
		err := net.ErrClosed
		once.Do(func() { err = nil })
		if err != nil {
			return nil, err
		}
		return conn, nil
	}))...)
}
