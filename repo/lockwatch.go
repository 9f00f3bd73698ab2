package repo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// lockWatchPeriod is how often a waiting transaction is looked at.
const lockWatchPeriod = 300 * time.Millisecond

// lockWatch finds out, on a second connection, who holds the lock that a
// transaction waits for: after the wait has failed, Postgres has forgotten.
type lockWatch struct {
	db   *DB
	ctx  context.Context
	done context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	holders []lockHolder
}

// lockHolder is a session that others wait for.
type lockHolder struct {
	PID   int    `db:"pid"`
	User  string `db:"usename"`
	App   string `db:"application_name"`
	State string `db:"state"`
	For   string `db:"since"` // how long its transaction is open
	Query string `db:"query"`
}

// watchLocks makes a watch that does nothing until it is told whom to follow.
func (db *DB) watchLocks(ctx context.Context) *lockWatch {
	return &lockWatch{db: db, ctx: ctx}
}

// follow watches the session pid from now on, and no other.
func (l *lockWatch) follow(pid int) {
	l.stop()
	ctx, cancel := context.WithCancel(l.ctx)
	l.done = cancel
	l.wg.Go(func() {
		ticker := time.NewTicker(lockWatchPeriod)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				l.look(ctx, pid)
			}
		}
	})
}

// stop ends the watching.
func (l *lockWatch) stop() {
	if l.done != nil {
		l.done()
		l.wg.Wait()
	}
}

// look asks who is in the way. That it cannot know must not fail the change.
func (l *lockWatch) look(ctx context.Context, pid int) {
	var holders []lockHolder
	quiet := *l.db // --show-sql shows the user's own statements
	quiet.show = nil
	err := quiet.Read(ctx, ReadOptions{Timeout: 2 * time.Second}, func(tx *Tx) error {
		return tx.Select(ctx, &holders, `SELECT a.pid,
       coalesce(a.usename, '') AS usename,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.state, '') AS state,
       coalesce(date_trunc('second', clock_timestamp() - a.xact_start)::text, '') AS since,
       coalesce(left(a.query, 300), '') AS query
FROM unnest(pg_blocking_pids($1)) AS b (pid)
JOIN pg_stat_activity AS a ON a.pid = b.pid
ORDER BY a.pid`, pid)
	})
	if err != nil || len(holders) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holders = holders
}

// explain ends the watching and adds to a lock timeout who held the lock.
func (l *lockWatch) explain(err error) error {
	l.stop()
	var e *Error
	if !errors.As(err, &e) || e.Code != "55P03" || len(l.holders) == 0 {
		return err
	}
	said := *e
	said.Detail = ""
	for i, h := range l.holders {
		if i == 3 {
			said.Detail += fmt.Sprintf("and %d more\n", len(l.holders)-i)
			break
		}
		said.Detail += h.String() + "\n"
	}
	said.Message = fmt.Sprintf("a lock was not free in time: process %d of the server holds it", l.holders[0].PID)
	return &said
}

// String is one line about the session.
func (h lockHolder) String() string {
	s := fmt.Sprintf("pid %d, user %s", h.PID, h.User)
	if h.App != "" {
		s += ", " + h.App
	}
	if h.State != "" {
		s += ", " + h.State
	}
	if h.For != "" {
		s += ", in its transaction for " + h.For
	}
	return oneLine(s + ": " + h.Query)
}
