package repo_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestForgottenAndBegunAnew: who gives on meets the next ledger, in which nobody is
// opened.
func TestForgottenAndBegunAnew(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	early, late := repo.NewLedger(db, repo.LedgerOptions{}), repo.NewLedger(db, repo.LedgerOptions{})
	give(t, early, 1, 2, "")
	_, err := db.Forget(t.Context(), repo.ForgetOptions{Everything: true})
	require.NoError(t, err)
	give(t, late, 3, 4, "")
	assert.EqualValues(t, 6, give(t, early, 1, 2, "").Number, "after two openings")
	holds(t, db)
}

// TestForgottenWhileWaiting: who waits for a row is done by the next ledger.
func TestForgottenWhileWaiting(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	dollars(t, db, "integer", "10")
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, ledger, 1, 2, "")
	var wg sync.WaitGroup
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT FROM participant WHERE id = 1 FOR UPDATE")
		wg.Go(func() {
			rs, err := ledger.Apply(context.WithoutCancel(t.Context()), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
			if assert.NoError(t, err) {
				assert.NoError(t, rs[0].Err)
			}
		})
		time.Sleep(100 * time.Millisecond)
		_, forgetting := db.Forget(t.Context(), repo.ForgetOptions{Everything: true})
		assert.NoError(t, forgetting)
		time.Sleep(100 * time.Millisecond)
		return err
	}))
	wg.Wait()
	holds(t, db)
}

// TestAdoptTwiceAtOnce: there is no row to be locked of somebody who is not there,
// who is booked once all the same.
func TestAdoptTwiceAtOnce(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	dollars(t, db, "integer", "10")
	give(t, repo.NewLedger(db, repo.LedgerOptions{}), 1, 2, "")
	require.NoError(t, db.Exec(t.Context(), "DELETE FROM participant WHERE id = 2"))
	var wg sync.WaitGroup
	var booked [2][]repo.Result
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT FROM exptool.head FOR UPDATE") // both come as far as they can
		for i := range booked {
			wg.Go(func() {
				var err error
				booked[i], err = repo.NewLedger(db, repo.LedgerOptions{}).Adopt(context.WithoutCancel(t.Context()))
				assert.NoError(t, err)
			})
		}
		time.Sleep(300 * time.Millisecond)
		return err
	}))
	wg.Wait()
	assert.Equal(t, 1, len(booked[0])+len(booked[1]))
	holds(t, db)
}

// TestAddDollarsAtOnce: two who find the column missing both go on.
func TestAddDollarsAtOnce(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	require.NoError(t, db.Exec(t.Context(), "ALTER TABLE participant DROP COLUMN dollars"))
	var wg sync.WaitGroup
	var added [3]bool
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), "LOCK TABLE participant IN SHARE MODE") // all see that it is missing, and wait
		for i := range added {
			wg.Go(func() {
				var err error
				added[i], err = repo.NewLedger(db, repo.LedgerOptions{}).AddDollars(t.Context())
				assert.NoError(t, err)
			})
		}
		time.Sleep(300 * time.Millisecond)
		return err
	}))
	wg.Wait()
	n := 0
	for _, mine := range added {
		if mine {
			n++
		}
	}
	assert.Equal(t, 1, n)
}

// TestTableGoneWhileGiving: a launch is under way. That is no wrong usage.
func TestTableGoneWhileGiving(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	give(t, ledger, 1, 2, "")
	require.NoError(t, db.Exec(t.Context(), "DROP TABLE participant"))
	_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
	assert.ErrorIs(t, err, repo.ErrTryAgain)
	assert.NotErrorIs(t, err, repo.ErrQuery)
}

// TestLargeBatchesOnTheSameRows: two who give without a pause among the same few both
// come to their turn.
func TestLargeBatchesOnTheSameRows(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	dollars(t, db, "integer", "1000000")
	give(t, repo.NewLedger(db, repo.LedgerOptions{}), 1, 2, "")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			b := repo.NewBatcher(t.Context(), repo.NewLedger(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{LockTimeout: 2 * time.Second}}))
			defer b.Close()
			tickets := make([]*repo.Ticket, 100_000)
			for i := range tickets {
				tickets[i] = b.Submit(repo.Transfer{Payer: int64(1 + i%6), Payee: int64(1 + (i+1)%6), Sent: 100})
			}
			late := 0
			for _, ticket := range tickets {
				if ticket.Wait(t.Context()).Err != nil {
					late++
				}
			}
			assert.Zero(t, late)
		})
	}
	wg.Wait()
	holds(t, db)
}
