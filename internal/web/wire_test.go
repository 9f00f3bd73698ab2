package web

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wire is what lies between two programs, and can break: between a server and its
// Postgres, or between browsers and a server.
type wire struct {
	t       *testing.T
	network string // of the far end
	far     string
	near    string // where to connect to, host and port

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	held     chan struct{} // closed when what is sent may go on; nil where it may
	mute     bool          // what is answered is lost on its way
	lose     string        // what is asked by the next that says this is answered to nobody
	all      sync.WaitGroup
}

func newWire(t *testing.T, network, far string) *wire {
	w := &wire{t: t, network: network, far: far, near: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	w.mend()
	t.Cleanup(func() {
		w.release()
		w.cut()
		w.all.Wait()
	})
	return w
}

// cut ends all connections and refuses new ones.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener != nil {
		assert.NoError(w.t, w.listener.Close())
		w.listener = nil
	}
	w.drop()
}

// drop ends all connections. The lock is held.
func (w *wire) drop() {
	for c := range w.conns {
		_ = c.Close()
	}
}

// mend lets everybody connect again.
func (w *wire) mend() {
	l, err := net.Listen("tcp", w.near)
	require.NoError(w.t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listener, w.near = l, l.Addr().String()
	w.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.all.Go(func() { w.join(c) })
		}
	})
}

// hold stops what is sent to the far end on its way until release.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = make(chan struct{})
}

func (w *wire) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
}

// hush has what the far end says get lost, as where a network went away without a word.
func (w *wire) hush(mute bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mute = mute
}

// loseAnswer has the far end do the next thing that is asked with this text, but breaks
// the connection where it answers.
func (w *wire) loseAnswer(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = text
}

func (w *wire) join(near net.Conn) {
	far, err := net.Dial(w.network, w.far)
	if err != nil {
		_ = near.Close()
		return
	}
	w.mu.Lock()
	if w.listener == nil {
		_, _ = near.Close(), far.Close()
	}
	w.conns[near], w.conns[far] = true, true
	w.mu.Unlock()
	lost := false
	var both sync.WaitGroup
	end := func() { _, _ = near.Close(), far.Close() }
	both.Go(func() { // there
		defer end()
		b := make([]byte, 32<<10)
		for {
			n, err := near.Read(b)
			if err != nil {
				return
			}
			w.mu.Lock()
			held := w.held
			if w.lose != "" && bytes.Contains(b[:n], []byte(w.lose)) {
				w.lose, lost = "", true
			}
			w.mu.Unlock()
			if held != nil {
				<-held
			}
			if _, err := far.Write(b[:n]); err != nil {
				return
			}
		}
	})
	both.Go(func() { // and back
		defer end()
		_, _ = io.Copy(back{w, near, &lost}, far)
	})
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, near)
	delete(w.conns, far)
}

// back is the way of answers.
type back struct {
	*wire
	near net.Conn
	lost *bool
}

// Write is io.Writer's.
func (b back) Write(p []byte) (int, error) {
	b.mu.Lock()
	lost, mute := *b.lost, b.mute
	b.mu.Unlock()
	switch {
	case lost:
		return 0, io.ErrClosedPipe
	case mute:
		return len(p), nil
	}
	return b.near.Write(p)
}

// TestWire has a wire between a program and one that says everything twice.
func TestWire(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	heard := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				b := make([]byte, 100)
				for n, err := c.Read(b); err == nil; n, err = c.Read(b) {
					heard <- string(b[:n])
					_, _ = io.WriteString(c, strings.Repeat(string(b[:n]), 2))
				}
				heard <- "."
			}()
		}
	}()
	w := newWire(t, "tcp", l.Addr().String())
	dial := func() net.Conn {
		c, err := net.Dial("tcp", w.near)
		require.NoError(t, err)
		return c
	}
	say := func(c net.Conn, text string) string {
		_, err := io.WriteString(c, text)
		require.NoError(t, err)
		b := make([]byte, 100)
		n, _ := c.Read(b)
		return string(b[:n])
	}
	c := dial()
	assert.Equal(t, "aa", say(c, "a"))
	assert.Equal(t, "a", <-heard)
	w.loseAnswer("b")
	assert.Equal(t, "", say(c, "b"))
	assert.Equal(t, "b", <-heard)
	assert.Equal(t, ".", <-heard)
	c = dial()
	w.hold()
	_, err = io.WriteString(c, "c")
	require.NoError(t, err)
	assert.Empty(t, heard)
	w.release()
	assert.Equal(t, "c", <-heard)
	w.cut()
	assert.Equal(t, ".", <-heard)
	_, err = net.Dial("tcp", w.near)
	assert.Error(t, err)
	w.mend()
	assert.Equal(t, "dd", say(dial(), "d"))
}
