package repo_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// diary is what a follower was told.
type diary struct {
	mu      sync.Mutex
	entries []repo.Entry
	told    []string // launches, and the database's coming and going
	ended   chan error
}

// follow keeps a diary from a point on, until the test ends.
func follow(t *testing.T, db *repo.DB, after repo.Point) *diary {
	t.Helper()
	d := &diary{ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	say := func(what string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.told = append(d.told, what)
	}
	go func() {
		d.ended <- db.FollowLedger(ctx, after, repo.Follow{
			Each: func(entries []repo.Entry) error {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.entries = append(d.entries, entries...)
				return nil
			},
			Anew: func(repo.Epoch) error { say(fmt.Sprintf("anew after %d", d.count())); return nil },
			Lost: func(err error) { assert.ErrorIs(t, err, repo.ErrConnect); say("lost") },
			Back: func() { say("back") },
		})
	}()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-d.ended)
	})
	return d
}

func (d *diary) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.entries)
}

func (d *diary) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.told, ", ")
}

// hasAll waits until all transfers behind a number are told, and compares them with the
// ledger: each once, in order.
func (d *diary) hasAll(t *testing.T, db *repo.DB, after int64) {
	t.Helper()
	const lines = `SELECT coalesce(string_agg(concat_ws(' ', number, kind, payer, payee, sent, payer_balance, payee_balance), E'\n' ORDER BY number), '') FROM exptool.transfer WHERE number > $1`
	want := one(t, db, lines, after)
	told := func() string {
		d.mu.Lock()
		defer d.mu.Unlock()
		var all []string
		for _, e := range d.entries {
			line := []string{fmt.Sprint(e.Number), string(e.Kind)}
			for _, n := range []int64{e.Payer, e.Payee} {
				if n != repo.Bank {
					line = append(line, fmt.Sprint(n))
				}
			}
			line = append(line, fmt.Sprint(int64(e.Sent)))
			if e.Payer != repo.Bank {
				line = append(line, fmt.Sprint(int64(e.PayerBalance)))
			}
			if e.Payee != repo.Bank {
				line = append(line, fmt.Sprint(int64(e.PayeeBalance)))
			}
			all = append(all, strings.Join(line, " "))
		}
		return strings.Join(all, "\n")
	}
	if !assert.Eventually(t, func() bool { return len(told()) >= len(want) }, 10*time.Second, 10*time.Millisecond) {
		t.Log(d.said())
	}
	require.Equal(t, want, told())
}

// end is the end of the ledger.
func end(t *testing.T, db *repo.DB) repo.Point {
	t.Helper()
	_, at, err := db.People(t.Context(), 1)
	require.NoError(t, err)
	return at
}

// TestFollowLedger: what anybody gives is told soon, from the point on.
func TestFollowLedger(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db, other := openAddress(t, addr), openAddress(t, addr)
	dollars(t, db, "integer", "10000")
	early := follow(t, other, end(t, db)) // there is no ledger yet
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, l, 3, 7, "")
	early.hasAll(t, db, 0)
	after := end(t, db)
	assert.EqualValues(t, 3, after.Number)
	d := follow(t, other, after)
	for n := range 5 {
		time.Sleep(50 * time.Millisecond)
		begun := time.Now()
		give(t, l, 3, 7, "")
		for d.count() <= n && time.Since(begun) < 5*time.Second {
			time.Sleep(time.Millisecond)
		}
		assert.Less(t, time.Since(begun), time.Second, "it is notified, and does not wait to look")
	}
	many := make([]repo.Transfer, 12_000) // more than are read at once
	for i := range many {
		many[i] = repo.Transfer{Payer: int64(1 + i%50), Payee: int64(1 + (i+1)%50), Sent: 100}
	}
	_, err := l.Apply(t.Context(), many)
	require.NoError(t, err)
	d.hasAll(t, db, 3)
	early.hasAll(t, db, 0)
	assert.Empty(t, d.said()+early.said())
}

// TestFollowRelaunched: another launch and a forgotten ledger are said, in their place.
func TestFollowRelaunched(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, l, 3, 2, "")
	d := follow(t, db, end(t, db))
	give(t, l, 3, 2, "")
	relaunch(t, db)
	give(t, l, 3, 2, "")
	d.hasAll(t, db, 3)
	assert.Equal(t, "anew after 1", d.said())

	relaunch(t, db) // nobody gives
	assert.Eventually(t, func() bool { return d.said() == "anew after 1, anew after 4" }, 5*time.Second, 10*time.Millisecond)
	d.hasAll(t, db, 3)

	_, err := db.Forget(t.Context(), repo.ForgetOptions{Everything: true})
	require.NoError(t, err)
	for range 4 {
		give(t, l, 3, 2, "")
	}
	assert.Eventually(t, func() bool { return d.count() == 10 }, 5*time.Second, 10*time.Millisecond)
	assert.Equal(t, "anew after 1, anew after 4, anew after 4", d.said())
	d.mu.Lock()
	d.entries = d.entries[4:]
	d.mu.Unlock()
	d.hasAll(t, db, 0)
}

