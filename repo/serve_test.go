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

// TestOneKey: whoever comes first makes the key, and all have the same.
func TestOneKey(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	var keys [6][]byte
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			keys[i], err = repo.NewServing(db, repo.LedgerOptions{}).Key(t.Context())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Len(t, keys[0], 32)
	for _, key := range keys {
		assert.Equal(t, keys[0], key)
	}
	other, err := repo.NewServing(pgtest.Open(t, "tutorial", repo.Options{}), repo.LedgerOptions{}).Key(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, keys[0], other)
	require.NoError(t, db.Exec(t.Context(), "UPDATE exptool.setting SET value = 'x'"))
	_, err = repo.NewServing(db, repo.LedgerOptions{}).Key(t.Context())
	assert.ErrorContains(t, err, "serve.key in exptool.setting is no key")
}

func TestPlayers(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := repo.NewServing(db, repo.LedgerOptions{})
	none, err := s.Players(t.Context())
	require.NoError(t, err)
	assert.Empty(t, none)
	first, err := s.Players(t.Context(), 7, 3, 3)
	require.NoError(t, err)
	require.Len(t, first, 2)
	assert.EqualValues(t, []int64{3, 7}, []int64{first[0].ID, first[1].ID})
	assert.NotEqual(t, first[0].Seed, first[1].Seed)
	assert.Equal(t, 1, first[0].Generation)
	_, err = s.Players(t.Context(), 5, 999)
	assert.ErrorIs(t, err, repo.ErrNotFound)
	assert.ErrorContains(t, err, "there is no participant 999")

	again, err := s.Players(t.Context())
	require.NoError(t, err)
	assert.Equal(t, first, again, "nobody was added, and seeds stay")
	renewed, err := s.Renew(t.Context(), 3, 9)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 2}, []int{renewed[0].Generation, renewed[1].Generation})
	assert.Equal(t, first[0].Seed, renewed[0].Seed)
	host, err := s.RenewHost(t.Context())
	require.NoError(t, err)
	renewed, err = s.Renew(t.Context())
	require.NoError(t, err)
	require.Len(t, renewed, 3, "the host's is renewed by itself")
	assert.Equal(t, []int{3, 2, 3}, []int{renewed[0].Generation, renewed[1].Generation, renewed[2].Generation})
	all, err := s.Players(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []int64{0, int64(host)}, []int64{all[0].ID, int64(all[0].Generation)})

	p, err := s.SetDone(t.Context(), 3, true)
	require.NoError(t, err)
	require.False(t, p.Done.IsZero())
	later, err := s.SetDone(t.Context(), 3, true)
	require.NoError(t, err)
	assert.Equal(t, p.Done, later.Done, "the first word counts")
	p, err = s.SetDone(t.Context(), 3, false)
	require.NoError(t, err)
	assert.True(t, p.Done.IsZero())
	p, err = s.SetNickname(t.Context(), 8, "名前 O'Brien <b>")
	require.NoError(t, err)
	assert.Equal(t, "名前 O'Brien <b>", p.Nickname)
	for _, bad := range []string{strings.Repeat("é", 41), "a\x00b", "\xff"} {
		_, err = s.SetNickname(t.Context(), 8, bad)
		assert.ErrorIs(t, err, repo.ErrUsage)
	}
	_, err = s.SetDone(t.Context(), 999, true)
	assert.ErrorIs(t, err, repo.ErrNotFound)
}

func TestPlays(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := repo.NewServing(db, repo.LedgerOptions{})
	set := func(p repo.Play) repo.Play {
		t.Helper()
		kept, err := s.SetPlay(t.Context(), p)
		require.NoError(t, err)
		return kept
	}
	_, err := s.SetPlay(t.Context(), repo.Play{State: repo.Waiting})
	require.ErrorIs(t, err, repo.ErrUsage)
	_, err = s.SetPlay(t.Context(), repo.Play{Session: "a", State: "over"})
	require.ErrorIs(t, err, repo.ErrConflict)
	begun := time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)
	set(repo.Play{Session: "b", State: repo.Waiting})
	set(repo.Play{Session: "a", State: repo.Running})
	set(repo.Play{Session: "b", State: repo.Paused, Started: begun, Ends: begun.Add(time.Hour), Paused: begun.Add(time.Minute), Treatment: "amount=2"})
	all, err := s.Plays(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.True(t, all[0].Started.Equal(begun))
	assert.True(t, all[0].Ends.Equal(begun.Add(time.Hour)))
	assert.True(t, all[0].Paused.Equal(begun.Add(time.Minute)))
	all[0].Started, all[0].Ends, all[0].Paused = time.Time{}, time.Time{}, time.Time{}
	assert.Equal(t, []repo.Play{{Session: "b", State: repo.Paused, Treatment: "amount=2"}, {Session: "a", State: repo.Running}}, all)
}

