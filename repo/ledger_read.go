package repo

import (
	"context"
	"errors"

	"github.com/lib/pq"
)

// presentEpoch is the epoch of the present launch, in SQL: a sub-select, which is
// asked once and not for each row.
const presentEpoch = "(SELECT coalesce(to_regclass('public.participant')::oid::bigint, 0))"

// EarlierTransfers counts the transfers of earlier launches, as far as this user
// may look at them. The numbers of the present launch are the last ones, so that
// the primary key finds them.
func (tx *Tx) EarlierTransfers(ctx context.Context) (n int64, err error) {
	readable, err := tx.readable(ctx, "transfer", "head")
	if err != nil || !readable {
		return 0, err
	}
	err = tx.Get(ctx, &n, `SELECT count(*)
FROM exptool.head AS h
JOIN exptool.transfer AS t
  ON t.number < CASE h.epoch WHEN `+presentEpoch+` THEN h.first ELSE h.last + 1 END`)
	return n, err
}

// EarlierDecisions counts the decisions of earlier launches, as far as this user
// may look at them.
func (tx *Tx) EarlierDecisions(ctx context.Context) (n int64, err error) {
	readable, err := tx.readable(ctx, "decision")
	if err != nil || !readable {
		return 0, err
	}
	err = tx.Get(ctx, &n, `SELECT count(*)
FROM exptool.decision
WHERE epoch <> `+presentEpoch)
	return n, err
}

// readable reports whether tables of ours are there and this user may read them.
func (tx *Tx) readable(ctx context.Context, tables ...string) (may bool, err error) {
	err = tx.Get(ctx, &may, `SELECT coalesce(bool_and(has_table_privilege(c.oid, 'SELECT')), false)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'exptool'
  AND c.relname = ANY($1)`, pq.Array(tables))
	return may, err
}

// PayersOf are the payers of the present launch's transfers whose keys begin with
// a prefix, by key. A key is a payer's own: whoever makes keys that are to be
// unique among all asks here first.
func (l *Ledger) PayersOf(ctx context.Context, prefix string) (map[string]int64, error) {
	payers := map[string]int64{}
	err := l.db.Read(ctx, ReadOptions{Timeout: l.o.Timeout, LockTimeout: l.o.LockTimeout}, func(tx *Tx) error {
		there, err := tx.ours(ctx, "transfer")
		if err != nil || !there {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT key, payer
FROM exptool.transfer
WHERE epoch = `+presentEpoch+`
  AND starts_with(key, $1)`, prefix)
		if err != nil {
			return notOurs(err)
		}
		for rows.Next() {
			var key string
			var payer int64
			if err = rows.Scan(&key, &payer); err != nil {
				break
			}
			payers[key] = payer
		}
		return errors.Join(err, rows.Err(), rows.Close())
	})
	return payers, err
}
