package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pulse        = 5 * time.Second  // an event, so that neither page nor proxy think that the stream is dead
	writeTime    = 10 * time.Second // whoever takes longer for a few bytes is dropped
	keptFrames   = 16               // a viewer who is further behind is told everything anew
	maxViewers   = 5000
	maxOwnStream = 10 // windows of one participant
)

// viewer is an open stream.
type viewer struct {
	seat       *seat // nil for a host
	generation int   // of its address
	frames     chan []byte
	behind     atomic.Bool // frames are missing: the whole state comes next
	over       chan struct{}
	once       sync.Once
}

// send hands a frame over without waiting. The board's lock is held.
func (v *viewer) send(f []byte) {
	if v.behind.Load() {
		return
	}
	select {
	case v.frames <- f:
	default:
		v.behind.Store(true)
	}
}

// nudge wakes a viewer; where there is no room it is awake.
func (v *viewer) nudge() {
	select {
	case v.frames <- nil:
	default:
	}
}

func (v *viewer) end() { v.once.Do(func() { close(v.over) }) }

// watch adds a viewer, and gives what it is to be told first: what it missed after
// a number, or nothing where it is to be told everything.
func (b *board) watch(s *seat, generation int, after int64) (v *viewer, first [][]byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := 0
	for o := range b.viewers {
		if o.seat == s {
			own++
		}
	}
	if len(b.viewers) >= maxViewers || s != nil && own >= maxOwnStream || generation != b.generation(s) {
		return nil, nil, false
	}
	v = &viewer{seat: s, generation: generation, frames: make(chan []byte, keptFrames), over: make(chan struct{})}
	b.viewers[v] = true
	b.hostDirty = b.hostDirty || own == 0
	first, caught := b.missed(s, after)
	v.behind.Store(!caught)
	return v, first, true
}

func (b *board) leave(v *viewer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.viewers, v)
	b.hostDirty = true
}

// live streams what changes (server-sent events, as the HTML standard has them).
func (s *Server) live(w http.ResponseWriter, r *http.Request, who *seat, generation int) {
	after, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		after = -1
	}
	v, first, ok := s.board.watch(who, generation, after)
	if !ok {
		s.refuse(w, r, http.StatusServiceUnavailable, "Too many windows are open. Close some and try again.")
		return
	}
	defer s.board.leave(v)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := stream{w: w, rc: http.NewResponseController(w), time: s.slow}
	_ = out.rc.SetReadDeadline(time.Time{}) // the request has been read
	out.write([]byte("retry: 1000\n\n"))
	for _, f := range first {
		out.write(f)
	}
	s.pump(r, v, &out)
}

// pump writes frames until the stream ends.
func (s *Server) pump(r *http.Request, v *viewer, out *stream) {
	beat := time.NewTicker(pulse)
	defer beat.Stop()
	for out.err == nil {
		if v.behind.Load() {
			out.write(s.whole(v))
		}
		for more := true; more && !v.behind.Load(); { // as much as there is goes out at once
			select {
			case f := <-v.frames:
				out.write(f)
			default:
				more = false
			}
		}
		out.flush()
		select {
		case f := <-v.frames:
			if !v.behind.Load() {
				out.write(f)
			}
		case <-beat.C:
			out.write([]byte("event: beat\ndata: {}\n\n"))
		case <-v.over:
			return
		case <-s.stopping:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// whole is the state of everything, after which only deltas are missing.
func (s *Server) whole(v *viewer) []byte {
	s.board.mu.Lock()
	for len(v.frames) > 0 {
		<-v.frames
	}
	v.behind.Store(false)
	s.board.mu.Unlock()
	// What comes between is in the page and in a delta: balances are absolute, and
	// moves have numbers.
	p := s.page(v.seat)
	return frame("state", p.Number, p)
}

// stream writes to somebody who may be slow. It remembers the first error.
type stream struct {
	w    io.Writer
	rc   *http.ResponseController
	time time.Duration // for a write
	err  error
}

func (s *stream) write(b []byte) {
	if len(b) > 0 {
		_, _ = s.Write(b)
	}
}

// Write is io.Writer's.
func (s *stream) Write(b []byte) (n int, err error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.err = s.rc.SetWriteDeadline(time.Now().Add(s.time)); s.err == nil || errors.Is(s.err, http.ErrNotSupported) { // without a connection
		n, s.err = s.w.Write(b)
	}
	return n, s.err
}

func (s *stream) flush() {
	if s.err == nil {
		s.err = s.rc.Flush()
	}
}
