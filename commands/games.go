package commands

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/game"
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
		return a.writeTexts(ctx, []string{"name", "meaning", "games", "parameters", "source"}, strategyRows())
	case o.name == "":
		var rows [][]string
		for _, g := range game.Games() {
			rows = append(rows, []string{g.Name, g.Meaning, g.Source})
		}
		return a.writeTexts(ctx, []string{"name", "meaning", "source"}, rows)
	}
	g, err := game.Find(o.name)
	if err != nil {
		return wrongGame(err)
	}
	a.streams.Talk("%s: %s", g.Name, g.Meaning)
	var rows [][]string
	for _, p := range g.AllParameters() {
		rows = append(rows, []string{p.Name, string(p.Kind), p.Default, strings.Join(p.Choices, ", "), p.Meaning, p.Source})
	}
	for _, s := range g.Strategies() {
		rows = append(rows, []string{s.Name, "strategy", "", "", s.Meaning, s.Source})
	}
	return a.writeTexts(ctx, []string{"name", "kind", "default", "choices", "meaning", "source"}, rows)
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
