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
	Treatment string    // the parameters that differ from the game's defaults
}

// Plays are the sessions of the present launch, those that were made last at the end.
func (s *Serving) Plays(ctx context.Context) (all []Play, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		rows, err := tx.Query(ctx, `SELECT session, state, started_at, ends_at, coalesce(treatment, '')
FROM exptool.play
WHERE epoch = `+presentEpoch+`
ORDER BY at, session`)
		if err != nil {
			return err
		}
		all = nil
		for rows.Next() {
			var p Play
			var started, ends *time.Time
			if err = rows.Scan(&p.Session, &p.State, &started, &ends, &p.Treatment); err != nil {
				break
			}
			p.Started, p.Ends = orZero(started), orZero(ends)
			all = append(all, p)
		}
		return errors.Join(err, rows.Close())
	})
	return all, err
}

// SetPlay notes what a session has come to, and makes it where it is not there.
func (s *Serving) SetPlay(ctx context.Context, p Play) error {
	if p.Session == "" || !storable(p.Session, maxKey) || !storable(p.Treatment, maxMemo) {
		return &Error{Kind: ErrUsage, Message: fmt.Sprintf("a session needs a name of up to %d bytes, and has a treatment of up to %d", maxKey, maxMemo)}
	}
	return s.write(ctx, func(tx *Tx) error {
		e, err := tx.epoch(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO exptool.play (epoch, launch, session, state, started_at, ends_at, treatment)
VALUES ($1, nullif($2, ''), $3, $4, $5, $6, nullif($7, ''))
ON CONFLICT (epoch, session) DO UPDATE
SET state = excluded.state, started_at = excluded.started_at, ends_at = excluded.ends_at, treatment = excluded.treatment`,
			e.OID, e.Launch, p.Session, string(p.State), orNull(p.Started), orNull(p.Ends), p.Treatment)
		return err
	})
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
