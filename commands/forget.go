package commands

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

type forgetOptions struct {
	earlier, everything bool
	yes, dryRun         bool
}

func newForget(a *app) *cobra.Command {
	o := &forgetOptions{}
	cmd := &cobra.Command{
		Use:   "forget --earlier | --everything",
		Short: "Forget the ledger and the journal of earlier launches, or all of them",
		Long: `Remove what exptool keeps in the database, in its schema exptool.

Launching an experiment anew begins a new ledger, and leaves the old one as an
earlier launch, together with the journal of its changes: --earlier removes the rows
of all earlier launches. --everything drops the schema, the present ledger and
journal included; what participants have stays with them, and the next ledger begins
with that.

It cannot be taken back. On a terminal it is shown and asked about, elsewhere it
wants --yes.`,
		Example: `  exptool forget --earlier --dry-run
  exptool forget --earlier --yes
  exptool forget --everything --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.earlier == o.everything:
				return usagef("exptool forget takes either --earlier or --everything")
			case !o.yes && !o.dryRun && !a.streams.Interactive():
				return usagef("what is forgotten is gone: it is not done unasked").hint("add --yes, or look first with --dry-run")
			}
			return runForget(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.earlier, "earlier", false, "what earlier launches of the experiment left")
	f.BoolVar(&o.everything, "everything", false, "all that exptool keeps in this database")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.dryRun, "dry-run", false, "do it, show it, and take it back")
	return cmd
}

func runForget(ctx context.Context, a *app, o *forgetOptions) (err error) {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	s := &session{app: a, db: db}
	defer s.closeInto(&err)
	s.app.announceTarget(s.db)
	options := repo.ForgetOptions{Everything: o.everything, WriteOptions: repo.WriteOptions{
		Timeout: a.config.Timeout, LockTimeout: a.config.LockTimeout, DryRun: true,
	}}
	asking := !o.yes && !o.dryRun
	if asking {
		preview, err := db.Forget(ctx, options)
		if err != nil {
			return err
		}
		if err := a.writeForgotten(ctx, preview); err != nil {
			return err
		}
		yes, err := a.streams.Ask(ctx, "forget "+countForgotten(preview)+" for ever?")
		if err != nil {
			return err
		}
		if !yes {
			return failuref(exitFailure, "nothing was forgotten", nil)
		}
	}
	options.DryRun = o.dryRun
	gone, err := db.Forget(ctx, options)
	if err != nil {
		return err
	}
	if !asking {
		if err := a.writeForgotten(ctx, gone); err != nil {
			return err
		}
	}
	a.tellForgotten(o, gone)
	return nil
}

// forgottenColumns are the columns of `exptool forget`.
var forgottenColumns = []schema.Column{
	{Name: "what", Kind: schema.Text}, {Name: "launch", Kind: schema.Text}, {Name: "rows", Kind: schema.Int},
	{Name: "first", Kind: schema.Text}, {Name: "last", Kind: schema.Text},
}

func (a *app) writeForgotten(ctx context.Context, gone []repo.Forgotten) error {
	if len(gone) == 0 && !a.machine() {
		return nil
	}
	rows := make([][]string, len(gone))
	for i, g := range gone {
		rows[i] = []string{g.What, g.Launch, number(g.Rows), g.First.Format(time.RFC3339), g.Last.Format(time.RFC3339)}
	}
	_, err := a.writeRows(ctx, report.Texts(forgottenColumns, rows), writeOptions{})
	return err
}

// tellForgotten says in a line what is gone.
func (a *app) tellForgotten(o *forgetOptions, gone []repo.Forgotten) {
	what := countForgotten(gone)
	switch {
	case o.dryRun:
		a.streams.Talk("dry run: %s would be forgotten; nothing was changed", what)
	case o.everything:
		a.streams.Talk("forgot %s, and dropped the schema exptool; participants keep their dollars", what)
	default:
		a.streams.Talk("forgot %s", what)
	}
}

// countForgotten counts rows: 12 transfers, 4 decisions, 20 players, 1 session and 3
// changes.
func countForgotten(gone []repo.Forgotten) string {
	counts := map[string]int64{}
	for _, g := range gone {
		counts[g.What] += g.Rows
	}
	count := func(what string) string { return cli.Count(counts[what], cli.Unit(what)) }
	return count("transfers") + ", " + count("decisions") + ", " + count("players") + ", " + count("sessions") + " and " + count("changes")
}
