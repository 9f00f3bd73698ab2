package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// purse is somebody and what they have.
type purse struct {
	name string
	has  repo.Cents
}

// crowd are people who have so much each.
func crowd(has repo.Cents, names ...string) (all []purse) {
	for _, name := range names {
		all = append(all, purse{name, has})
	}
	return all
}

// newCrowd gives a database of PsyNet's these participants, 1 and so on; those who are
// there already and are too many have no dollars, and play no part.
func newCrowd(t *testing.T, people []purse) *repo.DB {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 8})
	const there = 63
	if len(people) > there {
		_, err := db.Change(t.Context(), catalogOf(t, db), repo.ChangeOptions{Command: "test", NoJournal: true}, func(w *repo.Writer) error {
			_, err := w.AddPeople(t.Context(), catalogOf(t, db).Tables["participant"], make([]string, len(people)-there), rand.Text)
			return err
		})
		require.NoError(t, err)
	}
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET failed = false, dollars = NULL"))
	var rows []string
	for i, p := range people {
		vars, err := json.Marshal(map[string]string{"name": p.name})
		require.NoError(t, err)
		rows = append(rows, fmt.Sprintf("(%d, %v, '%s')", i+1, float64(p.has)/100, strings.ReplaceAll(string(vars), "'", "''")))
	}
	if len(rows) > 0 {
		require.NoError(t, db.Exec(t.Context(), `UPDATE participant
SET dollars = v.dollars, vars = v.vars
FROM (VALUES `+strings.Join(rows, ", ")+`) AS v (id, dollars, vars)
WHERE participant.id = v.id`))
	}
	return db
}

func catalogOf(t *testing.T, db *repo.DB) (s *schema.Schema) {
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) (err error) {
		s, err = tx.Catalog(t.Context(), schema.Learned{})
		return err
	}))
	return s
}

// table is a server on a real database: what its pages are told lies on the wire to
// Postgres and on the line to the browsers, and both can be cut.
type table struct {
	*Server
	t      *testing.T
	db     *repo.DB // as another shell has it, not over the wire
	wire   *wire
	line   *wire
	store  *Store
	signer Signer
	stop   func()
}

// newTable has a session that runs.
func newTable(t *testing.T, people []purse, change ...func(*Options)) *table {
	t.Helper()
	db := newCrowd(t, people)
	b := &table{t: t, db: db, wire: wireTo(t, db)}
	b.start(change...)
	t.Cleanup(b.verify)
	return b
}

// wireTo is a wire to a database's Postgres.
func wireTo(t *testing.T, db *repo.DB) *wire {
	a := db.Address()
	return newWire(t, "unix", filepath.Join(a.Host(), ".s.PGSQL."+strconv.Itoa(a.Port())))
}

// open opens a database over the wire until the test ends.
func (w *wire) open(db *repo.DB) *repo.DB {
	w.t.Helper()
	a := db.Address()
	over, err := repo.ParseAddress(fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", a.User(), w.near, a.Database()))
	require.NoError(w.t, err)
	far, err := repo.Open(w.t.Context(), over, repo.Options{MaxConns: 8})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = far.Close() })
	return far
}

// again is a server that was started anew on the same database.
func (b *table) again(change ...func(*Options)) *table {
	b.t.Helper()
	b.stop()
	other := &table{t: b.t, db: b.db, wire: b.wire}
	other.start(change...)
	return other
}

