package repo_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// pressed is a decision upon a button.
func pressed(position int) *repo.Press {
	return &repo.Press{Game: "donation", Treatment: `amount="1"`, Position: position, Visible: "all",
		Shown: time.Date(2026, 11, 20, 14, 30, 0, 123456000, time.UTC), Response: 1500 * time.Millisecond}
}

// decisions are those of the present launch, a line each.
func decisions(t *testing.T, db *repo.DB) string {
	t.Helper()
	return one(t, db, `SELECT coalesce(string_agg(concat_ws(' ', session, round, donor, choice, recipient, gifts, cost, benefit, balance_before, balance_after, position, visible, response_ms, key), E'\n' ORDER BY id), '')
FROM exptool.decisions`)
}

// TestPressesAreDecisions: what was given or kept on a page is kept with what it was
// decided upon, once; what was refused is not.
func TestPressesAreDecisions(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "2")
	b := repo.NewBatcher(t.Context(), repo.NewLedger(db, repo.LedgerOptions{}))
	defer b.Close()
	give := repo.Transfer{Payer: 3, Payee: 7, Sent: 100, Received: 200, Session: "s", Round: 4, Key: "a", Decision: pressed(2)}
	keep := repo.Transfer{Kind: repo.Keep, Payer: 3, Session: "s", Round: 5, Key: "b", Decision: pressed(0)}
	for range 3 { // the button was pressed again, and again after more
		r := b.Apply(t.Context(), give)
		require.NoError(t, r.Err)
		assert.EqualValues(t, 3, r.Number, "after two openings")
		r = b.Apply(t.Context(), keep)
		require.NoError(t, r.Err)
		assert.Zero(t, r.Number)
		assert.EqualValues(t, 100, r.PayerBalance)
	}
	assert.True(t, b.Apply(t.Context(), keep).Replayed)
	want := "s 4 3 give 7 1 1.00 2.00 2.00 1.00 2 all 1500 a\ns 5 3 keep 0 0.00 0.00 1.00 1.00 all 1500 b"
	assert.Equal(t, want, decisions(t, db))
	assert.Equal(t, `donation amount="1" 2026-11-20 14:30:00.123456`, one(t, db, "SELECT DISTINCT concat_ws(' ', game, treatment, shown_at AT TIME ZONE 'UTC') FROM exptool.decisions"))

	poor, stranger, other, nothing := give, give, give, keep
	poor.Key, poor.Sent = "c", 200
	stranger.Key, stranger.Payee = "d", 999
	other.Payee = 8
	nothing.Payer, nothing.Key = 9, "e"
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = NULL WHERE id = 9"))
	for _, c := range []struct {
		repo.Transfer
		kind error
		says string
	}{
		{poor, repo.ErrRefused, "not enough to give"},
		{stranger, repo.ErrNotFound, "no participant 999"},
		{other, repo.ErrRefused, `the key "a" of participant 3 was used for another transfer, number 3`},
		{nothing, repo.ErrRefused, "participant 9 has no dollars yet"},
		{repo.Transfer{Kind: repo.Keep, Payer: 3, Key: "a", Session: "s", Round: 4, Decision: pressed(0)}, repo.ErrRefused, "used for another transfer"},
		{repo.Transfer{Payer: 3, Payee: 7, Sent: 100, Key: "b", Decision: pressed(1)}, repo.ErrConflict, "the key was used for another decision"},
		{repo.Transfer{Kind: repo.Keep, Payer: 3}, repo.ErrUsage, "keeping is a decision and moves nothing"},
		{repo.Transfer{Kind: repo.Keep, Payer: 3, Payee: 7, Decision: pressed(0)}, repo.ErrUsage, "keeping is a decision"},
		{repo.Transfer{Kind: repo.Keep, Payer: 3, Sent: 1, Decision: pressed(0)}, repo.ErrUsage, "keeping is a decision"},
		{repo.Transfer{Kind: repo.Keep, Payer: 999, Decision: pressed(0)}, repo.ErrNotFound, "no participant 999"},
		{repo.Transfer{Payer: 3, Payee: 7, Sent: 100, Decision: &repo.Press{}}, repo.ErrUsage, "names a game"},
		{repo.Transfer{Payer: 3, Payee: 7, Sent: 100, Decision: &repo.Press{Game: "x", Visible: "\x00"}}, repo.ErrUsage, "names a game"},
		{repo.Transfer{Kind: repo.Benefit, Payee: 7, Sent: 100, Decision: pressed(1)}, repo.ErrUsage, "a participant's"},
	} {
		r := b.Apply(t.Context(), c.Transfer)
		assert.ErrorIs(t, r.Err, c.kind, c.says)
		assert.ErrorContains(t, r.Err, c.says)
	}
	assert.Equal(t, want, decisions(t, db))
	holds(t, db)
}

