package dockerengine

import (
	"context"
	"fmt"
	"net"
	"time"

	moby "github.com/moby/moby/client"
)

// hijackKey marks the context of a request whose connection becomes ours.
type hijackKey struct{}

// connection says where an engine is, and lets hijack end a request that it does
// not answer: the moby client would wait for it for ever.
func connection(host string) []moby.Opt {
	options := []moby.Opt{moby.WithHost(host)}
	u, err := moby.ParseHostURL(host)
	if err != nil || u.Scheme != "unix" && u.Scheme != "tcp" {
		return options // WithHost says what is wrong
	}
	return append(options, moby.WithDialContext(func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, u.Scheme, u.Host)
		if err == nil && ctx.Value(hijackKey{}) != nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}))
}

// Hijack makes a request whose connection becomes ours when it is answered. Until
// then ctx ends it, and so does time; afterwards nothing does.
func Hijack[T any](ctx context.Context, request func(context.Context) (T, error)) (T, error) {
	asking, end := context.WithCancelCause(context.WithValue(context.WithoutCancel(ctx), hijackKey{}, true))
	stopped := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	late := time.AfterFunc(AliveWithin, func() { end(fmt.Errorf("no answer within %s", AliveWithin)) })
	answer, err := request(asking)
	intime := late.Stop() && stopped()
	if err != nil || !intime {
		if cause := context.Cause(asking); cause != nil {
			err = cause
		}
		end(nil)
	}
	return answer, err
}
