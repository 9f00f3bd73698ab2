package commands

import (
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
)

func newHelp(*app) *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND | TOPIC]",
		Short:       "Explain a command or a topic",
		Example:     "  exptool help exit-codes\n  exptool help config",
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{withoutConfig: "true"},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if parent, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, c := range parent.Commands() {
					if !c.Hidden {
						names = append(names, c.Name()+"\t"+c.Short)
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownTopic(cmd.Root(), args)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

func unknownTopic(root *cobra.Command, args []string) error {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return usagef("no help on %q", strings.Join(args, " ")).
		hint(didYouMean(args[0], names, "exptool help lists what there is"))
}

// topics are the help texts that belong to no command: cobra lists a command
// without a run function as an additional help topic.
func topics() []*cobra.Command {
	topic := func(name, short, text string) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Long: strings.TrimRight(text, "\n")}
	}
	return []*cobra.Command{
		topic("exit-codes", "What the exit codes mean", helpExitCodes()),
		topic("where", "The language of --where", filter.Help()),
	}
}

func helpExitCodes() string {
	return `The exit codes of exptool, for scripts and cron:

` + exitCodes() + `
The first line on standard error says what is wrong and the next thing to try;
indented lines may follow. Nothing went to standard output, unless the failure
came while rows were already being written.
`
}
