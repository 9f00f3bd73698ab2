package repo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Adding the column must not hold the study up: everybody who wants the table
// waits behind an ALTER that waits.
const (
	alterLockTimeout = 200 * time.Millisecond
	alterTries       = 10
)

// AddDollars adds the column participant.dollars, whole dollars that are never
// negative, where it is missing, and reports whether it was. It gives up with an
// ErrTryAgain where the table is not free ten times.
func (l *Ledger) AddDollars(ctx context.Context) (added bool, err error) {
	err = l.db.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		_, err := tx.openBook(ctx)
		return err
	})
	if !errors.Is(err, errNoDollars) {
		return false, err
	}
	o := l.o.WriteOptions
	o.LockTimeout = alterLockTimeout
	for try := 1; ; try++ {
		err := l.db.Write(ctx, o, func(tx *Tx) error {
			_, err := tx.Exec(ctx, `ALTER TABLE public.participant
ADD COLUMN dollars integer,
ADD CONSTRAINT participant_dollars_not_negative CHECK (dollars >= 0) NOT VALID`)
			return err
		})
		if err == nil {
			break
		}
		var e *Error
		if errors.As(err, &e) && e.Code == "42701" { // another exptool was faster
			return false, nil
		}
		if !errors.As(err, &e) || e.Code != "55P03" || try == alterTries {
			return false, notAdded(err)
		}
		if err := pause(ctx); err != nil {
			return false, err
		}
	}
	if l.o.DryRun {
		return true, nil
	}
	return true, l.db.Write(ctx, l.o.WriteOptions, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `ALTER TABLE public.participant
VALIDATE CONSTRAINT participant_dollars_not_negative`)
		return err
	})
}

// notAdded tells why the column was not added, and what adding it takes.
func notAdded(err error) error {
	var e *Error
	switch {
	case !errors.As(err, &e):
	case e.Code == "42501":
		return &Error{Kind: ErrNotAllowed, Code: e.Code, cause: err,
			Message: "the column dollars cannot be added: " + e.Message,
			Hint:    "let the owner of the table participant run exptool seed"}
	case e.Code == "55P03":
		return &Error{Kind: ErrTryAgain, Code: e.Code, cause: err,
			Message: fmt.Sprintf("the column dollars was not added: the table participant was not free within %s, %d times over", alterLockTimeout, alterTries),
			Hint:    "the study would wait behind a longer try; run it again when less is going on"}
	}
	return err
}
