package game

import (
	"fmt"
	"strings"
)

// TransferKind says why dollars move, in the ledger's words.
type TransferKind string

// The kinds of transfers.
const (
	Donation TransferKind = "donation" // from a player to a player
	Benefit  TransferKind = "benefit"  // what a game makes, from the bank
	Tax      TransferKind = "tax"      // what a game takes, to the bank
	Share    TransferKind = "share"    // what is paid out again of what was taken
)

// Bank is the place of the party that is no player, None that of no recipient.
const (
	Bank = -1
	None = -1
)

// Transfer moves cents from one player's place to another's.
type Transfer struct {
	Kind     TransferKind
	From, To int32 // places of players, or Bank
	Cents    int64
}

// Choices of the donation game. Other games have their own words.
const (
	Give   = "give"
	Keep   = "keep"
	Broke  = "broke" // had a turn and nothing to give
	NoTurn = "none"
)

// Decision is what a player did in a round.
type Decision struct {
	Choice        string
	Group         int32 // from 0; None where all are one group
	Recipient     int32 // None where there was none or more than one
	Gifts         int32 // how many times the player gave
	Cost          int64 // cents that the player parted with
	Benefit       int64 // cents that others got for it
	Before, After int64 // balances, in cents
	RankBefore    int32 // 1 is the richest; equals share the best rank
	RankAfter     int32
}

// Run is a game being played. It is for one goroutine.
type Run struct {
	Treatment Treatment
	Seed      uint64
	IDs       []int64  // nil: 1, 2, 3, …
	Network   *Network // nil: everybody reaches everybody

	start    []int64 // cents, not written to
	balances []int64
	total    int64 // the sum of the balances
	owed     int64 // at least how much each started with, below zero
	round    int
	rounds   int64   // at most
	lasting  float64 // the probability of another round
	ended    bool    // no other round follows, as was drawn
	moved    int64   // transfers between players so far
	rng      generator
	ending   generator // draws whether another round follows
	observed *Observed
	rules    rules
	err      error

	recording bool
	transfers []Transfer
	decisions []Decision
	order     []int32 // places, the richest first
}

// Setup is what a run begins with, beside its treatment.
type Setup struct {
	Start    []int64   // what each player has, in cents; kept and not written to
	IDs      []int64   // the participants' ids by place; nil: 1, 2, 3, …
	Network  *Network  // that of a file; those which a treatment names are made from the seed
	Observed *Observed // what the strategy observed plays; nil: nothing is known
	Seed     uint64
}

// Streams of a seed: what is drawn for one thing leaves another as it is.
const (
	movesStream = iota + 1
	endStream
	networkStream
)

// NewRun prepares a game. The same treatment and setup give the same run.
func NewRun(t Treatment, s Setup) (*Run, error) {
	n := len(s.Start)
	if err := t.checkSize(int64(n)); err != nil {
		return nil, err
	}
	if s.IDs != nil && len(s.IDs) != n {
		return nil, fmt.Errorf("there are %d ids of %d players", len(s.IDs), n)
	}
	r := &Run{Treatment: t, Seed: s.Seed, IDs: s.IDs, Network: s.Network, observed: s.Observed,
		start: s.Start, rounds: t.Count("rounds"), lasting: 1}
	if t.Text("end") == "continuation" {
		r.lasting = t.Number("continuation")
	}
	if err := r.sum(); err != nil {
		return nil, err
	}
	r.rng.Seed(s.Seed, movesStream)
	r.ending.Seed(s.Seed, endStream)
	if err := r.connect(); err != nil {
		return nil, err
	}
	r.balances = spacious[int64](n)
	copy(r.balances, s.Start)
	var err error
	if r.rules, err = t.Game.start(r); err != nil {
		return nil, err
	}
	return r, nil
}

// maxTotal keeps sums of balances far from overflow.
const maxTotal = 1 << 61

// sum judges and adds up what players start with.
func (r *Run) sum() error {
	most := int64(0)
	for _, b := range r.start {
		if b > MaxCents || b < -MaxCents {
			return fmt.Errorf("a player has %s dollars, which is too much", dollarText(b))
		}
		if most += max(b, -b); most > maxTotal {
			return fmt.Errorf("all players together have too many dollars")
		}
		r.total += b
		r.owed = max(r.owed, -b)
	}
	return nil
}

// connect makes the network that the treatment names, or judges the one given.
func (r *Run) connect() (err error) {
	n := len(r.start)
	switch file := r.Treatment.NetworkFile(); {
	case file == "" && r.Network == nil:
		r.Network, err = r.Treatment.NewNetwork(n, r.Seed)
	case file != "" && r.Network == nil:
		return fmt.Errorf("network: %s has not been read; made by themselves are %s", file, strings.Join(Networks(), ", "))
	case r.Network.Len() != n:
		return fmt.Errorf("network: it is of %d players, and there are %d", r.Network.Len(), n)
	}
	return err
}

// Next plays a round. It returns false where none is left, or where the game cannot
// go on: see Err.
func (r *Run) Next() bool {
	if r.err != nil || r.Over() {
		return false
	}
	r.round++
	if r.recording {
		r.beginRecord()
	}
	r.rules.play(r)
	if r.recording {
		r.endRecord()
	}
	r.ended = r.lasting < 1 && r.ending.fraction() >= r.lasting
	return r.err == nil
}

// Over reports whether the last round has been played.
func (r *Run) Over() bool { return r.ended || int64(r.round) >= r.rounds }

// Err is why the game could not go on.
func (r *Run) Err() error { return r.err }

// Round is the number of the round played last, from 1; 0 before.
func (r *Run) Round() int { return r.round }

// Balances are what players have, in cents. They are the run's own: not to be written
// to, and changed by Next.
func (r *Run) Balances() []int64 { return r.balances }

// Start is what players had in the beginning.
func (r *Run) Start() []int64 { return r.start }

// Moved counts the transfers between players so far.
func (r *Run) Moved() int64 { return r.moved }

// ID is the id of the participant at a place.
func (r *Run) ID(place int) int64 {
	if r.IDs == nil {
		return int64(place) + 1
	}
	return r.IDs[place]
}
