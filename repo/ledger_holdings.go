package repo

import (
	"context"
	"errors"
	"fmt"
)

// Balances are what all participants of the present launch have who have dollars, in
// the order of their ids, whether there is a ledger or not, and whether the column takes
// whole dollars only.
func (l *Ledger) Balances(ctx context.Context) (all []Balance, whole bool, err error) {
	err = l.read(ctx, func(tx *Tx) error {
		b, err := tx.openBook(ctx)
		if err != nil {
			return err
		}
		whole = b.column.whole
		rows, err := tx.Query(ctx, `SELECT id, dollars::text
FROM public.participant
WHERE dollars IS NOT NULL
ORDER BY id`)
		if err != nil {
			return moved(err)
		}
		all = nil
		for rows.Next() {
			var id int64
			var dollars string
			if err = rows.Scan(&id, &dollars); err != nil {
				break
			}
			p, bad := parsePurse(dollars, b.column.float)
			if bad != nil {
				err = &Error{Kind: ErrRefused, Message: fmt.Sprintf("participant %d has %v", id, bad)}
				break
			}
			all = append(all, Balance{ID: id, Cents: p.cents})
		}
		return errors.Join(err, rows.Close())
	})
	return all, whole, err
}

// HasSession reports whether a session of the present launch is in the ledger.
func (l *Ledger) HasSession(ctx context.Context, session string) (has bool, err error) {
	err = l.read(ctx, func(tx *Tx) error {
		has, err = tx.hasSession(ctx, session)
		return err
	})
	return has, err
}

// hasSession is HasSession.
func (tx *Tx) hasSession(ctx context.Context, session string) (has bool, err error) {
	for _, table := range []string{"transfer", "decision"} {
		there, err := tx.ours(ctx, table)
		if err != nil {
			return false, err
		}
		if !there || has {
			continue
		}
		err = tx.Get(ctx, &has, `SELECT EXISTS (
    SELECT
    FROM exptool.`+table+`
    WHERE session = $1
      AND epoch = `+presentEpoch+`
)`, session)
		if err != nil {
			return false, notOurs(err)
		}
	}
	return has, nil
}

// EachTransfer calls do with every transfer of the present launch in the order of
// numbers, openings and the bank's included, until it returns an error, and returns
// that. Keys and memos are left out.
func (l *Ledger) EachTransfer(ctx context.Context, do func(Result) error) error {
	return l.read(ctx, func(tx *Tx) error {
		there, err := tx.ours(ctx, "transfer")
		if err != nil || !there {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT number, kind, coalesce(payer, 0), coalesce(payee, 0), sent, received,
       coalesce(payer_balance, 0), coalesce(payee_balance, 0),
       coalesce(session, ''), coalesce(round, 0), coalesce(reverses, 0)
FROM exptool.transfer
WHERE epoch = `+presentEpoch+`
ORDER BY number`)
		if err != nil {
			return notOurs(err)
		}
		for rows.Next() {
			var r Result
			err = rows.Scan(&r.Number, &r.Kind, &r.Payer, &r.Payee, &r.Sent, &r.Received,
				&r.PayerBalance, &r.PayeeBalance, &r.Session, &r.Round, &r.Reverses)
			if err == nil {
				err = do(r)
			}
			if err != nil {
				break
			}
		}
		return errors.Join(err, rows.Close())
	})
}
