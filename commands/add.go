package commands

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/spf13/cobra"

	"exptool/repo"
)

type addOptions struct {
	changeOptions
	entity string
	class  string
	like   string
	assign []string
}

func newAdd(a *app) *cobra.Command {
	o := &addOptions{}
	cmd := &cobra.Command{
		Use:   "add ENTITY FIELD=VALUE ...",
		Short: "Add a row, as PsyNet itself would fill it",
		Long: `Add a row and print its id. What is not given is filled as the constructors of
PsyNet and Dallinger fill it, so that their classes load the row. What it refers
to must exist: participant=5 is participant_id. Values are written as for set.
PsyNet's own code (__init__, make_definition …) does not run. An id that a dry run
showed is used up: the row that is then added has a later one.`,
		Example: `  exptool add person forename=Ada surname=Lovelace age=36
  exptool add coin participant=5 value=2.5 --dry-run
  exptool add trials --like 78 random_integer=3
  exptool add networks role=custom`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeQuery,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.entity, o.assign = args[0], args[1:]
			if err := o.check(cmd.Flags()); err != nil {
				return err
			}
			if cmd.Flags().Changed("like") && strings.TrimSpace(o.like) == "" {
				return usagef("--like is empty")
			}
			return runAdd(cmd.Context(), a, o)
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.class, "class", "", "the row's `CLASS`, where ENTITY does not say")
	cmd.Flags().StringVar(&o.like, "like", "", "copy the row `ID`")
	a.completeEntities(cmd, "class")
	return cmd
}

func runAdd(ctx context.Context, a *app, o *addOptions) (err error) {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	e, err := s.entity(ctx, o.entity, true)
	if err != nil {
		return err
	}
	if o.class != "" {
		of, err := s.entity(ctx, o.class, true)
		if err != nil {
			return err
		}
		if of.Class == nil || of.Table != e.Table {
			return usagef("%s is no class of %s", o.class, e.Name)
		}
		e = of
	}
	assignments, err := parseAssignments(s.schema, e.Table, o.assign, nil)
	if err != nil {
		return err
	}
	o.secrets = secretWords(assignments)
	var key string
	out, err := s.change(ctx, &o.changeOptions, false, func(w *repo.Writer) (err error) {
		key, err = w.Add(ctx, repo.AddOptions{Entity: e, Assignments: assignments, Like: o.like, Token: rand.Text})
		return err
	})
	if err != nil {
		return err
	}
	if o.dryRun || a.formatGiven() {
		return s.finish(ctx, &o.changeOptions, out, false)
	}
	if err := a.writeLines(key); err != nil {
		return err
	}
	s.tellNotes(out)
	s.tellOutcome(&o.changeOptions, out)
	return nil
}
