package builder

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client"
	"google.golang.org/grpc"
)

// The control methods that a solve uses.
const (
	solveMethod  = "/moby.buildkit.v1.Control/Solve"
	statusMethod = "/moby.buildkit.v1.Control/Status"
)

// lastWords is how long the status of a failed solve may still take to say its
// first word before it is taken for one that never comes.
const lastWords = 200 * time.Millisecond

// unstall returns client options against a wait of 5 s: when BuildKit refuses a
// solve before its job exists (an unknown exporter, a bad cache option), the
// client goes on waiting for the status of a job that never comes. Here the
// status is ended when the solve has failed and nothing was ever heard.
func unstall() []client.ClientOpt {
	s := &staller{}
	return []client.ClientOpt{
		client.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(s.unary)),
		client.WithGRPCDialOption(grpc.WithChainStreamInterceptor(s.stream)),
	}
}

// staller holds the status stream of the solve that is under way. A run solves
// one thing at a time on a connection.
type staller struct {
	mu     sync.Mutex
	cancel context.CancelFunc
	heard  *atomic.Bool
}

func (s *staller) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoker(ctx, method, req, reply, cc, opts...)
	if err != nil && method == solveMethod {
		time.AfterFunc(lastWords, s.endIfSilent)
	}
	return err
}

func (s *staller) endIfSilent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil && !s.heard.Load() {
		s.cancel()
	}
}

func (s *staller) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if method != statusMethod {
		return streamer(ctx, desc, cc, method, opts...)
	}
	ctx, cancel := context.WithCancel(ctx)
	heard := &atomic.Bool{}
	s.mu.Lock()
	s.cancel, s.heard = cancel, heard
	s.mu.Unlock()
	stream, err := streamer(ctx, desc, cc, method, opts...)
	if err != nil {
		cancel()
		return nil, err
	}
	return &listened{ClientStream: stream, heard: heard, cancel: cancel}, nil
}

// listened notes that a status stream has said something.
type listened struct {
	grpc.ClientStream
	heard  *atomic.Bool
	cancel context.CancelFunc
}

func (l *listened) RecvMsg(m any) error {
	err := l.ClientStream.RecvMsg(m)
	if err == nil {
		l.heard.Store(true)
	} else {
		l.cancel()
	}
	return err
}
