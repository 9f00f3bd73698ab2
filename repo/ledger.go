package repo

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// TransferKind says why dollars move.
type TransferKind string

// The kinds of transfers.
const (
	Donation   TransferKind = "donation"
	Endowment  TransferKind = "endowment"  // the bank gives to somebody who had no dollars yet
	Opening    TransferKind = "opening"    // what somebody had before the ledger began; moves nothing
	Benefit    TransferKind = "benefit"    // what a game makes, from the bank
	Tax        TransferKind = "tax"        // what a game takes, to the bank
	Share      TransferKind = "share"      // what is paid out again of a tax or a common pot
	Adjustment TransferKind = "adjustment" // what was changed behind the ledger's back; moves nothing
	Reversal   TransferKind = "reversal"   // takes another transfer back
	Keep       TransferKind = "keep"       // the payer gives nothing: is in the decisions only
)

// Bank is the payer or payee that is no participant.
const Bank int64 = 0

// Transfer is a request to move dollars.
type Transfer struct {
	Kind         TransferKind // Donation where empty
	Payer, Payee int64        // ids of participants, or Bank
	Sent         Cents        // what the payer gives
	Received     Cents        // what the payee gets; as much as Sent where 0
	Session      string       // of a game; may be empty
	Round        int          // from 1; 0 for none
	Key          string       // names the request of the payer, so that a retry is answered and not done again
	Memo         string
	Epoch        int64  // the launch that it is meant for, by its OID; 0: whichever is present
	Reverses     int64  // the number that a Reversal takes back
	Decision     *Press // what it was decided upon, kept together with it; nil: no decision
}

// Result is what became of a Transfer.
type Result struct {
	Transfer
	Number       int64 // in the ledger; 0 where it was refused
	PayerBalance Cents // after it; 0 for the bank
	PayeeBalance Cents
	Replayed     bool // the key was known: nothing moved now
	// Working says that a page of PsyNet may be open for one of the two, which
	// writes its own copy of the dollars if it changes them.
	Working bool
	// Err is why nothing moved: an *Error of kind ErrUsage, ErrNotFound,
	// ErrRefused or ErrTryAgain; nil where it was done.
	Err error
}

// LedgerOptions are how a Ledger works. The zero value is good.
type LedgerOptions struct {
	WriteOptions
	Who string // the user of the operating system; the database's is added
}

// Ledger moves dollars between participants. It is the only way to move them. It
// is for one goroutine; many put a Batcher in front of it.
type Ledger struct {
	db   *DB
	o    LedgerOptions
	book *book // what is known of the present launch; nil: to be found out
	// trust is how many batches in a row had keys that were all new. From trusted on
	// they are not looked up before: the index that makes them unique will tell.
	trust int
}

const trusted = 8

// NewLedger prepares the use of a database's ledger; nothing is sent yet.
func NewLedger(db *DB, o LedgerOptions) *Ledger {
	if o.LockTimeout == 0 {
		o.LockTimeout = defaultLockTimeout
	}
	return &Ledger{db: db, o: o}
}

// pending is a transfer that waits for its answer.
type pending struct {
	Transfer
	locked time.Time // when a row of it was first found locked
	result Result
}

// Apply settles transfers in their order, each accepted or refused on its own, and
// returns once all are committed and answered. A transfer whose payer or payee is
// locked by somebody else is tried again, and later ones of the same payer with
// it, until the lock timeout. An error says that the unanswered ones did not
// happen, or, of kind ErrConnect, that this is not known of the last of them.
//
// As a dry run all are in one transaction, so that each sees what the ones before
// it did; it waits for locked rows.
func (l *Ledger) Apply(ctx context.Context, transfers []Transfer) ([]Result, error) {
	all := newPending(transfers)
	if l.o.DryRun {
		err := l.settle(ctx, all, manner{wait: true})
		return results(all), err
	}
	waiting := all
	for len(waiting) > 0 {
		var err error
		if waiting, err = l.round(ctx, waiting); err != nil {
			return nil, err
		}
		if len(waiting) > 0 {
			if err := pause(ctx); err != nil {
				return nil, err
			}
		}
	}
	return results(all), nil
}

// ApplyAll does all of the transfers in one transaction, or, where one is refused,
// none: the results then say which. It waits for locked rows.
func (l *Ledger) ApplyAll(ctx context.Context, transfers []Transfer) ([]Result, error) {
	all := newPending(transfers)
	err := l.settle(ctx, all, manner{wait: true, whole: true})
	if errors.Is(err, errNotAll) {
		err = nil
	}
	return results(all), err
}

