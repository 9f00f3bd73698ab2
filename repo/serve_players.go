package repo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"
)

// Serving keeps what the pages of exptool serve need beside the ledger. All of it but
// the key belongs to the present launch.
type Serving struct {
	db   *DB
	o    LedgerOptions
	only int64 // the launch that is meant; 0: whichever is present
}

// NewServing prepares the use of a database for pages; nothing is sent yet.
func NewServing(db *DB, o LedgerOptions) *Serving { return &Serving{db: db, o: o} }

// In is for one launch: after the next one everything is an ErrRelaunched.
func (s *Serving) In(e Epoch) *Serving { return &Serving{db: s.db, o: s.o, only: e.OID} }

// secretBytes is how long the key is that signs addresses.
const secretBytes = 32

// Key is the secret that signs the addresses of pages, made when it is first asked for:
// one a database.
func (s *Serving) Key(ctx context.Context) (key []byte, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		fresh := make([]byte, secretBytes)
		if _, err := rand.Read(fresh); err != nil {
			return err
		}
		// Where another exptool is faster, its key is seen by the SELECT.
		if _, err := tx.Exec(ctx, `INSERT INTO exptool.setting (name, value)
VALUES ('serve.key', $1)
ON CONFLICT DO NOTHING`, base64.StdEncoding.EncodeToString(fresh)); err != nil {
			return err
		}
		var text string
		if err := tx.Get(ctx, &text, "SELECT value FROM exptool.setting WHERE name = 'serve.key'"); err != nil {
			return err
		}
		if key, err = base64.StdEncoding.DecodeString(text); err != nil || len(key) != secretBytes {
			return &Error{Kind: ErrRefused, Message: "serve.key in exptool.setting is no key", Hint: "delete that row: the next exptool serve makes another, and the addresses given out end"}
		}
		return nil
	})
	return key, err
}

// Player is a participant who has a page.
type Player struct {
	ID         int64
	Generation int       // that an address must name: 1, and one more with each Renew
	Nickname   string    // as typed to join; may be empty
	Visit      string    // of the browser that joined; may be empty
	Seed       int64     // of the order of the buttons
	Done       time.Time // when they said so; zero while they play
}

const playerColumns = `participant, generation, coalesce(nickname, ''), coalesce(visit, ''), seed, done_at`

// Players are the players of these participants, in the order of ids; who is none yet
// becomes one. Without ids they are all who are players already, and the host, who is
// player 0, where RenewHost was called. Where a participant is not there it is an
// ErrNotFound, and nobody becomes one.
func (s *Serving) Players(ctx context.Context, ids ...int64) (all []Player, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		e, err := tx.epoch(ctx)
		if err != nil {
			return err
		}
		all, err = tx.players(ctx, e, ids)
		return err
	})
	return all, err
}

func (tx *Tx) players(ctx context.Context, e Epoch, ids []int64) ([]Player, error) {
	if len(ids) == 0 {
		return tx.readPlayers(ctx, "SELECT "+playerColumns+" FROM exptool.player WHERE epoch = $1 ORDER BY participant", e.OID)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var seeds list
	for range ids {
		seeds.number(mathrand.Int64(), true)
	}
	_, err := tx.Exec(ctx, `INSERT INTO exptool.player (epoch, launch, participant, seed)
SELECT $1, nullif($2, ''), p.id, v.seed
FROM unnest($3::bigint[], $4::bigint[]) AS v (id, seed)
JOIN public.participant AS p ON p.id = v.id
ORDER BY p.id
ON CONFLICT DO NOTHING`, e.OID, e.Launch, idList(ids), seeds.String())
	if err != nil {
		return nil, err
	}
	all, err := tx.readPlayers(ctx, "SELECT "+playerColumns+`
FROM exptool.player
WHERE epoch = $1
  AND participant = ANY($2::bigint[])
ORDER BY participant`, e.OID, idList(ids))
	if err == nil && len(all) < len(ids) {
		for i, id := range ids {
			if i == len(all) || all[i].ID != id {
				return nil, &Error{Kind: ErrNotFound, Message: fmt.Sprintf("there is no participant %d", id)}
			}
		}
	}
	return all, err
}

func (tx *Tx) readPlayers(ctx context.Context, query string, args ...any) (all []Player, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var p Player
		var done *time.Time
		if err = rows.Scan(&p.ID, &p.Generation, &p.Nickname, &p.Visit, &p.Seed, &done); err != nil {
			break
		}
		p.Done = orZero(done)
		all = append(all, p)
	}
	return all, errors.Join(err, rows.Close())
}

