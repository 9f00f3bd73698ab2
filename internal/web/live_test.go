package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// run serves for real until the test ends.
func (g *scene) run() (address string, stop func() error) {
	g.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(g.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, l) }()
	stopped := false
	stop = func() error {
		stopped = true
		cancel()
		return <-ended
	}
	g.t.Cleanup(func() {
		if !stopped {
			assert.NoError(g.t, stop())
		}
	})
	return "http://" + l.Addr().String(), stop
}

// event is one of a stream.
type event struct {
	id, name string
	view
	New []player `json:"new"`
}

// events opens a stream.
func (g *scene) events(url, last string) (<-chan event, func()) {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", url+"/live", nil)
	require.NoError(g.t, err)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(g.t, err)
	require.Equal(g.t, http.StatusOK, answer.StatusCode)
	require.Equal(g.t, "text/event-stream", answer.Header.Get("Content-Type"))
	list := make(chan event, 100)
	go func() {
		defer close(list)
		defer answer.Body.Close()
		var e event
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				if json.Unmarshal([]byte(value), &e) == nil {
					list <- e
				}
				e = event{}
			}
		}
	}()
	g.t.Cleanup(cancel)
	return list, cancel
}

// next is the next event of a name.
func (g *scene) next(list <-chan event, name string) event {
	g.t.Helper()
	for {
		select {
		case e, open := <-list:
			require.True(g.t, open, "the stream ended before %s", name)
			if e.name == name {
				return e
			}
		case <-time.After(5 * time.Second):
			require.Fail(g.t, "there was no "+name)
		}
	}
}

func TestLive(t *testing.T) {
	g := newGame(t)
	at, stop := g.run()
	mine, _ := g.events(at+g.address(1), "")
	other, _ := g.events(at+g.address(3), "")
	host, _ := g.events(at+g.hostAddress(), "")
	state := g.next(mine, "state")
	assert.Equal(t, "Mona", state.You.Label)
	assert.Empty(t, state.Key)
	g.next(other, "state")
	g.next(host, "state")

	began := time.Now()
	n := g.tell(2, 1)
	shared := g.next(mine, "delta")
	assert.Less(t, time.Since(began), 300*time.Millisecond)
	assert.Equal(t, strconv.FormatInt(n, 10), shared.id)
	assert.Equal(t, []player{{ID: 1, Dollars: "3.00", Changed: n}, {ID: 2, Dollars: "1.00", Changed: n}}, shared.Players)
	assert.Empty(t, shared.Moves)
	own := g.next(mine, "delta")
	require.Len(t, own.Moves, 1)
	assert.Equal(t, "1.00", own.You.Received)
	assert.Equal(t, shared.Players, g.next(other, "delta").Players)
	assert.Len(t, g.next(host, "delta").Moves, 1)
	told := g.next(host, "host")
	assert.Equal(t, []int64{1, 3}, told.Connected)
	assert.Equal(t, "0.139", told.Gini)
	assert.Equal(t, []flow{{2, 1, "1.00"}}, told.Flow)

	g.b.wire.cut()
	assert.True(t, g.next(other, "delta").Away, "nobody was told who gave to whom")
	g.b.wire.mend()
	assert.False(t, g.next(other, "delta").Away)

	require.NoError(t, stop(), "streams end with the server")
	for range mine {
	}
}

func TestLiveCatchesUp(t *testing.T) {
	g := newGameOf(t, crowd(1000, names...))
	at, _ := g.run()
	watch, _ := g.events(at+g.address(3), "")
	var told []string
	for range 3 {
		told = append(told, strconv.FormatInt(g.tell(2, 1), 10))
		for g.next(watch, "delta").id != told[len(told)-1] {
		}
	}
	late, leave := g.events(at+g.address(1), told[0])
	var numbers []string
	for range 4 {
		e := <-late
		assert.Equal(t, "delta", e.name, "no whole state is needed")
		numbers = append(numbers, e.id)
		if e.You != nil {
			assert.Equal(t, told[1:], []string{fmt.Sprint(e.Moves[1].Number), fmt.Sprint(e.Moves[0].Number)})
		}
	}
	assert.Equal(t, []string{told[0], told[1], told[2], told[2]}, numbers)
	leave()
	for _, last := range []string{"1", "1000", "-5", "junk"} { // before what is kept, or of another time
		again, leave := g.events(at+g.address(1), last)
		assert.Equal(t, "state", (<-again).name, last)
		leave()
	}
}

