package web

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// table is a server on a real database.
type table struct {
	t       *testing.T
	db      *repo.DB
	store   *Store
	signer  Signer
	players []repo.Player
	at      string
	stop    func()
}

func newTable(t *testing.T, db *repo.DB, ids ...int64) *table {
	serving := repo.NewServing(db, repo.LedgerOptions{})
	secret, err := serving.Key(t.Context())
	require.NoError(t, err)
	signer, err := NewSigner(secret)
	require.NoError(t, err)
	players, err := serving.Players(t.Context(), ids...)
	require.NoError(t, err)
	_, from, err := db.People(t.Context())
	require.NoError(t, err)
	b := repo.NewBatcher(context.Background(), repo.NewLedger(db, repo.LedgerOptions{}))
	store := &Store{DB: db, Serving: serving, Batcher: b, From: from, Game: "donation"}
	play := Play{Session: "s", State: Running, Started: time.Now()}
	plays, err := serving.Plays(t.Context())
	require.NoError(t, err)
	if len(plays) > 0 { // goes on where it was
		play = NewPlay(plays[len(plays)-1])
	} else {
		play, err = store.SetPlay(t.Context(), play)
		require.NoError(t, err)
	}
	s, err := New(t.Context(), Options{Signer: signer, Epoch: from.Epoch.OID, People: store, Players: store, Giver: store, Follower: store, Plays: store, Transfers: store,
		Amount: 100, Play: play, Talk: t.Logf})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, l) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			assert.NoError(t, <-ended)
			b.Close()
		})
	}
	t.Cleanup(stop)
	return &table{t, db, store, signer, players, "http://" + l.Addr().String(), stop}
}

func (b *table) address(i int) string {
	p := b.players[i]
	return b.at + "/p/" + b.signer.Sign(Token{Role: Participant, Epoch: b.store.From.Epoch.OID, Participant: p.ID, Generation: p.Generation})
}

func (b *table) view(i int) (v view) {
	r, err := http.Get(b.address(i) + "?format=json")
	require.NoError(b.t, err)
	defer r.Body.Close()
	require.NoError(b.t, json.NewDecoder(r.Body).Decode(&v))
	return v
}

func (b *table) push(i int, payee int64, key string) (int, reply) {
	form := url.Values{"payee": {strconv.FormatInt(payee, 10)}, "key": {key}, "position": {"1"}}
	if payee == 0 {
		form.Set("keep", "1")
	}
	r, err := http.PostForm(b.address(i)+"/press?format=json", form)
	require.NoError(b.t, err)
	defer r.Body.Close()
	var a reply
	require.NoError(b.t, json.NewDecoder(r.Body).Decode(&a))
	return r.StatusCode, a
}

func TestStore(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 2, failed = false"))
	b := newTable(t, db, 3, 7)
	key := b.view(0).Key
	code, a := b.push(0, 7, key)
	assert.Equal(t, 200, code, a.Message)
	assert.Equal(t, "1.00", a.Dollars)
	code, keep := b.push(0, 0, a.Key)
	assert.Equal(t, 200, code)
	assert.Equal(t, "kept", keep.Status)
	require.Eventually(t, func() bool { return b.view(1).You.Received == "1.00" }, 3*time.Second, 10*time.Millisecond)

	began := time.Now()
	rs, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{{Payer: 8, Payee: 3, Sent: 100}})
	require.NoError(t, err)
	require.NoError(t, rs[0].Err)
	require.Eventually(t, func() bool { return b.view(0).You.Dollars == "2.00" }, 3*time.Second, 5*time.Millisecond)
	t.Logf("from another shell to the page in %s", time.Since(began))

	b.stop()
	again := newTable(t, db, 3, 7)
	for _, c := range []struct {
		key   string
		payee int64
	}{{key, 7}, {a.Key, 0}} {
		code, r := again.push(0, c.payee, c.key)
		assert.Equal(t, 200, code, r.Message)
	}
	assert.Equal(t, "2.00", again.view(0).You.Dollars, "a restarted server answers retries and gives nothing again")
	_, err = again.store.Serving.Renew(t.Context(), 3)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		r, err := http.Get(again.address(0))
		require.NoError(t, err)
		defer r.Body.Close()
		return r.StatusCode == http.StatusForbidden
	}, 5*time.Second, 50*time.Millisecond)
}

