package repo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/sample"
	"exptool/repo"
)

// TestBatchSettlesAsOneByOne gives the same transfers in one batch and one after
// the other, on columns of every type: answers, balances and ledger are the same.
func TestBatchSettlesAsOneByOne(t *testing.T) {
	types := []string{"integer", "smallint", "numeric(6,2)", "numeric", "double precision", "bigint"}
	for i, typ := range types {
		t.Run(typ, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), 9))
			unit := repo.Cents(10)
			if strings.HasSuffix(typ, "int") || typ == "integer" {
				unit = 50 // every second one is refused
			}
			transfers := make([]repo.Transfer, 300)
			for i := range transfers {
				transfers[i] = repo.Transfer{
					Payer: r.Int64N(9), Payee: r.Int64N(9), Sent: repo.Cents(r.Int64N(60)-5) * unit, Memo: strings.Repeat("m", r.IntN(3)),
				}
				if r.IntN(4) == 0 {
					transfers[i].Key = fmt.Sprint(r.IntN(20))
				}
				if r.IntN(9) == 0 {
					transfers[i].Received = repo.Cents(r.Int64N(200)) * unit
				}
				if r.IntN(9) == 0 {
					transfers[i].Kind, transfers[i].Payer = repo.Endowment, repo.Bank
				}
			}
			apply := func(size int) (answers []string, state string) {
				db := pgtest.Open(t, "tutorial", repo.Options{})
				dollars(t, db, typ, "CASE WHEN id < 7 THEN 20 END")
				ledger := repo.NewLedger(db, repo.LedgerOptions{})
				for start := 0; start < len(transfers); start += size {
					results, err := ledger.Apply(t.Context(), transfers[start:start+size])
					require.NoError(t, err)
					for _, r := range results {
						answers = append(answers, fmt.Sprintf("%+v", r))
					}
				}
				holds(t, db)
				return answers, one(t, db, `SELECT string_agg(concat_ws(',', id, dollars), ' ' ORDER BY id) FROM participant`) +
					one(t, db, `SELECT string_agg(concat_ws(',', number, kind, payer, payee, sent, received, payer_balance, payee_balance, key, memo), ' ' ORDER BY number) FROM exptool.transfer`)
			}
			together, whole := apply(len(transfers))
			single, parts := apply(1)
			for i := range single {
				require.Equal(t, single[i], together[i], i)
			}
			require.Equal(t, parts, whole)
			done := 0
			for _, answer := range together {
				if strings.Contains(answer, "Err:<nil>") {
					done++
				}
			}
			assert.Greater(t, done, 20, "enough of both kinds")
			assert.Less(t, done, 280)
		})
	}
}

// donors give at a pace among a thousand participants, from 10 on: who gives to
// somebody locked waits, and all of theirs behind it.
func donors(t *testing.T, batcher *repo.Batcher, callers int, pace time.Duration) *atomic.Int64 {
	given := &atomic.Int64{}
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(5, uint64(caller)))
			ticker := time.NewTicker(pace)
			defer ticker.Stop()
			for ctx.Err() == nil {
				<-ticker.C
				payer := 10 + r.Int64N(990)
				if r := batcher.Apply(ctx, repo.Transfer{Payer: payer, Payee: payer + 1, Sent: 100}); r.Err == nil {
					given.Add(1)
				}
			}
		})
	}
	t.Cleanup(func() { stop(); wait.Wait() })
	return given
}

// held is how long somebody else holds a row, as PsyNet does through a response.
const held = 4 * time.Second

// perHeld is how much is given in that time.
func perHeld(given *atomic.Int64) int64 {
	before := given.Load()
	time.Sleep(held)
	return given.Load() - before
}

// donated opens a study of a thousand participants with dollars, and a batcher.
func donated(t *testing.T) (*repo.DB, *repo.Batcher) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	addPeople(t, db, sample.Names(1000-people, rand.New(rand.NewPCG(1, 1)))...)
	dollars(t, db, "double precision", "100000")
	batcher := repo.NewBatcher(t.Context(), repo.NewLedger(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{LockTimeout: 2 * held}}))
	t.Cleanup(batcher.Close)
	return db, batcher
}

