package repo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// PlayState is what a session has come to.
type PlayState string

// The states of a session.
const (
	Waiting PlayState = "waiting"
	Running PlayState = "running"
	Paused  PlayState = "paused"
	Ended   PlayState = "ended"
)

// Play is a session that is played on pages.
type Play struct {
	Session   string
	State     PlayState
	Started   time.Time // zero before it has
	Ends      time.Time // zero where it ends by no clock
	Paused    time.Time // since when; zero where it is not
	After     int64     // the number of the last transfer before it began; SetPlay finds it
	Treatment string    // the parameters that differ from the game's defaults
}

// StateAt is what it has come to at a time: one that a clock ends is over by then, whether
// anybody has noted it or not.
func (p Play) StateAt(now time.Time) PlayState {
	if p.State == Running && !p.Ends.IsZero() && !now.Before(p.Ends) {
		return Ended
	}
	return p.State
}

// Plays are the sessions of the present launch, those that were made last at the end.
func (s *Serving) Plays(ctx context.Context) (all []Play, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+playColumns+`
FROM exptool.play
WHERE epoch = `+presentEpoch+`
ORDER BY at, session`)
		if err != nil {
			return err
		}
		all, err = readPlays(rows)
		return err
	})
	return all, err
}

const playColumns = `session, state, started_at, ends_at, paused_at, after_number, coalesce(treatment, '')`

func readPlays(rows *Cursor) (all []Play, err error) {
	for rows.Next() {
		var p Play
		var started, ends, paused *time.Time
		if err = rows.Scan(&p.Session, &p.State, &started, &ends, &paused, &p.After, &p.Treatment); err != nil {
			break
		}
		p.Started, p.Ends, p.Paused = orZero(started), orZero(ends), orZero(paused)
		all = append(all, p)
	}
	return all, errors.Join(err, rows.Close())
}

// SetPlay notes what a session has come to, and returns it with its place in the ledger.
// A session that is not there is made, and then nobody is done. One that was played does
// not wait again: that is an ErrConflict.
func (s *Serving) SetPlay(ctx context.Context, p Play) (kept Play, err error) {
	if p.Session == "" || !storable(p.Session, maxKey) || !storable(p.Treatment, maxMemo) {
		return p, &Error{Kind: ErrUsage, Message: fmt.Sprintf("a session needs a name of up to %d bytes, and has a treatment of up to %d", maxKey, maxMemo)}
	}
	err = s.write(ctx, func(tx *Tx) error {
		e, err := tx.epoch(ctx)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `UPDATE exptool.player
SET done_at = NULL
WHERE epoch = $1
  AND done_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM exptool.play WHERE epoch = $1 AND session = $2)`, e.OID, p.Session); err != nil {
			return err
		}
		// What is given while it waits is before it, too.
		rows, err := tx.Query(ctx, `INSERT INTO exptool.play AS y (epoch, launch, session, state, started_at, ends_at, paused_at, after_number, treatment)
SELECT $1, nullif($2, ''), $3, $4, $5, $6, $7, last, nullif($8, '')
FROM exptool.head
ON CONFLICT (epoch, session) DO UPDATE
SET state = excluded.state, started_at = excluded.started_at, ends_at = excluded.ends_at, paused_at = excluded.paused_at, treatment = excluded.treatment,
    after_number = CASE WHEN y.state = 'waiting' THEN excluded.after_number ELSE y.after_number END
WHERE excluded.state <> 'waiting' OR y.state = 'waiting'
RETURNING `+playColumns, e.OID, e.Launch, p.Session, string(p.State), orNull(p.Started), orNull(p.Ends), orNull(p.Paused), p.Treatment)
		if err != nil {
			return err
		}
		all, err := readPlays(rows)
		if err == nil && len(all) == 0 {
			err = &Error{Kind: ErrConflict, Message: fmt.Sprintf("session %q was played already", p.Session), Hint: "give the new one another name"}
		}
		if err == nil {
			kept = all[0]
		}
		return err
	})
	return kept, err
}

// Rounds are the last rounds that players have decided in, in a session.
func (s *Serving) Rounds(ctx context.Context, session string) (rounds map[int64]int, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		rows, err := tx.Query(ctx, `SELECT donor, max(round)
FROM exptool.decision
WHERE epoch = `+presentEpoch+`
  AND session = $1
  AND round IS NOT NULL
GROUP BY donor`, session)
		if err != nil {
			return err
		}
		rounds = map[int64]int{}
		for rows.Next() {
			var donor int64
			var round int
			if err = rows.Scan(&donor, &round); err != nil {
				break
			}
			rounds[donor] = round
		}
		return errors.Join(err, rows.Close())
	})
	return rounds, err
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
