package commands

import (
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/game"
)

// completeSimulate completes the values of the flags of simulate.
func completeSimulate(cmd *cobra.Command) {
	const none, open = cobra.ShellCompDirectiveNoFileComp, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	on := func(flag string, complete func(g *game.Game, typed string) ([]string, cobra.ShellCompDirective)) {
		// Fails only for a flag that is not there, which the tests would show.
		_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			g, err := game.Find(cmd.Flags().Lookup("game").Value.String())
			if err != nil {
				return nil, none
			}
			return complete(g, typed)
		})
	}
	on("game", func(_ *game.Game, typed string) ([]string, cobra.ShellCompDirective) {
		return matching(gameNames(), "", typed), none
	})
	on("strategy", func(g *game.Game, typed string) ([]string, cobra.ShellCompDirective) {
		return completeParameter(g, "strategy", "", typed), open
	})
	on("schedule", func(g *game.Game, typed string) ([]string, cobra.ShellCompDirective) {
		return completeParameter(g, "schedule", "", typed), none
	})
	on("network", func(g *game.Game, typed string) ([]string, cobra.ShellCompDirective) {
		return completeParameter(g, "network", "", typed), cobra.ShellCompDirectiveDefault // or a file
	})
	setting := func(g *game.Game, typed string) ([]string, cobra.ShellCompDirective) {
		if name, value, ok := strings.Cut(typed, "="); ok {
			return completeParameter(g, name, name+"=", value), open
		}
		var names []string
		for _, p := range g.Settable() {
			names = append(names, p.Name+"=")
		}
		return matching(names, "", typed), open
	}
	on("set", setting)
	on("sweep", setting)
}

// completeParameter completes the values of a parameter that has choices; those of a
// mixture and of a sweep are behind a comma.
func completeParameter(g *game.Game, name, before, typed string) []string {
	p := g.Parameter(name)
	if p == nil {
		return nil
	}
	if i := strings.LastIndexByte(typed, ','); i >= 0 {
		before, typed = before+typed[:i+1], typed[i+1:]
	}
	choices := p.Choices
	switch {
	case name == "strategy":
		for _, s := range g.Strategies() {
			choices = append(choices, s.Name)
		}
	case name == "network":
		choices = game.Networks()
	case p.Kind == game.Flag:
		choices = []string{"yes", "no"}
	}
	return matching(choices, before, typed)
}

// gameNames are the games.
func gameNames() (names []string) {
	for _, g := range game.Games() {
		names = append(names, g.Name)
	}
	return names
}