// TestLockedRow has somebody else hold a participant for four seconds, while a
// thousand others give once a second each: they keep their speed, and who waits is
// served in order afterwards. (As fast as they can, others are slowed down by any
// transaction that is open so long, whatever it has locked: Postgres cannot clear
// away the versions of rows that it might still want to see.)
func TestLockedRow(t *testing.T) {
	db, batcher := donated(t)
	given := donors(t, batcher, 20, 20*time.Millisecond)
	time.Sleep(time.Second) // until everybody is in the ledger
	free := perHeld(given)
	var waiting []*repo.Ticket
	var during int64
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT FROM participant WHERE id = 1 FOR UPDATE"); err != nil {
			return err
		}
		for n := range 5 { // 1 is locked: the last one, too, waits behind the others
			waiting = append(waiting, batcher.Submit(repo.Transfer{Payer: []int64{2, 1, 3, 1, 2}[n], Payee: []int64{1, 4, 1, 2, 5}[n], Sent: repo.Cents(n + 1)}))
		}
		during = perHeld(given)
		for _, ticket := range waiting {
			select {
			case <-ticket.Done():
				t.Error("it was answered while the row was locked")
			default:
			}
		}
		return nil
	}))
	t.Logf("%d transfers in %s with all rows free, %d with one locked", free, held, during)
	assert.Greater(t, 2*during, free)
	last := int64(0)
	for n, ticket := range waiting {
		r := ticket.Wait(t.Context())
		require.NoError(t, r.Err)
		if n > 0 {
			assert.Greater(t, r.Number, last)
		}
		last = r.Number
	}
	holds(t, db)
}

// TestLockTimeout: a row that is not free in time is a reason to try again, and no
// lack of money.
func TestLockTimeout(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	ledger := repo.NewLedger(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{LockTimeout: 300 * time.Millisecond}})
	_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
	require.NoError(t, err)
	locked := func(statement string, check func()) {
		require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
			_, err := tx.Exec(t.Context(), statement)
			check()
			return err
		}))
	}
	locked("SELECT FROM participant WHERE id = 1 FOR UPDATE", func() {
		rs, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100000}, {Payer: 3, Payee: 4, Sent: 100}, {Payer: 1, Payee: 3, Sent: 100}})
		require.NoError(t, err)
		for _, i := range []int{0, 2} {
			assert.ErrorIs(t, rs[i].Err, repo.ErrTryAgain)
			assert.NotContains(t, rs[i].Err.Error(), "enough")
		}
		assert.NoError(t, rs[1].Err)
	})
	locked("SELECT FROM exptool.head FOR UPDATE", func() {
		_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
		assert.ErrorIs(t, err, repo.ErrTryAgain)
	})
	holds(t, db)
}

// TestAppendOnly: what is in the ledger stays.
func TestAppendOnly(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	_, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
	require.NoError(t, err)
	for _, statement := range []string{"UPDATE exptool.transfer SET sent = 1", "DELETE FROM exptool.transfer", "TRUNCATE exptool.transfer"} {
		assert.ErrorContains(t, db.Exec(t.Context(), statement), "append-only")
	}
}

// TestVerifyFindsWhatIsWrong breaks a ledger in every way that it may be broken.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	const off = "ALTER TABLE exptool.transfer DISABLE TRIGGER append_only; "
	for statement, want := range map[string]string{
		"UPDATE participant SET dollars = dollars + 0.01 WHERE id = 1": "changed behind the ledger's back",
		"UPDATE participant SET dollars = NULL WHERE id = 1":           "has no dollars any more",
		"UPDATE participant SET dollars = 'NaN' WHERE id = 1":          "has a balance of NaN",
		"DELETE FROM participant WHERE id = 1":                         "the participant is not there any more",
		off + "DELETE FROM exptool.transfer WHERE number = 2":          "of the numbers from 1 to 4 1 are missing",
		off + "DELETE FROM exptool.transfer WHERE number = 1":          "the first transfer is number 2 and not 1",
		off + "DELETE FROM exptool.transfer WHERE number = 4":          "the last transfer is number 3 and not 4",
		off + "DELETE FROM exptool.transfer":                           "transfers 1 to 4 are missing",
		off + "UPDATE exptool.transfer SET sent = 99 WHERE number = 3": "changed behind the ledger's back",
	} {
		db := pgtest.Open(t, "tutorial", repo.Options{})
		dollars(t, db, "double precision", "10")
		ledger := repo.NewLedger(db, repo.LedgerOptions{})
		_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}, {Payer: 2, Payee: 1, Sent: 50}})
		require.NoError(t, err)
		holds(t, db)
		require.NoError(t, db.Exec(t.Context(), statement))
		v, err := ledger.Verify(t.Context())
		require.NoError(t, err)
		assert.False(t, v.Holds(), statement)
		assert.Contains(t, fmt.Sprintf("%+v", v), want, statement)
	}
}

