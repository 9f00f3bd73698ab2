// Package repo is the only place with SQL: it opens databases, reads their
// catalog, runs questions and changes over sqlx and lib/pq, and maps what can go
// wrong to a few typed errors.
package repo

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// mark begins every statement of ours, so that an administrator who looks at
// pg_stat_activity or a log knows where it comes from.
const mark = "/* exptool */ "

// Statement is a statement that was sent.
type Statement struct {
	SQL  string
	Args []any
	// Duration is the time to the first row, or to the end where there are none.
	Duration time.Duration
	Err      error // nil where it ran
}

// Options are what Open can be told. The zero value is good.
type Options struct {
	AppName  string // application_name; "exptool" where empty
	MaxConns int    // at most so many connections at once; 4 where 0
	// ShowSQL, where not nil, is called with every statement after it was sent.
	ShowSQL func(Statement)
}

// DB is a database. It connects when it is first used.
type DB struct {
	pool *sqlx.DB
	dial *dialer
	addr Address
	show func(Statement)
}

// Open prepares the use of a database; nothing is sent yet.
func Open(_ context.Context, addr Address, o Options) (*DB, error) {
	if addr.IsZero() {
		return nil, &Error{Kind: ErrUsage, Message: "no database given", Hint: "name one with --db"}
	}
	cfg := addr.cfg.Clone()
	// pgbouncer refuses startup parameters that it does not know: everything
	// else is set inside a transaction.
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = o.AppName
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = "exptool"
	}
	// A statement with arguments takes one round trip: lib/pq would first wait for
	// the server's word on their types. Texts and numbers go as text all the same.
	cfg.BinaryParameters = true
	dial := newDialer()
	connectors := make([]*pq.Connector, 0, 2)
	for _, mode := range addr.sslModes() {
		cfg := cfg.Clone()
		cfg.SSLMode = mode
		connector, err := pq.NewConnectorConfig(cfg)
		if err != nil {
			return nil, connectError(err, addr)
		}
		connector.Dialer(dial)
		connectors = append(connectors, connector)
	}
	pool := sql.OpenDB(interruptible(connectors))
	if o.MaxConns == 0 {
		o.MaxConns = 4
	}
	pool.SetMaxOpenConns(o.MaxConns)
	return &DB{pool: sqlx.NewDb(pool, "postgres"), dial: dial, addr: addr, show: o.ShowSQL}, nil
}

// Address is where the database is.
func (db *DB) Address() Address { return db.addr }

// Close closes the connections; those that the server has closed already are none.
func (db *DB) Close() error {
	if err := db.pool.Close(); !isCut(err) {
		return err
	}
	return nil
}

// Ping connects, and says why where that fails.
func (db *DB) Ping(ctx context.Context) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Exec runs one statement outside any transaction block, as CREATE DATABASE
// needs it. Without arguments the text may hold several statements.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	conn, err := db.connect(ctx)
	if err != nil {
		return err
	}
	tx := &Tx{db: db, conn: conn}
	_, err = tx.Exec(ctx, query, args...)
	tx.release(ctx)
	return err
}

func (db *DB) connect(ctx context.Context) (*sqlx.Conn, error) {
	conn, err := db.pool.Connx(ctx)
	if err != nil {
		return nil, connectError(err, db.addr)
	}
	return conn, nil
}

// interruptible lets a connection attempt be given up: lib/pq obeys the context
// only while it dials, not while it waits for the server's greeting. A second
// connector is for servers that refuse the first one's way.
type interruptible []*pq.Connector

// Driver is driver.Connector's.
func (c interruptible) Driver() driver.Driver { return c[0].Driver() }

// connect tries the connectors in turn. A server that wants another kind of
// connection says so by 28000.
func (c interruptible) connect(ctx context.Context) (conn driver.Conn, err error) {
	for i, connector := range c {
		conn, err = connector.Connect(ctx)
		if pq.As(err, pqerror.InvalidAuthorizationSpecification) == nil || i == len(c)-1 {
			break
		}
	}
	return conn, err
}

// Connect is driver.Connector's.
func (c interruptible) Connect(ctx context.Context) (driver.Conn, error) {
	type result struct {
		conn driver.Conn
		err  error
	}
	done := make(chan result, 1)
	go func() {
		conn, err := c.connect(context.WithValue(ctx, connecting{}, true))
		done <- result{conn, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, r.err // conn would be a typed nil
		}
		return r.conn, nil
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				_ = r.conn.Close() // nobody waits for it any more
			}
		}()
		return nil, ctx.Err()
	}
}
