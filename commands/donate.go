package commands

import (
	"context"

	"github.com/spf13/cobra"

	"exptool/repo"
)

type donateOptions struct {
	repo.Transfer // what the command line says: with --file only amount and memo
	file          string
	amount        string
	whole         bool
	rate          float64 // transfers a second; 0: as quickly as they go
	dryRun        bool
}

func newDonate(a *app) *cobra.Command {
	o := &donateOptions{}
	cmd := &cobra.Command{
		Use:   "donate PAYER PAYEE | --file FILE",
		Short: "Give dollars of one participant to another",
		Long: `Take dollars from one participant and give them to another, in the column
participant.dollars and in the ledger beside it, in one transaction. Who has not
enough, or is nobody, gives nothing.

With --key a retry is answered as the first time, and nobody gives twice: a key
names one transfer of its payer, and with other content it is refused.

--file reads a transfer a line as CSV: payer,payee[,amount[,key[,memo]]], or the
columns that a header names, in any order (from, to and dollars are understood);
- is standard input. Each line is answered in its order: done, replayed (its key
was used before) or refused, with the reason; a refused line stops nothing else,
and makes the exit code 6 (7 where all that was refused waited for a lock). With
--all-or-nothing one refused line leaves all the others "not done". After Ctrl-C
what was answered is done, and the rest is not.

A page of PsyNet that is open may write its own copy of the dollars over this,
which exptool verify finds.`,
		Example: `  exptool donate 3 7
  exptool donate 3 7 --amount 0.50 --memo 'for round 2'
  exptool donate 3 7 --key monday
  exptool donate --file moves.csv
  exptool donate --file moves.csv --all-or-nothing --dry-run`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.read(cmd, args); err != nil {
				return err
			}
			if o.file != "" {
				return runDonateFile(cmd.Context(), a, o)
			}
			return runDonate(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.amount, "amount", "1", "how many `DOLLARS`; with --file, where a line does not say")
	f.StringVar(&o.Key, "key", "", "`KEY` that makes a retry harmless")
	f.StringVar(&o.Memo, "memo", "", "`TEXT` for the ledger; with --file, where a line has none")
	f.StringVar(&o.file, "file", "", "read transfers from `FILE`, - for standard input")
	f.BoolVar(&o.whole, "all-or-nothing", false, "with --file: in one transaction, and only if no line is refused")
	f.Float64Var(&o.rate, "rate", 0, "with --file: at most `N` transfers a second")
	f.BoolVar(&o.dryRun, "dry-run", false, "do it, show it, and take it back")
	return cmd
}

// read takes arguments and flags, and checks them against each other.
func (o *donateOptions) read(cmd *cobra.Command, args []string) (err error) {
	f := cmd.Flags()
	if o.Sent, err = repo.ParseCents(o.amount); err != nil {
		return err
	}
	for _, name := range []string{"key", "file"} {
		if f.Changed(name) && f.Lookup(name).Value.String() == "" {
			return usagef("--%s is empty", name).hint("a variable that a script has not set?")
		}
	}
	if o.file != "" {
		switch {
		case len(args) > 0:
			return usagef("--file and participants (%s) exclude each other", args[0])
		case o.Key != "":
			return usagef("with --file a key belongs into a column key of the file, one a line")
		case f.Changed("rate") && !(o.rate > 0):
			return usagef("--rate takes a number of transfers a second, more than 0")
		case f.Changed("rate") && (o.whole || o.dryRun):
			return usagef("--rate is for transfers one by one: not with --all-or-nothing or --dry-run")
		}
		return nil
	}
	switch {
	case len(args) != 2:
		return usagef("exptool donate takes two participants: who gives and who gets").hint("write " + useLine(cmd))
	case o.whole || f.Changed("rate"):
		return usagef("--all-or-nothing and --rate are for --file")
	}
	if o.Payer, err = parseParticipant(args[0]); err != nil {
		return err
	}
	o.Payee, err = parseParticipant(args[1])
	return err
}

func runDonate(ctx context.Context, a *app, o *donateOptions) (err error) {
	db, ledger, err := a.openLedger(ctx, o.dryRun)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	rs, err := ledger.Apply(ctx, []repo.Transfer{o.Transfer})
	if err != nil {
		return err
	}
	r := rs[0]
	if r.Err != nil {
		return r.Err
	}
	if err := a.writeMove(ctx, db, r, o.dryRun); err != nil {
		return err
	}
	if r.Replayed {
		a.streams.Talk("the key %q was used before: this is the first answer again, nothing was given now", o.Key)
	}
	return nil
}