// TestPlace: a session begins behind what was given before it was started, and then stays
// where it began; one that was played does not begin again.
func TestPlace(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	s := repo.NewServing(db, repo.LedgerOptions{})
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	decide := func(round int, payee int64) {
		rs, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 3, Payee: payee, Sent: 100 * min(repo.Cents(payee), 1), Session: "a", Round: round,
			Kind: map[bool]repo.TransferKind{true: repo.Keep}[payee == repo.Bank], Decision: &repo.Press{Game: "donation"}}})
		require.NoError(t, err)
		require.NoError(t, rs[0].Err)
	}
	place := func(state repo.PlayState, want int) {
		t.Helper()
		p, err := s.SetPlay(t.Context(), repo.Play{Session: "a", State: state})
		require.NoError(t, err)
		assert.Equal(t, one(t, db, "SELECT last::text FROM exptool.head") == fmt.Sprint(p.After), want == 0)
	}
	_, err := s.SetDone(t.Context(), 7, true)
	require.NoError(t, err)
	place(repo.Waiting, 0)
	players, err := s.Players(t.Context())
	require.NoError(t, err)
	assert.True(t, players[0].Done.IsZero(), "in a new session nobody is done")
	_, err = s.SetDone(t.Context(), 7, true)
	require.NoError(t, err)
	_, err = ledger.Apply(t.Context(), []repo.Transfer{{Payer: 3, Payee: 4, Sent: 100}}) // from another shell
	require.NoError(t, err)
	place(repo.Running, 0)
	decide(2, 4)
	decide(3, repo.Bank)
	place(repo.Paused, 1)
	place(repo.Ended, 1)
	players, err = s.Players(t.Context())
	require.NoError(t, err)
	assert.False(t, players[0].Done.IsZero())
	_, err = s.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Waiting})
	assert.ErrorIs(t, err, repo.ErrConflict)
	rounds, err := s.Rounds(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, map[int64]int{3: 3}, rounds, "with what was kept")
	rounds, err = s.Rounds(t.Context(), "b")
	require.NoError(t, err)
	assert.Empty(t, rounds)
}

// TestServingOfLaunches: another launch has players and sessions of its own, and forget
// takes those of earlier ones along; the key stays.
func TestServingOfLaunches(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := repo.NewServing(db, repo.LedgerOptions{})
	key, err := s.Key(t.Context())
	require.NoError(t, err)
	_, err = s.Renew(t.Context(), 3)
	require.NoError(t, err)
	_, err = s.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Running})
	require.NoError(t, err)
	before, err := s.Players(t.Context())
	require.NoError(t, err)
	require.Len(t, before, 1)
	_, at, err := db.People(t.Context())
	require.NoError(t, err)
	relaunch(t, db)
	of := s.In(at.Epoch)
	_, err = of.Players(t.Context(), 3)
	assert.ErrorIs(t, err, repo.ErrRelaunched)
	_, err = of.SetDone(t.Context(), 3, true)
	assert.ErrorIs(t, err, repo.ErrRelaunched)
	_, err = of.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Ended})
	assert.ErrorIs(t, err, repo.ErrRelaunched)
	plays, err := s.Plays(t.Context())
	require.NoError(t, err)
	assert.Empty(t, plays)
	all, err := s.Players(t.Context(), 3)
	require.NoError(t, err)
	assert.Equal(t, 1, all[0].Generation)
	_, err = s.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Waiting})
	require.NoError(t, err)

	gone, err := db.Forget(t.Context(), repo.ForgetOptions{})
	require.NoError(t, err)
	require.Len(t, gone, 2)
	assert.Equal(t, []any{"sessions", int64(1), "players", int64(1)}, []any{gone[0].What, gone[0].Rows, gone[1].What, gone[1].Rows})
	assert.Equal(t, "1 1 1", one(t, db, "SELECT concat_ws(' ', (SELECT count(*) FROM exptool.player), (SELECT count(*) FROM exptool.play), (SELECT count(*) FROM exptool.setting))"))
	same, err := s.Key(t.Context())
	require.NoError(t, err)
	assert.Equal(t, key, same)

	_, err = db.Forget(t.Context(), repo.ForgetOptions{Everything: true})
	require.NoError(t, err)
	same, err = s.Key(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, key, same, "with it go all addresses")
}
