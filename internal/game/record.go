package game

import (
	"cmp"
	"slices"
)

// Record makes the run keep the transfers and decisions of the round played last.
// What happens is the same with it and without.
func (r *Run) Record() {
	r.recording = true
	r.decisions = make([]Decision, len(r.balances))
}

// Transfers are the movements of the last round, in their order. They are valid until
// Next.
func (r *Run) Transfers() []Transfer { return r.transfers }

// Decisions are what each player did in the last round, by place; valid until Next.
func (r *Run) Decisions() []Decision { return r.decisions }

func (r *Run) beginRecord() {
	r.transfers = r.transfers[:0]
	for i := range r.decisions {
		d := &r.decisions[i]
		*d = Decision{Choice: NoTurn, Group: None, Recipient: None, Before: r.balances[i], RankBefore: d.RankAfter}
	}
	if r.round == 1 {
		r.ranks(func(d *Decision) *int32 { return &d.RankBefore })
	}
}

func (r *Run) endRecord() {
	for i := range r.decisions {
		r.decisions[i].After = r.balances[i]
	}
	r.ranks(func(d *Decision) *int32 { return &d.RankAfter })
}

// ranks writes the present ranks: 1 is the richest, equals share the best.
func (r *Run) ranks(to func(*Decision) *int32) {
	if r.order == nil {
		r.order = places(len(r.balances))
	}
	order := r.order
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(r.balances[b], r.balances[a]) })
	rank := int32(0)
	for n, i := range order {
		if n == 0 || r.balances[i] != r.balances[order[n-1]] {
			rank = int32(n) + 1
		}
		*to(&r.decisions[i]) = rank
	}
}

// move moves cents between places, or from or to the Bank, and records it. Nothing is
// nothing.
func (r *Run) move(kind TransferKind, from, to int, cents int64) {
	if cents == 0 || r.err != nil {
		return
	}
	if from != Bank {
		r.balances[from] -= cents
	} else if r.total += cents; r.total > maxTotal {
		r.err = &TooRichError{Player: None, Round: r.round}
	}
	if to == Bank {
		r.total -= cents
	} else if r.balances[to] += cents; r.balances[to] > MaxCents {
		r.err = &TooRichError{Player: to, Round: r.round}
	}
	if from != Bank && to != Bank {
		r.moved++
	}
	if r.recording {
		r.transfers = append(r.transfers, Transfer{kind, int32(from), int32(to), cents})
	}
}

// gift moves dollars of which another amount arrives: the bank adds what is more, and
// takes what is less.
func (r *Run) gift(from, to int, sent, received int64) {
	r.move(Donation, from, to, sent)
	if received > sent {
		r.move(Benefit, Bank, to, received-sent)
	} else {
		r.move(Tax, to, Bank, sent-received)
	}
}

// decided records what a player did. others is how much they got for it.
func (r *Run) decided(player int, choice string, group, recipient int, cost, others int64) {
	if !r.recording {
		return
	}
	d := &r.decisions[player]
	d.Choice, d.Group, d.Recipient, d.Cost, d.Benefit = choice, int32(group), int32(recipient), cost, others
	if cost > 0 && others > 0 {
		d.Gifts = 1
	}
}

// orKeep is the choice of a player who parted with so many cents, Keep where with none.
func orKeep(choice string, cents int64) string {
	if cents == 0 {
		return Keep
	}
	return choice
}
