package repo_test

import (
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
	renewed, err = s.Renew(t.Context())
	require.NoError(t, err)
	require.Len(t, renewed, 3)
	assert.Equal(t, []int{3, 2, 3}, []int{renewed[0].Generation, renewed[1].Generation, renewed[2].Generation})

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
	require.ErrorIs(t, s.SetPlay(t.Context(), repo.Play{State: repo.Waiting}), repo.ErrUsage)
	require.ErrorIs(t, s.SetPlay(t.Context(), repo.Play{Session: "a", State: "over"}), repo.ErrConflict)
	begun := time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)
	require.NoError(t, s.SetPlay(t.Context(), repo.Play{Session: "b", State: repo.Waiting}))
	require.NoError(t, s.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Running}))
	require.NoError(t, s.SetPlay(t.Context(), repo.Play{Session: "b", State: repo.Paused, Started: begun, Ends: begun.Add(time.Hour), Treatment: "amount=2"}))
	all, err := s.Plays(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.True(t, all[0].Started.Equal(begun))
	assert.True(t, all[0].Ends.Equal(begun.Add(time.Hour)))
	all[0].Started, all[0].Ends = time.Time{}, time.Time{}
	assert.Equal(t, []repo.Play{{Session: "b", State: repo.Paused, Treatment: "amount=2"}, {Session: "a", State: repo.Running}}, all)
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
	require.NoError(t, s.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Running}))
	relaunch(t, db)
	plays, err := s.Plays(t.Context())
	require.NoError(t, err)
	assert.Empty(t, plays)
	all, err := s.Players(t.Context(), 3)
	require.NoError(t, err)
	assert.Equal(t, 1, all[0].Generation)
	require.NoError(t, s.SetPlay(t.Context(), repo.Play{Session: "a", State: repo.Waiting}))

	_, err = db.Forget(t.Context(), repo.ForgetOptions{})
	require.NoError(t, err)
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
