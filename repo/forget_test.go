package repo_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// relaunch drops every table as launching a PsyNet experiment does, without
// CASCADE, and makes participants 1 to 3 anew, with $5 each.
func relaunch(t *testing.T, db *repo.DB) {
	t.Helper()
	drop := one(t, db, "SELECT 'DROP TABLE ' || string_agg(format('%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public'")
	require.NoError(t, db.Exec(t.Context(), drop))
	require.NoError(t, db.Exec(t.Context(), `CREATE TABLE participant (id integer PRIMARY KEY, status text, dollars double precision);
INSERT INTO participant SELECT i, 'approved', 5 FROM generate_series(1, 3) AS i`))
}

func give(t *testing.T, l *repo.Ledger, payer, payee int64, key string) repo.Result {
	t.Helper()
	rs, err := l.Apply(t.Context(), []repo.Transfer{{Payer: payer, Payee: payee, Sent: 100, Key: key}})
	require.NoError(t, err)
	require.NoError(t, rs[0].Err)
	return rs[0]
}

func earlier(t *testing.T, db *repo.DB) (n int64) {
	t.Helper()
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) (err error) {
		n, err = tx.EarlierTransfers(t.Context())
		return err
	}))
	return n
}

// transferRows is how many rows table and view have.
func transferRows(t *testing.T, db *repo.DB) string {
	return one(t, db, "SELECT (SELECT count(*) FROM exptool.transfer) || ' ' || (SELECT count(*) FROM exptool.transfers)")
}

// TestRelaunchBeginsALedger: the ledger is in nobody's way when the tables are
// dropped, and the next launch has one of its own, of which the numbers go on.
func TestRelaunchBeginsALedger(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	assert.Zero(t, earlier(t, db), "there is no ledger")
	give(t, l, 3, 2, "k")
	assert.Zero(t, earlier(t, db))
	relaunch(t, db)
	assert.EqualValues(t, 3, earlier(t, db))
	assert.Equal(t, "3 0", transferRows(t, db))

	r := give(t, l, 3, 2, "k")
	assert.False(t, r.Replayed, "the key of another launch")
	assert.EqualValues(t, 6, r.Number)
	assert.EqualValues(t, 400, r.PayerBalance)
	v := holds(t, db)
	assert.EqualValues(t, 3, v.Earlier)
	assert.EqualValues(t, 3, earlier(t, db))

	_, err := l.Revert(t.Context(), 3, "")
	assert.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "belongs to an earlier launch")
}

func TestForgetEarlier(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	gone, err := db.Forget(t.Context(), repo.ForgetOptions{})
	require.NoError(t, err)
	assert.Empty(t, gone, "there is nothing of ours")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, l, 3, 2, "")
	s := catalogOf(t, db)
	set(t, db, s, target(t, s, "participants", "", "5"), "bonus=1.5")
	relaunch(t, db)
	give(t, l, 3, 2, "")

	o := repo.ForgetOptions{}
	o.DryRun = true
	dry, err := db.Forget(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, "6 3", transferRows(t, db))
	o.DryRun = false
	gone, err = db.Forget(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, dry, gone)
	require.Len(t, gone, 2)
	assert.Equal(t, "transfers", gone[0].What)
	assert.EqualValues(t, 3, gone[0].Rows)
	assert.Equal(t, "changes", gone[1].What)
	assert.EqualValues(t, 1, gone[1].Rows)
	assert.Equal(t, "3 3", transferRows(t, db))
	assert.Zero(t, holds(t, db).Earlier)
	assert.Zero(t, earlier(t, db))
	assert.EqualValues(t, 7, give(t, l, 1, 2, "").Number-1, "an opening, and the numbers go on")
	holds(t, db)

	for _, statement := range []string{"DELETE FROM exptool.transfer", "UPDATE exptool.transfer SET sent = 1", "TRUNCATE exptool.transfer"} {
		err := db.Exec(t.Context(), statement)
		assert.ErrorContains(t, err, "the ledger is append-only", statement)
	}
}

// TestForgetEarlierBeforeTheFirstTransfer: the head still is of the old launch.
func TestForgetEarlierBeforeTheFirstTransfer(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, l, 3, 2, "")
	relaunch(t, db)
	_, err := db.Forget(t.Context(), repo.ForgetOptions{})
	require.NoError(t, err)
	assert.Equal(t, "0 0", transferRows(t, db))
	holds(t, db)
	assert.EqualValues(t, 6, give(t, l, 3, 2, "").Number)
	holds(t, db)
}

func TestForgetEverything(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, l, 3, 2, "")
	before := one(t, db, "SELECT string_agg(id || ' ' || dollars, ',' ORDER BY id) FROM participant")
	require.NoError(t, db.Exec(t.Context(), "CREATE VIEW mine AS SELECT * FROM exptool.transfers"))
	o := repo.ForgetOptions{Everything: true}
	_, err := db.Forget(t.Context(), o)
	require.ErrorIs(t, err, repo.ErrRefused)
	var told *repo.Error
	require.ErrorAs(t, err, &told)
	assert.Contains(t, told.Detail, "view mine depends on view exptool.transfers")
	assert.Equal(t, "3 3", transferRows(t, db), "nothing was removed")

	require.NoError(t, db.Exec(t.Context(), "DROP VIEW mine"))
	o.DryRun = true
	_, err = db.Forget(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, "3 3", transferRows(t, db))
	o.DryRun = false
	gone, err := db.Forget(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, gone, 1)
	assert.EqualValues(t, 3, gone[0].Rows)
	assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM pg_namespace WHERE nspname = 'exptool'"))
	assert.Equal(t, before, one(t, db, "SELECT string_agg(id || ' ' || dollars, ',' ORDER BY id) FROM participant"))
	holds(t, db)

	l = repo.NewLedger(db, repo.LedgerOptions{})
	assert.EqualValues(t, 3, give(t, l, 3, 2, "").Number, "it begins anew")
	holds(t, db)
}

// TestForgetWhileOthersGive: nobody meets a deadlock, and what was given since is
// in a ledger that holds.
func TestForgetWhileOthersGive(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	dollars(t, db, "double precision", "1000")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for c := range int64(4) {
		wg.Go(func() {
			l := repo.NewLedger(db, repo.LedgerOptions{})
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, err := l.Apply(t.Context(), []repo.Transfer{{Payer: 1 + c, Payee: 10 + c, Sent: 1}, {Payer: 10 + c, Payee: 20, Sent: 1}})
				if err != nil { // the tables were dropped while it was under way
					assert.ErrorIs(t, err, repo.ErrTryAgain)
					assert.NotContains(t, err.Error(), "deadlock")
				}
			}
		})
	}
	for i := range 10 {
		_, err := db.Forget(t.Context(), repo.ForgetOptions{Everything: i%2 == 1})
		assert.NoError(t, err)
	}
	close(stop)
	wg.Wait()
	l := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, l, 3, 2, "")
	holds(t, db)
}
