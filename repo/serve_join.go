package repo

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// Joining is somebody who comes in by typing a nickname.
type Joining struct {
	Nickname string
	Visit    string // of the browser, by which a retry is known; may be empty
	Dollars  Cents  // the endowment
	Memo     string // of the endowment
	Token    func() string
	Most     int    // players, with this one; 0 for any number
	Zone     string // the time zone of the experiment where it is not the server's
}

// ErrFull answers who comes when there are as many players as there may be.
var ErrFull = &Error{Kind: ErrRefused, Message: "the game is full"}

// Join makes a participant as AddPeople does, a player and an endowment, all or none. A
// schema that is older than the launch is an ErrTryAgain.
func (s *Serving) Join(ctx context.Context, in *schema.Schema, j Joining) (p Player, r Result, err error) {
	j.Nickname = strings.TrimSpace(j.Nickname)
	if j.Nickname == "" {
		return p, r, &Error{Kind: ErrUsage, Message: "a nickname is missing"}
	}
	if err := checkNickname(j.Nickname); err != nil {
		return p, r, err
	}
	if !storable(j.Visit, maxKey) {
		return p, r, &Error{Kind: ErrUsage, Message: "the visit is no text, or too long"}
	}
	t := in.Tables["participant"]
	if t == nil {
		return p, r, &Error{Kind: ErrNotFound, Message: "there is no table participant"}
	}
	o := ChangeOptions{WriteOptions: s.o.WriteOptions, Command: "serve", Who: s.o.Who, NoJournal: true, Zone: j.Zone}
	_, err = s.db.Change(ctx, in, o, func(w *Writer) error {
		if err := w.migrate(ctx); err != nil {
			return err
		}
		if err := w.refuseFull(ctx, t, j.Most); err != nil {
			return err
		}
		keys, err := w.AddPeople(ctx, t, []string{j.Nickname}, j.Token)
		if err != nil {
			return err
		}
		id, err := strconv.ParseInt(keys[0], 10, 64)
		if err != nil {
			return err
		}
		all, err := w.players(ctx, w.out.Epoch, []int64{id})
		if err != nil {
			return notOurs(err)
		}
		p = all[0]
		p.Nickname, p.Visit = j.Nickname, j.Visit
		if _, err := w.Exec(ctx, "UPDATE exptool.player SET nickname = $1, visit = nullif($2, '') WHERE epoch = $3 AND participant = $4", p.Nickname, p.Visit, w.out.Epoch.OID, id); err != nil {
			return notOurs(err)
		}
		r, err = s.endow(ctx, w.Tx, Transfer{Kind: Endowment, Payee: id, Sent: j.Dollars, Memo: j.Memo})
		return err
	})
	if err != nil {
		return Player{}, Result{}, err
	}
	return p, r, nil
}

// refuseFull is ErrFull where there are so many players who have dollars and have not
// failed. With a limit all joins are one after another, those on other servers too: each
// takes the ledger's head, as its endowment would, before it counts.
func (w *Writer) refuseFull(ctx context.Context, t *schema.Table, most int) error {
	if most == 0 {
		return nil
	}
	if _, err := w.Exec(ctx, "SELECT FROM exptool.head FOR NO KEY UPDATE"); err != nil {
		return notOurs(err)
	}
	failed := ""
	if t.Column("failed") != nil {
		failed = "\n  AND coalesce(p.failed::text NOT IN ('true', 't'), true)"
	}
	var playing int
	if err := w.Get(ctx, &playing, `SELECT count(*)
FROM exptool.player AS y
JOIN public.participant AS p ON p.id = y.participant
WHERE y.epoch = `+presentEpoch+`
  AND p.dollars IS NOT NULL`+failed); err != nil {
		return notOurs(err)
	}
	if playing >= most {
		return ErrFull
	}
	return nil
}

// endow books an endowment in a transaction that was begun, and commits that, but for a
// dry run.
func (s *Serving) endow(ctx context.Context, tx *Tx, t Transfer) (Result, error) {
	run := &settlement{Tx: tx, manner: manner{wait: true, whole: true}, ledger: NewLedger(s.db, s.o), results: make([]Result, 1)}
	err := run.run(ctx, newPending([]Transfer{t}))
	if errors.Is(err, errNotAll) {
		err = run.results[0].Err
	}
	return run.results[0], err
}