// TestAdopt books what an ORM has written over the dollars.
func TestAdopt(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "double precision", "10.001")
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}, {Payer: 3, Payee: 4, Sent: 100}})
	require.NoError(t, err)
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 3.14159 WHERE id = 1; UPDATE participant SET dollars = 99 WHERE id = 2; UPDATE participant SET dollars = NULL WHERE id = 3"))
	booked, err := ledger.Adopt(t.Context())
	require.NoError(t, err)
	require.Len(t, booked, 3)
	v := holds(t, db)
	assert.EqualValues(t, 314+9900+0+1100, v.Total)
	assert.Equal(t, "3.14159", one(t, db, "SELECT dollars::text FROM participant WHERE id = 1"), "the column is as it was")
	again, err := ledger.Adopt(t.Context())
	require.NoError(t, err)
	assert.Empty(t, again)
}

// TestRevert takes a transfer back once.
func TestRevert(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	rs, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}, {Payer: 2, Payee: 3, Sent: 1100}})
	require.NoError(t, err)
	_, err = ledger.Revert(t.Context(), rs[0].Number, "")
	assert.ErrorIs(t, err, repo.ErrRefused, "2 has nothing any more")
	back, err := ledger.Revert(t.Context(), rs[1].Number, "a slip")
	require.NoError(t, err)
	assert.EqualValues(t, 3, back.Payer)
	assert.EqualValues(t, 1100, back.PayeeBalance)
	for number, want := range map[int64]error{rs[1].Number: repo.ErrRefused, back.Number: repo.ErrRefused, 1: repo.ErrRefused, 99: repo.ErrNotFound} {
		_, err := ledger.Revert(t.Context(), number, "")
		assert.ErrorIs(t, err, want, number)
	}
	holds(t, db)
}

// TestOneBadApple: a rule of the database forbids one transfer of a batch; the
// others are done.
func TestOneBadApple(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	require.NoError(t, db.Exec(t.Context(), "ALTER TABLE participant ADD CHECK (dollars <= 12)"))
	transfers := make([]repo.Transfer, 20)
	for i := range transfers {
		transfers[i] = repo.Transfer{Payer: int64(i + 1), Payee: int64(i + 21), Sent: 100}
	}
	transfers[7].Sent = 500
	rs, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), transfers)
	require.NoError(t, err)
	for i, r := range rs {
		if i == 7 {
			assert.True(t, errors.Is(r.Err, repo.ErrConflict), "%v", r.Err)
			continue
		}
		assert.NoError(t, r.Err)
	}
	holds(t, db)
}

// TestNotify: who listens hears the last number, once a batch.
func TestNotify(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	dollars(t, db, "integer", "10")
	listener := pq.NewListener(addr.URL(), time.Second, time.Second, nil)
	t.Cleanup(func() { _ = listener.Close() })
	require.NoError(t, listener.Listen("exptool"))
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	for _, want := range []string{"4", "6"} { // two openings come first; the third is refused
		_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}, {Payer: 2, Payee: 1, Sent: 100}, {Payer: 1, Payee: 1, Sent: 100}})
		require.NoError(t, err)
		select {
		case n := <-listener.Notify:
			assert.Equal(t, want, n.Extra)
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was heard")
		}
	}
}
