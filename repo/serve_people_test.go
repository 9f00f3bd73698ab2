package repo_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestPeople: what others see of a participant, and never a worker id.
func TestPeople(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "double precision", "10.001")
	require.NoError(t, db.Exec(t.Context(), `ALTER TABLE participant ADD COLUMN name text;
UPDATE participant SET type = 'Participant', failed = false WHERE id < 7;
UPDATE participant SET vars = '{"name": " <script> "}', name = 'not this' WHERE id = 1;
UPDATE participant SET vars = '{"name": null}', name = E'O''Brien\t2', dollars = 'NaN' WHERE id = 2;
UPDATE participant SET vars = 'no json', failed = true WHERE id = 3;
UPDATE participant SET vars = '{}', type = 'psynet.bot.Bot', dollars = NULL WHERE id = 4;
UPDATE participant SET vars = NULL WHERE id = 5;
UPDATE participant SET vars = '{"name": "名前"}' WHERE id = 6`))
	_, err := repo.NewServing(db, repo.LedgerOptions{}).SetNickname(t.Context(), 5, "Zoë")
	require.NoError(t, err)
	give(t, repo.NewLedger(db, repo.LedgerOptions{}), 1, 6, "")
	all, at, err := db.People(t.Context(), 6, 5, 4, 3, 2, 1, 999)
	require.NoError(t, err)
	assert.EqualValues(t, 3, at.Number)
	assert.Equal(t, []repo.Person{
		{ID: 1, Name: "<script>", Cents: 900, HasDollars: true},
		{ID: 2, Name: "O'Brien\t2"},
		{ID: 3, Cents: 1000, HasDollars: true, Failed: true},
		{ID: 4, Bot: true},
		{ID: 5, Name: "Zoë", Cents: 1000, HasDollars: true},
		{ID: 6, Name: "名前", Cents: 1100, HasDollars: true},
	}, all)
	everybody, _, err := db.People(t.Context())
	require.NoError(t, err)
	assert.Len(t, everybody, people)
	assert.NotContains(t, fmt.Sprint(everybody), one(t, db, "SELECT worker_id FROM participant WHERE id = 3"))

	relaunch(t, db)
	all, now, err := db.People(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, at.Epoch, now.Epoch)
	assert.Equal(t, []repo.Person{{ID: 1, Cents: 500, HasDollars: true}, {ID: 2, Cents: 500, HasDollars: true}, {ID: 3, Cents: 500, HasDollars: true}}, all)
	require.NoError(t, db.Exec(t.Context(), "ALTER TABLE participant DROP COLUMN dollars"))
	_, _, err = db.People(t.Context())
	assert.ErrorIs(t, err, repo.ErrRefused)
}

// TestPeopleFitTheirPoint: who reads people while others give, and follows from that
// point, comes to the balances that are there.
func TestPeopleFitTheirPoint(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	dollars(t, db, "integer", "1000")
	beginLedger(t, db)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { press(t, db, stop) })
	for range 10 {
		all, at, err := db.People(t.Context())
		require.NoError(t, err)
		var ids []int64
		has := map[int64]repo.Cents{}
		for _, p := range all {
			ids, has[p.ID] = append(ids, p.ID), p.Cents
		}
		assert.Equal(t, "0", one(t, db, `SELECT count(*)::text
FROM (
    SELECT DISTINCT ON (id) id, balance
    FROM (
        SELECT payer AS id, number, payer_balance AS balance FROM exptool.transfer WHERE number <= $1 AND payer IS NOT NULL
        UNION ALL
        SELECT payee, number, payee_balance FROM exptool.transfer WHERE number <= $1 AND payee IS NOT NULL
    ) AS leg
    ORDER BY id, number DESC
) AS last
WHERE balance <> ($2::bigint[])[id]`, at.Number, "{"+strings.Trim(strings.Join(strings.Fields(fmt.Sprint(cents(ids, has))), ","), "[]")+"}"))
	}
	close(stop)
	wg.Wait()
}

// cents are what participants have, whose ids are 1 and so on.
func cents(ids []int64, has map[int64]repo.Cents) []int64 {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(has[id])
	}
	return all
}

// TestJoin: whoever types a nickname is a participant, a player and has dollars, or
// nothing of it.
func TestJoin(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	dollars(t, db, "integer", "10")
	s := catalogOf(t, db)
	serving := repo.NewServing(db, repo.LedgerOptions{Who: "ada"})
	join := repo.Joining{Nickname: "  O'Brien 名前 ", Visit: "browser", Dollars: 700, Memo: "joined", Token: rand.Text}
	p, r, err := serving.Join(t.Context(), s, join)
	require.NoError(t, err)
	assert.EqualValues(t, people+1, p.ID)
	assert.Equal(t, "O'Brien 名前", p.Nickname)
	assert.Equal(t, 1, p.Generation)
	assert.Equal(t, "browser", p.Visit)
	assert.EqualValues(t, 1, r.Number)
	assert.EqualValues(t, 700, r.PayeeBalance)
	again, err := serving.Players(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []repo.Player{p}, again)
	all, at, err := db.People(t.Context(), p.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 1, at.Number)
	assert.Equal(t, []repo.Person{{ID: p.ID, Name: "O'Brien 名前", Cents: 700, HasDollars: true}}, all)
	assert.Equal(t, "endowment joined", one(t, db, "SELECT kind || ' ' || memo FROM exptool.transfers"))

	var wg sync.WaitGroup
	for range 20 { // a class
		wg.Go(func() {
			_, _, err := serving.Join(t.Context(), s, join)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	counts := func() string {
		return one(t, db, "SELECT concat_ws(' ', (SELECT count(*) FROM participant), (SELECT count(*) FROM exptool.player), (SELECT count(*) FROM exptool.transfers))")
	}
	assert.Equal(t, fmt.Sprintf("%d 21 21", people+21), counts())
	for _, bad := range []repo.Joining{{Nickname: " "}, {Nickname: strings.Repeat("x", 41)}, {Nickname: "a\x00"}, {Nickname: "a", Visit: "\xff"}, {Nickname: "half", Dollars: 50}, {Nickname: "none"}} {
		bad.Token = rand.Text
		_, _, err := serving.Join(t.Context(), s, bad)
		assert.ErrorIs(t, err, repo.ErrUsage, bad.Nickname)
	}
	dry := repo.NewServing(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{DryRun: true}})
	_, _, err = dry.Join(t.Context(), s, join)
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%d 21 21", people+21), counts(), "nothing of it")
	holds(t, db)

	join.Most = 25 // on two servers
	var full atomic.Int64
	for _, serving := range []*repo.Serving{serving, repo.NewServing(db, repo.LedgerOptions{})} {
		for range 5 {
			wg.Go(func() {
				if _, _, err := serving.Join(t.Context(), s, join); err != nil {
					assert.ErrorIs(t, err, repo.ErrFull)
					full.Add(1)
				}
			})
		}
	}
	wg.Wait()
	assert.EqualValues(t, 6, full.Load())
	assert.Equal(t, fmt.Sprintf("%d 25 25", people+25), counts())
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET failed = true WHERE id = $1", p.ID))
	_, _, err = serving.Join(t.Context(), s, join)
	require.NoError(t, err, "who has failed does not play")
	holds(t, db)

	relaunch(t, db)
	_, _, err = serving.Join(t.Context(), s, join)
	assert.ErrorIs(t, err, repo.ErrTryAgain, "the schema is of the launch before")
}
