package commands

import (
	"fmt"
	"io"

	"exptool/internal/game"
	"exptool/report"
)

// checkPlot checks the name of a file to draw into, and before anything is played that
// it can be written.
func (a *app) checkPlot(name string) error {
	if name == "" {
		return nil
	}
	if _, err := report.PlotFormatOf(name); err != nil {
		return usagef("--plot: %w", err)
	}
	if name == a.flags.output {
		return usagef("--plot and --output name the same file")
	}
	if err := a.streams.CheckOutput(name); err != nil {
		return fmt.Errorf("--plot: %w", err)
	}
	return nil
}

// writePlot draws a game: the file is written whole or not at all.
func (a *app) writePlot(name string, c *game.Outcome) error {
	format, err := report.PlotFormatOf(name)
	if err != nil {
		return err
	}
	return a.toFile(name, func(out io.Writer) (report.Summary, error) {
		return report.Summary{}, report.Plot(out, figure(c), format)
	})
}

// figure is what is drawn of a game.
func figure(c *game.Outcome) report.Figure {
	t, meter, schedule := c.Treatment, &game.Meter{}, ""
	if t.Game.Parameter("schedule") != nil {
		schedule = ", " + t.Text("schedule") + " schedule"
	}
	return report.Figure{
		Title: fmt.Sprintf("%s%s: %d players, strategy %s, %d rounds, random seed %d", t.Game.Title, schedule, c.Players, t.Text("strategy"), c.Played, c.Seed),
		Panels: []report.Panel{
			{Title: "Lorenz curve", XLabel: "share of players, the poorest first", YLabel: "share of dollars", Series: lorenz(c, meter)},
			{Title: "Wealth", XLabel: "dollars", YLabel: "players", Series: wealth(c, meter)},
			{Title: "Inequality", XLabel: "round", YLabel: "Gini", Series: inequality(c)},
		},
	}
}

// lorenzPoints is how many points a Lorenz curve has.
const lorenzPoints = 201

func lorenz(c *game.Outcome, meter *game.Meter) []report.Series {
	all := []report.Series{{Name: "equality", Kind: report.Dashed, X: []float64{0, 1}, Y: []float64{0, 1}}}
	for _, at := range []struct {
		name     string
		balances []int64
	}{{"before", c.Start}, {"after", c.End}} {
		s := report.Series{Name: at.name}
		for _, p := range meter.Lorenz(at.balances, lorenzPoints) {
			s.X, s.Y = append(s.X, p.X), append(s.Y, p.Y)
		}
		if len(s.X) > 0 { // where nobody has anything there is no curve
			all = append(all, s)
		}
	}
	return all
}

// wealthBins is how many bars a histogram has at most.
const wealthBins = 40

func wealth(c *game.Outcome, meter *game.Meter) []report.Series {
	unit := c.Treatment.Cents("unit")
	if c.Tested {
		unit = c.Law.Unit
	}
	bins := meter.Histogram(c.End, unit, wealthBins)
	if len(bins) == 0 {
		return nil
	}
	after := report.Series{Name: "after", Kind: report.Bars, X: []float64{float64(bins[0].Low) / 100}}
	theory := report.Series{Kind: report.Line}
	for _, b := range bins {
		after.X, after.Y = append(after.X, float64(b.High)/100), append(after.Y, float64(b.Players))
		theory.X = append(theory.X, float64(b.Low+b.High)/200)
	}
	if !c.Tested {
		return []report.Series{after}
	}
	theory.Name, theory.Y = c.Law.Name+" law", c.Law.Expected(bins, c.Players)
	return []report.Series{after, theory}
}

func inequality(c *game.Outcome) []report.Series {
	gini := report.Series{Name: "Gini"}
	for _, s := range c.Series {
		gini.X, gini.Y = append(gini.X, float64(s.Round)), append(gini.Y, s.Gini)
	}
	if !c.Tested {
		return []report.Series{gini}
	}
	return []report.Series{gini, {Name: "theory", Kind: report.Dashed, X: []float64{0, float64(c.Played)}, Y: []float64{c.Law.Gini(), c.Law.Gini()}}}
}
