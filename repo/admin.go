package repo

import (
	"context"
	"errors"
	"time"

	"github.com/lib/pq"
)

// Database is a database of a server.
type Database struct {
	Name  string `db:"name"`
	Bytes int64  `db:"bytes"` // -1 where this user may not look
}

// Databases lists the databases of the server that take connections, by name.
func (db *DB) Databases(ctx context.Context) ([]Database, error) {
	var list []Database
	err := db.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		return tx.Select(ctx, &list, `
SELECT d.datname AS name,
       CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) ELSE -1 END AS bytes
FROM pg_database AS d
WHERE d.datallowconn AND NOT d.datistemplate
ORDER BY d.datname`)
	})
	return list, err
}

// CreateDatabase creates a database on db's server, as a copy of the template
// unless that is empty. It is an ErrConflict where the name is taken.
func (db *DB) CreateDatabase(ctx context.Context, name, template string) error {
	query := "CREATE DATABASE " + pq.QuoteIdentifier(name)
	if template != "" {
		query += " TEMPLATE " + pq.QuoteIdentifier(template)
	}
	err := db.Exec(ctx, query)
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == "42P04" {
		e.Kind = ErrConflict
	}
	return err
}

// DropDatabase drops a database of db's server and ends the sessions in it. It
// is an ErrNotFound where there is none of that name.
func (db *DB) DropDatabase(ctx context.Context, name string) error {
	err := db.Exec(ctx, "DROP DATABASE "+pq.QuoteIdentifier(name)+" WITH (FORCE)")
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == "3D000" {
		e.Kind, e.Message, e.Hint = ErrNotFound, "there is no database "+pq.QuoteIdentifier(name), ""
	}
	return err
}

// makerPatience is how long Alone waits: a sample is loaded in that time.
const makerPatience = 10 * time.Second

// Alone runs fn while no other exptool on db's server makes the database of that
// name: each would take the other's half-made one for a leftover and drop it.
// It is an ErrTryAgain where another keeps at it.
func (db *DB) Alone(ctx context.Context, name string, fn func() error) error {
	return db.alone(ctx, "exptool makes "+name, "another exptool is making the database "+pq.QuoteIdentifier(name), fn)
}

// alone runs fn while no other exptool in this database does the same; others is
// what is said where another keeps at it.
func (db *DB) alone(ctx context.Context, what, others string, fn func() error) error {
	var failed error // not a matter of this transaction
	err := db.Read(ctx, ReadOptions{LockTimeout: makerPatience}, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", what)
		if errors.Is(err, ErrTryAgain) {
			return &Error{Kind: ErrTryAgain, Message: others, Hint: "wait for it, then try again", cause: err}
		}
		if err != nil {
			return err
		}
		failed = fn()
		return nil
	})
	return errors.Join(failed, err)
}

// RenameDatabase gives a database another name; nobody may be connected to it.
func (db *DB) RenameDatabase(ctx context.Context, from, to string) error {
	return db.Exec(ctx, "ALTER DATABASE "+pq.QuoteIdentifier(from)+" RENAME TO "+pq.QuoteIdentifier(to))
}
