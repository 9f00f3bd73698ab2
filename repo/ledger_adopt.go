package repo

import (
	"context"
	"fmt"
)

// adoptLock is the advisory lock of Adopt.
const adoptLock = migrationLock + 1

// Adopt books what was changed behind the ledger's back as adjustments, so that it
// holds again, and returns them. Those that Verify calls not adoptable stay.
func (l *Ledger) Adopt(ctx context.Context) ([]Result, error) {
	var adjustments []Result
	err := l.db.Write(ctx, l.o.WriteOptions, func(tx *Tx) error {
		// Two at once would both book somebody who has no row to be locked.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(adoptLock)); err != nil {
			return err
		}
		v, err := tx.verify(ctx)
		if err != nil {
			return err
		}
		var ids []*pending
		for _, d := range v.Differences {
			if d.Adoptable {
				ids = append(ids, &pending{Transfer: Transfer{Payee: d.Participant}})
			}
		}
		if len(ids) == 0 {
			return nil
		}
		s := &settlement{Tx: tx, manner: manner{wait: true}, ledger: l}
		if s.book, err = tx.beginBook(ctx); err != nil {
			return err
		}
		if err := s.lock(ctx, ids); err != nil {
			return err
		}
		// Nobody moves their dollars now: what differs still is to be booked.
		if v, err = tx.verify(ctx); err != nil {
			return err
		}
		for _, d := range v.Differences {
			if a := s.read[d.Participant]; a != nil && d.Adoptable {
				s.entries = append(s.entries, adjustment(d))
			}
		}
		if err := s.write(ctx); err != nil {
			return err
		}
		adjustments = nil
		for _, e := range s.entries {
			adjustments = append(adjustments, *e)
		}
		return nil
	})
	return adjustments, err
}

// adjustment is the transfer that makes the ledger say what the column says.
func adjustment(d Difference) *Result {
	r := &Result{Transfer: Transfer{Kind: Adjustment, Memo: d.Why}}
	if amount := d.Balance - d.Ledger; amount > 0 {
		r.Payee, r.Sent, r.Received, r.PayeeBalance = d.Participant, amount, amount, d.Balance
	} else {
		r.Payer, r.Sent, r.Received, r.PayerBalance = d.Participant, -amount, -amount, d.Balance
	}
	return r
}

// Revert takes a transfer back by one the other way, once.
func (l *Ledger) Revert(ctx context.Context, number int64, memo string) (Result, error) {
	var r Result
	err := l.db.Read(ctx, ReadOptions{Timeout: l.o.Timeout, LockTimeout: l.o.LockTimeout}, func(tx *Tx) (err error) {
		r, err = tx.transfer(ctx, number)
		return err
	})
	if err != nil {
		return r, err
	}
	switch r.Kind {
	case Opening, Adjustment:
		return r, &Error{Kind: ErrRefused, Message: fmt.Sprintf("transfer %d is an %s: it moved nothing that could go back", number, r.Kind)}
	case Reversal:
		return r, &Error{Kind: ErrRefused, Message: fmt.Sprintf("transfer %d takes number %d back: it is not taken back itself", number, r.Reverses), Hint: "give it anew with exptool donate"}
	}
	back := Transfer{Kind: Reversal, Payer: r.Payee, Payee: r.Payer, Sent: r.Received, Received: r.Sent,
		Session: r.Session, Round: r.Round, Memo: memo, Reverses: number}
	rs, err := l.Apply(ctx, []Transfer{back})
	if err != nil {
		return r, err
	}
	return rs[0], rs[0].Err
}

// transfer reads one of the present launch that was not reverted yet.
func (tx *Tx) transfer(ctx context.Context, number int64) (r Result, err error) {
	there, err := tx.ours(ctx, "transfer")
	if err != nil {
		return r, err
	}
	missing := &Error{Kind: ErrNotFound, Message: fmt.Sprintf("there is no transfer %d", number), Hint: "exptool query transfers lists them"}
	if !there {
		return r, missing
	}
	var found []struct {
		Kind     TransferKind `db:"kind"`
		Payer    int64        `db:"payer"`
		Payee    int64        `db:"payee"`
		Sent     Cents        `db:"sent"`
		Received Cents        `db:"received"`
		Session  string       `db:"session"`
		Round    int          `db:"round"`
		Reverses int64        `db:"reverses"`
		By       int64        `db:"by"`
		Present  bool         `db:"present"`
	}
	err = tx.Select(ctx, &found, `SELECT t.kind,
       coalesce(t.payer, 0) AS payer,
       coalesce(t.payee, 0) AS payee,
       t.sent,
       t.received,
       coalesce(t.session, '') AS session,
       coalesce(t.round, 0) AS round,
       coalesce(t.reverses, 0) AS reverses,
       coalesce(r.number, 0) AS by,
       t.epoch = coalesce(to_regclass('public.participant')::oid::bigint, 0) AS present
FROM exptool.transfer AS t
LEFT JOIN exptool.transfer AS r ON r.reverses = t.number
WHERE t.number = $1`, number)
	switch {
	case err != nil:
		return r, notOurs(err)
	case len(found) == 0:
		return r, missing
	case !found[0].Present:
		return r, &Error{Kind: ErrRefused, Message: fmt.Sprintf("transfer %d belongs to an earlier launch of the experiment", number)}
	case found[0].By != 0:
		return r, &Error{Kind: ErrRefused, Message: fmt.Sprintf("transfer %d was taken back already, by number %d", number, found[0].By)}
	}
	f := found[0]
	r.Transfer = Transfer{Kind: f.Kind, Payer: f.Payer, Payee: f.Payee, Sent: f.Sent, Received: f.Received,
		Session: f.Session, Round: f.Round, Reverses: f.Reverses}
	r.Number = number
	return r, nil
}
