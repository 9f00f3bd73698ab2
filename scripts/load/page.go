package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// frame is an event of a stream, as far as it tells of balances.
type frame struct {
	number   int64
	balances []balance
}

// balance is what somebody has after a transfer of theirs.
type balance struct {
	id, cents, changed int64
}

// state is what the JSON of a page and the events of its stream have in common.
type state struct {
	Number int64  `json:"number"`
	State  string `json:"state"`
	Key    string `json:"key"`
	You    *struct {
		ID      int64  `json:"id"`
		Dollars string `json:"dollars"`
	} `json:"you"`
	Players []struct {
		ID       int64  `json:"id"`
		Dollars  string `json:"dollars"`
		Changed  *int64 `json:"changed"`
		Position int    `json:"position"`
	} `json:"players"`
}

// newFrame reads an event's JSON as page.js does: in the whole state one's own
// balance is that of its number, and in a delta every balance has one.
func newFrame(event string, data []byte) (*frame, error) {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("event %q: %w", event, err)
	}
	f := &frame{number: s.Number}
	whole := event == "state"
	for _, p := range s.Players {
		b := balance{id: p.ID, changed: s.Number}
		if whole {
			b.changed = 0
		}
		if p.Changed != nil {
			b.changed = *p.Changed
		}
		if p.Dollars == "" {
			continue
		}
		var err error
		if b.cents, err = cents(p.Dollars); err != nil {
			return nil, err
		}
		f.balances = append(f.balances, b)
	}
	if whole && s.You != nil {
		own, err := cents(s.You.Dollars)
		if err != nil {
			return nil, err
		}
		f.balances = append(f.balances, balance{s.You.ID, own, s.Number})
	}
	return f, nil
}

// frames keeps the last events that were read: what changes goes to all pages in the
// same bytes, and is read once.
type frames struct {
	mu    sync.Mutex
	known map[string]*frame
	ring  [256]string
	next  int
}

func (c *frames) read(event string, data []byte) (*frame, error) {
	if event == "state" {
		return newFrame(event, data)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.known[string(data)]; f != nil {
		return f, nil
	}
	f, err := newFrame(event, data)
	if err != nil {
		return nil, err
	}
	delete(c.known, c.ring[c.next])
	c.ring[c.next] = string(data)
	c.known[c.ring[c.next]] = f
	c.next = (c.next + 1) % len(c.ring)
	return f, nil
}

// sight is a frame that came to a page.
type sight struct {
	at time.Time
	*frame
}

// page is a window that is open.
type page struct {
	address string
	client  *http.Client
	frames  *frames

	opened chan struct{} // closed when the first frame is there
	once   sync.Once
	number atomic.Int64 // of the last frame
	seen   []sight      // to be read when follow has returned
	breaks int          // how often the stream ended; it is opened again
}

// again is how long a browser waits before it opens a lost stream again; the server
// says so itself.
const again = time.Second

// follow reads the stream until ctx ends, and opens it again where it was lost.
func (p *page) follow(ctx context.Context) {
	for ctx.Err() == nil {
		_ = p.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		p.breaks++
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// stream reads the stream once.
func (p *page) stream(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address+"/live", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/event-stream")
	if n := p.number.Load(); n > 0 {
		r.Header.Set("Last-Event-ID", strconv.FormatInt(n, 10))
	}
	a, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("the stream is answered %s", a.Status)
	}
	return events(a.Body, func(event string, data []byte) error {
		if event != "state" && event != "delta" {
			return nil
		}
		at := time.Now()
		f, err := p.frames.read(event, data)
		if err != nil {
			return err
		}
		p.seen = append(p.seen, sight{at, f})
		p.number.Store(f.number)
		p.once.Do(func() { close(p.opened) })
		return nil
	})
}

// events reads server-sent events, as far as this server writes them: one line of
// data each.
func events(r io.Reader, each func(event string, data []byte) error) error {
	lines := bufio.NewReader(r)
	var event string
	var data []byte
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return err
		}
		field, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(": "))
		switch string(field) {
		case "event":
			event = string(value)
		case "data":
			data = value
		case "":
			if len(line) > 1 || data == nil { // a comment, or an event without data
				continue
			}
			if err := each(event, data); err != nil {
				return err
			}
			event, data = "", nil
		}
	}
}
