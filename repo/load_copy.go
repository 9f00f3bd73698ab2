package repo

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jmoiron/sqlx"
)

// rawCopy is the statement that lib/pq prepares for COPY … FROM stdin.
type rawCopy interface {
	driver.Stmt
	// CopyData sends text as it is and a line break. An error may be that of an
	// earlier call.
	CopyData(ctx context.Context, line string) (driver.Result, error)
}

// copyIn runs COPY … FROM stdin and returns the number of rows. feed hands whole
// lines, without the last line break, to send. The session must be in a
// transaction, which is not usable after an error.
func (l *Loader) copyIn(ctx context.Context, query string, feed func(send func(lines []byte) error) error) (int64, error) {
	return copyIn(ctx, l.Conn, query, feed)
}

// copyIn is Loader's, in a transaction of ours.
func (tx *Tx) copyIn(ctx context.Context, query string, feed func(send func(lines []byte) error) error) error {
	if err := tx.sendPrelude(ctx); err != nil {
		return err
	}
	c, err := tx.start(ctx, query, nil)
	if err != nil {
		return err
	}
	_, err = copyIn(c.ctx, tx.conn, c.sql, feed)
	c.answered(err)
	return c.end(err)
}

func copyIn(ctx context.Context, conn *sqlx.Conn, query string, feed func(send func(lines []byte) error) error) (int64, error) {
	var rows int64
	err := conn.Raw(func(session any) error {
		preparer, ok := session.(driver.ConnPrepareContext)
		if !ok {
			return errors.New("the database driver cannot prepare COPY")
		}
		stmt, err := preparer.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		into, ok := stmt.(rawCopy)
		if !ok {
			return errors.Join(errors.New("the database driver cannot stream COPY"), stmt.Close())
		}
		err = feed(func(lines []byte) error {
			_, err := into.CopyData(ctx, string(lines))
			return err
		})
		if err != nil {
			// Close completes what was sent so far; the caller rolls it back.
			_ = into.Close()
			return err
		}
		//nolint:staticcheck // the driver's only way to end a COPY and hear of its rows
		result, err := into.Exec(nil)
		if err != nil {
			return err
		}
		rows, err = result.RowsAffected()
		return err
	})
	return rows, err
}
