package repo

import (
	"context"
	"net"
	"sync"
	"time"
)

// connecting marks the context of an ordinary connection: lib/pq dials cancel
// requests with one of its own.
type connecting struct{}

// How long an interrupted statement waits for its cancel request to begin and to
// arrive. lib/pq sends it from a goroutine that nobody waits for: a process that
// ended at once would leave the query running on the server.
const (
	cancelBegins  = 500 * time.Millisecond
	cancelArrives = 3 * time.Second
)

// dialer is net.Dialer that knows of lib/pq's cancel requests.
type dialer struct {
	net     net.Dialer
	mu      sync.Mutex
	begun   int
	ended   int
	changed chan struct{}
}

func newDialer() *dialer { return &dialer{changed: make(chan struct{})} }

// Dial is pq.Dialer's.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout is pq.Dialer's.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext is pq.DialerContext's.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if ctx.Value(connecting{}) != nil {
		return d.net.DialContext(ctx, network, address)
	}
	d.note(&d.begun)
	conn, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		d.note(&d.ended)
		return nil, err
	}
	return &cancelConn{Conn: conn, dialer: d}, nil
}

func (d *dialer) note(count *int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*count++
	close(d.changed)
	d.changed = make(chan struct{})
}

// cancels is how many cancel requests have begun.
func (d *dialer) cancels() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.begun
}

// waitCancelled waits until a cancel request later than the first `before` ones
// has arrived.
func (d *dialer) waitCancelled(before int) {
	timeout := time.NewTimer(cancelBegins)
	defer timeout.Stop()
	begun := false
	for {
		d.mu.Lock()
		changed := d.changed
		if d.begun > before && !begun {
			begun = true
			timeout.Reset(cancelArrives)
		}
		arrived := begun && d.ended >= d.begun
		d.mu.Unlock()
		if arrived {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			return
		}
	}
}

// cancelConn is a cancel request's connection: lib/pq closes it once the server
// has taken the request.
type cancelConn struct {
	net.Conn
	dialer *dialer
	once   sync.Once
}

// Close is net.Conn's.
func (c *cancelConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.dialer.note(&c.dialer.ended) })
	return err
}
