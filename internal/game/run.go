package game

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

	observed *Observed
	start    []int64 // cents, not written to
	balances []int64
	round    int
	rounds   int64 // at most
	ended    bool  // no other round follows, as continuation was drawn
	moved    int64 // transfers between players so far
	rng      rand.PCG
	ending   rand.PCG // draws whether another round follows
	rules    rules
	err      error

	recording bool
	transfers []Transfer
	decisions []Decision
}

// Setup is what a run begins with, beside its treatment.
type Setup struct {
	Start    []int64   // what each player has, in cents; kept and not written to
	IDs      []int64   // the participants' ids by place; nil: 1, 2, 3, …
	Network  *Network  // nil: everybody reaches everybody
	Observed *Observed // what the strategy observed plays; nil: nothing is known
	Seed     uint64
}

// NewRun prepares a game. The same treatment and setup give the same run.
func NewRun(t Treatment, s Setup) (*Run, error) {
	if len(s.Start) < 2 {
		return nil, fmt.Errorf("a game needs two players or more, there is %d", len(s.Start))
	}
	start, seed := s.Start, s.Seed
	r := &Run{Treatment: t, Seed: seed, IDs: s.IDs, Network: s.Network, observed: s.Observed,
		start: start, balances: slices.Clone(start), rounds: t.Count("rounds")}
	r.rng.Seed(seed, 0x6c62272e07bb0142)
	r.ending.Seed(seed, 0xaf63bd4c8601b7df)
	total := int64(0)
	for _, b := range start {
		if b > MaxCents || b < -MaxCents {
			return nil, fmt.Errorf("a player has %s dollars, which is too much", dollarText(b))
		}
		if total += b; total > maxTotal || total < -maxTotal {
			return nil, fmt.Errorf("all players together have too many dollars")
		}
	}
	var err error
	r.rules, err = t.Game.start(r)
	return r, err
}

// maxTotal keeps sums of balances far from overflow.
const maxTotal = 1 << 62

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
	if r.Treatment.Text("end") == "continuation" {
		r.ended = rand.New(&r.ending).Float64() >= r.Treatment.Number("continuation")
	}
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
