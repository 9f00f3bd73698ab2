package repo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock under which our schema is made: any number
// that is ours.
const migrationLock = 0x6578_7074_6f6f_6c01

// migrate brings our schema to what this program needs, inside the caller's
// transaction, so that a dry run leaves nothing.
func (tx *Tx) migrate(ctx context.Context) error {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	done, err := tx.migrated(ctx)
	if err != nil || done == len(files) {
		return notOurs(err)
	}
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	// Another exptool may have been faster.
	if done, err = tx.migrated(ctx); err != nil {
		return notOurs(err)
	}
	if done > len(files) {
		return &Error{Kind: ErrNotAllowed, Message: "a newer exptool has worked on this database", Hint: "use that one"}
	}
	for i := done; i < len(files); i++ {
		text, err := migrations.ReadFile("migrations/" + files[i].Name())
		if err != nil {
			return err
		}
		if n, err := strconv.Atoi(strings.SplitN(files[i].Name(), "_", 2)[0]); err != nil || n != i+1 {
			return fmt.Errorf("the migration %s is not number %d", files[i].Name(), i+1)
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("%s;\n%s;\nINSERT INTO exptool.migration VALUES (%d)", createOurSchema, text, i+1)); err != nil {
			return notOurs(err)
		}
	}
	return nil
}

// createOurSchema makes the schema and its list of migrations. CREATE SCHEMA IF NOT
// EXISTS would ask for the privilege even where an administrator has made it.
const createOurSchema = `DO $$ BEGIN
    IF to_regnamespace('exptool') IS NULL THEN
        CREATE SCHEMA exptool;
    END IF;
END $$;
CREATE TABLE IF NOT EXISTS exptool.migration (
    number integer PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
)`

// migrated is how many migrations the database has seen.
func (tx *Tx) migrated(ctx context.Context) (n int, err error) {
	there, err := tx.ours(ctx, "migration")
	if err != nil || !there {
		return 0, err
	}
	err = tx.Get(ctx, &n, "SELECT coalesce(max(number), 0) FROM exptool.migration")
	return n, err
}

// ours reports whether our schema has a table. It looks into pg_class because
// to_regclass would remember within a transaction that there was none.
func (tx *Tx) ours(ctx context.Context, table string) (there bool, err error) {
	err = tx.Get(ctx, &there, `SELECT EXISTS (
    SELECT
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'exptool'
      AND c.relname = $1
)`, table)
	return there, err
}

const notForUser = "what exptool keeps is not for this user: "

// notOurs explains a missing privilege on our schema.
func notOurs(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == "42501" && !strings.Contains(e.Message, "participant") {
		return &Error{Kind: ErrNotAllowed, Code: e.Code, cause: err,
			Message: notForUser + e.Message,
			Hint:    "let the owner GRANT CREATE ON DATABASE to this user (or ALL on schema exptool, its tables, sequences and functions)"}
	}
	return err
}
