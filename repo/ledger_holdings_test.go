package repo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pgtest"
	"exptool/repo"
)

func TestBalances(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	dollars(t, db, "double precision", "CASE WHEN id < 4 THEN id - 1.019 END")
	all, whole, err := l.Balances(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []repo.Balance{{1, -1}, {2, 98}, {3, 198}}, all)
	assert.False(t, whole)
	assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM pg_namespace WHERE nspname = 'exptool'"), "reading makes nothing")
	dollars(t, db, "smallint", "NULL")
	all, whole, err = l.Balances(t.Context())
	require.NoError(t, err)
	assert.Empty(t, all)
	assert.True(t, whole)

	dollars(t, db, "numeric", "CASE WHEN id = 3 THEN 'NaN'::numeric ELSE 1 END")
	_, _, err = l.Balances(t.Context())
	assert.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "participant 3 has a balance of NaN")
	require.NoError(t, db.Exec(t.Context(), "ALTER TABLE participant DROP COLUMN dollars"))
	_, _, err = l.Balances(t.Context())
	assert.ErrorContains(t, err, "exptool seed")
}

// TestEachTransfer: from its rows alone the balances can be reckoned.
func TestEachTransfer(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	none := func(repo.Result) error { return errors.New("there is no ledger") }
	require.NoError(t, l.EachTransfer(t.Context(), none))
	dollars(t, db, "integer", "30")
	give(t, l, 1, 2, "")
	relaunch(t, db)
	require.NoError(t, l.EachTransfer(t.Context(), none))

	g := newToy(t, l, 4)
	g.double = true
	require.NoError(t, l.ApplyPlayed(t.Context(), g.play(40)))
	has := map[int64]repo.Cents{}
	last, donations := int64(3), 0
	require.NoError(t, l.EachTransfer(t.Context(), func(r repo.Result) error {
		assert.Equal(t, last+1, r.Number)
		last = r.Number
		has[r.Payer] -= r.Sent
		has[r.Payee] += r.Received
		has[repo.Bank] = 0
		assert.Equal(t, has[r.Payer], r.PayerBalance)
		assert.Equal(t, has[r.Payee], r.PayeeBalance)
		if r.Kind == repo.Donation {
			donations++
			assert.Equal(t, g.session, r.Session)
		}
		return nil
	}))
	assert.Equal(t, one(t, db, "SELECT count(*)::text FROM exptool.transfers WHERE kind = 'donation'"), fmt.Sprint(donations))
	for _, b := range g.has {
		assert.Equal(t, b.Cents, has[b.ID])
	}
	enough := errors.New("enough")
	assert.ErrorIs(t, l.EachTransfer(t.Context(), func(repo.Result) error { return enough }), enough)
}

func TestHasSession(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	has := func(session string) bool {
		t.Helper()
		has, err := l.HasSession(t.Context(), session)
		require.NoError(t, err)
		return has
	}
	assert.False(t, has("given"))
	dollars(t, db, "integer", "30")
	_, err := l.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100, Session: "given"}})
	require.NoError(t, err)
	require.NoError(t, l.ApplyPlayed(t.Context(), repo.Played{Session: "kept", Game: "g", Decisions: []repo.Decision{{Donor: 1, Choice: "keep"}}}))
	assert.True(t, has("given"))
	assert.True(t, has("kept"))
	assert.False(t, has("other"))
	relaunch(t, db)
	assert.False(t, has("given"))
	assert.False(t, has("kept"))
}

// TestForgetDecisions: those of earlier launches go with their transfers.
func TestForgetDecisions(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	dollars(t, db, "integer", "30")
	require.NoError(t, l.ApplyPlayed(t.Context(), newToy(t, l, 1).play(2)))
	relaunch(t, db)
	require.NoError(t, l.ApplyPlayed(t.Context(), newToy(t, l, 2).play(3)))
	rows := func() string {
		return one(t, db, "SELECT (SELECT count(*) FROM exptool.decision) || ' ' || (SELECT count(*) FROM exptool.decisions)")
	}
	earlier := func() (n int64) {
		require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) (err error) {
			n, err = tx.EarlierDecisions(t.Context())
			return err
		}))
		return n
	}
	assert.Equal(t, fmt.Sprint(2*people+9, " 9"), rows())
	assert.EqualValues(t, 2*people, earlier())
	gone, err := db.Forget(t.Context(), repo.ForgetOptions{})
	require.NoError(t, err)
	require.Len(t, gone, 2)
	assert.Equal(t, "decisions", gone[1].What)
	assert.EqualValues(t, 2*people, gone[1].Rows)
	assert.NotEmpty(t, gone[1].Launch)
	assert.Equal(t, "9 9", rows())
	assert.Zero(t, earlier())
	assert.ErrorContains(t, db.Exec(t.Context(), "DELETE FROM exptool.decision"), "the ledger is append-only")
	holds(t, db)
	gone, err = db.Forget(t.Context(), repo.ForgetOptions{Everything: true})
	require.NoError(t, err)
	require.Len(t, gone, 2)
	assert.EqualValues(t, 9, gone[1].Rows)
	holds(t, db)
}

