package repo

import (
	"context"
	"errors"
	"time"
)

// Follow is who is told of what comes into the ledger, by one goroutine. Each may be
// nil. An error of theirs ends the following.
type Follow struct {
	// Each is told the transfers of one launch in the order of their numbers, the
	// bank's, openings and adjustments included; memos and keys are left out.
	Each func([]Entry) error
	// Anew is told that the experiment was launched anew, or the ledger forgotten:
	// what Each is told next belongs to this launch, and People are to be read again.
	Anew func(Epoch) error
	// Lost is told once why the database does not answer, Back that it does again.
	// Nothing is left out or told twice for it.
	Lost func(error)
	Back func()
}

// Entry is a transfer of the ledger.
type Entry struct {
	Result
	At time.Time
}

// How long is waited before the ledger is looked at: between two looks, for a word that
// there is something new, and for the database to come back.
const (
	followPause = 25 * time.Millisecond
	followEvery = 2 * time.Second
	followAgain = 250 * time.Millisecond
	followLate  = 5 * time.Second // how long a look may take
)

// maxFollowed is how many transfers are read at once.
const maxFollowed = 5000

// FollowLedger tells of every transfer behind a point, each once, and of those that
// come, until ctx ends, which is no error. It is told by the database that there is
// something, and looks now and then all the same. Where the database is away it goes on
// by itself once that is back. An error is one of f's, or that this user may not look.
func (db *DB) FollowLedger(ctx context.Context, after Point, f Follow) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := &follower{db: db, at: after, Follow: f}
	news := make(chan struct{}, 1)
	go db.listen(ctx, news)
	for {
		found, err := w.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		wait, news := followPause, news
		switch {
		case err != nil && !passes(err):
			return err
		case err != nil:
			w.tellLost(err)
			wait, news = followAgain, nil
		default:
			w.tellBack()
			more, err := w.deliver(found)
			if err != nil {
				return err
			}
			if more {
				continue
			}
		}
		if !sleep(ctx, wait) {
			return nil
		}
		if news != nil && !await(ctx, news, followEvery) {
			return nil
		}
	}
}

// passes reports whether an error may be gone in a while. A name that is missing is
// one that was there a moment ago.
func passes(err error) bool {
	return !errors.Is(err, ErrNotAllowed) && !errors.Is(err, ErrUsage)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// await waits for news, but no longer than d.
func await(ctx context.Context, news <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-news:
	case <-timer.C:
	}
	return true
}

// follower is one following.
type follower struct {
	Follow
	db   *DB
	at   Point // up to which everything was told
	lost bool
}

func (w *follower) tellLost(err error) {
	if !w.lost && w.Lost != nil {
		w.Lost(err)
	}
	w.lost = true
}

func (w *follower) tellBack() {
	if w.lost && w.Back != nil {
		w.Back()
	}
	w.lost = false
}

// followed is a transfer as it was read.
type followed struct {
	Entry
	epoch  Epoch
	ledger int64 // oid of the table that it was in
}

// seen is what a look has seen.
type seen struct {
	ledger  int64 // oid of exptool.transfer before the transfers were read; 0 without one
	rows    []followed
	present Epoch // after they were read
}

// look reads what comes behind the point.
func (w *follower) look(ctx context.Context) (found seen, err error) {
	err = w.db.Read(ctx, ReadOptions{Timeout: followLate}, func(tx *Tx) error {
		found = seen{present: w.at.Epoch}
		if err := tx.Get(ctx, &found.ledger, "SELECT coalesce(to_regclass('exptool.transfer')::oid::bigint, 0)"); err != nil {
			return err
		}
		if found.ledger != 0 {
			if err := w.read(ctx, tx, &found); err != nil {
				return notOurs(moved(err))
			}
		}
		var oid int64
		if err := tx.Get(ctx, &oid, "SELECT "+presentEpoch); err != nil || oid == w.at.Epoch.OID {
			return err
		}
		found.present, err = tx.epoch(ctx)
		return moved(err)
	})
	return found, err
}

func (w *follower) read(ctx context.Context, tx *Tx, found *seen) error {
	rows, err := tx.Query(ctx, `SELECT tableoid::bigint, epoch, coalesce(launch, ''), at, number, kind, coalesce(payer, 0), coalesce(payee, 0), sent, received,
       coalesce(payer_balance, 0), coalesce(payee_balance, 0),
       coalesce(session, ''), coalesce(round, 0), coalesce(reverses, 0)
FROM exptool.transfer
WHERE number > $1
ORDER BY number
LIMIT $2`, w.at.Number, maxFollowed)
	if err != nil {
		return err
	}
	for rows.Next() {
		var r followed
		err = rows.Scan(&r.ledger, &r.epoch.OID, &r.epoch.Launch, &r.At, &r.Number, &r.Kind, &r.Payer, &r.Payee, &r.Sent, &r.Received,
			&r.PayerBalance, &r.PayeeBalance, &r.Session, &r.Round, &r.Reverses)
		if err != nil {
			break
		}
		found.rows = append(found.rows, r)
	}
	return errors.Join(err, rows.Close())
}

// deliver tells what was seen, and reports whether there is more to be seen now.
func (w *follower) deliver(found seen) (more bool, err error) {
	if w.at.ledger != 0 && found.ledger != w.at.ledger { // forgotten: numbers begin again
		w.at.ledger, w.at.Number = found.ledger, 0
		return true, w.tellAnew(w.at.Epoch)
	}
	w.at.ledger = found.ledger
	for rows := found.rows; len(rows) > 0; {
		if rows[0].ledger != found.ledger {
			return true, nil
		}
		if err := w.enter(rows[0].epoch); err != nil {
			return false, err
		}
		var batch []Entry
		for len(rows) > 0 && rows[0].epoch.OID == w.at.Epoch.OID {
			batch = append(batch, rows[0].Entry)
			rows = rows[1:]
		}
		if w.Each != nil {
			if err := w.Each(batch); err != nil {
				return false, err
			}
		}
		w.at.Number = batch[len(batch)-1].Number
	}
	if len(found.rows) == maxFollowed {
		return true, nil
	}
	if found.present.OID == 0 { // between two launches
		return false, nil
	}
	return false, w.enter(found.present)
}

// enter comes to a launch.
func (w *follower) enter(e Epoch) error {
	if e.OID == w.at.Epoch.OID {
		return nil
	}
	known := w.at.Epoch.OID != 0
	w.at.Epoch = e
	if !known {
		return nil
	}
	return w.tellAnew(e)
}

func (w *follower) tellAnew(e Epoch) error {
	if w.Anew == nil {
		return nil
	}
	return w.Anew(e)
}
