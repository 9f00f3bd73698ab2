package repo

import (
	"context"
	"errors"

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

// RenameDatabase gives a database another name; nobody may be connected to it.
func (db *DB) RenameDatabase(ctx context.Context, from, to string) error {
	return db.Exec(ctx, "ALTER DATABASE "+pq.QuoteIdentifier(from)+" RENAME TO "+pq.QuoteIdentifier(to))
}
