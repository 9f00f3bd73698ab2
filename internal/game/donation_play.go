package game

// donating is a donation game under way.
type donating struct {
	unit             unit
	amount, received int64  // of a gift, where it is fixed
	shared           bool   // else it is a share of the giver's balance
	share            factor // of that
	multiplier       factor
	tax              factor
	debt             int64
	inTurn           bool // the schedule is round
	plain            bool // all give the same at random to anybody: see donation_fast.go

	reach     reach
	givers    []giver          // of the mixture, in its order
	which     []uint8          // of them each player has, by place; nil: the first
	made      map[string]giver // by strategy; noisy's base is among them
	memories  []remembering
	standings standings

	order []int32 // of turns in a round
	begin []int64 // balances when the round began
	gains []int32 // gifts in a round of the fast way
	ahead ahead   // turns of the fast way
}

// prepare makes what the way of playing needs, once.
func (d *donating) prepare(r *Run) {
	n := len(r.balances)
	d.standings.fill(r.balances)
	switch {
	case d.inTurn && d.plain:
		d.gains = spacious[int32](n)
	case d.inTurn:
		d.order = places(n)
	}
}

func (d *donating) play(r *Run) {
	d.reach.draw(r)
	for _, m := range d.memories {
		m.begin()
	}
	if r.recording {
		d.reach.record(r)
	}
	switch {
	case d.plain && !r.recording && d.safe(r):
		d.playFast(r)
	case d.inTurn:
		d.playRound(r)
	default:
		d.playRandom(r)
	}
	if d.tax.up > 0 {
		d.redistribute(r)
		d.standings.fill(r.balances)
	}
}

// safe reports whether nobody can get too rich in a round.
func (d *donating) safe(r *Run) bool {
	n := int64(len(r.balances))
	more := max(d.debt, r.owed) + max(0, d.received-d.amount) // for each, than the total
	return more <= MaxCents/n && r.total+n*more <= MaxCents
}

func (d *donating) playFast(r *Run) {
	t, gave := terms{d.amount, d.received, d.amount - d.debt}, int64(0)
	switch n := len(r.balances); {
	case d.inTurn:
		gave = fastRound(&r.rng, r.balances, d.gains, t)
	case n <= fewPlayers:
		gave = fastFew(&r.rng, r.balances, t)
	default:
		gave = fastMany(&r.rng, r.balances, t, &d.ahead)
	}
	r.moved += gave
	r.total += gave * (d.received - d.amount)
}

// playRandom plays as many turns as there are players, each of one drawn anew.
func (d *donating) playRandom(r *Run) {
	turns := len(r.balances)
	n := uint64(turns)
	if turns > fewPlayers {
		for range turns {
			from, drawn := r.rng.two(n, n-1)
			d.turn(r, int(from), int(skip(drawn, from)), r.balances[from])
		}
		return
	}
	for done := 0; done < turns; done += 2 {
		from, drawn, from2, drawn2 := r.rng.four(n, n-1)
		d.turn(r, int(from), int(skip(drawn, from)), r.balances[from])
		if done+1 < turns {
			d.turn(r, int(from2), int(skip(drawn2, from2)), r.balances[from2])
		}
	}
}

// playRound gives each player one turn, with what it had when the round began. The
// order is drawn anew where it can make a difference.
func (d *donating) playRound(r *Run) {
	n := len(r.balances)
	if d.begin == nil {
		d.begin = spacious[int64](n)
	}
	copy(d.begin, r.balances)
	if d.order != nil {
		shuffle(r, d.order)
	}
	for k := 0; k < n; k += 2 {
		first, second := r.rng.two(uint64(n-1), uint64(n-1))
		d.turnOf(r, k, first)
		if k+1 < n {
			d.turnOf(r, k+1, second)
		}
	}
}

// turnOf is the k-th turn of a round.
func (d *donating) turnOf(r *Run, k int, drawn uint64) {
	from := k
	if d.order != nil {
		from = int(d.order[k])
	}
	d.turn(r, from, int(skip(drawn, uint64(from))), d.begin[from])
}

// turn lets a player decide, who may give by what it has. other is one of all others,
// drawn.
func (d *donating) turn(r *Run, from, other int, has int64) {
	amount := d.amount
	if d.shared {
		amount = d.unit.down(d.share.of(max(0, has), 1))
	}
	if amount == 0 || has-amount < -d.debt {
		d.passed(r, from, Broke)
		return
	}
	which := 0
	if d.which != nil {
		which = int(d.which[from])
	}
	to := d.givers[which].choose(r, d, turn{from, other, amount})
	for _, m := range d.memories {
		m.turned(from, to)
	}
	if to == None {
		d.passed(r, from, Keep)
		return
	}
	d.give(r, from, to, amount)
}

func (d *donating) give(r *Run, from, to int, amount int64) {
	received := d.received
	if d.shared {
		received = d.times(amount)
	}
	r.gift(from, to, amount, received)
	d.standings.changed(r.balances, from)
	d.standings.changed(r.balances, to)
	if r.recording {
		gave := &r.decisions[from]
		switch gave.Gifts++; {
		case gave.Gifts == 1:
			gave.Recipient = int32(to)
		case gave.Recipient != int32(to):
			gave.Recipient = None
		}
		gave.Choice = Give
		gave.Cost += amount
		gave.Benefit += received
	}
}

// passed records a turn without a gift. What a player did outranks what it did not do.
func (d *donating) passed(r *Run, player int, choice string) {
	if !r.recording {
		return
	}
	if did := &r.decisions[player].Choice; *did == NoTurn || *did == Broke {
		*did = choice
	}
}

// redistribute takes the tax and pays it out again: to each the same, and of what does
// not divide one unit each to players from a random place on.
func (d *donating) redistribute(r *Run) {
	pot := int64(0)
	for i, b := range r.balances {
		if b > 0 {
			tax := d.unit.down(d.tax.of(b, 1))
			r.move(Tax, i, Bank, tax)
			pot += tax
		}
	}
	n := len(r.balances)
	each := d.unit.down(pot / int64(n))
	over := int((pot - each*int64(n)) / int64(d.unit))
	first := 0
	if over > 0 {
		first = r.rng.below(n)
	}
	for i := range r.balances {
		more := int64(0)
		if (i-first+n)%n < over {
			more = int64(d.unit)
		}
		r.move(Share, Bank, i, each+more)
	}
}