// TestStoreLoad has 50 participants press at once, as quickly as they may.
func TestStoreLoad(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 20, failed = false"))
	b := newTable(t, db, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	var all sync.WaitGroup
	began := time.Now()
	for i := range 10 {
		all.Go(func() {
			key := b.view(i).Key
			for range 10 {
				code, a := b.push(i, b.players[(i+1)%10].ID, key)
				assert.Equal(t, 200, code, a.Message)
				key = a.Key
			}
		})
	}
	all.Wait()
	t.Logf("100 presses in %s", time.Since(began))
	require.Eventually(t, func() bool { v := b.view(0); return v.You.Received == "10.00" && v.You.Dollars == "20.00" }, 3*time.Second, 10*time.Millisecond)
}

// turn is what the host does.
func (b *table) turn(action string) {
	host := b.at + b.signer.Path(Token{Role: Host, Epoch: b.store.From.Epoch.OID})
	r, err := http.Post(host+"/"+action+"?format=json", "", nil)
	require.NoError(b.t, err)
	defer r.Body.Close()
	require.Equal(b.t, 200, r.StatusCode, action)
}

// TestRestartGoesOn has a server that was started anew show what the one before it has
// shown: sums, moves and flow of the session and of nothing before it, rounds with those
// that were kept, and what was left of the time in a pause.
func TestRestartGoesOn(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 9, failed = false"))
	ledger := repo.NewLedger(db, repo.LedgerOptions{})
	give := func(payer, payee int64) {
		rs, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: payer, Payee: payee, Sent: 100}})
		require.NoError(t, err)
		require.NoError(t, rs[0].Err)
	}
	give(3, 7) // before the session
	b := newTable(t, db, 3, 7)
	pressed := func(payee int64) string {
		code, a := b.push(0, payee, b.view(0).Key)
		require.Equal(t, 200, code, a.Message)
		return a.Key
	}
	pressed(7)
	pressed(0)
	pressed(7)
	pressed(0)
	give(7, 3)
	require.Eventually(t, func() bool { return b.view(0).You.Received == "1.00" }, 3*time.Second, 5*time.Millisecond)
	var ends time.Time
	same := func() {
		t.Helper()
		before, host := b.view(0), b.host()
		b.stop()
		b = newTable(t, db, 3, 7)
		after, hosts := b.view(0), b.host()
		for _, v := range []*view{&before, &after, &host, &hosts} {
			v.Key, v.Shown, v.Number = "", "", 0 // pages differ in them
			for i := range v.Players {
				v.Players[i].Changed = 0 // by what was before the session
			}
		}
		assert.Equal(t, before, after)
		assert.Equal(t, host, hosts)
		assert.Equal(t, "2.00", after.You.Given)
		assert.Len(t, hosts.Moves, 3)
	}
	same()
	pressed(0)
	assert.Equal(t, "1 2 3 4 5", one(t, db, "SELECT string_agg(round::text, ' ' ORDER BY id) FROM exptool.decision"))

	_, err := b.store.SetPlay(t.Context(), Play{Session: "s", State: Paused, Started: time.Now(), Ends: time.Now().Add(time.Minute), Paused: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	b.stop()
	b = newTable(t, db, 3, 7)
	same()
	b.turn("resume")
	ends, err = time.Parse(time.RFC3339, string(b.view(0).EndsAt))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour+time.Minute), ends, 5*time.Second, "what was left of the time is left")

	_, err = b.store.Serving.SetDone(t.Context(), 7, true)
	require.NoError(t, err)
	b.turn("new")
	give(3, 7) // while it waits
	b.turn("start")
	b.stop()
	b = newTable(t, db, 3, 7)
	after := b.view(0)
	assert.Equal(t, "s-2", after.Session)
	assert.Equal(t, "0.00", after.You.Given, "the new session has a place of its own")
	assert.Empty(t, after.Moves)
	assert.False(t, b.view(1).You.Done)
	pressed(7)
	assert.Equal(t, "1", one(t, db, "SELECT max(round)::text FROM exptool.decision WHERE session = 's-2'"))
	assert.Equal(t, "s ended, s-2 running", one(t, db, "SELECT string_agg(session || ' ' || state, ', ' ORDER BY at) FROM exptool.play"))
}

func (b *table) host() (v view) {
	r, err := http.Get(b.at + b.signer.Path(Token{Role: Host, Epoch: b.store.From.Epoch.OID}) + "?format=json")
	require.NoError(b.t, err)
	defer r.Body.Close()
	require.NoError(b.t, json.NewDecoder(r.Body).Decode(&v))
	return v
}

// one is the only value of a question.
func one(t *testing.T, db *repo.DB, query string) (value string) {
	t.Helper()
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error { return tx.Get(t.Context(), &value, query) }))
	return value
}

// TestRelaunchWindow presses, is done and turns the session before anybody has noticed
// that the experiment was launched anew: nothing of it is booked for who has the id now.
func TestRelaunchWindow(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 9, failed = false"))
	b := newTable(t, db, 3, 7)
	press := Press{Payer: 3, Payee: 7, Amount: 100, Key: "a", Session: "s", Round: 1, Visible: "all"}
	require.NoError(t, b.store.Press(t.Context(), press).Err)
	b.stop() // it would notice
	b.store.Batcher = repo.NewBatcher(t.Context(), repo.NewLedger(db, repo.LedgerOptions{}))
	t.Cleanup(b.store.Batcher.Close)
	press.Key = "b"
	require.NoError(t, b.store.Press(t.Context(), press).Err)
	require.NoError(t, db.Exec(t.Context(), `CREATE TABLE anew AS TABLE participant; DROP TABLE participant CASCADE; ALTER TABLE anew RENAME TO participant`))
	for _, key := range []string{"b", "c"} {
		press.Key = key
		assert.ErrorIs(t, b.store.Press(t.Context(), press).Err, ErrRelaunched)
	}
	keep := press
	keep.Payee = repo.Bank
	assert.ErrorIs(t, b.store.Press(t.Context(), keep).Err, ErrRelaunched)
	assert.ErrorIs(t, b.store.SetDone(t.Context(), 3, true), ErrRelaunched)
	_, err := b.store.SetPlay(t.Context(), Play{Session: "s", State: Ended})
	assert.ErrorIs(t, err, ErrRelaunched)
	_, _, err = b.store.People(t.Context())
	assert.ErrorIs(t, err, ErrRelaunched)
	assert.Equal(t, "7 2 0", one(t, db, "SELECT concat_ws(' ', (SELECT dollars FROM participant WHERE id = 3), (SELECT count(*) FROM exptool.transfer WHERE kind = 'donation'), (SELECT count(*) FROM exptool.player WHERE done_at IS NOT NULL))"))
}
