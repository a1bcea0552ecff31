package main

import (
	"io"
	"net"
	"strings"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// registries is what asking, being refused and a second registry cost.
func (b *bench) registries() []row {
	return append([]row{b.preflight(), b.denied()}, b.secondRegistry()...)
}

// preflight has a builder that takes a moment to connect: asking whether the run
// may push is to fit into that.
func (b *bench) preflight() row {
	const connecting, most = 100 * time.Millisecond, 50
	slow := b.slowly(b.daemon.Address, connecting)
	asking, trusting := b.site("preflight", b.registry.Host, fewFiles), b.site("no-preflight", b.registry.Host, fewFiles)
	ours, without := b.slipway(asking, oneTag), b.slipway(trusting, oneTag, "PREFLIGHT=false")
	ours.env, without.env = append(ours.env, "BUILDKIT_HOST="+slow), append(without.env, "BUILDKIT_HOST="+slow)
	s := b.compare(ours, without)
	return timeRow("cached, a builder that connects in "+connecting.String(), s[:1]).within("without a preflight", s[0], s[1:], 1, most)
}

// denied is a push that the registry does not allow.
func (b *bench) denied() row {
	tokens := testenv.NewTokenServer(b, testenv.Grant{User: "reader", Password: "reads-only", Repository: "*", Actions: []string{"pull"}})
	guarded := testenv.NewRegistry(b, testenv.RegistryOptions{Token: tokens})
	s := b.site("denied", b.registry.Host, fewFiles)
	c := b.slipway(s, oneTag, "REGISTRY="+guarded.Host, "IMAGE="+guarded.Host+"/bench/denied", "USERNAME=reader", "TOKEN=reads-only")
	c.expect, c.says = 1, "may push to bench/denied"
	measured := b.compare(c)
	return timeRow("a push that the registry denies, start to end", measured).always(measured[0], 1000)
}

// secondRegistry is five tags in each of two registries, beside one tag in one.
func (b *bench) secondRegistry() []row {
	second := testenv.NewRegistry(b, testenv.RegistryOptions{})
	one, two := b.site("one-registry", b.registry.Host, fewFiles), b.site("two-registries", b.registry.Host, fewFiles)
	both := b.slipway(two, fiveTags, "IMAGE="+repository(b.registry.Host, "slipway", two)+"\n"+repository(second.Host, "slipway", two))
	s := b.compare(b.slipway(one, oneTag), both)
	return []row{timeRow("cached, 5 tags in each of two registries", s[1:]).against("1 tag in one", s[1], s[0], 1.5)}
}

// slowly relays to a socket over TCP, and lets every connection wait first.
func (b *bench) slowly(address string, wait time.Duration) string {
	socket := strings.TrimPrefix(address, "unix://")
	listener, err := (&net.ListenConfig{}).Listen(b.ctx, "tcp", "127.0.0.1:0")
	b.check("listening", err)
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer near.Close()
				time.Sleep(wait)
				far, err := (&net.Dialer{}).DialContext(b.ctx, "unix", socket)
				if err != nil {
					return
				}
				defer far.Close()
				go func() {
					_, _ = io.Copy(far, near)
					_ = far.(*net.UnixConn).CloseWrite()
				}()
				_, _ = io.Copy(near, far)
			}()
		}
	}()
	return "tcp://" + listener.Addr().String()
}
