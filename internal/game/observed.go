package game

import "math"

// Observation is a row of the ledger, as a Fitter wants it.
type Observation struct {
	From, To       int64 // participants' ids; 0 is the bank
	Sent, Received int64 // cents: what From lost and To got
	Gift           bool  // a donation; other rows change balances only
}

// Observed is how participants gave, fitted to the rows of a ledger. At a turn a
// player gives with a probability of its own; to who gave to it last with the
// probability Back; else to somebody of a tenth of the others by balance, drawn by
// Tenths.
type Observed struct {
	Gifts int // to which it was fitted

	// Rates are how many of all gifts each participant gave of those that were given
	// while it had money, by id. Who gave none has a small one: each is told as if one
	// more gift had been seen at the Mean rate, in as much time as that takes.
	Rates  map[int64]float64
	Mean   float64     // also of those who are not known
	Tenths [10]float64 // the poorest first; they add up to 1
	Back   float64
}

// probabilities are those with which participants give at a turn, by place: their
// rates, where the most generous one of the database gives at each.
func (o *Observed) probabilities(ids []int64) []float64 {
	most := o.Mean
	for _, rate := range o.Rates {
		most = max(most, rate)
	}
	all := make([]float64, len(ids))
	for i, id := range ids {
		rate, known := o.Rates[id]
		if !known {
			rate = o.Mean
		}
		all[i] = rate / most
	}
	return all
}

// Fitter fits an Observed to the rows of a ledger, which it replays in their order.
type Fitter struct {
	places  map[int64]int
	people  []observedPerson
	ranking *ranking
	gifts   int
	others  float64 // the sum over the gifts of how many others the payer had

	// Gifts by the tenths of the payees: without somebody to give back to, not given
	// back, given to who gave last.
	free, elsewhere, returned [10]float64
}

type observedPerson struct {
	gifts  int
	chance int // how many gifts were given while it had money
	since  int // the number of gifts when it got money, -1 while it has none
	last   int // the place of who gave to it last, or None
}

// NewFitter has seen nothing.
func NewFitter() *Fitter { return &Fitter{places: map[int64]int{}, ranking: newRanking(0)} }

// Add takes the next row.
func (f *Fitter) Add(o Observation) {
	from, to := f.place(o.From), f.place(o.To)
	if o.Gift && from != Bank && to != Bank && from != to {
		f.gift(from, to)
	}
	f.change(from, -o.Sent)
	f.change(to, o.Received)
}

// place is that of a participant, who may be new.
func (f *Fitter) place(id int64) int {
	if id == 0 {
		return Bank
	}
	i, known := f.places[id]
	if !known {
		i = len(f.people)
		f.places[id] = i
		f.people = append(f.people, observedPerson{since: -1, last: None})
		f.ranking.add(0)
	}
	return i
}

// change moves a balance, and keeps the time in which a participant could give.
func (f *Fitter) change(i int, cents int64) {
	if i == Bank || cents == 0 {
		return
	}
	balance := f.ranking.balance(i) + cents
	f.ranking.set(i, balance)
	p := &f.people[i]
	switch {
	case balance > 0 && p.since < 0:
		p.since = f.gifts
	case balance <= 0 && p.since >= 0:
		p.chance += f.gifts - p.since
		p.since = -1
	}
}

func (f *Fitter) gift(from, to int) {
	p := &f.people[from]
	if p.since < 0 { // money that no row tells of
		p.chance++
	}
	f.gifts++
	p.gifts++
	f.others += float64(len(f.people) - 1)
	by := &f.free
	switch p.last {
	case None:
	case to:
		by = &f.returned
	default:
		by = &f.elsewhere
	}
	f.spread(by, from, to)
	f.people[to].last = from
}

// spread counts a gift in the tenths that its payee may be in, who is among the payer's
// others somewhere among those who have as much.
func (f *Fitter) spread(by *[10]float64, from, to int) {
	payer, payee := f.ranking.balance(from), f.ranking.balance(to)
	first, _ := f.ranking.below(payee)
	end, _ := f.ranking.below(payee + 1)
	if payer < payee {
		first--
	}
	if payer <= payee {
		end--
	}
	scale := 10 / float64(len(f.people)-1)
	low, high := float64(first)*scale, float64(end)*scale
	for k := range by {
		if part := min(high, float64(k+1)) - max(low, float64(k)); part > 0 {
			by[k] += part / (high - low)
		}
	}
}

// Fit is what the rows so far tell, nil where nobody gave.
func (f *Fitter) Fit() *Observed {
	if f.gifts == 0 {
		return nil
	}
	o := &Observed{Gifts: f.gifts, Rates: make(map[int64]float64, len(f.people))}
	chances := 0
	chance := func(p observedPerson) int {
		if p.since >= 0 {
			return p.chance + f.gifts - p.since
		}
		return p.chance
	}
	for _, p := range f.people {
		chances += chance(p)
	}
	o.Mean = float64(f.gifts) / float64(chances)
	for id, i := range f.places {
		p := f.people[i]
		o.Rates[id] = float64(p.gifts+1) / (float64(chance(p)) + 1/o.Mean)
	}
	f.fitChoices(o)
	return o
}

// fitChoices tells gifts that were given back from those that went to who gave last by
// chance: the maximum of the likelihood, found by expectation and maximisation
// (Dempster, Laird & Rubin 1977). To the tenths one gift is added that is spread evenly.
func (f *Fitter) fitChoices(o *Observed) {
	perTenth := f.others / float64(f.gifts) / 10
	total, returned := 0.0, 0.0
	for k := range o.Tenths {
		o.Tenths[k] = 0.1
		returned += f.returned[k]
		total += f.returned[k] + f.elsewhere[k]
	}
	if total == 0 {
		total = 1
	}
	o.Back = returned / total
	for range maxSweeps {
		var next [10]float64
		back, all := 0.0, 0.0
		for k, p := range o.Tenths {
			byChance := (1 - o.Back) * p / perTenth
			given := 0.0
			if o.Back > 0 {
				given = f.returned[k] * o.Back / (o.Back + byChance)
			}
			back += given
			next[k] = 0.1 + f.free[k] + f.elsewhere[k] + f.returned[k] - given
			all += next[k]
		}
		before := o.Back
		o.Back = back / total
		for k := range next {
			o.Tenths[k] = next[k] / all
		}
		if math.Abs(before-o.Back) < 1e-9 {
			return
		}
	}
}

// maxSweeps ends a search that goes on in tiny steps.
const maxSweeps = 1000
