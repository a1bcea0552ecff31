package builder

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	control "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
)

// The streams that a solve uses.
const (
	statusMethod  = "/moby.buildkit.v1.Control/Status"
	sessionMethod = "/moby.buildkit.v1.Control/Session"
)

// lastWords is how long the status of a failed solve may still take to say its
// first word before it is taken for one that never comes.
const lastWords = 200 * time.Millisecond

// lastBreath is how long the status of a cancelled solve may go on: a BuildKit
// that hangs would not end it.
const lastBreath = time.Second

// unstall returns client options against a wait of 5 s: when BuildKit refuses a
// solve before its job exists (an unknown exporter, a bad cache option), the
// client goes on waiting for the status of a job that never comes. Here the
// status is ended when the solve has failed and nothing was ever heard.
func unstall() []client.ClientOpt {
	s := &staller{statuses: map[string]*status{}}
	return []client.ClientOpt{
		client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(s.unary)),
		client.WithGRPCDialOption(grpc.WithChainStreamInterceptor(s.stream)),
	}
}

// staller holds the status streams of the solves that are under way, by the
// reference that the client gives to each.
type staller struct {
	mu       sync.Mutex
	statuses map[string]*status
}

func (s *staller) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoker(ctx, method, req, reply, cc, opts...)
	solve, ok := req.(*control.SolveRequest)
	if !ok {
		return err
	}
	if err != nil {
		time.AfterFunc(lastWords, func() {
			if status := s.status(solve.Ref); status != nil && !status.heard.Load() {
				status.end()
			}
		})
	}
	if ctx.Err() != nil {
		time.AfterFunc(lastBreath, func() {
			if status := s.status(solve.Ref); status != nil {
				status.end()
			}
		})
	}
	return err
}

// status returns the stream of a solve, or nil.
func (s *staller) status(ref string) *status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statuses[ref]
}

func (s *staller) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if method != statusMethod && method != sessionMethod {
		return streamer(ctx, desc, cc, method, opts...)
	}
	ctx, cancel := context.WithCancel(ctx)
	stream, err := streamer(ctx, desc, cc, method, opts...)
	if err != nil {
		cancel()
		return nil, err
	}
	if method == sessionMethod {
		return &session{ClientStream: stream, cancel: cancel}, nil
	}
	return &status{ClientStream: stream, cancel: cancel, owner: s}, nil
}

// status is the stream of a solve's status. It notes that something was heard,
// and ends as if the daemon had ended it when we do.
type status struct {
	grpc.ClientStream
	cancel       context.CancelFunc
	owner        *staller
	heard, ended atomic.Bool
}

// SendMsg reads in the one request which solve this is the status of.
func (s *status) SendMsg(m any) error {
	if request, ok := m.(*control.StatusRequest); ok {
		s.owner.mu.Lock()
		s.owner.statuses[request.Ref] = s
		s.owner.mu.Unlock()
	}
	return s.ClientStream.SendMsg(m)
}

func (s *status) end() {
	s.ended.Store(true)
	s.cancel()
}

func (s *status) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err == nil {
		s.heard.Store(true)
		return nil
	}
	s.cancel()
	if s.ended.Load() {
		return io.EOF
	}
	return err
}

// session is the stream of a session, which ends when we close it. The client
// of BuildKit v0.33 then reads on, and hands whole buffers to its HTTP server
// whatever they hold; the server takes that for a broken peer and lingers for a
// second, in which the status of the solve, ended by us, becomes the error in
// place of the reason.
type session struct {
	grpc.ClientStream
	cancel context.CancelFunc
	closed atomic.Bool
}

func (s *session) RecvMsg(m any) error {
	if s.closed.Load() {
		return context.Canceled
	}
	return s.ClientStream.RecvMsg(m)
}

func (s *session) CloseSend() error {
	s.closed.Store(true)
	defer s.cancel()
	return s.ClientStream.CloseSend()
}
