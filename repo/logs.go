package repo

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/lib/pq"
)

// The scopes of what is logged.
const (
	ServerScope   = "server"   // every session of the server, at once
	DatabaseScope = "database" // new sessions in one database
	RoleScope     = "role"     // new sessions of one role in one database
)

// logNames are the settings that Logging changes: what is logged, and from which
// duration on.
var logNames = [2]string{"log_statement", "log_min_duration_statement"}

// LogValues are the two settings as they are set at one place; nil: not set there.
type LogValues struct{ Statement, Duration *string }

// list are the values in the order of logNames.
func (v LogValues) list() [2]*string { return [2]*string{v.Statement, v.Duration} }

// Logging turns the logging of statements on and off for one scope. What it
// changes is in a record, intended before the change and done after it; whoever
// comes second joins the first one's record, and the last to go restores.
//
// The record is in the database of DB: for the server scope that is to be the
// maintenance database, for the others the one that is meant.
type Logging struct {
	DB    *DB
	Scope string // ServerScope, DatabaseScope or RoleScope
	Role  string // of RoleScope
}

// LogWish is what somebody wants to be logged.
type LogWish struct {
	Who string // empty: the role that is connected
	// MinDuration is from which duration on durations are logged, to the millisecond.
	MinDuration time.Duration
	For         time.Duration // 0: until it is turned off
}

// LogHold is somebody who wants statements logged.
type LogHold struct {
	ID       int64      `db:"id"`
	Who      string     `db:"who"`
	Duration int64      `db:"duration"` // milliseconds
	At       time.Time  `db:"at"`
	Until    *time.Time `db:"until"`
	Mine     bool       `db:"mine"`
	Expired  bool       `db:"expired"`
}

// LogChange is what was done to a scope's settings.
type LogChange struct {
	Hold     int64     // of this wish
	Joined   bool      // others had turned it on before
	Former   LogValues // before the first one
	Before   LogValues // before this change
	Now      LogValues
	Holds    []LogHold // who still wants it
	Restored bool
	// Foreign is what somebody else has set meanwhile, which was left alone.
	Foreign bool
}

// logRecord is a row of exptool.log_setting that is not off.
type logRecord struct {
	ID        int64     `db:"id"`
	State     string    `db:"state"`
	Statement *string   `db:"former_statement"`
	Duration  *string   `db:"former_duration"`
	At        time.Time `db:"at"`
}

func (r logRecord) former() LogValues { return LogValues{r.Statement, r.Duration} }

// On has statements logged. between runs after the intent is committed and before
// anything is changed: a guardian takes its post there. ErrNotAllowed names the
// grants that are missing.
func (l Logging) On(ctx context.Context, w LogWish, between func(hold int64) error) (out LogChange, err error) {
	if err := l.mayChange(ctx); err != nil {
		return out, err
	}
	err = l.alone(ctx, func() error {
		out = LogChange{}
		former, err := l.values(ctx)
		if err != nil {
			return err
		}
		out.Before = former
		record, err := l.intend(ctx, w, former, &out)
		if err != nil {
			return err
		}
		if between != nil {
			err = between(out.Hold)
		}
		if err == nil {
			err = l.follow(ctx, record, &out)
		}
		if err != nil { // as it was, also where one of two settings was changed
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			var undone LogChange
			return errors.Join(err, l.end(ctx, &undone, "id = "+strconv.FormatInt(out.Hold, 10), true))
		}
		return nil
	})
	return out, err
}

// intend writes the record and the hold.
func (l Logging) intend(ctx context.Context, w LogWish, former LogValues, out *LogChange) (record logRecord, err error) {
	err = l.DB.Write(ctx, WriteOptions{}, func(tx *Tx) error {
		if err := tx.actAsOwner(ctx); err != nil {
			return err
		}
		if err := tx.migrate(ctx); err != nil {
			return notKept(err)
		}
		found, err := l.record(ctx, tx)
		if err != nil {
			return err
		}
		if out.Joined = found != nil; found == nil {
			found = &logRecord{}
			err = tx.Get(ctx, found, `INSERT INTO exptool.log_setting (database, scope, role, state, former_statement, former_duration)
SELECT oid, $1, $2, 'intended', $3, $4
FROM pg_database
WHERE datname = current_database()
RETURNING `+logRecordColumns, l.Scope, l.Role, former.Statement, former.Duration)
			if err != nil {
				return notKept(err)
			}
		}
		record = *found
		out.Former = record.former()
		// By the server's clock, which says when it is over to others, too.
		return notKept(tx.Get(ctx, &out.Hold, `INSERT INTO exptool.log_hold (setting, who, duration, until)
VALUES ($1, coalesce(nullif($2, ''), session_user), $3, now() + make_interval(secs => nullif($4::double precision, 0)))
RETURNING id`, record.ID, w.Who, w.MinDuration.Milliseconds(), w.For.Seconds()))
	})
	return record, err
}

// actAsOwner makes a superuser act as the owner of our schema, or of the database
// where there is none yet: what a superuser makes there nobody else could write to,
// the journal included.
func (tx *Tx) actAsOwner(ctx context.Context) error {
	var owner string
	err := tx.Get(ctx, &owner, `SELECT CASE WHEN current_setting('is_superuser') = 'on'
            THEN quote_ident(pg_get_userbyid(coalesce(n.nspowner, d.datdba))) ELSE '' END
FROM pg_database AS d
LEFT JOIN pg_namespace AS n ON n.nspname = 'exptool'
WHERE d.datname = current_database()`)
	if err == nil && owner != "" {
		_, err = tx.Exec(ctx, "SET LOCAL ROLE "+owner)
	}
	return err
}

