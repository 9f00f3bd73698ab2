package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

type verifyOptions struct {
	adopt  bool
	yes    bool
	dryRun bool
}

func newVerify(a *app) *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no dollar was lost or made",
		Long: `Check, in one snapshot, that every balance is what was endowed and received less
what was given, that nobody owes money, that all have together what the bank has
given, and that no transfer is missing. Where that does not hold the exit code is
6, and each participant who does not have what the ledger says is listed, with
the transfers between which it happened.

Dollars that were changed behind the ledger's back, by a page of PsyNet or in
SQL, are taken over with --adopt: the differences are booked as adjustments.`,
		Example: `  exptool verify
  exptool verify --format json
  exptool verify --adopt --dry-run
  exptool verify --adopt --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !o.adopt && (o.yes || o.dryRun):
				return usagef("--yes and --dry-run: each belongs to --adopt")
			case o.adopt && !o.yes && !o.dryRun && !a.streams.Interactive():
				return usagef("differences are not booked unasked").hint("add --yes, or look first with --dry-run")
			}
			return runVerify(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.adopt, "adopt", false, "book the differences, so that the ledger holds again")
	f.BoolVar(&o.dryRun, "dry-run", false, "with --adopt: do it, show it, and take it back")
	f.BoolVarP(&o.yes, "yes", "y", false, "with --adopt: do not ask")
	return cmd
}

func runVerify(ctx context.Context, a *app, o *verifyOptions) (err error) {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	ledger := a.ledger(db, o.dryRun)
	v, err := ledger.Verify(ctx)
	if err != nil {
		return err
	}
	if o.adopt && adoptable(v) > 0 {
		a.announceTarget(db)
		if v, err = a.adopt(ctx, ledger, o, v); err != nil || v == nil {
			return err
		}
		a.tellVerification(v)
		return doesNotHold(v, o.dryRun)
	}
	if err := a.writeVerification(ctx, v); err != nil {
		return err
	}
	a.tellVerification(v)
	return doesNotHold(v, false)
}

// adopt books the differences, and verifies again. As a dry run it returns nothing
// where all would be well.
func (a *app) adopt(ctx context.Context, ledger *repo.Ledger, o *verifyOptions, v *repo.Verification) (*repo.Verification, error) {
	if !o.yes && !o.dryRun {
		if err := a.writeDifferences(ctx, v.Differences); err != nil {
			return nil, err
		}
		yes, err := a.streams.Ask(ctx, "book "+differences(adoptable(v))+" as adjustments?")
		if err != nil {
			return nil, err
		}
		if !yes {
			return nil, failuref(exitFailure, "nothing was changed", nil)
		}
	}
	adjustments, err := ledger.Adopt(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.writeAdjustments(ctx, adjustments, o.dryRun); err != nil {
		return nil, err
	}
	if !o.dryRun {
		a.streams.Talk("%s booked as adjustments", differences(len(adjustments)))
		return ledger.Verify(ctx)
	}
	a.streams.Talk("dry run: %s would be booked; nothing was changed", differences(len(adjustments)))
	if v.Differences = slices.DeleteFunc(v.Differences, func(d repo.Difference) bool { return d.Adoptable }); v.Holds() {
		return nil, nil
	}
	return v, nil
}

func adoptable(v *repo.Verification) (n int) {
	for _, d := range v.Differences {
		if d.Adoptable {
			n++
		}
	}
	return n
}

func differences(n int) string { return plural(n, "difference", "differences") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// doesNotHold is the error where something is wrong.
func doesNotHold(v *repo.Verification, dryRun bool) error {
	if v.Holds() {
		return nil
	}
	var wrong []string
	if n := len(v.Differences); n > 0 {
		wrong = append(wrong, plural(n, "participant does not have what it says", "participants do not have what it says"))
	}
	wrong = append(wrong, v.Gaps...)
	f := refusedf("the ledger does not hold: %s", wrong[0]).with(wrong[1:]...)
	switch n := adoptable(v); {
	case dryRun || n == 0:
	case n == 1:
		f = f.hint("exptool verify --adopt books the difference")
	default:
		f = f.hint("exptool verify --adopt books the differences")
	}
	return f
}

// tellVerification says what was looked at.
func (a *app) tellVerification(v *repo.Verification) {
	talk := a.streams.Talk
	switch seen := v.Participants - v.Unopened; {
	case v.Participants == 0 && v.Transfers == 0:
		talk("nobody has dollars yet; exptool seed gives some")
	default:
		talk("%s dollars; the ledger has seen %d of them and has %s", plural(v.Participants, "participant has", "participants have"),
			seen, plural(int(v.Transfers), "transfer", "transfers"))
		talk("together they have %s, and the bank has given %s", v.Total, v.Granted)
	}
	if v.Earlier > 0 {
		talk("%s of earlier launches are not looked at", plural(int(v.Earlier), "transfer", "transfers"))
	}
	if v.Holds() && v.Participants > 0 {
		talk("the ledger holds")
	}
}

// verificationColumns are those of the one row that JSON has.
var verificationColumns = []schema.Column{
	{Name: "holds", Kind: schema.Bool}, {Name: "participants", Kind: schema.Int}, {Name: "unopened", Kind: schema.Int},
	{Name: "transfers", Kind: schema.Int}, {Name: "earlier_transfers", Kind: schema.Int},
	{Name: "total", Kind: schema.Numeric}, {Name: "bank", Kind: schema.Numeric},
	{Name: "differences", Kind: schema.JSON}, {Name: "gaps", Kind: schema.JSON}, {Name: "launch", Kind: schema.Text},
}

// writeVerification writes the differences as rows; JSON has all in one object.
func (a *app) writeVerification(ctx context.Context, v *repo.Verification) error {
	if f := a.format(); f != "json" && f != "ndjson" {
		return a.writeDifferences(ctx, v.Differences)
	}
	list := []map[string]any{} // not null where there are none
	for _, d := range v.Differences {
		one := map[string]any{"participant": d.Participant, "ledger": json.Number(d.Ledger.Decimal()), "balance": nil, "difference": nil,
			"when": when(d), "why": d.Why, "adoptable": d.Adoptable}
		if d.Known {
			one["balance"] = json.Number(d.Balance.Decimal())
		}
		if d.Adoptable {
			one["difference"] = json.Number((d.Balance - d.Ledger).Decimal())
		}
		list = append(list, one)
	}
	differences, err := json.Marshal(list)
	if err != nil {
		return err
	}
	gaps, err := json.Marshal(append([]string{}, v.Gaps...))
	if err != nil {
		return err
	}
	row := [][]byte{[]byte(fmt.Sprint(v.Holds())), []byte(fmt.Sprint(v.Participants)), []byte(fmt.Sprint(v.Unopened)),
		[]byte(fmt.Sprint(v.Transfers)), []byte(fmt.Sprint(v.Earlier)), []byte(v.Total.Decimal()), []byte(v.Granted.Decimal()),
		differences, gaps, nil}
	if v.Epoch.Launch != "" {
		row[len(row)-1] = []byte(v.Epoch.Launch)
	}
	_, err = a.writeRows(ctx, report.Values(verificationColumns, [][][]byte{row}), writeOptions{})
	return err
}

var differenceColumns = []schema.Column{
	{Name: "participant", Kind: schema.Int}, {Name: "ledger", Kind: schema.Numeric}, {Name: "balance", Kind: schema.Numeric},
	{Name: "difference", Kind: schema.Numeric}, {Name: "when", Kind: schema.Text}, {Name: "why", Kind: schema.Text},
}

func (a *app) writeDifferences(ctx context.Context, differences []repo.Difference) error {
	if len(differences) == 0 && !a.machine() {
		return nil
	}
	rows := make([][]string, len(differences))
	for i, d := range differences {
		rows[i] = []string{number(d.Participant), d.Ledger.Decimal(), "", "", when(d), d.Why}
		if d.Known {
			rows[i][2] = d.Balance.Decimal()
		}
		if d.Adoptable {
			rows[i][3] = (d.Balance - d.Ledger).Decimal()
		}
	}
	_, err := a.writeRows(ctx, report.Texts(differenceColumns, rows), writeOptions{})
	return err
}

// maxSpans is how many times of a change are told.
const maxSpans = 3

// when says between which transfers somebody was changed.
func when(d repo.Difference) string {
	var texts []string
	for _, c := range d.Changes[:min(len(d.Changes), maxSpans)] {
		switch {
		case c.Before == 0:
			texts = append(texts, fmt.Sprintf("after transfer %d", c.After))
		case c.After == 0:
			texts = append(texts, fmt.Sprintf("before transfer %d", c.Before))
		default:
			texts = append(texts, fmt.Sprintf("between transfers %d and %d", c.After, c.Before))
		}
	}
	if n := len(d.Changes) - maxSpans; n > 0 {
		texts = append(texts, fmt.Sprintf("and %d times later", n))
	}
	return strings.Join(texts, "; ")
}

var adjustmentColumns = []schema.Column{
	{Name: "number", Kind: schema.Int}, {Name: "participant", Kind: schema.Int}, {Name: "amount", Kind: schema.Numeric},
	{Name: "balance", Kind: schema.Numeric}, {Name: "why", Kind: schema.Text},
}

func (a *app) writeAdjustments(ctx context.Context, adjustments []repo.Result, dryRun bool) error {
	rows := make([][]string, len(adjustments))
	for i, r := range adjustments {
		rows[i] = []string{number(r.Number), number(r.Payee), r.Received.Decimal(), r.PayeeBalance.Decimal(), r.Memo}
		if r.Payee == repo.Bank {
			rows[i] = []string{number(r.Number), number(r.Payer), (-r.Sent).Decimal(), r.PayerBalance.Decimal(), r.Memo}
		}
		if dryRun {
			rows[i][0] = ""
		}
	}
	_, err := a.writeRows(ctx, report.Texts(adjustmentColumns, rows), writeOptions{})
	return err
}