// TestForgetWhileGamesAreBooked: nobody meets a deadlock, and the ledger holds.
func TestForgetWhileGamesAreBooked(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	dollars(t, db, "integer", "10")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range uint64(4) {
		l := repo.NewLedger(db, repo.LedgerOptions{})
		g := newToy(t, l, i)
		g.has = g.has[10*i : 10*i+10]
		wg.Go(func() {
			next := g.play(2)
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := l.ApplyPlayed(t.Context(), next)
				if err == nil {
					next = g.play(2)
					continue
				}
				assert.ErrorIs(t, err, repo.ErrTryAgain) // the tables were dropped while it was under way
				assert.NotContains(t, err.Error(), "deadlock")
				assert.NotContains(t, err.Error(), "simulation")
			}
		})
	}
	for i := range 10 {
		_, err := db.Forget(t.Context(), repo.ForgetOptions{Everything: i%2 == 1})
		assert.NoError(t, err)
		time.Sleep(20 * time.Millisecond) // so that there is something to forget
	}
	close(stop)
	wg.Wait()
	give(t, repo.NewLedger(db, repo.LedgerOptions{}), 62, 63, "")
	holds(t, db)
}

// olderLedger makes our schema as an exptool that knew so many migrations did.
func olderLedger(t *testing.T, db *repo.DB, migrations int) (all int) {
	t.Helper()
	files, err := filepath.Glob("migrations/*.sql")
	require.NoError(t, err)
	slices.Sort(files)
	require.NoError(t, db.Exec(t.Context(), `CREATE SCHEMA exptool;
CREATE TABLE exptool.migration (number integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`))
	for i, file := range files[:migrations] {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, db.Exec(t.Context(), fmt.Sprintf("%s;\nINSERT INTO exptool.migration VALUES (%d)", text, i+1)))
	}
	return len(files)
}

// TestLedgerOfAnOlderExptool: who only reads goes on with it, and the next who writes
// brings it up to date.
func TestLedgerOfAnOlderExptool(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db := openAddress(t, addr)
	dollars(t, db, "integer", "30")
	all := olderLedger(t, db, 3)
	require.NoError(t, db.Exec(t.Context(), `INSERT INTO exptool.transfer (number, epoch, at, kind, payer, payee, sent, received, payer_balance, payee_balance, session, who)
SELECT n, 'participant'::regclass::oid::bigint, now(), CASE WHEN n < 3 THEN 'opening' ELSE 'donation' END, CASE WHEN n = 3 THEN 1 END, CASE WHEN n = 3 THEN 2 ELSE n END,
       CASE WHEN n < 3 THEN 3000 ELSE 100 END, CASE WHEN n < 3 THEN 3000 ELSE 100 END, CASE WHEN n = 3 THEN 2900 END, CASE WHEN n = 3 THEN 3100 ELSE 3000 END, 'old', 'ada'
FROM generate_series(1, 3) AS n;
UPDATE exptool.head SET last = 3, epoch = 'participant'::regclass::oid::bigint;
UPDATE participant SET dollars = CASE id WHEN 1 THEN 29 ELSE 31 END WHERE id IN (1, 2)`))

	role := fmt.Sprintf("reader_%d", os.Getpid())
	super := openAddress(t, pgtest.Server(t).SuperAddress(addr.Database()))
	require.NoError(t, super.Exec(t.Context(), fmt.Sprintf(`CREATE ROLE %[1]s LOGIN;
GRANT USAGE ON SCHEMA exptool, public TO %[1]s;
GRANT SELECT ON ALL TABLES IN SCHEMA exptool, public TO %[1]s`, role)))
	t.Cleanup(func() {
		assert.NoError(t, super.Exec(context.Background(), fmt.Sprintf("DROP OWNED BY %[1]s; DROP ROLE %[1]s", role)))
	})
	reader := openAddress(t, addr.WithUser(role))
	reads := func() {
		t.Helper()
		assert.EqualValues(t, 3, holds(t, reader).Transfers)
		l := repo.NewLedger(reader, repo.LedgerOptions{})
		has, err := l.HasSession(t.Context(), "old")
		require.NoError(t, err)
		assert.True(t, has)
		n := 0
		require.NoError(t, l.EachTransfer(t.Context(), func(repo.Result) error { n++; return nil }))
		assert.Equal(t, 3, n)
		balances, _, err := l.Balances(t.Context())
		require.NoError(t, err)
		assert.Len(t, balances, people)
	}
	reads()
	asked, _, err := newAskerOf(t, reader).ask("transfers", filterOf("session=old"))
	require.NoError(t, err)
	assert.Equal(t, "3", asked[0][0])
	assert.Nil(t, catalogOf(t, reader).Tables["exptool.decisions"])
	err = repo.NewLedger(reader, repo.LedgerOptions{}).ApplyPlayed(t.Context(), repo.Played{})
	assert.ErrorIs(t, err, repo.ErrNotAllowed)
	assert.Equal(t, "3", one(t, db, "SELECT count(*)::text FROM exptool.migration"))

	l := repo.NewLedger(db, repo.LedgerOptions{})
	require.NoError(t, l.ApplyPlayed(t.Context(), newToy(t, l, 1).play(1)))
	assert.Equal(t, fmt.Sprint(all), one(t, db, "SELECT count(*)::text FROM exptool.migration"))
	holds(t, db)
}

// newAskerOf asks questions of a database.
func newAskerOf(t testing.TB, db *repo.DB) *asker {
	t.Helper()
	return &asker{t: t, db: db, schema: catalogOf(t, db)}
}

// filterOf counts rows by FIELD=VALUE.
func filterOf(words ...string) filter.Query { return filter.Query{Words: words, Count: true} }
