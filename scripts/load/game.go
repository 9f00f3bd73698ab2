package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// game is a class at play.
type game struct {
	o       options
	players []*player
	pages   []*page

	presses []press
	mu      sync.Mutex // of presses

	following sync.WaitGroup
	stop      context.CancelFunc
}

// newGame seats the participants, each in a browser of their own: it keeps a
// connection for its stream and one for its presses.
func newGame(o options, s *server, links []link) *game {
	g := &game{o: o, stop: func() {}}
	shared := &frames{known: map[string]*frame{}}
	browse := func(address string, client *http.Client) {
		g.pages = append(g.pages, &page{address: address, client: client, frames: shared, opened: make(chan struct{})})
	}
	for i, l := range links {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
		g.players = append(g.players, &player{id: l.id, page: l.page, client: client, patience: o.patience, random: rand.New(rand.NewPCG(o.seed, uint64(i)))})
		browse(l.page, client)
	}
	if o.watchers > 0 && s.Host != "" {
		browse(s.Host, &http.Client{Transport: &http.Transport{}})
	}
	for i := 0; len(g.pages) < o.watchers; i++ {
		p := g.players[i%len(g.players)]
		browse(p.page, p.client)
	}
	return g
}

// openTime is how long all pages together may take to open.
const openTime = time.Minute

// open opens the pages, some at a time.
func (g *game) open(ctx context.Context) error {
	following, stop := context.WithCancel(ctx)
	g.stop = stop
	opening, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	some := make(chan struct{}, 16)
	errs := make(chan error, len(g.pages))
	for i, p := range g.pages {
		some <- struct{}{}
		go func() {
			defer func() { <-some }()
			if i < len(g.players) {
				if err := g.players[i].load(opening); err != nil {
					errs <- err
					return
				}
			}
			g.following.Go(func() { p.follow(following) })
			select {
			case <-p.opened:
				errs <- nil
			case <-opening.Done():
				errs <- fmt.Errorf("a page did not open within %s", openTime)
			}
		}()
	}
	for range g.pages {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// play has all of them press.
func (g *game) play(ctx context.Context) {
	span := time.Duration(float64(time.Second) / g.o.rate)
	times := int(g.o.time / span)
	begin := time.Now()
	var all sync.WaitGroup
	for _, p := range g.players {
		all.Go(func() {
			p.play(ctx, begin, span, times, func(done press) {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.presses = append(g.presses, done)
			})
		})
	}
	all.Wait()
}

// settleTime is how long a page may take to show the last press; what has not come
// by then never does.
const settleTime = 5 * time.Second

// settle waits until all pages have come as far as the presses.
func (g *game) settle(ctx context.Context) {
	var last int64
	for _, p := range g.presses {
		last = max(last, p.number)
	}
	late := time.After(settleTime)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for _, p := range g.pages {
		for p.number.Load() < last {
			select {
			case <-look.C:
			case <-late:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// close closes all pages. After it what they saw may be read.
func (g *game) close() {
	g.stop()
	g.following.Wait()
	for _, p := range g.players {
		p.client.CloseIdleConnections()
	}
}