// Renew gives players the next generation, so that their former addresses end, and
// returns them in the order of ids. Without ids all who are players get it, but not the
// host: see RenewHost.
func (s *Serving) Renew(ctx context.Context, ids ...int64) (all []Player, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		e, err := tx.epoch(ctx)
		if err != nil {
			return err
		}
		if all, err = tx.players(ctx, e, ids); err != nil {
			return err
		}
		var those []int64
		for _, p := range all {
			if p.ID != Bank {
				those = append(those, p.ID)
			}
		}
		if all, err = tx.readPlayers(ctx, `UPDATE exptool.player
SET generation = generation + 1
WHERE epoch = $1
  AND participant = ANY($2::bigint[])
RETURNING `+playerColumns, e.OID, idList(those)); err != nil {
			return err
		}
		slices.SortFunc(all, func(a, b Player) int { return int(a.ID - b.ID) })
		return nil
	})
	return all, err
}

// RenewHost gives the host, who is player 0, and the address to join the next generation:
// the first is 0, without a player.
func (s *Serving) RenewHost(ctx context.Context) (generation int, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		e, err := tx.epoch(ctx)
		if err != nil {
			return err
		}
		return tx.Get(ctx, &generation, `INSERT INTO exptool.player AS y (epoch, launch, participant, seed)
VALUES ($1, nullif($2, ''), 0, 0)
ON CONFLICT (epoch, participant) DO UPDATE
SET generation = y.generation + 1
RETURNING generation`, e.OID, e.Launch)
	})
	return generation, err
}

// SetDone notes that a player is done, at the time of the first word of it, or plays on.
func (s *Serving) SetDone(ctx context.Context, id int64, done bool) (Player, error) {
	return s.change(ctx, id, "done_at = CASE WHEN $3::boolean THEN coalesce(done_at, now()) END", done)
}

// SetNickname notes what a player wants to be called; empty for nothing.
func (s *Serving) SetNickname(ctx context.Context, id int64, nickname string) (Player, error) {
	if err := checkNickname(nickname); err != nil {
		return Player{}, err
	}
	return s.change(ctx, id, "nickname = nullif($3, '')", nickname)
}

// MaxNickname is how many characters a nickname may have.
const MaxNickname = 40

func checkNickname(nickname string) error {
	if !storable(nickname, 4*MaxNickname) || utf8.RuneCountInString(nickname) > MaxNickname {
		return &Error{Kind: ErrUsage, Message: fmt.Sprintf("a nickname is a text of up to %d characters", MaxNickname)}
	}
	return nil
}

// change sets something of one player.
func (s *Serving) change(ctx context.Context, id int64, set string, value any) (p Player, err error) {
	err = s.write(ctx, func(tx *Tx) error {
		e, err := tx.epoch(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.players(ctx, e, []int64{id}); err != nil {
			return err
		}
		all, err := tx.readPlayers(ctx, `UPDATE exptool.player
SET `+set+`
WHERE epoch = $1
  AND participant = $2
RETURNING `+playerColumns, e.OID, id, value)
		if err == nil {
			p = all[0]
		}
		return err
	})
	return p, err
}

// write runs fn in a transaction in which our tables are there.
func (s *Serving) write(ctx context.Context, fn func(*Tx) error) error {
	return s.db.Write(ctx, s.o.WriteOptions, func(tx *Tx) error {
		if err := tx.migrate(ctx); err != nil {
			return err
		}
		if s.only != 0 {
			var present int64
			if err := tx.Get(ctx, &present, "SELECT "+presentEpoch); err != nil {
				return err
			}
			if present != s.only {
				return ErrRelaunched
			}
		}
		return notOurs(moved(fn(tx)))
	})
}
