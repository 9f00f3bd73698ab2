package repo

import (
	"context"
	"errors"
	"time"
)

// ForgetOptions say what is to be forgotten.
type ForgetOptions struct {
	WriteOptions
	Everything bool // our whole schema; else what earlier launches left
}

// Forgotten are rows of ours that were forgotten: those of one launch.
type Forgotten struct {
	What   string    `db:"what"`   // transfers, decisions, changes, and of pages players and sessions
	Launch string    `db:"launch"` // PsyNet's deployment id, empty without one
	Rows   int64     `db:"rows"`
	First  time.Time `db:"first"`
	Last   time.Time `db:"last"`
}

// Forget removes the rows of ours that belong to earlier launches, or all that is
// ours. What participants have stays. A database without our schema has nothing
// to forget.
func (db *DB) Forget(ctx context.Context, o ForgetOptions) (gone []Forgotten, err error) {
	err = db.Write(ctx, o.WriteOptions, func(tx *Tx) error {
		there, err := tx.ours(ctx, "migration")
		if err != nil || !there {
			return err
		}
		if err := tx.migrate(ctx); err != nil { // so that all tables are there
			return err
		}
		if err := tx.mayForgetLogging(ctx, o.Everything); err != nil {
			return err
		}
		// Either lock comes first, and waits for those who give at this moment:
		// they take the tables in this order, and before anything else of ours.
		where, lock := "\nWHERE epoch <> "+presentEpoch, `ALTER TABLE exptool.transfer DISABLE TRIGGER append_only;
ALTER TABLE exptool.decision DISABLE TRIGGER append_only`
		if o.Everything {
			where, lock = "", "LOCK TABLE exptool.migration, exptool.head, exptool.transfer, exptool.decision"
		}
		if _, err := tx.Exec(ctx, lock); err != nil {
			return mustOwnLedger(err)
		}
		gone = nil
		err = tx.Select(ctx, &gone, `SELECT 'transfers' AS what, coalesce(launch, '') AS launch, count(*) AS rows, min(at) AS first, max(at) AS last
FROM exptool.transfer`+where+`
GROUP BY epoch, launch
UNION ALL
SELECT 'decisions', coalesce(launch, ''), count(*), min(at), max(at)
FROM exptool.decision`+where+`
GROUP BY epoch, launch
UNION ALL
SELECT 'changes', coalesce(launch, ''), count(*), min(at), max(at)
FROM exptool.change`+where+`
GROUP BY epoch, launch
UNION ALL
SELECT 'players', coalesce(launch, ''), count(*), min(at), max(at)
FROM exptool.player`+where+`
GROUP BY epoch, launch
UNION ALL
SELECT 'sessions', coalesce(launch, ''), count(*), min(at), max(at)
FROM exptool.play`+where+`
GROUP BY epoch, launch
ORDER BY what DESC, first`)
		if err != nil {
			return notOurs(err)
		}
		if o.Everything {
			return mustOwnLedger(tx.dropOurs(ctx))
		}
		_, err = tx.Exec(ctx, "DELETE FROM exptool.transfer"+where+`;
ALTER TABLE exptool.transfer ENABLE TRIGGER append_only;
DELETE FROM exptool.decision`+where+`;
ALTER TABLE exptool.decision ENABLE TRIGGER append_only;
DELETE FROM exptool.player`+where+`;
DELETE FROM exptool.play`+where+`;
DELETE FROM exptool.change`+where)
		return mustOwnLedger(err)
	})
	return gone, err
}

// mayForgetLogging refuses to forget what was logged before exptool log on, while
// that is on.
func (tx *Tx) mayForgetLogging(ctx context.Context, everything bool) error {
	if !everything {
		return nil
	}
	var on int
	err := tx.Get(ctx, &on, "SELECT count(*) FROM exptool.log_setting WHERE state <> 'off' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
	if err == nil && on > 0 {
		return &Error{Kind: ErrRefused, Message: "exptool log on has changed what is logged, and what was set before is kept here", Hint: "run exptool log off first"}
	}
	return notOurs(err)
}

// dropOurs drops what is in our schema, and the schema. Without CASCADE: what
// somebody else has made upon it is not ours to drop.
func (tx *Tx) dropOurs(ctx context.Context) error {
	var drops []string
	err := tx.Select(ctx, &drops, `SELECT 'DROP ' || kind || ' ' || string_agg(name, ', ')
FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'r' THEN 'TABLE' ELSE 'SEQUENCE' END AS kind,
           CASE c.relkind WHEN 'v' THEN 1 WHEN 'r' THEN 2 ELSE 3 END AS place,
           format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'exptool'
      AND c.relkind IN ('v', 'r', 'S')
      AND NOT EXISTS ( -- a sequence that goes with its table
          SELECT
          FROM pg_depend AS d
          WHERE d.classid = 'pg_class'::regclass
            AND d.objid = c.oid
            AND d.refclassid = 'pg_class'::regclass
            AND d.deptype IN ('a', 'i')
      )
    UNION ALL
    SELECT 'FUNCTION', 4, p.oid::regprocedure::text
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = 'exptool'
) AS ours
GROUP BY kind, place
ORDER BY place`)
	if err != nil {
		return err
	}
	for _, drop := range append(drops, "DROP SCHEMA exptool") {
		if _, err := tx.Exec(ctx, drop); err != nil {
			return err
		}
	}
	return nil
}

// mustOwnLedger tells why what is ours cannot be removed.
func mustOwnLedger(err error) error {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Code == "42501":
		return &Error{Kind: ErrNotAllowed, Code: e.Code, cause: err, Message: "what exptool keeps cannot be removed: " + e.Message,
			Hint: "let the owner of schema exptool run exptool forget"}
	case e.Code == "2BP01":
		return &Error{Kind: ErrRefused, Code: e.Code, cause: err, Message: e.Message, Detail: e.Detail,
			Hint: "what others made upon the schema exptool must go first; nothing was removed"}
	}
	return err
}
