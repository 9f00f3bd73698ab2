package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

type importOptions struct {
	selection
	payer, payee, amount string // fields
	session              string
	dryRun               bool
}

func newLedgerImport(a *app) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "import ENTITY [FIELD=VALUE ...] --payer FIELD --payee FIELD --amount FIELD",
		Short: "Import a game that PsyNet ran: each row becomes a transfer",
		Long: `Make a transfer of each row of an entity, in the order of ids: of trials, say, in
which one participant answered how much to give to another. The fields are columns,
paths into JSON or expressions; the words and flags of query say which rows.

The dollars move now, from payer to payee. Where the experiment itself has moved
them already there is nothing to import: the balances are right, and importing
would move the dollars a second time.

Every row is answered by a line, in order: its id; done, replayed (it was imported
before) or refused; the number in the ledger, and why it was refused. Rows without
an amount, or with 0, are passed over. What is done is known by the row's id, so
that importing again moves nothing twice, and tries again what was refused. Exit 6
if a row was refused (7 where all that was refused waited for a lock).`,
		Example: `  exptool ledger import trials --payer participant_id --payee definition.recipient --amount answer
  exptool ledger import CustomTrial --payer participant_id --payee vars.partner --amount random_integer --session pilot --dry-run`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeQuery,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.entity, o.query.Words = args[0], args[1:]
			for _, f := range o.fields() {
				if strings.TrimSpace(f[1]) == "" {
					return usagef("exptool ledger import lacks --%s", f[0]).hint("it takes a field of the rows")
				}
			}
			if err := o.selection.read(cmd.Flags()); err != nil {
				return err
			}
			return runLedgerImport(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	o.selection.flags(f)
	f.StringVar(&o.payer, "payer", "", "`FIELD` with the id of who gives")
	f.StringVar(&o.payee, "payee", "", "`FIELD` with the id of who receives")
	f.StringVar(&o.amount, "amount", "", "`FIELD` with the dollars that are given")
	f.StringVar(&o.session, "session", "", "`NAME` of the game in the ledger")
	f.BoolVar(&o.dryRun, "dry-run", false, "do it, show it, and take it back")
	a.completeFields(cmd, "payer", "payee", "amount")
	return cmd
}

// fields are the flags that name fields, in the order of the question's columns.
func (o *importOptions) fields() [][2]string {
	return [][2]string{{"payer", o.payer}, {"payee", o.payee}, {"amount", o.amount}}
}

func runLedgerImport(ctx context.Context, a *app, o *importOptions) (err error) {
	s, err := a.connect(ctx, o.entity)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	if o.query.Entity, err = s.entity(ctx, o.entity, o.exact); err != nil {
		return err
	}
	key, err := repo.KeyOf(o.query.Entity.Table)
	if err != nil {
		return err
	}
	o.query.Columns = []string{filter.FieldName(key.Name)}
	for _, f := range o.fields() {
		o.query.Columns = append(o.query.Columns, f[0]+"="+f[1])
	}
	plan, err := s.compile(ctx, o.query)
	if err != nil {
		return withLeftOver(err, o.query)
	}
	if len(plan.Columns) != 1+len(o.fields()) {
		return usagef("--payer, --payee and --amount take one field each")
	}
	s.app.announceTarget(s.db)
	s.tellExact(o.query.Entity, o.exact)
	err = s.ask(ctx, plan, func(answer *repo.Answer) error {
		s.tellJunk(answer.Junk)
		return s.bookRows(ctx, o, answer)
	})
	return withExpressions(err, o.query)
}

// bookRows books what a question gives, and writes an answer for each row.
func (s *session) bookRows(ctx context.Context, o *importOptions, answer *repo.Answer) error {
	total, err := answer.Count(ctx)
	if err != nil {
		return err
	}
	ledger := s.app.ledger(s.db, o.dryRun)
	b := &booking{ctx: ctx, ledger: ledger, o: o, prefix: "import:" + o.query.Entity.Table.Key() + ":"}
	if b.payers, err = ledger.PayersOf(ctx, b.prefix); err != nil {
		return err
	}
	if b.source, err = answer.Rows(ctx); err != nil {
		return err
	}
	b.decode = report.NewDecoder(b.source.Columns(), true)
	b.progress = s.app.streams.Progress("giving "+o.query.Entity.Name, total, cli.Rows)
	defer b.progress.Stop()
	if _, err := s.app.writeRows(ctx, b, writeOptions{urls: func(schema.Column) bool { return false }}); err != nil {
		b.progress.Stop()
		if b.given > 0 && !o.dryRun {
			s.app.streams.Talk("%s were given before that; importing again gives the rest", grouped(b.given))
		}
		return err
	}
	b.progress.Stop()
	rest := ""
	if b.passed > 0 {
		rest = fmt.Sprintf("; %s without an amount passed over", grouped(b.passed))
	}
	s.app.tellTally(o.dryRun, b.given, b.replayed, b.refused, rest)
	if !o.dryRun {
		s.app.warnWorkingOf(s.db, b.working)
	}
	if b.refused == 0 {
		return nil
	}
	f := refusedf("%d of %d rows were refused", b.refused, total).with(fmt.Sprintf("%s: %v", b.firstID, b.first))
	if b.locked == b.refused {
		f.code = exitTryAgain
	}
	return f
}
