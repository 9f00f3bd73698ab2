package game

import "fmt"

// How the roles of a pair come about.
const (
	rolesAlternate = "alternate"
	rolesRandom    = "random"
	rolesFixed     = "fixed"
)

// rolesParameter is that of the games in which one of two moves first.
func rolesParameter() Parameter {
	return Parameter{Name: "roles", Kind: Word, Default: rolesAlternate, Choices: []string{rolesAlternate, rolesRandom, rolesFixed},
		Meaning: "who moves first: alternate: each every other round; random: drawn each round; fixed: the same all the time, as in oTree's samples"}
}

// pairs are the players of a run, two by two. With an odd number one has no turn: where
// strangers meet another one each round.
type pairs struct {
	order     []int32 // the first half moves first, each with the one as far into the second half
	half      int
	roles     string
	strangers bool
}

func newPairs(r *Run, roles string) (*pairs, error) {
	if size := r.Treatment.Count("group_size"); size != 2 {
		return nil, fmt.Errorf("group_size: %s is played in pairs, and not in groups of %d", r.Treatment.Game.Name, size)
	}
	n := len(r.balances)
	p := &pairs{order: places(n), half: n / 2, roles: roles, strangers: r.Treatment.Text("matching") == "stranger"}
	shuffle(r, p.order)
	return p, nil
}

// draw makes the pairs of a round and their roles.
func (p *pairs) draw(r *Run) {
	if r.round == 1 {
		return
	}
	first, second := p.order[:p.half], p.order[p.half:]
	for k := range first {
		if p.roles == rolesAlternate || p.roles == rolesRandom && !p.strangers && r.rng.below(2) == 0 {
			first[k], second[k] = second[k], first[k]
		}
	}
	switch {
	case p.strangers && p.roles == rolesRandom:
		shuffle(r, p.order)
	case p.strangers:
		shuffle(r, first)
		shuffle(r, second)
	}
}

// pair is who moves first in a pair, and the other.
func (p *pairs) pair(k int) (first, second int) {
	return int(p.order[k]), int(p.order[p.half+k])
}

// dyad is what games of two share.
type dyad struct {
	pairs  *pairs
	levels *levels
	unit   unit
}

// newDyad prepares pairs in which one moves first.
func newDyad(r *Run, roles string) (*dyad, error) {
	l, err := newLevels(r)
	if err != nil {
		return nil, err
	}
	p, err := newPairs(r, roles)
	if err != nil {
		return nil, err
	}
	u, err := readUnit(r.Treatment)
	return &dyad{p, l, u}, err
}

// dyadDefaults are those of the common parameters in games of two.
func dyadDefaults() map[string]string { return map[string]string{"start": "0", "group_size": "2"} }

// gap is an outcome of two: what one has, how much more the other has, and how much less.
func gap(own, other float64) (float64, float64, float64) {
	return own, max(0, other-own), max(0, own-other)
}