// TestFollowKilled ends all connections again and again while many give.
func TestFollowKilled(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db, other, super := openAddress(t, addr), openAddress(t, addr), openAddress(t, pgtest.Server(t).SuperAddress(addr.Database()))
	dollars(t, db, "integer", "1000")
	beginLedger(t, db)
	after := end(t, db)
	d := follow(t, other, after)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { press(t, db, stop) })
	for range 10 {
		time.Sleep(150 * time.Millisecond)
		require.NoError(t, super.Exec(t.Context(), `SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE datname = current_database()
  AND usename <> session_user`))
	}
	require.Eventually(t, func() bool { return db.Ping(t.Context()) == nil }, 5*time.Second, 10*time.Millisecond) // else what comes next is the one who is cut off
	close(stop)
	wg.Wait()
	d.hasAll(t, super, after.Number)
	assert.Positive(t, d.count())
	holds(t, db)
}

// press gives three times and keeps once, with a decision, again and again, each under
// its key until it is answered, and compares what was answered with what is there.
func press(t *testing.T, db *repo.DB, stop <-chan struct{}) {
	b := repo.NewBatcher(context.WithoutCancel(t.Context()), repo.NewLedger(db, repo.LedgerOptions{}))
	defer b.Close()
	n, failed := 0, 0
	for {
		select {
		case <-stop:
			t.Logf("%d presses, %d failed before they were answered", n, failed)
			assert.Equal(t, fmt.Sprintf("%d %d", n-n/4, n), one(t, db, "SELECT (SELECT count(*) FROM exptool.transfers WHERE kind = 'donation') || ' ' || (SELECT count(*) FROM exptool.decisions)"))
			return
		default:
		}
		pressing := repo.Transfer{Payer: int64(1 + n%20), Payee: int64(1 + (n+1)%20), Sent: 100, Key: fmt.Sprint("press ", n), Decision: pressed(1)}
		if n%4 == 3 {
			pressing.Kind, pressing.Payee, pressing.Sent = repo.Keep, repo.Bank, 0
		}
		r := b.Apply(t.Context(), pressing)
		if r.Err == nil {
			n++
			continue
		}
		failed++
		assert.ErrorIs(t, r.Err, repo.ErrConnect)
		time.Sleep(20 * time.Millisecond)
	}
}

// TestFollowRestarted: the server is away for ten seconds. Nothing is lost, doubled or
// told twice, and it is said that it was away.
func TestFollowRestarted(t *testing.T) {
	home := filepath.Join(t.TempDir(), "pg")
	s, err := localpg.New(home, localpg.Options{NoSync: true})
	require.NoError(t, err)
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		assert.NoError(t, s.Stop(ctx))
		if s.Home() != home {
			assert.NoError(t, os.RemoveAll(s.Home()))
		}
	})
	require.NoError(t, s.Start(ctx, nil))
	admin, err := s.Admin(ctx)
	require.NoError(t, err)
	require.NoError(t, admin.CreateDatabase(ctx, "play", ""))
	require.NoError(t, admin.Close())
	db, other := openAddress(t, s.Address("play")), openAddress(t, s.Address("play"))
	require.NoError(t, db.Exec(ctx, `CREATE TABLE participant (id integer PRIMARY KEY, status text, dollars integer);
INSERT INTO participant SELECT i, 'approved', 100000 FROM generate_series(1, 20) AS i`))
	after := end(t, db)
	d := follow(t, other, after)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { press(t, db, stop) })
	assert.Eventually(t, func() bool { return d.count() > 20 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, s.Stop(ctx))
	time.Sleep(10 * time.Second)
	before := d.count()
	assert.Equal(t, "lost", d.said())
	require.NoError(t, s.Start(ctx, nil))
	assert.Eventually(t, func() bool { return d.count() > before+20 }, 3*time.Second, 10*time.Millisecond, "soon after it is back")
	close(stop)
	wg.Wait()
	d.hasAll(t, db, 0)
	assert.Equal(t, "lost, back", d.said())
	time.Sleep(time.Second)
	n := d.count()
	give(t, repo.NewLedger(db, repo.LedgerOptions{}), 1, 2, "")
	assert.Eventually(t, func() bool { return d.count() == n+1 }, time.Second, time.Millisecond, "it hears again")
	d.hasAll(t, db, 0)
	holds(t, db)
}

// TestFollowEnds: an error of who is told ends it.
func TestFollowEnds(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	give(t, repo.NewLedger(db, repo.LedgerOptions{}), 3, 2, "")
	enough := fmt.Errorf("enough")
	err := db.FollowLedger(t.Context(), repo.Point{}, repo.Follow{Each: func([]repo.Entry) error { return enough }})
	assert.Equal(t, enough, err)
}
