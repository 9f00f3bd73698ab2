package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// scene is a server that is asked without a network, on a real database, and whose clock
// the test has.
type scene struct {
	*Server
	t    *testing.T
	b    *table
	mu   sync.Mutex
	now  time.Time
	seen []string // by the operator
	// press, where not nil, is what becomes of a press instead of what the database says.
	press func(ctx context.Context, p Press) repo.Result
	plays []Play // that were kept
}

// names are those of participants 1, 2 and so on; the fourth has none.
var names = []string{"Mona", "<script>alert(1)</script>", "O'Brien", "", "名前", "tab\there\nline"}

// newGame has everybody of names with $2, and a session that runs.
func newGame(t *testing.T, change ...func(*Options)) *scene {
	t.Helper()
	return newGameOf(t, crowd(200, names...), change...)
}

// newGameOf has these people instead.
func newGameOf(t *testing.T, people []purse, change ...func(*Options)) *scene {
	t.Helper()
	return sceneOf(newTable(t, people), change...)
}

// sceneOf is another server at a table, which knows nothing of what the first was told.
func sceneOf(b *table, change ...func(*Options)) *scene {
	g := &scene{t: b.t, b: b, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o := b.o
	o.Giver, o.Plays, o.Public, o.Now = giver{g}, plays{b.store, g}, "http://example.test", g.time
	o.Play = Play{Session: "class", State: Running, Started: g.now.Add(-time.Minute), After: b.store.From.Number}
	o.Talk = func(format string, args ...any) { g.mu.Lock(); g.seen = append(g.seen, format); g.mu.Unlock() }
	for _, c := range change {
		c(&o)
	}
	var err error
	g.Server, err = New(b.t.Context(), o)
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { // as Run does
		defer close(ended)
		_ = o.Follower.Follow(ctx, o.Play.After, g.entries, g.board.outage)
	}()
	b.t.Cleanup(func() { cancel(); <-ended })
	return g
}

// giver lets a test come between.
type giver struct{ g *scene }

func (b giver) Press(ctx context.Context, p Press) repo.Result {
	if b.g.press != nil {
		return b.g.press(ctx, p)
	}
	return b.g.b.store.Press(ctx, p)
}

// plays notes what is kept.
type plays struct {
	*Store
	g *scene
}

func (b plays) SetPlay(ctx context.Context, p Play) (Play, error) {
	kept, err := b.Store.SetPlay(ctx, p)
	if err == nil {
		b.g.plays = append(b.g.plays, p)
	}
	return kept, err
}

func (g *scene) time() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return g.now }

func (g *scene) pass(d time.Duration) { g.mu.Lock(); g.now = g.now.Add(d); g.mu.Unlock() }

// presses are the decisions of the session's game, as the database has them.
func (g *scene) presses() (all []Press) {
	g.t.Helper()
	for _, text := range g.b.asked(`SELECT json_build_object('Payer', donor, 'Payee', coalesce(recipient, 0), 'Amount', round(cost * 100)::int, 'Key', key, 'Session', session,
    'Round', round, 'Position', coalesce(position, 0), 'Visible', visible, 'Shown', shown_at, 'Response', response_ms::bigint * 1000000)::text
FROM exptool.decisions
ORDER BY id`) {
		var p Press
		require.NoError(g.t, json.Unmarshal([]byte(text), &p))
		p.Shown = p.Shown.UTC()
		all = append(all, p)
	}
	return all
}

// tell is what another shell gives: a dollar, and the number of that in the ledger.
func (g *scene) tell(payer, payee int64) int64 {
	g.t.Helper()
	rs, err := repo.NewLedger(g.b.db, repo.LedgerOptions{}).Apply(context.Background(), []repo.Transfer{{Payer: payer, Payee: payee, Sent: 100}})
	require.NoError(g.t, err)
	require.NoError(g.t, rs[0].Err)
	return rs[0].Number
}

// drain waits until the board knows all that is in the ledger.
func (g *scene) drain() {
	g.t.Helper()
	last, err := strconv.ParseInt(g.b.asked("SELECT last::text FROM exptool.head")[0], 10, 64)
	require.NoError(g.t, err)
	require.Eventually(g.t, func() bool {
		g.board.mu.Lock()
		defer g.board.mu.Unlock()
		return last <= g.board.number
	}, 10*time.Second, time.Millisecond)
}

// token is one of a participant's, or, for 0, the host's.
func (g *scene) token(id int64) Token {
	t := Token{Role: Participant, Epoch: g.o.Epoch, Participant: id, Generation: g.board.generationOf(id)}
	if id == 0 {
		t.Role = Host
	}
	return t
}

// renewHost gives the host, and who wants to join, the next address.
func (g *scene) renewHost() {
	g.t.Helper()
	_, err := repo.NewServing(g.b.db, repo.LedgerOptions{}).RenewHost(g.t.Context())
	require.NoError(g.t, err)
}

// address is a participant's page.
func (g *scene) address(id int64) string { return g.o.Signer.Path(g.token(id)) }

func (g *scene) hostAddress() string { return g.address(0) }

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
