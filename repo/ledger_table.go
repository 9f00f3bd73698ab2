package repo

import "context"

// Ready says why no dollars can move in this database: there are no participants,
// or they have no column for dollars. It is nil where they can.
func (l *Ledger) Ready(ctx context.Context) error {
	return l.read(ctx, func(tx *Tx) error {
		_, err := tx.openBook(ctx)
		return err
	})
}

// TableSize is how many bytes the table of participants has on the disk, with its
// indexes. Every transfer leaves old versions of two rows behind until a VACUUM.
func (l *Ledger) TableSize(ctx context.Context) (bytes int64, err error) {
	err = l.read(ctx, func(tx *Tx) error {
		return tx.Get(ctx, &bytes, "SELECT coalesce(pg_total_relation_size(to_regclass('public.participant')), 0)")
	})
	return bytes, err
}

func (l *Ledger) read(ctx context.Context, fn func(*Tx) error) error {
	return l.db.Read(ctx, ReadOptions{Timeout: l.o.Timeout, LockTimeout: l.o.LockTimeout}, fn)
}