// start opens the database over the wire, and serves until the test ends.
func (b *table) start(change ...func(*Options)) {
	ctx := b.t.Context()
	db := b.wire.open(b.db)
	serving := repo.NewServing(db, repo.LedgerOptions{})
	secret, err := serving.Key(ctx)
	require.NoError(b.t, err)
	b.signer, err = NewSigner(secret)
	require.NoError(b.t, err)
	people, from, err := db.People(ctx)
	require.NoError(b.t, err)
	var ids []int64
	for _, p := range people {
		if p.HasDollars {
			ids = append(ids, p.ID)
		}
	}
	_, err = serving.Players(ctx, ids...)
	require.NoError(b.t, err)
	batcher := repo.NewBatcher(context.Background(), repo.NewLedger(db, repo.LedgerOptions{}))
	in := catalogOf(b.t, b.db)
	b.store = &Store{DB: db, Serving: serving, Batcher: batcher, From: from, Game: "donation",
		Enter: func(ctx context.Context, nickname, visit string, most int) (repo.Player, repo.Result, error) {
			return serving.Join(ctx, in, repo.Joining{Nickname: nickname, Visit: visit, Most: most, Dollars: 500, Memo: "joined", Token: rand.Text})
		},
		Rows: func(ctx context.Context, write func(schema.Rows) error) error {
			return db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
				rows, err := tx.Rows(ctx, "SELECT number, memo FROM exptool.transfer ORDER BY number")
				if err != nil {
					return err
				}
				defer rows.Close()
				return write(rows)
			})
		}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b.t, err)
	b.line = newWire(b.t, "tcp", l.Addr().String())
	o := Options{Signer: b.signer, Epoch: from.Epoch.OID, People: b.store, Players: b.store, Giver: b.store, Follower: b.store, Plays: b.store, Transfers: b.store,
		Amount: 100, Play: Play{Session: "monday", State: Running, Started: time.Now()}, Public: "http://" + b.line.near, Talk: b.t.Logf}
	for _, c := range change {
		c(&o)
	}
	plays, err := serving.Plays(ctx)
	require.NoError(b.t, err)
	if len(plays) > 0 { // goes on where it was
		o.Play = plays[len(plays)-1]
	} else {
		o.Play, err = b.store.SetPlay(ctx, o.Play)
		require.NoError(b.t, err)
	}
	b.Server, err = New(ctx, o)
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, l) }()
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			b.wire.release()
			cancel()
			assert.NoError(b.t, <-ended)
			batcher.Close()
		})
	}
	b.t.Cleanup(b.stop)
}

// address is a participant's page, or, for 0, the host's.
func (b *table) address(id int64) string {
	t := Token{Role: Participant, Epoch: b.o.Epoch, Participant: id, Generation: b.board.generationOf(id)}
	if id == 0 {
		t.Role = Host
	}
	return "http://" + b.line.near + b.signer.Path(t)
}

// asked is what a query finds: one row, its columns as texts.
func (b *table) asked(query string, args ...any) (all []string) {
	b.t.Helper()
	require.NoError(b.t, b.db.Read(context.Background(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Select(context.Background(), &all, query, args...)
	}))
	return all
}

// has is what participants have, as the database says.
func (b *table) has(ids ...int64) (all []string) {
	b.t.Helper()
	for _, id := range ids {
		all = append(all, b.asked("SELECT dollars::text FROM participant WHERE id = $1", id)...)
	}
	return all
}

// given are the donations of the ledger: payer, payee, and cents.
func (b *table) given() []string {
	b.t.Helper()
	return b.asked("SELECT concat_ws(' ', payer, payee, sent) FROM exptool.transfer WHERE kind = 'donation' ORDER BY number")
}

// decided are the decisions: participant, round, and what was done.
func (b *table) decided() []string {
	b.t.Helper()
	return b.asked("SELECT concat_ws(' ', donor, round, choice, recipient, position, visible) FROM exptool.decisions ORDER BY donor, round")
}

// give is what another shell gives, in one transaction.
func (b *table) give(transfers ...repo.Transfer) {
	b.t.Helper()
	rs, err := repo.NewLedger(b.db, repo.LedgerOptions{}).ApplyAll(context.Background(), transfers)
	require.NoError(b.t, err)
	for _, r := range rs {
		require.NoError(b.t, r.Err)
	}
}

// gives is one transfer of another shell's.
func (b *table) gives(payer, payee int64, sent repo.Cents) {
	b.t.Helper()
	b.give(repo.Transfer{Payer: payer, Payee: payee, Sent: sent})
}

// verify holds at the end of every test.
func (b *table) verify() {
	v, err := repo.NewLedger(b.db, repo.LedgerOptions{}).Verify(context.Background())
	require.NoError(b.t, err)
	assert.Empty(b.t, v.Differences)
	assert.Empty(b.t, v.Gaps)
}

// sorted is a list in order, for comparing.
func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// act is what the host does in another window.
func (b *table) act(action string) {
	b.t.Helper()
	r, err := http.Post(b.address(0)+"/"+action+"?format=json", "application/x-www-form-urlencoded", nil)
	require.NoError(b.t, err)
	assert.NoError(b.t, r.Body.Close())
	assert.Equal(b.t, http.StatusOK, r.StatusCode)
}

// relaunch launches the experiment anew, with the same participants. The server has ended
// before, as it would notice; what it gave with is there.
func (b *table) relaunch() {
	b.t.Helper()
	b.stop()
	b.store.Batcher = repo.NewBatcher(context.Background(), repo.NewLedger(b.store.DB, repo.LedgerOptions{}))
	b.t.Cleanup(b.store.Batcher.Close)
	require.NoError(b.t, b.db.Exec(b.t.Context(), "CREATE TABLE anew AS TABLE participant; DROP TABLE participant CASCADE; ALTER TABLE anew RENAME TO participant"))
}
