package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"exptool/internal/cli"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// bookingBatch is how many rows are booked in one transaction.
const bookingBatch = 5000

// booking is the stream of answers to rows that are booked as they are read: id,
// payer, payee and amount.
type booking struct {
	ctx      context.Context
	ledger   *repo.Ledger
	o        *importOptions
	source   schema.Rows
	decode   *report.Decoder
	progress *cli.Progress
	prefix   string           // of the keys of transfers
	payers   map[string]int64 // of the keys that are in the ledger already

	lines   []bookingLine
	at      int // of the line that comes next
	values  [][]byte
	err     error
	working int64 // transfers with a participant at work

	given, replayed, refused, locked, passed int64

	first   error // why the first that was refused was
	firstID string
}

// bookingLine is a row and its answer.
type bookingLine struct {
	id, payer, payee, amount string
	asked                    int // the place of its transfer in the batch; -1: none was made
	result                   repo.Result
}

// bookingColumns are the columns of the answers.
var bookingColumns = []schema.Column{
	{Name: "id", Kind: schema.Text}, {Name: "status", Kind: schema.Text}, {Name: "number", Kind: schema.Int},
	{Name: "payer", Kind: schema.Text}, {Name: "payee", Kind: schema.Text}, {Name: "amount", Kind: schema.Text},
	{Name: "reason", Kind: schema.Text},
}

// Columns is schema.Rows'.
func (b *booking) Columns() []schema.Column { return bookingColumns }

// Values is schema.Rows'.
func (b *booking) Values() [][]byte { return b.values }

// Err is schema.Rows'.
func (b *booking) Err() error { return b.err }

// Close is schema.Rows'.
func (b *booking) Close() error { return b.source.Close() }

// Next is schema.Rows'. It books a batch where all of the last one is answered.
func (b *booking) Next() bool {
	if b.at == len(b.lines) && b.err == nil {
		b.at, b.lines = 0, b.lines[:0]
		b.err = b.fill()
	}
	if b.err != nil || b.at == len(b.lines) {
		return false
	}
	b.values = b.answer(&b.lines[b.at])
	b.at++
	return true
}

// fill reads a batch and books it. A dry run is one batch, because the next one
// would not see what was taken back.
func (b *booking) fill() error {
	var transfers []repo.Transfer
	for b.o.dryRun || len(b.lines) < bookingBatch {
		if !b.source.Next() {
			break
		}
		b.progress.Add(1)
		line := b.read(b.source.Values())
		if strings.Trim(line.amount, " 0.$") == "" {
			b.passed++
			continue
		}
		line.asked = -1
		if t, err := b.transfer(&line); err != nil {
			line.result.Err = err
		} else {
			line.asked = len(transfers)
			transfers = append(transfers, t)
		}
		b.lines = append(b.lines, line)
	}
	if err := b.source.Err(); err != nil || len(transfers) == 0 {
		return err
	}
	apply := b.ledger.Apply
	if b.o.dryRun {
		apply = b.ledger.ApplyAll
	}
	results, err := apply(b.ctx, transfers)
	if err != nil {
		return err
	}
	for i := range b.lines {
		if l := &b.lines[i]; l.asked >= 0 {
			l.result = results[l.asked]
		}
	}
	return nil
}

func (b *booking) read(values [][]byte) bookingLine {
	text := func(i int) string { return b.decode.Text(i, values[i]) }
	return bookingLine{id: text(0), payer: text(1), payee: text(2), amount: text(3)}
}

// transfer is what a row asks for.
func (b *booking) transfer(l *bookingLine) (t repo.Transfer, err error) {
	t = repo.Transfer{Session: b.o.session, Key: b.prefix + l.id}
	if t.Payer, err = participantID("payer", l.payer); err != nil {
		return t, err
	}
	if t.Payee, err = participantID("payee", l.payee); err != nil {
		return t, err
	}
	if payer, known := b.payers[t.Key]; known && payer != t.Payer {
		return t, fmt.Errorf("was imported already, with participant %d as payer", payer)
	}
	t.Sent, err = repo.ParseCents(l.amount)
	return t, err
}

// participantID reads the id of a participant from a field.
func participantID(who, text string) (int64, error) {
	if text == "" {
		return 0, fmt.Errorf("there is no %s", who)
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("the %s %.40q is no id of a participant", who, text)
	}
	return id, nil
}

// answer is a line's row of the output.
func (b *booking) answer(l *bookingLine) [][]byte {
	var reason, number []byte
	switch r := l.result; {
	case r.Err != nil:
		reason = []byte(r.Err.Error())
		if b.refused++; b.first == nil {
			b.first, b.firstID = r.Err, l.id
		}
		if errors.Is(r.Err, repo.ErrTryAgain) {
			b.locked++
		}
	case r.Replayed:
		b.replayed++
	default:
		b.given++
		if r.Working {
			b.working++
		}
	}
	if n := l.result.Number; n != 0 && !b.o.dryRun {
		number = strconv.AppendInt(nil, n, 10)
	}
	return [][]byte{[]byte(l.id), []byte(statusOf(l.result)), number, orNull(l.payer), orNull(l.payee), []byte(l.amount), reason}
}

// orNull is a text, NULL for the empty one.
func orNull(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}
