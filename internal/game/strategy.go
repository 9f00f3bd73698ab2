package game

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Strategy is how a player decides.
type Strategy struct {
	Name       string
	Meaning    string
	Source     string
	Parameters []Parameter
	Games      []string // that can use it; nil: all
	Looks      bool     // at the balances of others: they must be visible
	Donors     bool     // asks who gave: donors must be visible
}

// Strategies are all strategies. In the donation game they choose whether to give and to
// whom; in the others how much: how far a player goes from keeping all to giving all.
func Strategies() []Strategy {
	return []Strategy{
		{Name: "random", Meaning: "gives to anybody, each alike; in other games any amount alike", Source: "Drăgulescu & Yakovenko 2000"},
		{Name: "selfish", Meaning: "keeps all", Source: "the subgame-perfect equilibrium of selfish players"},
		{Name: "generous", Meaning: "gives whenever it can, in the donation game to each other in turn; in other games all", Source: "Axelrod 1984 (always cooperate)"},
		{Name: "egalitarian", Meaning: "gives to the poorest whom it reaches, while that one is poorer than itself; in other games the equal split", Source: "Dawes, Fowler, Johnson, McElreath & Smirnov 2007", Looks: true},
		{Name: "rich-first", Meaning: "gives to the richest whom it reaches", Source: "Merton 1968 (the Matthew effect)", Looks: true, Games: []string{"donation"}},
		{Name: "reciprocal", Meaning: "gives back to who gave, a gift for a gift, who gave first first, else keeps; in other games as much as it got", Source: "Trivers 1971", Donors: true},
		{Name: "tit-for-tat", Meaning: "gives first, then does as was done to it: in the donation game gives to who gave to it last, if somebody did since its last turn", Source: "Axelrod & Hamilton 1981", Donors: true},
		{Name: "conditional-cooperator", Meaning: "gives as much as others gave in the round before: in the donation game to anybody, with the probability with which they gave when they could", Source: "Fischbacher, Gächter & Fehr 2001"},
		{Name: "inequality-averse", Meaning: "takes the choice with the greatest utility x − α·envy − β·guilt: in the donation game to keep, or to give to the poorest", Source: "Fehr & Schmidt 1999", Looks: true,
			Parameters: []Parameter{
				{Name: "alpha", Kind: Number, Default: "0.85", Meaning: "α, how much it minds that others have more", Source: "the mean of Fehr & Schmidt 1999, table III"},
				{Name: "beta", Kind: Number, Default: "0.315", Meaning: "β, how much it minds that others have less", Source: "the mean of Fehr & Schmidt 1999, table III"},
			}},
		{Name: "noisy", Meaning: "plays the strategy base, but with the probability noise any choice alike", Source: "Selten 1975 (trembling hand)",
			Parameters: []Parameter{
				{Name: "noise", Kind: Fraction, Default: "0.1", Meaning: "the probability of a random choice of noisy"},
				{Name: "base", Kind: Text, Default: "tit-for-tat", check: checkBase, Meaning: "the strategy that noisy plays otherwise"},
			}},
		{Name: "observed", Meaning: "gives as the participants of the database did: how often, to whom by rank, and back to who gave to it last", Source: "the transfers in the ledger", Looks: true, Donors: true,
			Games: []string{"donation"}},
	}
}

// Strategies are those that can play a game.
func (g *Game) Strategies() []Strategy {
	return slices.DeleteFunc(Strategies(), func(s Strategy) bool { return s.checkGame(g) != nil })
}

// checkGame refuses a game that the strategy cannot play.
func (s Strategy) checkGame(g *Game) error {
	if s.Games == nil || slices.Contains(s.Games, g.Name) {
		return nil
	}
	return fmt.Errorf("strategy: %s cannot play %s, only %s", s.Name, g.Name, strings.Join(s.Games, ", "))
}

// strategyParameters are those of the strategies that can play a game, each once.
func strategyParameters(g *Game) (all []Parameter) {
	for _, s := range g.Strategies() {
		for _, p := range s.Parameters {
			if !slices.ContainsFunc(all, func(q Parameter) bool { return q.Name == p.Name }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// mixed is a part of a mixture: a strategy and the share of players who have it.
type mixed struct {
	strategy Strategy
	share    float64
}

// readMixture reads "random" or "random:0.7,selfish:0.3".
func readMixture(text string) (all []mixed, err error) {
	sum := 0.0
	for part := range strings.SplitSeq(text, ",") {
		name, share, given := strings.Cut(strings.TrimSpace(part), ":")
		m := mixed{share: 1}
		if given {
			m.share, err = strconv.ParseFloat(strings.TrimSpace(share), 64)
		}
		if err != nil || math.IsNaN(m.share) || m.share < 0 || m.share > 1 {
			return nil, fmt.Errorf("%q is no share between 0 and 1", share)
		}
		if m.strategy, err = findStrategy(name); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o mixed) bool { return o.strategy.Name == name }) {
			return nil, fmt.Errorf("the strategy %s is there twice", name)
		}
		all, sum = append(all, m), sum+m.share
	}
	if math.Abs(sum-1) > 1e-9 {
		return nil, fmt.Errorf("the shares of the strategies add up to %g and not to 1", math.Round(sum*1e9)/1e9)
	}
	return all, nil
}

func findStrategy(name string) (Strategy, error) {
	var names []string
	for _, s := range Strategies() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Strategy{}, &UnknownError{What: "strategy", Name: name, Known: names}
}

func checkMixture(text string) error {
	_, err := readMixture(text)
	return err
}

// checkBase judges the strategy that noisy plays: any but itself.
func checkBase(text string) error {
	if _, err := findStrategy(text); err != nil || text != "noisy" {
		return err
	}
	return fmt.Errorf("noisy cannot be its own base")
}