// TestKeyOfTheSameBatch: a double click is one decision, be it that both come at once.
func TestKeyOfTheSameBatch(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "2")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	keep := repo.Transfer{Kind: repo.Keep, Payer: 3, Key: "k", Decision: pressed(0)}
	give := repo.Transfer{Payer: 3, Payee: 7, Sent: 100, Key: "g", Decision: pressed(1)}
	mixed := give
	mixed.Key = "k"
	rs, err := l.Apply(t.Context(), []repo.Transfer{keep, keep, mixed, give, give})
	require.NoError(t, err)
	for i, replayed := range []bool{false, true, false, false, true} {
		assert.Equal(t, replayed, rs[i].Replayed, i)
		assert.Equal(t, i == 2, rs[i].Err != nil, i)
	}
	assert.Equal(t, "3 keep 0 0.00 0.00 2.00 2.00 all 1500 k\n3 give 7 1 1.00 1.00 2.00 1.00 1 all 1500 g", decisions(t, db))

	dry := repo.NewLedger(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{DryRun: true}})
	keep.Key = "dry"
	rs, err = dry.Apply(t.Context(), []repo.Transfer{keep})
	require.NoError(t, err)
	assert.NoError(t, rs[0].Err)
	assert.Equal(t, "2", one(t, db, "SELECT count(*)::text FROM exptool.decisions"))
}

