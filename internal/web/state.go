package web

import (
	"context"
	"sync"
	"time"

	"exptool/repo"
)

// How much of the past is kept.
const (
	keptMoves   = 200 // of all
	keptOwn     = 20  // of one participant
	keptAnswers = 16  // of one participant
	keptDeltas  = 300 // half a minute
)

// move is a transfer as pages show it.
type move struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	From   int64     `json:"from"`
	To     int64     `json:"to"`
	Amount string    `json:"amount"`
}

// board is what all pages are told from.
type board struct {
	amount repo.Cents
	hidden bool
	epoch  int64
	now    func() time.Time

	mu     sync.Mutex
	seats  map[int64]*seat
	order  []int64 // of seats that are shown
	host   Player
	play   Play
	away   bool  // the database
	start  int64 // the number of the balances that were read first
	number int64
	told   int64  // the number of the last delta
	moves  []move // newest last
	flow   map[[2]int64]repo.Cents

	// What is new since the last delta.
	dirty     map[int64]bool
	fresh     []int64
	news      []move
	turned    bool // the session
	hostDirty bool

	deltas  []delta
	viewers map[*viewer]bool
	strange bool          // somebody unknown was met: read the people again
	further chan struct{} // closed when the number grows
	guessed bucket        // codes to join
}

func newBoard(o *Options) *board {
	return &board{amount: o.Amount, hidden: o.Hidden, epoch: o.Epoch, now: o.Now, play: o.Play, number: o.Play.After,
		seats: map[int64]*seat{}, flow: map[[2]int64]repo.Cents{}, dirty: map[int64]bool{}, viewers: map[*viewer]bool{},
		further: make(chan struct{})}
}

// meet takes the participants in, and a number of the ledger up to which transfers
// are in their balances. Those who are there keep what the ledger said.
func (b *board) meet(people []Person, at int64, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.strange = false
	if first {
		b.start = at
	}
	for _, p := range people {
		if !p.HasDollars || p.Failed && b.seats[p.ID] == nil {
			continue
		}
		b.seat(p, at, first)
	}
}

// seat gives a participant a seat, or the one it has.
func (b *board) seat(p Person, at int64, first bool) *seat {
	s := b.seats[p.ID]
	if s == nil {
		s = &seat{Person: p, since: at, tries: map[string]try{}, turn: make(chan struct{}, 1)}
		b.seats[p.ID] = s
		b.order = append(b.order, p.ID)
		if !first {
			s.late = int64(len(b.order))
			b.fresh = append(b.fresh, p.ID)
		}
	}
	s.Name = p.Name
	s.label = s.named()
	return s
}

// know takes the players in. It reports whether one has no seat yet, and ends the
// streams of those whose addresses are revoked.
func (b *board) know(players []Player) (strange bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range players {
		if p.ID == 0 {
			b.host = p
			continue
		}
		s := b.seats[p.ID]
		if s == nil {
			strange = true
			continue
		}
		s.player, s.playing = p, true
		s.label = s.named()
	}
	for v := range b.viewers {
		if v.generation != b.generation(v.seat) {
			v.end()
		}
	}
	return strange || b.strange
}

// goOn takes in which rounds of the session a server before this one has seen.
func (b *board) goOn(rounds map[int64]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, round := range rounds {
		if s := b.seats[id]; s != nil {
			s.rounds = round
		}
	}
}

// generation is the valid one of an address; seat is nil for the host.
func (b *board) generation(s *seat) int {
	if s == nil {
		return b.host.Generation
	}
	return s.player.Generation
}

// follow takes lines of the ledger in.
func (b *board) follow(entries []Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range entries {
		if e := &entries[i]; e.Number > b.number {
			b.number = e.Number
			b.entry(e)
		}
	}
}

func (b *board) entry(e *Entry) {
	payer, payee := b.seats[e.Payer], b.seats[e.Payee]
	b.strange = b.strange || payer == nil && e.Payer != repo.Bank || payee == nil && e.Payee != repo.Bank
	b.has(payer, e.PayerBalance, e.Number)
	b.has(payee, e.PayeeBalance, e.Number)
	// What was before this session began counts for the balances only.
	if e.Kind != repo.Donation || b.play.State == Waiting || e.Number <= b.play.After {
		return
	}
	m := move{Number: e.Number, At: e.At.UTC(), From: e.Payer, To: e.Payee, Amount: dollars(e.Sent)}
	b.moves, b.news = keep(b.moves, m, keptMoves), keep(b.news, m, keptMoves)
	b.flow[[2]int64{e.Payer, e.Payee}] += e.Sent
	if payer != nil {
		payer.given += e.Sent
		payer.moves = keep(payer.moves, m, keptOwn)
		if e.Session == b.play.Session {
			payer.rounds = max(payer.rounds, e.Round)
		}
		if e.Key != "" {
			payer.remember(answer{key: e.Key, payee: e.Payee, number: e.Number, balance: e.PayerBalance})
		}
	}
	if payee != nil {
		payee.got += e.Received
		payee.moves = keep(payee.moves, m, keptOwn)
	}
}

// has takes in what somebody has after a transfer, unless a later one is known.
func (b *board) has(s *seat, balance repo.Cents, number int64) {
	if s != nil && number >= s.changed {
		if s.changed = number; number > s.since {
			s.Cents = balance
		}
		b.dirty[s.ID] = true
	}
}

// advance wakes those who wait for a number.
func (b *board) advance() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.further)
	b.further = make(chan struct{})
}

// patience is how long a page waits for the ledger to tell of its own press.
const patience = 500 * time.Millisecond

// wait returns once the board knows a number of the ledger, or is patient no more.
func (b *board) wait(ctx context.Context, number int64, patience time.Duration) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		b.mu.Lock()
		known, further := b.number >= number, b.further
		b.mu.Unlock()
		if known {
			return
		}
		select {
		case <-further:
		case <-ctx.Done():
			return
		}
	}
}

// turnTo puts the session elsewhere. A new one begins without moves.
func (b *board) turnTo(p Play) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Session != b.play.Session {
		b.moves, b.news, b.flow = nil, nil, map[[2]int64]repo.Cents{}
		for _, s := range b.seats {
			s.given, s.got, s.moves, s.rounds, s.taken, s.player.Done = 0, 0, nil, 0, 0, time.Time{}
		}
		for v := range b.viewers {
			v.behind.Store(true) // what is gone is not in a delta
			v.nudge()
		}
		b.deltas = nil
	}
	b.play, b.turned = p, true
}

// outage takes in whether the database is away.
func (b *board) outage(away bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turned = b.turned || b.away != away
	b.away = away
}