// errNotAll ends the transaction of ApplyAll where a transfer was refused.
var errNotAll = &Error{Kind: ErrRefused, Message: "a transfer was refused"}

func newPending(transfers []Transfer) []*pending {
	all := make([]*pending, len(transfers))
	for i, t := range transfers {
		all[i] = &pending{Transfer: t}
	}
	return all
}

func results(all []*pending) []Result {
	rs := make([]Result, len(all))
	for i, p := range all {
		rs[i] = p.result
	}
	return rs
}

// pause waits a moment before locked rows are tried again: a different one each
// time, so that two who want the same row do not keep missing it.
func pause(ctx context.Context) error {
	timer := time.NewTimer(time.Duration(2+rand.IntN(10)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return &Error{Kind: ErrCancelled, Message: "interrupted", cause: ctx.Err()}
	case <-timer.C:
		return nil
	}
}

// round settles a batch and returns what has to be tried again because a row was
// locked; everything else is answered.
func (l *Ledger) round(ctx context.Context, batch []*pending) (again []*pending, err error) {
	err = l.settle(ctx, batch, manner{})
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrConflict && len(batch) > 1 {
		// A rule of the database forbids one of them; the others shall not suffer.
		half := len(batch) / 2
		first, err := l.round(ctx, batch[:half])
		if err != nil {
			return nil, err
		}
		second, err := l.round(ctx, batch[half:])
		return append(first, second...), err
	}
	if e != nil && e.Kind == ErrConflict {
		batch[0].result = Result{Transfer: batch[0].Transfer, Err: e}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, p := range batch {
		if !errors.Is(p.result.Err, errLocked) {
			continue
		}
		if p.locked.IsZero() { // it may have waited for its turn before
			p.locked = time.Now()
		}
		if time.Since(p.locked) < l.o.LockTimeout {
			again = append(again, p)
			continue
		}
		p.result.Err = &Error{Kind: ErrTryAgain, Hint: "the experiment is writing there; try again",
			Message: fmt.Sprintf("the rows of %s were not free within %s", p.parties(), l.o.LockTimeout)}
	}
	return again, nil
}

// parties names the participants of a transfer.
func (t Transfer) parties() string {
	switch {
	case t.Payer == Bank:
		return fmt.Sprintf("participant %d", t.Payee)
	case t.Payee == Bank:
		return fmt.Sprintf("participant %d", t.Payer)
	}
	return fmt.Sprintf("participants %d and %d", t.Payer, t.Payee)
}

// forgotten reports whether our tables or functions are not there any more: somebody
// had them forgotten.
func forgotten(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == "42883" || e.Code == "3F000" || e.Code == "42P01" && strings.Contains(e.Message, `"exptool.`))
}

// manner is how a batch is settled.
type manner struct {
	wait   bool    // for rows that somebody else has locked
	whole  bool    // do all or nothing
	played *Played // the stretch of a game that the batch is; nil where it is none
}

// settle runs a batch in one transaction and answers it; what waits for a lock is
// answered with errLocked, where the batch does not wait.
func (l *Ledger) settle(ctx context.Context, batch []*pending, how manner) error {
	o := l.o.WriteOptions
	o.together = true
	for try := 1; ; try++ {
		var s *settlement
		err := l.db.Write(ctx, o, func(tx *Tx) error {
			s = &settlement{Tx: tx, manner: how, ledger: l, results: make([]Result, len(batch))}
			return moved(s.run(ctx, batch))
		})
		if errors.Is(err, errKeyUsed) && l.trust >= trusted {
			l.trust = 0
			continue
		}
		if err != nil {
			l.book = nil // whatever it was, look again
		}
		if try < writeTries && (errors.Is(err, errStale) || errors.Is(err, driver.ErrBadConn) && s != nil && !s.begun || forgotten(err)) {
			continue
		}
		if err != nil && !errors.Is(err, errNotAll) {
			return err
		}
		if s.book != nil && !l.o.DryRun && err == nil {
			l.book = s.book
			l.book.remember(s.accounts)
			switch {
			case len(s.used) > 0:
				l.trust = 0
			case len(s.keys) > 0:
				l.trust++
			}
		}
		for i, p := range batch {
			p.result = s.results[i]
		}
		return err
	}
}