// TestManyPresses has many press at once, each twice under one key: as many decisions
// as gifts, with the balances of the ledger.
func TestManyPresses(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "double precision", "1000")
	b := repo.NewBatcher(t.Context(), repo.NewLedger(db, repo.LedgerOptions{}))
	defer b.Close()
	var wg sync.WaitGroup
	for payer := range int64(40) {
		wg.Go(func() {
			for n := range 20 {
				press := repo.Transfer{Payer: 1 + payer, Payee: 1 + (payer+1+int64(n))%40, Sent: 100, Key: fmt.Sprint(n), Decision: pressed(n + 1)}
				if n%4 == 3 {
					press = repo.Transfer{Kind: repo.Keep, Payer: 1 + payer, Key: fmt.Sprint(n), Decision: pressed(0)}
				}
				first, second := b.Submit(press), b.Submit(press)
				assert.NoError(t, first.Wait(t.Context()).Err)
				assert.NoError(t, second.Wait(t.Context()).Err)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, "800 200", one(t, db, "SELECT count(*) || ' ' || count(*) FILTER (WHERE choice = 'keep') FROM exptool.decisions"))
	assert.Equal(t, "600", one(t, db, `SELECT count(*)::text
FROM exptool.decisions AS d
JOIN exptool.transfers AS t ON t.payer = d.donor AND t.key = d.key
WHERE t.payee = d.recipient
  AND t.sent = d.cost
  AND t.payer_balance = d.balance_after
  AND d.balance_before - d.balance_after = d.cost`))
	holds(t, db)
}

// TestPressesOfSessions: where a session of pages stands is asked when a press is settled.
// What was pressed before it was paused is refused after, but what was given stays given.
func TestPressesOfSessions(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	dollars(t, db, "integer", "100000")
	serving := repo.NewServing(db, repo.LedgerOptions{})
	b := repo.NewBatcher(t.Context(), repo.NewLedger(db, repo.LedgerOptions{}))
	defer b.Close()
	turn := func(state repo.PlayState) {
		_, err := serving.SetPlay(t.Context(), repo.Play{Session: `o'clock "1"`, State: state})
		assert.NoError(t, err)
	}
	press := func(key string, payee int64) error {
		p := repo.Transfer{Payer: 3, Payee: payee, Sent: 100, Session: `o'clock "1"`, Key: key, Decision: pressed(1)}
		if payee == repo.Bank {
			p.Kind, p.Sent = repo.Keep, 0
		}
		return b.Apply(t.Context(), p).Err
	}
	turn(repo.Waiting)
	assert.ErrorIs(t, press("a", 7), repo.ErrRefused)
	turn(repo.Running)
	require.NoError(t, press("a", 7))
	require.NoError(t, press("b", repo.Bank))
	turn(repo.Paused)
	require.NoError(t, press("a", 7), "a retry is answered")
	require.NoError(t, press("b", repo.Bank))
	assert.ErrorContains(t, press("c", 7), "the session is paused")
	assert.ErrorContains(t, press("d", repo.Bank), "the session is paused")
	require.NoError(t, b.Apply(t.Context(), repo.Transfer{Payer: 3, Payee: 7, Sent: 100}).Err, "from another shell it is not pressed")
	turn(repo.Running)
	require.NoError(t, press("c", 7))

	// Whoever ends it waits for what is being settled, and nothing is settled after.
	var presses sync.WaitGroup
	for payer := range int64(8) {
		presses.Go(func() {
			for n := 0; ; n++ {
				p := repo.Transfer{Payer: 11 + payer, Payee: 11 + (payer+1)%8, Sent: 100, Session: `o'clock "1"`, Key: fmt.Sprint(n), Decision: pressed(1)}
				if err := b.Apply(t.Context(), p).Err; err != nil {
					assert.ErrorContains(t, err, "the session is ended")
					return
				}
			}
		})
	}
	require.Eventually(t, func() bool {
		return one(t, db, "SELECT (count(*) > 200)::text FROM exptool.decisions") == "true"
	}, time.Minute, 5*time.Millisecond)
	turn(repo.Ended)
	last := one(t, db, "SELECT last::text FROM exptool.head")
	presses.Wait()
	assert.Equal(t, last, one(t, db, "SELECT last::text FROM exptool.head"))
	holds(t, db)
}

// TestPressesCostNoRoundTrip counts what is sent: as much with a decision as without.
func TestPressesCostNoRoundTrip(t *testing.T) {
	var sent []string
	db := pgtest.Open(t, "tutorial", repo.Options{ShowSQL: func(s repo.Statement) { sent = append(sent, s.SQL) }})
	dollars(t, db, "integer", "100")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	counts := func(each repo.Transfer) int {
		each.Key = ""
		_, err := l.Apply(t.Context(), []repo.Transfer{each}) // it knows the launch then
		require.NoError(t, err)
		sent = nil
		rs, err := l.Apply(t.Context(), []repo.Transfer{each})
		require.NoError(t, err)
		require.NoError(t, rs[0].Err)
		return len(sent)
	}
	plain := counts(repo.Transfer{Payer: 3, Payee: 7, Sent: 100})
	assert.NotContains(t, strings.Join(sent, "\n"), "exptool.decide")
	assert.Equal(t, 2, plain, sent)
	assert.Equal(t, 2, counts(repo.Transfer{Payer: 3, Payee: 7, Sent: 100, Session: "s", Decision: pressed(1)}), sent)
	assert.Contains(t, sent[1], "exptool.decide(exptool.book(")
	assert.Equal(t, 2, counts(repo.Transfer{Kind: repo.Keep, Payer: 3, Decision: pressed(0)}), sent)
	assert.NotContains(t, sent[1], "exptool.book")
}