// follow sets what the holds of a record want, and marks it as on.
func (l Logging) follow(ctx context.Context, record logRecord, out *LogChange) error {
	holds, err := l.holds(ctx, record.ID, "")
	if err != nil {
		return err
	}
	out.Holds = holds
	least := holds[0].Duration
	for _, h := range holds {
		least = min(least, h.Duration)
	}
	all, duration := "all", strconv.FormatInt(least, 10)
	out.Now = LogValues{&all, &duration}
	if err := l.set(ctx, out.Now); err != nil {
		return err
	}
	return l.DB.Write(ctx, WriteOptions{}, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "UPDATE exptool.log_setting SET state = 'on' WHERE id = $1", record.ID)
		return err
	})
}

// Off ends what who has turned on here, or with force what anybody has, and
// restores the former values where nobody else wants statements logged. An
// ErrNotFound is that nothing was turned on, an ErrRefused that only others did.
func (l Logging) Off(ctx context.Context, who string, force bool) (out LogChange, err error) {
	which := "who = coalesce(nullif(" + pq.QuoteLiteral(who) + ", ''), session_user) OR " + overdue
	if force {
		which = "true"
	}
	err = l.alone(ctx, func() error { return l.end(ctx, &out, which, force) })
	return out, err
}

// overdue are holds whose time is over: those that nobody was left to end count no
// longer.
const overdue = "coalesce(until < now(), false)"

// End ends one hold, and restores the former values where it was the last. That it
// has ended already is no error.
func (l Logging) End(ctx context.Context, hold int64) (out LogChange, err error) {
	err = l.alone(ctx, func() error { return l.end(ctx, &out, "id = "+strconv.FormatInt(hold, 10)+" OR "+overdue, false) })
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrRefused) {
		err = nil
	}
	return out, err
}

// end ends the holds of a condition. force overwrites what somebody else has set.
func (l Logging) end(ctx context.Context, out *LogChange, which string, force bool) error {
	record, err := l.current(ctx)
	if err != nil {
		return err
	}
	if record == nil {
		return &Error{Kind: ErrNotFound, Message: "exptool has turned on nothing there"}
	}
	out.Former = record.former()
	mine, err := l.holds(ctx, record.ID, which)
	if err != nil {
		return err
	}
	if out.Holds, err = l.holds(ctx, record.ID, "NOT ("+which+")"); err != nil {
		return err
	}
	if len(mine) == 0 && len(out.Holds) > 0 {
		return &Error{Kind: ErrRefused, Message: "it was turned on by " + out.Holds[0].Who, Hint: "--force turns it off for everybody"}
	}
	if len(out.Holds) > 0 {
		if err := l.drop(ctx, record.ID, which, false); err != nil {
			return err
		}
		return l.follow(ctx, *record, out)
	}
	now, err := l.values(ctx)
	if err != nil {
		return err
	}
	out.Before = now
	// Somebody's own setting of the meantime is not ours to take away.
	if out.Foreign, err = l.foreign(ctx, record, now); err != nil {
		return err
	}
	if !out.Foreign || force {
		if err := l.set(ctx, record.former()); err != nil {
			return err
		}
		out.Restored, now = true, record.former()
	}
	out.Now = now
	return l.drop(ctx, record.ID, which, true)
}

// foreign reports whether one of the values is neither the former one nor such as
// a record's holds have had set.
func (l Logging) foreign(ctx context.Context, record *logRecord, now LogValues) (foreign bool, err error) {
	former := record.former()
	if now.Duration != nil && !sameText(now.Duration, former.Duration) {
		err = l.DB.Read(ctx, ReadOptions{}, func(tx *Tx) error {
			return tx.Get(ctx, &foreign, "SELECT NOT EXISTS (SELECT FROM exptool.log_hold WHERE setting = $1 AND duration::text = $2)", record.ID, *now.Duration)
		})
	}
	all := "all"
	return foreign ||
		now.Duration == nil && former.Duration != nil ||
		!sameText(now.Statement, &all) && !sameText(now.Statement, former.Statement), err
}

// drop ends holds, and with off the record too.
func (l Logging) drop(ctx context.Context, record int64, which string, off bool) error {
	return l.DB.Write(ctx, WriteOptions{}, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "UPDATE exptool.log_hold SET ended = now() WHERE setting = $1 AND ended IS NULL AND ("+which+")", record)
		if err == nil && off {
			_, err = tx.Exec(ctx, "UPDATE exptool.log_setting SET state = 'off', ended = now() WHERE id = $1", record)
		}
		return notKept(err)
	})
}

// sameText compares values, of which nil is not set.
func sameText(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// TurnedOn lists what exptool has turned on and not off again, as this database has
// it.
func (db *DB) TurnedOn(ctx context.Context) (on []Logging, err error) {
	err = db.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		there, err := tx.ours(ctx, "log_setting")
		if err != nil || !there {
			return err
		}
		var rows []struct {
			Scope string `db:"scope"`
			Role  string `db:"role"`
		}
		err = tx.Select(ctx, &rows, `SELECT scope, role
FROM exptool.log_setting
WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND state <> 'off'
ORDER BY id`)
		for _, r := range rows {
			on = append(on, Logging{DB: db, Scope: r.Scope, Role: r.Role})
		}
		return notKept(err)
	})
	return on, err
}

// alone runs fn while nobody else turns logging on or off from this database.
func (l Logging) alone(ctx context.Context, fn func() error) error {
	return l.DB.alone(ctx, "exptool turns logging on or off", "another exptool is turning logging on or off", fn)
}
