package report

import (
	"fmt"
	"strings"
)

// Played says what was played, for the title of a figure.
type Played struct {
	Game     string
	Schedule string // empty: not named
	Players  int
	Rounds   int
	Seed     uint64
}

// String is like: donation, random schedule, 1,000 players, 100 rounds, seed 42.
func (p Played) String() string {
	parts := []string{p.Game}
	if p.Schedule != "" {
		parts = append(parts, p.Schedule+" schedule")
	}
	count := func(n int, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return grouped(n) + " " + one + "s"
	}
	parts = append(parts, count(p.Players, "player"), count(p.Rounds, "round"), fmt.Sprintf("seed %d", p.Seed))
	return strings.Join(parts, ", ")
}

// Wealth is what --plot draws of a game. What is empty is left out.
type Wealth struct {
	Played Played

	// The Lorenz curves before and after: shares of players, and of dollars.
	BeforeX, BeforeY, AfterX, AfterY []float64

	// The histogram after: edges in dollars, players between them, and how many
	// theory expects there, if one applies, with its name.
	Edges, Players, Expected []float64
	Theory                   string

	// The Gini after each round, from Rounds on.
	Rounds, Gini []float64
}

// Figure draws it: Lorenz curve, histogram, Gini over rounds.
func (w Wealth) Figure() Figure {
	lorenz := Panel{Title: "Lorenz curve", XLabel: "share of players, poorest first", YLabel: "share of dollars"}
	lorenz.Series = []Series{
		{Name: "equality", Kind: Dashed, X: []float64{0, 1}, Y: []float64{0, 1}},
		{Name: "before", X: w.BeforeX, Y: w.BeforeY},
		{Name: "after", X: w.AfterX, Y: w.AfterY},
	}
	wealth := Panel{Title: "Wealth", XLabel: "dollars", YLabel: "players"}
	wealth.Series = []Series{{Name: "after", Kind: Bars, X: w.Edges, Y: w.Players}}
	if len(w.Expected) > 0 && len(w.Edges) == len(w.Expected)+1 {
		centers := make([]float64, len(w.Expected))
		for i := range centers {
			centers[i] = (w.Edges[i] + w.Edges[i+1]) / 2
		}
		wealth.Series = append(wealth.Series, Series{Name: w.Theory, X: centers, Y: w.Expected})
	}
	gini := Panel{Title: "Gini over time", XLabel: "round", YLabel: "Gini"}
	gini.Series = []Series{{X: w.Rounds, Y: w.Gini}}
	return Figure{Title: w.Played.String(), Panels: []Panel{lorenz, wealth, gini}}
}
