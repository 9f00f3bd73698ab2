package commands

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/game"
	"exptool/internal/schema"
	"exptool/report"
)

type gamesOptions struct {
	name       string // of a game; empty: all
	strategies bool
}

func newGames(a *app) *cobra.Command {
	o := &gamesOptions{}
	cmd := &cobra.Command{
		Use:   "games [GAME]",
		Short: "List the games that can be simulated, their parameters and strategies",
		Long: `List the games that exptool simulate plays; of one game its parameters and the
strategies that can play it, each with its default, meaning and source.`,
		Example: `  exptool games
  exptool games donation
  exptool games --strategies`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return matching(gameNames(), "", typed), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.name = args[0]
			}
			if o.name != "" && o.strategies {
				return usagef("--strategies lists those of all games").hint("exptool games " + o.name + " lists its own")
			}
			return runGames(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVar(&o.strategies, "strategies", false, "list the strategies")
	return cmd
}

func runGames(ctx context.Context, a *app, o *gamesOptions) error {
	switch {
	case o.strategies:
		return a.writeKnown(ctx, []string{"name", "meaning", "games", "parameters", "source"}, strategyRows())
	case o.name == "":
		var rows [][]string
		for _, g := range game.Games() {
			rows = append(rows, []string{g.Name, g.Meaning, g.Source})
		}
		return a.writeKnown(ctx, []string{"name", "meaning", "source"}, rows)
	}
	g, err := game.Find(o.name)
	if err != nil {
		return wrongGame(err)
	}
	a.streams.Talk("%s: %s", g.Name, g.Meaning)
	return a.writeKnown(ctx, []string{"name", "kind", "default", "choices", "meaning", "source"}, gameRows(g))
}

// gameRows are the parameters of a game, and the strategies that can play it.
func gameRows(g *game.Game) (rows [][]string) {
	for _, p := range g.Settable() {
		rows = append(rows, []string{p.Name, string(p.Kind), p.Default, strings.Join(p.Choices, ", "), p.Meaning, p.Source})
	}
	for _, s := range g.Strategies() {
		rows = append(rows, []string{s.Name, "strategy", "", "", s.Meaning, s.Source})
	}
	return rows
}

// writeKnown writes what is known of games. A terminal, where columns would be cut
// short, gets it one below the other: the name, and in words what the columns say.
func (a *app) writeKnown(ctx context.Context, columns []string, rows [][]string) error {
	if !a.fitted() {
		return a.writeTexts(ctx, columns, rows)
	}
	fields := make([]report.Field, len(rows))
	for i, row := range rows {
		f := report.Field{Label: row[0], Column: schema.Column{Kind: schema.Text}}
		var more []string
		for k, text := range row {
			switch name := columns[k]; {
			case text == "" || name == "name":
			case name == "kind" && text == "strategy":
				f.Section = "strategies"
			case name == "kind":
				f.Section = "parameters"
			case name == "meaning":
				f.Value = []byte(text)
			case name == "source":
				more = append(more, text)
			default:
				more = append(more, name+": "+text)
			}
		}
		if len(more) > 0 {
			f.Value = append(f.Value, "\n"+strings.Join(more, "; ")...)
		}
		fields[i] = f
	}
	return a.writeCard(fields, writeOptions{urls: func(schema.Column) bool { return false }})
}

// strategyRows are the strategies, with the games that can use each.
func strategyRows() (rows [][]string) {
	for _, s := range game.Strategies() {
		games, parameters := "all", []string(nil)
		if s.Games != nil {
			games = strings.Join(s.Games, ", ")
		}
		for _, p := range s.Parameters {
			parameters = append(parameters, p.Name+"="+p.Default)
		}
		rows = append(rows, []string{s.Name, s.Meaning, games, strings.Join(parameters, ", "), s.Source})
	}
	return rows
}
