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
	s, err := New(t.Context(), Options{Signer: signer, Epoch: from.Epoch.OID, People: store, Players: store, Giver: store, Follower: store, Plays: store, Transfers: store,
		Amount: 100, Play: Play{Session: "s", State: Running, Started: time.Now()}, After: from.Number, Talk: t.Logf})
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
