package game

import "math/bits"

// donation is the game of the tutorial's exercise: push buttons donate $1.
func donation() *Game {
	return &Game{
		Name: "donation", Title: "Donation",
		Meaning: "each turn a player may give to another; the chapter's exercise, generalised",
		Source:  "PsyNet tutorial, Introduction to SQLAlchemy; Drăgulescu & Yakovenko 2000",
		Parameters: []Parameter{
			{Name: "schedule", Kind: Word, Default: "random", Choices: []string{"random", "round"},
				Meaning: "random: a round is as many turns as there are players, each of a player drawn anew; round: who has enough when the round begins has one turn",
				Source:  "NetLogo Simple Economy (round)"},
			{Name: "amount", Kind: Dollars, Default: "1", Meaning: "what is given"},
		},
		start: func(r *Run) (rules, error) { return &donating{amount: r.Treatment.Cents("amount")}, nil },
	}
}

type donating struct{ amount int64 }

func (d *donating) play(r *Run) {
	n := uint64(len(r.balances))
	for range n {
		from, _ := bits.Mul64(r.rng.Uint64(), n)
		to, _ := bits.Mul64(r.rng.Uint64(), n-1)
		if to >= from {
			to++
		}
		if r.balances[from] >= d.amount {
			r.move(Donation, int(from), int(to), d.amount)
		}
	}
}
