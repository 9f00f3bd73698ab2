// Package game holds what is pure in the dollar game: endowments, rules,
// strategies and measures. It knows no database and no clock, and randomness is
// passed in as a seed. Of the operating system it asks one thing, on Linux: large pages
// for many balances (pages_linux.go), a hint that changes speed and nothing else.
package game

import "slices"

// Game is the rules of a game and what is known of them. A new one is one file that
// makes a Game, a line in Games, and its test; simultaneous and dyad have what most
// share.
type Game struct {
	Name       string
	Title      string
	Meaning    string
	Source     string
	Parameters []Parameter // its own; AllParameters has the common ones, too
	// Defaults are those of common parameters that are another's in this game.
	Defaults map[string]string

	// start makes the rules of one run, or says why the treatment cannot be played.
	start func(*Run) (rules, error)
	// law is the law that theory says a run's balances come to; false where it knows
	// none, and nil where it never does.
	law func(*Run) (Law, bool)
}

// rules are a game under way.
type rules interface {
	// play plays one round: it moves dollars with Run.move, and where Run.recording
	// says what each player decided with Run.decided. It allocates nothing that grows
	// with the rounds.
	play(*Run)
}

// Games are all games, the chapter's first.
func Games() []*Game {
	return []*Game{donation(), publicGoods(), trust(), ultimatum(), dictator(), prisoner(), commonPool()}
}

// Find is the game of a name, or an *UnknownError.
func Find(name string) (*Game, error) {
	var names []string
	for _, g := range Games() {
		if g.Name == name {
			return g, nil
		}
		names = append(names, g.Name)
	}
	return nil, &UnknownError{What: "game", Name: name, Known: names}
}

// AllParameters are a game's own parameters, then those common to all games, then
// those of the strategies that it knows.
func (g *Game) AllParameters() []Parameter {
	all := slices.Clone(g.Parameters)
	for _, p := range append(common(), strategyParameters(g)...) {
		if d, ok := g.Defaults[p.Name]; ok {
			p.Default = d
		}
		all = append(all, p)
	}
	return all
}

// onlyDonation are the common parameters that the donation game alone can be played
// with otherwise: the others are played in groups, whose members see each other.
var onlyDonation = []string{"network", "visible", "donors"}

// Settable are the parameters that a treatment can give another value than the default.
func (g *Game) Settable() []Parameter {
	return slices.DeleteFunc(g.AllParameters(), func(p Parameter) bool {
		return g.Name != "donation" && slices.Contains(onlyDonation, p.Name)
	})
}

// Parameter is the parameter of a name, or of another word for it; nil if there is none.
func (g *Game) Parameter(name string) *Parameter {
	all := g.AllParameters()
	if i := slices.IndexFunc(all, func(p Parameter) bool { return p.Name == name || p.Also == name && name != "" }); i >= 0 {
		return &all[i]
	}
	return nil
}

// NameOf is the name of the parameter that a treatment calls so; the word itself where
// there is none.
func (g *Game) NameOf(word string) string {
	if p := g.Parameter(word); p != nil {
		return p.Name
	}
	return word
}

// common are the parameters that every game has.
func common() []Parameter {
	return []Parameter{
		{Name: "players", Kind: Count, Default: "100", Meaning: "how many are made up; those of a database are as many as they are"},
		{Name: "start", Kind: Text, Default: "1-100", check: checkStart,
			Meaning: "the endowment that made-up players start with, in dollars: 5, 1-100 (uniform), normal:1-100, pareto:1-100"},
		{Name: "rounds", Kind: Count, Default: "100", Meaning: "how many rounds are played, at most where end is continuation"},
		{Name: "end", Kind: Word, Default: "known", Choices: []string{"known", "unknown", "continuation"},
			Meaning: "whether players know which round is the last, which no strategy here asks; continuation: after each round another follows with the probability continuation"},
		{Name: "continuation", Kind: Fraction, Default: "0.9", Meaning: "the probability δ of another round, where end is continuation",
			Source: "Roth & Murnighan 1978"},
		{Name: "strategy", Kind: Text, Default: "random", check: checkMixture, Meaning: "how players play: a strategy, or several with their shares, as random:0.7,selfish:0.3"},
		{Name: "network", Kind: Text, Default: Complete, check: checkNamed,
			Meaning: "who can reach whom: complete, ring, grid, small-world, or a file with two ids a line"},
		{Name: "group_size", Kind: Count, Default: "0", Meaning: "players of a group; 0: all are one group"},
		{Name: "matching", Kind: Word, Default: "partner", Choices: []string{"partner", "stranger"},
			Meaning: "whether groups stay together or are drawn anew each round", Source: "Andreoni 1988"},
		{Name: "visible", Kind: Word, Default: "all", Choices: []string{"all", "neighbours", "own"}, Meaning: "whose dollars a player sees"},
		{Name: "donors", Kind: Flag, Default: "yes", Meaning: "whether receivers see who gave"},
		{Name: "unit", Kind: Dollars, Default: "0.01", Meaning: "the smallest amount that moves; 1 where the database has whole dollars"},
	}
}
