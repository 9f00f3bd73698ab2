package repo

import (
	"context"
	"errors"
	"fmt"
)

// Verification is what a check of the ledger found.
type Verification struct {
	Epoch        Epoch
	Participants int   // with dollars
	Transfers    int64 // of the present launch
	Earlier      int64 // transfers of earlier launches
	Unopened     int   // participants with dollars whom the ledger has not seen
	Total        Cents // that the participants in the ledger have
	Granted      Cents // that the bank has given and taken, openings included
	Differences  []Difference
	Gaps         []string // what is wrong with the numbers, a line each
}

// Difference is a participant who does not have what the ledger says.
type Difference struct {
	Participant int64
	Ledger      Cents  // that the ledger says
	Balance     Cents  // that the column says; 0 where Known is false
	Known       bool   // the balance is a number: not NULL, NaN or gone with the row
	Why         string // changed behind the ledger's back, negative …
	Adoptable   bool   // verify --adopt can book it
	Changes     []Span // when it was changed behind the ledger's back
}

// Holds reports whether nothing is wrong.
func (v *Verification) Holds() bool { return len(v.Differences) == 0 && len(v.Gaps) == 0 }

// Verify checks, in one snapshot, that every balance is what was endowed and
// received less what was given, that nobody has less than nothing, that the totals
// agree and that no number is missing.
func (l *Ledger) Verify(ctx context.Context) (*Verification, error) {
	var v *Verification
	err := l.db.Read(ctx, ReadOptions{Timeout: l.o.Timeout, LockTimeout: l.o.LockTimeout, Repeatable: true}, func(tx *Tx) (err error) {
		v, err = tx.verify(ctx)
		return moved(err)
	})
	return v, err
}

func (tx *Tx) verify(ctx context.Context) (*Verification, error) {
	b, err := tx.openBook(ctx)
	if err != nil {
		return nil, err
	}
	v := &Verification{Epoch: b.Epoch}
	there, err := tx.ours(ctx, "transfer")
	if err != nil {
		return nil, err
	}
	booked := "SELECT NULL::bigint AS id, NULL::numeric AS cents WHERE $1::bigint IS NULL"
	if there {
		if err := v.numbers(ctx, tx); err != nil {
			return nil, notOurs(err)
		}
		booked = bookedSQL
	}
	if err := v.balances(ctx, tx, b, booked); err != nil || len(v.Differences) == 0 || !there {
		return v, err
	}
	return v, v.when(ctx, tx)
}

// numbers checks that the numbers of the present launch are all there.
func (v *Verification) numbers(ctx context.Context, tx *Tx) error {
	var n struct {
		Count   int64 `db:"count"`
		Min     int64 `db:"min"`
		Max     int64 `db:"max"`
		Earlier int64 `db:"earlier"`
		Granted Cents `db:"granted"`
		Last    int64 `db:"last"`
		First   int64 `db:"first"`
		Epoch   int64 `db:"epoch"`
	}
	err := tx.Get(ctx, &n, `SELECT count(*) FILTER (WHERE t.epoch = $1) AS count,
       coalesce(min(number) FILTER (WHERE t.epoch = $1), 0) AS min,
       coalesce(max(number) FILTER (WHERE t.epoch = $1), 0) AS max,
       count(*) FILTER (WHERE t.epoch <> $1) AS earlier,
       coalesce(sum(CASE WHEN payee IS NULL THEN 0 ELSE received END
                    - CASE WHEN payer IS NULL THEN 0 ELSE sent END) FILTER (WHERE t.epoch = $1), 0)::bigint AS granted,
       coalesce(max(h.last), 0) AS last,
       coalesce(max(h.first), 0) AS first,
       coalesce(max(h.epoch), 0) AS epoch
FROM exptool.head AS h
LEFT JOIN exptool.transfer AS t ON true`, v.Epoch.OID)
	if err != nil {
		return err
	}
	v.Transfers, v.Earlier, v.Granted = n.Count, n.Earlier, n.Granted
	gap := func(format string, args ...any) { v.Gaps = append(v.Gaps, fmt.Sprintf(format, args...)) }
	if n.Epoch != v.Epoch.OID {
		if n.Count > 0 {
			gap("the head of the ledger is of another launch, but there are %d transfers of this one", n.Count)
		}
		return nil
	}
	switch {
	case n.Count == 0:
		gap("transfers %d to %d are missing", n.First, n.Last)
	case n.Min != n.First:
		gap("the first transfer is number %d and not %d", n.Min, n.First)
	case n.Max != n.Last:
		gap("the last transfer is number %d and not %d", n.Max, n.Last)
	case n.Count != n.Max-n.Min+1:
		gap("of the numbers from %d to %d %d are missing", n.Min, n.Max, n.Max-n.Min+1-n.Count)
	}
	return nil
}

// bookedSQL is what the ledger says that everybody has.
const bookedSQL = `SELECT leg.id, sum(leg.cents) AS cents
    FROM (
        SELECT payer AS id, -sent AS cents
        FROM exptool.transfer
        WHERE epoch = $1 AND payer IS NOT NULL
        UNION ALL
        SELECT payee, received
        FROM exptool.transfer
        WHERE epoch = $1 AND payee IS NOT NULL
    ) AS leg
    GROUP BY leg.id`

// balances compares what everybody has with what the ledger says.
func (v *Verification) balances(ctx context.Context, tx *Tx, b *book, booked string) error {
	rows, err := tx.Query(ctx, `SELECT coalesce(p.id, b.id), p.id IS NOT NULL, p.dollars::text, b.id IS NOT NULL, coalesce(b.cents, 0)::bigint
FROM public.participant AS p
FULL JOIN (
    `+booked+`
) AS b ON b.id = p.id
WHERE p.dollars IS NOT NULL
   OR b.id IS NOT NULL
ORDER BY 1`, b.OID)
	if err != nil {
		return err
	}
	for rows.Next() {
		var id int64
		var there, known bool
		var dollars *string
		var cents Cents
		if err = rows.Scan(&id, &there, &dollars, &known, &cents); err != nil {
			break
		}
		v.participant(b, id, there, dollars, known, cents)
	}
	if err := errors.Join(err, rows.Close()); err != nil {
		return err
	}
	if v.Total != v.Granted && len(v.Differences) == 0 {
		v.Gaps = append(v.Gaps, fmt.Sprintf("everybody together has %s, but the bank has given %s", v.Total, v.Granted))
	}
	return nil
}

// participant compares one.
func (v *Verification) participant(b *book, id int64, there bool, dollars *string, known bool, booked Cents) {
	d := Difference{Participant: id, Ledger: booked, Adoptable: true}
	if dollars != nil {
		v.Participants++
		p, err := parsePurse(*dollars, b.column.float)
		if err != nil {
			d.Why, d.Adoptable = "has "+err.Error(), false
			v.Differences = append(v.Differences, d)
			return
		}
		d.Balance, d.Known = p.cents, true
	}
	if known {
		v.Total += d.Balance
	} else {
		v.Unopened++
	}
	switch {
	case known && !there:
		d.Why = "the participant is not there any more"
	case known && d.Balance != booked && dollars == nil:
		d.Why = "has no dollars any more"
	case known && d.Balance != booked:
		d.Why = "changed behind the ledger's back"
	case d.Balance < 0:
		d.Why, d.Adoptable = "owes money", false
	default:
		return
	}
	if d.Balance != booked || d.Balance < 0 {
		v.Differences = append(v.Differences, d)
	}
}
