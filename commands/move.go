package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// openLedger opens the database to move dollars in, and says which it is.
func (a *app) openLedger(ctx context.Context, dryRun bool) (*repo.DB, *repo.Ledger, error) {
	db, err := a.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	a.announceTarget(db)
	return db, a.ledger(db, dryRun), nil
}

func (a *app) ledger(db *repo.DB, dryRun bool) *repo.Ledger {
	return repo.NewLedger(db, a.ledgerOptions(dryRun))
}

func (a *app) ledgerOptions(dryRun bool) repo.LedgerOptions {
	return repo.LedgerOptions{Who: who(), WriteOptions: repo.WriteOptions{
		Timeout: a.config.Timeout, LockTimeout: a.config.LockTimeout, DryRun: dryRun,
	}}
}

// parseParticipant reads the id of a participant. 0 would be the bank.
func parseParticipant(word string) (int64, error) {
	id, err := strconv.ParseUint(strings.TrimSpace(word), 10, 63)
	if err != nil || id == 0 {
		return 0, usagef("a participant is named by a whole number, not %.40q", word)
	}
	return int64(id), nil
}

// moveColumns are the columns of what a transfer prints.
var moveColumns = []schema.Column{
	{Name: "status", Kind: schema.Text}, {Name: "number", Kind: schema.Int}, {Name: "payer", Kind: schema.Int}, {Name: "payee", Kind: schema.Int},
	{Name: "amount", Kind: schema.Numeric}, {Name: "payer_dollars", Kind: schema.Numeric}, {Name: "payee_dollars", Kind: schema.Numeric},
}

// writeMove tells of one transfer that was done: in a sentence, or as a row where
// a format was asked for.
func (a *app) writeMove(ctx context.Context, db *repo.DB, r repo.Result, dryRun bool) error {
	if dryRun {
		r.Number = 0 // it was taken back
	}
	if !a.formatGiven() {
		if err := a.writeLines(sentence(r, dryRun)); err != nil {
			return notTold(err, r, dryRun)
		}
	} else if _, err := a.writeRows(ctx, report.Values(moveColumns, [][][]byte{moveValues(make([][]byte, 0, len(moveColumns)), r, statusOf(r))}), writeOptions{}); err != nil {
		return notTold(err, r, dryRun)
	}
	switch {
	case dryRun:
		a.streams.Talk("dry run: nothing was changed")
	case r.Working && !r.Replayed:
		a.warnWorking(db, "participant "+orWords(r.Payer, r.Payee)+" is")
	}
	return nil
}

// warnWorking says that a page of those who move dollars may be open. Beside a
// private database no experiment runs.
func (a *app) warnWorking(db *repo.DB, who string) {
	if !db.Address().IsPrivate() {
		a.streams.Warn("%s working: an open page of theirs may write its own copy of the dollars over this", who)
	}
}

// warnWorkingOf is warnWorking of so many transfers.
func (a *app) warnWorkingOf(db *repo.DB, transfers int64) {
	if transfers > 0 {
		a.warnWorking(db, plural(int(transfers), "transfer is", "transfers are")+" of participants who are")
	}
}

// notTold is the error of writing about a transfer, which was done all the same: who
// takes it for not done would give twice.
func notTold(err error, r repo.Result, dryRun bool) error {
	if dryRun {
		return err
	}
	return failuref(codeOf(err), "%w; but the dollars were given, as transfer %d", []any{err, r.Number})
}

// The statuses of a transfer.
const (
	statusDone     = "done"
	statusReplayed = "replayed"
	statusRefused  = "refused"
	statusNotDone  = "not done"
)

func statusOf(r repo.Result) string {
	switch {
	case r.Err != nil:
		return statusRefused
	case r.Replayed:
		return statusReplayed
	}
	return statusDone
}

// moveValues appends the values of moveColumns; what is not known is NULL.
func moveValues(values [][]byte, r repo.Result, status string) [][]byte {
	values = append(values, []byte(status), integer(r.Number), integer(r.Payer), integer(r.Payee))
	var amount, payer, payee []byte
	if r.Sent != 0 {
		amount = []byte(r.Sent.Decimal())
	}
	if done := status == statusDone || status == statusReplayed; done {
		payer, payee = balance(r.Payer, r.PayerBalance), balance(r.Payee, r.PayeeBalance)
	}
	return append(values, amount, payer, payee)
}

func balance(of int64, c repo.Cents) []byte {
	if of == repo.Bank {
		return nil
	}
	return []byte(c.Decimal())
}

// integer is a number as a value, 0 as NULL.
func integer(n int64) []byte {
	if n == 0 {
		return nil
	}
	return strconv.AppendInt(nil, n, 10)
}

// sentence says who gave whom what, and what both have now.
func sentence(r repo.Result, dryRun bool) string {
	gave, has, amount := "gave", "has", r.Sent.String()
	if dryRun {
		gave, has = "would give", "would have"
	}
	if r.Received != r.Sent {
		amount += ", received as " + r.Received.String() + ","
	}
	if r.Kind == repo.Reversal {
		amount += " back"
	}
	var have []string
	if r.Payer != repo.Bank {
		have = append(have, fmt.Sprintf("%d %s %s", r.Payer, has, r.PayerBalance))
	}
	if r.Payee != repo.Bank {
		have = append(have, fmt.Sprintf("%d %s %s", r.Payee, has, r.PayeeBalance))
	}
	text := fmt.Sprintf("%s %s %s %s: %s", party(r.Payer), gave, party(r.Payee), amount, strings.Join(have, ", "))
	switch {
	case dryRun:
		return text
	case r.Reverses != 0:
		return fmt.Sprintf("%s (transfer %d, which takes back %d)", text, r.Number, r.Reverses)
	}
	return fmt.Sprintf("%s (transfer %d)", text, r.Number)
}

func party(id int64) string {
	if id == repo.Bank {
		return "the bank"
	}
	return fmt.Sprintf("participant %d", id)
}

// orWords names one or two participants, of whom it is not known which.
func orWords(payer, payee int64) string {
	switch {
	case payer == repo.Bank:
		return fmt.Sprint(payee)
	case payee == repo.Bank:
		return fmt.Sprint(payer)
	}
	return fmt.Sprintf("%d or %d", payer, payee)
}

// tellTally says what became of many transfers, and then the rest of the line.
func (a *app) tellTally(dryRun bool, given, replayed, refused int64, rest string) {
	did := "given"
	if dryRun {
		a.streams.Talk("dry run: nothing was changed")
		did = "would be given"
	}
	a.streams.Talk("%s %s, replayed %s, refused %s%s", did, grouped(given), grouped(replayed), grouped(refused), rest)
}

// grouped is a number with commas: 1,234.
func grouped(n int64) string { return strings.TrimSpace(cli.Count(n, "")) }
