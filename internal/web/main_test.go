package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
	"exptool/repo"
)

const epoch = 77

// fake is a database in memory: each part is what a field says.
type fake struct {
	people    func() ([]Person, error)
	players   func() ([]Player, error)
	done      func(id int64, done bool) error
	join      func(nickname, visit string) (Person, Player, error)
	press     func(ctx context.Context, p Press) repo.Result
	play      func(p Play) (Play, error)
	rounds    map[int64]int
	at        int64 // of the people
	transfers func(write func(schema.Rows) error) error
	entries   chan []Entry
	away      chan bool
	follow    error // ends the following
}

func (f *fake) People(context.Context) ([]Person, int64, error) {
	all, err := f.people()
	return all, f.at, err
}
func (f *fake) Players(context.Context) ([]Player, error)       { return f.players() }
func (f *fake) Press(ctx context.Context, p Press) repo.Result  { return f.press(ctx, p) }
func (f *fake) SetPlay(_ context.Context, p Play) (Play, error) { return f.play(p) }
func (f *fake) Rounds(context.Context, string) (map[int64]int, error) {
	return f.rounds, nil
}
func (f *fake) Transfers(_ context.Context, write func(schema.Rows) error) error {
	return f.transfers(write)
}
func (f *fake) SetDone(_ context.Context, id int64, done bool) error { return f.done(id, done) }
func (f *fake) Join(_ context.Context, nickname, visit string) (Person, Player, error) {
	return f.join(nickname, visit)
}

func (f *fake) Follow(ctx context.Context, _ int64, each func([]Entry) error, outage func(bool)) error {
	for f.follow == nil {
		select {
		case batch := <-f.entries:
			if err := each(batch); err != nil {
				return err
			}
		case away := <-f.away:
			outage(away)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f.follow
}

// names are those of participants 1, 2 and so on; the fourth has none.
var names = []string{"Mona", "<script>alert(1)</script>", "O'Brien", "", "名前", "tab\there\nline"}

// scene is a server on a fake that keeps a ledger.
type scene struct {
	db *fake
	*Server
	t       *testing.T
	signer  Signer
	mu      sync.Mutex
	now     time.Time
	cents   map[int64]repo.Cents
	keys    map[string]repo.Result
	number  int64
	presses []Press
	list    []Player
	plays   []Play
	seen    []string // by the operator
}

// newGame has everybody of names with $2, and a session that runs.
func newGame(t *testing.T, change ...func(*Options)) *scene {
	t.Helper()
	g := &scene{t: t, db: &fake{entries: make(chan []Entry, 1000), away: make(chan bool)}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		cents: map[int64]repo.Cents{}, keys: map[string]repo.Result{}, list: []Player{{}}}
	var people []Person
	for i, name := range names {
		id := int64(i + 1)
		g.cents[id] = 200
		people = append(people, Person{ID: id, Name: name, Cents: 200, HasDollars: true})
		g.list = append(g.list, Player{ID: id, Seed: id * 1000})
	}
	g.db.people = func() ([]Person, error) { return people, nil }
	g.db.players = func() ([]Player, error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		return append([]Player(nil), g.list...), nil
	}
	g.db.done = func(int64, bool) error { return nil }
	g.db.press = g.book
	g.db.play = func(p Play) (Play, error) { // as repo.Serving has it
		if p.State == Waiting && g.played(p.Session) {
			return p, &repo.Error{Kind: repo.ErrConflict}
		}
		g.plays = append(g.plays, p)
		p.After = g.number
		return p, nil
	}
	g.signer, _ = NewSigner([]byte(strings.Repeat("k", 32)))
	o := Options{Signer: g.signer, Epoch: epoch, People: g.db, Players: g.db, Giver: g.db, Follower: g.db, Plays: g.db, Transfers: g.db, Amount: 100,
		Play: Play{Session: "class", State: Running, Started: g.now.Add(-time.Minute)}, Public: "http://example.test",
		Now: g.time, Talk: func(format string, args ...any) { g.mu.Lock(); g.seen = append(g.seen, format); g.mu.Unlock() }}
	for _, c := range change {
		c(&o)
	}
	var err error
	g.Server, err = New(t.Context(), o)
	require.NoError(t, err)
	return g
}

func (g *scene) played(session string) bool {
	return slices.ContainsFunc(g.plays, func(p Play) bool { return p.Session == session && p.State != Waiting })
}

func (g *scene) time() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return g.now }

func (g *scene) pass(d time.Duration) { g.mu.Lock(); g.now = g.now.Add(d); g.mu.Unlock() }

// book is a ledger: it knows keys, and nobody gives what they have not.
func (g *scene) book(_ context.Context, p Press) repo.Result {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := repo.Result{Transfer: repo.Transfer{Kind: repo.Donation, Payer: p.Payer, Payee: p.Payee, Sent: p.Amount, Received: p.Amount, Key: p.Key, Session: p.Session, Round: p.Round}}
	if known, ok := g.keys[p.Key]; ok {
		known.Replayed = true
		return known
	}
	if p.Payee != 0 {
		if g.cents[p.Payer] < p.Amount {
			r.Err = &repo.Error{Kind: repo.ErrRefused, Message: "participant has not enough"}
			return r
		}
		g.cents[p.Payer] -= p.Amount
		g.cents[p.Payee] += p.Amount
		g.number++
		r.Number, r.PayerBalance, r.PayeeBalance = g.number, g.cents[p.Payer], g.cents[p.Payee]
		g.db.entries <- []Entry{{Result: r, At: g.now}}
	}
	g.presses, g.keys[p.Key] = append(g.presses, p), r
	return r
}

// drain takes in what the ledger has told, as Run does.
func (g *scene) drain() {
	for len(g.db.entries) > 0 {
		require.NoError(g.t, g.entries(<-g.db.entries))
	}
}

// address is a participant's page.
func (g *scene) address(id int64) string {
	return g.signer.Path(Token{Role: Participant, Epoch: epoch, Participant: id})
}

func (g *scene) hostAddress() string {
	return g.signer.Path(Token{Role: Host, Epoch: epoch})
}

// do asks the server; change may alter the request.
func (g *scene) do(method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://example.test"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	g.Handler().ServeHTTP(w, r)
	return w
}

func asJSON(r *http.Request) { r.Header.Set("Accept", "application/json") }