func TestLiveHidden(t *testing.T) {
	g := newGame(t, func(o *Options) { o.Hidden = true })
	at, _ := g.run()
	mine, _ := g.events(at+g.address(1), "")
	other, _ := g.events(at+g.address(3), "")
	g.next(mine, "state")
	g.next(other, "state")
	n := g.tell(2, 1)
	own := g.next(mine, "delta")
	assert.Equal(t, []player{{ID: 1, Dollars: "3.00", Changed: n}}, own.Players)
	g.board.join(Person{ID: 50, Cents: 200, HasDollars: true}, Player{ID: 50, Nickname: "Zoë"})
	e := g.next(other, "delta")
	assert.Equal(t, []player{{ID: 50, Label: "Zoë"}}, e.New, "the first that the others are told")
	assert.Empty(t, e.Players)
}

func TestLiveRevoked(t *testing.T) {
	g := newGame(t)
	at, _ := g.run()
	mine, _ := g.events(at+g.address(1), "")
	g.next(mine, "state")
	_, err := g.b.store.Serving.Renew(t.Context(), 1)
	require.NoError(t, err)
	select {
	case _, open := <-mine:
		assert.False(t, open)
	case <-time.After(5 * time.Second):
		assert.Fail(t, "the stream of a revoked address goes on")
	}
}

// TestLiveBehind has a viewer that takes nothing: it is told everything anew after.
func TestLiveBehind(t *testing.T) {
	g := newGameOf(t, crowd(10_000, names...))
	v, _, ok := g.board.watch(g.board.seats[1], 1, -1)
	require.True(t, ok)
	g.whole(v)
	var last int64
	for range 3 * keptFrames {
		last = g.tell(2, 3)
		g.drain()
		g.board.tick()
	}
	assert.True(t, v.behind.Load())
	assert.Len(t, v.frames, keptFrames, "nobody waits, and no more is kept")
	assert.Contains(t, string(g.whole(v)), fmt.Sprintf("id: %d\nevent: state\n", last))
	assert.Empty(t, v.frames)
	last = g.tell(2, 3)
	g.drain()
	g.board.tick()
	assert.Contains(t, string(<-v.frames), fmt.Sprintf("id: %d\nevent: delta\n", last))
}

// TestSlowViewerIsDropped has one that reads nothing, behind buffers that are full.
func TestSlowViewerIsDropped(t *testing.T) {
	g := newGame(t)
	g.slow = 500 * time.Millisecond
	ours, theirs := net.Pipe()
	defer theirs.Close()
	l := &oneConn{conn: make(chan net.Conn, 1), over: make(chan struct{})}
	l.conn <- ours
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, l) }()
	_, err := io.WriteString(theirs, "GET "+g.address(1)+"/live HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	watching := func() int { g.board.mu.Lock(); defer g.board.mu.Unlock(); return len(g.board.viewers) }
	require.Eventually(t, func() bool { return watching() == 1 }, 5*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return watching() == 0 }, 5*time.Second, 50*time.Millisecond)
	cancel()
	assert.NoError(t, <-ended)
}

// TestSlowDownloadIsDropped has one that reads nothing of a file: what it holds of the
// database is given back. How long all of it takes is nobody's business.
func TestSlowDownloadIsDropped(t *testing.T) {
	g := newGame(t)
	g.b.gives(1, 2, 100)
	g.slow = 500 * time.Millisecond
	ours, theirs := net.Pipe()
	defer theirs.Close()
	l := &oneConn{conn: make(chan net.Conn, 1), over: make(chan struct{})}
	l.conn <- ours
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx, l) }()
	_, err := io.WriteString(theirs, "GET "+g.hostAddress()+"/transfers.csv HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		time.Sleep(2 * time.Second)
		_, _ = io.Copy(io.Discard, theirs)
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		assert.Fail(t, "the connection stays open")
	}
	cancel()
	assert.NoError(t, <-ended)
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn chan net.Conn
	over chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.over:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error { close(l.over); return nil }

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// TestBeat hears the server while nothing happens.
func TestBeat(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	at, _ := g.run()
	list, _ := g.events(at+g.address(1), "")
	g.next(list, "state")
	began := time.Now()
	for {
		select {
		case e, open := <-list:
			require.True(t, open)
			if e.name == "beat" {
				return
			}
		case <-time.After(pulse + 2*time.Second - time.Since(began)):
			require.Fail(t, "the server is silent")
		}
	}
}
