package commands

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"exptool/internal/cli"
	"exptool/internal/schema"
)

// newRoot builds the tree of commands. It touches neither configuration nor
// database, so help and completion work anywhere.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "exptool",
		Short: "Query and safely change the live database of a behavioural experiment",
		Long: `Ask questions of the live database of a PsyNet or Dallinger experiment, or of any
other Postgres, and change it safely, from a shell and without its Python code.

Data go to standard output, all talk to standard error. A terminal gets a table,
a pipe CSV; --format decides otherwise. Which database: see exptool help config.`,
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			_, without := cmd.Annotations[withoutConfig]
			if without || strings.HasPrefix(cmd.Name(), cobra.ShellCompRequestCmd) {
				return nil
			}
			return a.load(cmd)
		},
	}
	root.AddCommand(constructors(a)...)
	root.SetIn(a.streams.In)
	root.SetOut(a.streams.Out)
	root.SetErr(a.streams.Err)
	root.SetVersionTemplate("exptool {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp(a))
	root.AddCommand(topics()...)
	a.bind(root.PersistentFlags())
	// Fails only for a flag that is not there, which the tests would show.
	_ = root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(cli.Formats(), cobra.ShellCompDirectiveNoFileComp))
	_ = root.RegisterFlagCompletionFunc("db", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return a.completePrivate(cmd, nil, typed)
	})
	everyCommand(root, func(cmd *cobra.Command) {
		if cmd.HasSubCommands() && !cmd.Runnable() {
			group(cmd) // or cobra would show help for any wrong word, and succeed
		}
		checkArgs(cmd)
	})
	return root
}

// constructors make the commands, in no particular order: help sorts them.
func constructors(a *app) []*cobra.Command {
	return []*cobra.Command{
		newAdd(a),
		newApprove(a),
		newBoard(a),
		newClasses(a),
		newCompletion(a),
		newConfig(a),
		newDB(a),
		newDemo(a),
		newDescribe(a),
		newDonate(a),
		newExport(a),
		newFail(a),
		newForget(a),
		newGames(a),
		newHistory(a),
		newLedger(a),
		newLog(a),
		newLogGuard(a),
		newPayments(a),
		newQuery(a),
		newReject(a),
		newReport(a),
		newRevert(a),
		newSeed(a),
		newServe(a),
		newSet(a),
		newShow(a),
		newSimulate(a),
		newSQL(a),
		newStatus(a),
		newTables(a),
		newUndo(a),
		newVerify(a),
		newVersion(a),
	}
}

// group makes a command that only holds others: alone it shows its help, and a
// word that names none of them is wrong usage.
func group(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(children...)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[withoutConfig] = "true"
	return cmd
}

func unknownCommand(parent *cobra.Command, word string) error {
	var names []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
			names = append(names, c.Aliases...)
		}
	}
	return usagef("unknown command %q of %s", word, parent.CommandPath()).
		hint(didYouMean(word, names, parent.CommandPath()+" --help lists them"))
}

func didYouMean(word string, among []string, otherwise string) string {
	if near := schema.Suggest(word, among); len(near) > 0 {
		return "did you mean " + near[0] + "?"
	}
	return otherwise
}

// flagError makes wrong usage of what pflag says, in our words.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	help := cmd.CommandPath() + " --help lists them"
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usagef("unknown flag -%s of %s", unknown.GetSpecifiedName(), cmd.CommandPath()).hint(help)
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, "--"+f.Name)
			}
		})
		if known := synonyms[name]; slices.Contains(names, "--"+known) {
			return usagef("unknown flag --%s of %s", name, cmd.CommandPath()).hint("did you mean --" + known + "?")
		}
		return usagef("unknown flag --%s of %s", name, cmd.CommandPath()).hint(didYouMean("--"+name, names, help))
	case errors.As(err, &invalid):
		return usagef("--%s takes %s", invalid.GetFlag().Name, takes(invalid.GetFlag())).about(invalid.GetValue())
	}
	return usagef("%w", err).hint("see " + cmd.CommandPath() + " --help")
}

// synonyms are flags as other tools call them.
var synonyms = map[string]string{
	"avg": "mean", "average": "mean", "std": "sd", "stddev": "sd", "order": "sort", "order-by": "sort", "sort-by": "sort",
	"group-by": "by", "group": "by", "filter": "where", "fields": "columns", "select": "columns", "head": "limit", "top": "limit",
	"no-bots": "people", "humans": "people", "no-failed": "alive", "not-failed": "alive", "unique": "distinct", "database": "db", "url": "db",
}

// takes says what values a flag has.
func takes(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "a whole number"
	case "duration":
		return "a span of time, for example 30s or 2m"
	case "bool":
		return "true or false"
	}
	kind, _ := pflag.UnquoteUsage(f)
	return strings.ToLower(kind)
}

// checkArgs makes wrong usage of a wrong number of arguments.
func checkArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs // cobra would take any
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		var known *failure
		switch {
		case err == nil || errors.As(err, &known):
			return err
		case check(cmd, append(slices.Clone(args), "another")) == nil, len(args) == 0:
			return usagef("%s lacks an argument", cmd.CommandPath()).hint("write " + useLine(cmd))
		}
		return usagef("%s does not take these arguments: %s", cmd.CommandPath(), strings.Join(args, " ")).
			hint("write " + useLine(cmd))
	}
}

// useLine is a command's synopsis, without the flags that it may have.
func useLine(cmd *cobra.Command) string {
	path := cmd.CommandPath()
	if _, rest, ok := strings.Cut(cmd.Use, " "); ok {
		path += " " + rest
	}
	return path
}

// everyCommand calls do for a command and all below it.
func everyCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, child := range cmd.Commands() {
		everyCommand(child, do)
	}
}
