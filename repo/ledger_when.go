package repo

import (
	"context"
	"errors"
)

// Span is a time between two transfers of a participant.
type Span struct {
	After  int64 // the number of the one before it; 0 where there is none
	Before int64 // the number of the next one; 0 where there is none yet
}

// restsSQL says where the balances that were noted after each transfer depart from
// the sum of the transfers: rest is by how much, was by how much before.
const restsSQL = `WITH leg AS (
    SELECT payer AS id, number, -sent AS cents, payer_balance AS balance
    FROM exptool.transfer
    WHERE epoch = $1 AND payer = ANY($2::bigint[])
    UNION ALL
    SELECT payee, number, received, payee_balance
    FROM exptool.transfer
    WHERE epoch = $1 AND payee = ANY($2::bigint[])
), rested AS (
    SELECT id, number, balance - sum(cents) OVER (PARTITION BY id ORDER BY number) AS rest
    FROM leg
), step AS (
    SELECT id, number, rest,
           lag(number, 1, 0) OVER w AS before,
           lag(rest, 1, 0) OVER w AS was,
           lead(number) OVER w IS NULL AS latest
    FROM rested
    WINDOW w AS (PARTITION BY id ORDER BY number)
)
SELECT id, before, number, was::bigint, rest::bigint, latest
FROM step
WHERE rest <> was
   OR latest
ORDER BY id, number`

// when finds out between which transfers those who differ were changed: there the
// balance that a transfer met was not the one that the transfer before it left.
func (v *Verification) when(ctx context.Context, tx *Tx) error {
	of := map[int64]*Difference{}
	var ids []int64
	for i := range v.Differences {
		d := &v.Differences[i]
		of[d.Participant] = d
		ids = append(ids, d.Participant)
	}
	rows, err := tx.Query(ctx, restsSQL, v.Epoch.OID, idList(ids))
	if err != nil {
		return notOurs(err)
	}
	for rows.Next() {
		var id, before, number int64
		var was, rest Cents
		var latest bool
		if err = rows.Scan(&id, &before, &number, &was, &rest, &latest); err != nil {
			break
		}
		d := of[id]
		if rest != was {
			d.Changes = append(d.Changes, Span{After: before, Before: number})
		}
		if rest == 0 {
			d.Changes = nil // by then what had been changed was booked, or put back
		}
		if latest && (rest != d.Balance-d.Ledger || !d.Known) {
			d.Changes = append(d.Changes, Span{After: number})
		}
	}
	return errors.Join(err, rows.Close())
}
