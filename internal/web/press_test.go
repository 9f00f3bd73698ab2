package web

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// view is the page's JSON.
func (g *scene) view(path string) (v view) {
	g.t.Helper()
	w := g.do("GET", path, nil, asJSON)
	require.Equal(g.t, http.StatusOK, w.Code)
	require.NoError(g.t, json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

// push presses a button as the script does.
func (g *scene) push(id, payee int64, key string, more ...string) (int, reply) {
	g.t.Helper()
	form := url.Values{"payee": {strconv.FormatInt(payee, 10)}, "key": {key}, "position": {"2"}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	w := g.do("POST", g.address(id)+"/press", form, asJSON)
	var a reply
	require.NoError(g.t, json.Unmarshal(w.Body.Bytes(), &a), w.Body.String())
	g.drain()
	return w.Code, a
}

// UnmarshalJSON reads what MarshalJSON has written.
func (i *instant) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, (*string)(i)) }

func TestPressGives(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	drawn := g.time()
	page := g.view(g.address(1))
	assert.Equal(t, "2.00", page.You.Dollars)
	require.Len(t, page.Players, len(names)-1)
	g.pass(1500 * time.Millisecond)
	code, a := g.push(1, 3, page.Key, "amount", "100", "sent", "5")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "given", a.Status)
	assert.Equal(t, "You gave $1 to \u2068O'Brien\u2069. You have $1.", a.Message)
	assert.Equal(t, "1.00", a.Dollars)
	require.Len(t, g.presses(), 1)
	assert.Equal(t, Press{Payer: 1, Payee: 3, Amount: 100, Key: page.Key, Session: "class", Round: 1, Position: 2, Visible: "all",
		Shown: drawn, Response: 1500 * time.Millisecond}, g.presses()[0], "the amount in the form is nobody's business")

	page = g.view(g.address(1))
	assert.Equal(t, you{ID: 1, Label: "Mona", Dollars: "1.00", Given: "1.00", Received: "0.00"}, *page.You)
	require.Len(t, page.Moves, 1)
	assert.Equal(t, "3.00", g.view(g.address(3)).You.Dollars)
	assert.Equal(t, "1.00", g.view(g.address(3)).You.Received)
	assert.Empty(t, g.view(g.address(2)).Moves, "who gave to whom is theirs")
}

func TestPressTwiceGivesOnce(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			form := url.Values{"payee": {"3"}, "key": {key}}
			w := g.do("POST", g.address(1)+"/press", form, asJSON)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, w.Body.String(), "\"status\":\"given\",\"message\":\"You gave $1 to \u2068O'Brien\u2069. You have $1.\",\"number\":")
			assert.Contains(t, w.Body.String(), `,"dollars":"1.00"`)
		})
	}
	all.Wait()
	assert.Len(t, g.presses(), 1)
	g.drain()
	number := g.board.number

	g.board.turnTo(Play{Session: "class", State: Paused, Started: g.now.Add(-time.Minute)})
	code, a := g.push(1, 3, key)
	assert.Equal(t, http.StatusOK, code, "a retry is answered as the first time, though the game is paused now")
	assert.Equal(t, number, a.Number)
	code, a = g.push(1, 2, key)
	assert.Equal(t, http.StatusConflict, code, "another button with the same key")
	assert.NotEqual(t, key, a.Key)

	// A server that was started anew is told the ledger, and asks it for the same.
	again := sceneOf(g.b)
	again.drain()
	code, a = again.push(1, 3, key)
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, number, a.Number)
	assert.Len(t, g.presses(), 1)
}

// TestRestart has a press whose answer got lost, and a server that was started anew and
// does not know its key: it is the same press.
func TestRestart(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.push(1, 3, g.view(g.address(1)).Key)
	key := g.view(g.address(1)).Key
	_, first := g.push(1, 3, key)
	again := sceneOf(g.b)
	again.drain()
	code, a := again.push(1, 3, key) // with nothing left to give
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, first.Number, a.Number)
	assert.Equal(t, 2, again.board.seats[1].rounds)
	require.Len(t, g.presses(), 2)

	g.tell(3, 1)
	late := sceneOf(g.b) // it read balances that are newer than the press
	late.push(1, 3, key)
	assert.Equal(t, "1.00", late.view(late.address(1)).You.Dollars, "what one had then is not what one has now")
}

// TestTwoWindows has two pages that were drawn before either was pressed.
func TestTwoWindows(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	one, other := g.view(g.address(1)).Key, g.view(g.address(1)).Key
	g.push(1, 3, one)
	g.push(1, 2, other)
	assert.Equal(t, []int{1, 2}, []int{g.presses()[0].Round, g.presses()[1].Round})
	g.board.turnTo(Play{Session: "next", State: Running})
	code, a := g.push(1, 3, g.view(g.address(2)).Key)
	assert.Equal(t, http.StatusBadRequest, code)
	code, _ = g.push(1, 3, a.Key)
	assert.Equal(t, http.StatusConflict, code, "nothing is left")
	code, a = g.push(1, 2, other)
	assert.Equal(t, http.StatusOK, code, "what was answered stays so")
	g.tell(3, 1)
	g.board.turnTo(Play{Session: "third", State: Running})
	code, _ = g.push(1, 2, a.Key)
	assert.Equal(t, http.StatusOK, code, "a page goes on into the next session")
	assert.Equal(t, "third", g.presses()[2].Session)
	assert.Equal(t, 1, g.presses()[2].Round)
}

func TestKeep(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	for range 2 {
		code, a := g.push(1, 0, key, "keep", "1")
		assert.Equal(t, http.StatusOK, code)
		assert.Equal(t, "kept", a.Status)
	}
	require.Len(t, g.presses(), 1)
	assert.Equal(t, int64(0), g.presses()[0].Payee)
	assert.Equal(t, repo.Cents(0), g.presses()[0].Amount)
	assert.Equal(t, 1, g.presses()[0].Round)
	_, a := g.push(1, 2, g.view(g.address(1)).Key)
	assert.Equal(t, "given", a.Status)
	assert.Equal(t, 2, g.presses()[1].Round)
}

func TestPressRefused(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := func() string { return g.view(g.address(1)).Key }
	turn := func(s State) { g.board.turnTo(Play{Session: "class", State: s, Started: g.now.Add(-time.Minute)}) }
	for _, c := range []struct {
		name, payee, key string
		before           func()
		code             int
		says             string
	}{
		{"nobody", "99", key(), nil, 404, "nobody"},
		{"self", "1", key(), nil, 400, "yourself"},
		{"the bank", "0", key(), nil, 400, "not understood"},
		{"no number", "x", key(), nil, 400, "not understood"},
		{"no key", "3", "", nil, 400, "out of date"},
		{"a key of another", "3", g.view(g.address(2)).Key, nil, 400, "out of date"},
		{"a key made up", "3", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", nil, 400, "out of date"},
		{"paused", "3", key(), func() { turn(Paused) }, 409, "paused"},
		{"not begun", "3", key(), func() { turn(Waiting) }, 409, "not begun"},
		{"over", "3", key(), func() { turn(Ended) }, 409, "over"},
	} {
		g.pass(time.Second)
		if c.before != nil {
			c.before()
		}
		w := g.do("POST", g.address(1)+"/press", url.Values{"payee": {c.payee}, "key": {c.key}}, asJSON)
		assert.Equal(t, c.code, w.Code, c.name)
		assert.Contains(t, w.Body.String(), c.says, c.name)
		w = g.do("POST", g.address(1)+"/press", url.Values{"payee": {c.payee}, "key": {c.key}})
		assert.Equal(t, c.code, w.Code, c.name)
		assert.Contains(t, w.Body.String(), c.says, c.name)
		assert.Contains(t, w.Body.String(), "Mona", "the page comes with it: %s", c.name)
	}
	assert.Empty(t, g.presses())
}

func TestTimeUp(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Play.Ends = o.Play.Started.Add(2 * time.Minute) })
	key := g.view(g.address(1)).Key
	g.pass(time.Minute)
	code, a := g.push(1, 3, key)
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, a.Message, "over")
	g.seeTo()
	require.Len(t, g.plays, 1)
	assert.Equal(t, Ended, g.plays[0].State)
}

func (g *scene) seeTo() { g.look(g.t.Context()) }

func TestEmptyPurse(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	for i := range 3 {
		code, a := g.push(1, 3, g.view(g.address(1)).Key)
		if i < 2 {
			assert.Equal(t, http.StatusOK, code)
			continue
		}
		assert.Equal(t, http.StatusConflict, code)
		assert.Equal(t, "You have $0, not enough to give $1.", a.Message)
	}
	assert.Equal(t, 2, g.board.seats[1].rounds, "what was refused is no round")
}

func TestTooQuick(t *testing.T) {
	t.Parallel()
	g := newGameOf(t, crowd(10_000, names...))
	quick := 0
	for range 12 {
		code, a := g.push(1, 3, g.view(g.address(1)).Key)
		if code == http.StatusTooManyRequests {
			quick++
			assert.Contains(t, a.Message, "Wait a second")
		}
	}
	assert.Equal(t, 2, quick)
	code, _ := g.push(2, 3, g.view(g.address(2)).Key)
	assert.Equal(t, http.StatusOK, code, "nobody waits for another")
	g.pass(time.Second)
	code, _ = g.push(1, 3, g.view(g.address(1)).Key)
	assert.Equal(t, http.StatusOK, code)
}

// TestDatabaseAway has a press that was booked, but whose answer got lost.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	g.press = func(ctx context.Context, p Press) repo.Result {
		require.NoError(t, g.b.store.Press(ctx, p).Err)
		return repo.Result{Err: &repo.Error{Kind: repo.ErrConnect, Message: "password of postgres://u:p@h"}}
	}
	w := g.do("POST", g.address(1)+"/press", url.Values{"payee": {"3"}, "key": {key}}, asJSON)
	var a reply
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.Contains(t, a.Message, "Try again")
	assert.NotContains(t, a.Message, "postgres")
	assert.Equal(t, key, a.Key, "the key stays")
	g.pass(time.Second)
	w = g.do("POST", g.address(1)+"/press", url.Values{"payee": {"3"}, "key": {key}})
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), key, "the page's too")

	g.press = nil
	code, a := g.push(1, 3, key)
	assert.Equal(t, http.StatusOK, code)
	assert.Len(t, g.presses(), 1)
	assert.Equal(t, []string{"1"}, g.b.has(1))
	assert.Equal(t, 1, g.presses()[0].Round)
}

func TestPlainForm(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	w := g.do("POST", g.address(1)+"/press", url.Values{"payee": {"2"}, "key": {key}})
	require.Equal(t, http.StatusTooManyRequests, w.Code, "nobody is that quick")
	assert.Contains(t, w.Body.String(), "Press again to give once more.")
	assert.Contains(t, w.Body.String(), "Mona")
	assert.Empty(t, g.presses())
	g.pass(glance)
	w = g.do("POST", g.address(1)+"/press", url.Values{"payee": {"2"}, "key": {key}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, g.address(1), w.Header().Get("Location"))
	cookie := w.Result().Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	w = g.do("GET", g.address(1), nil, func(r *http.Request) { r.AddCookie(cookie) })
	assert.Contains(t, w.Body.String(), "You gave $1 to \u2068&lt;script&gt;alert(1)&lt;/script&gt;\u2069. You have $1.")
	assert.Equal(t, -1, w.Result().Cookies()[0].MaxAge, "it is said once")
}

// TestLongName has a name of thousands of letters: it is cut short wherever it stands.
func TestLongName(t *testing.T) {
	t.Parallel()
	g := newGameOf(t, crowd(200, "Mona", strings.Repeat("名", 5000), strings.Repeat("e\u0301", 79)))
	short := strings.Repeat("名", 79) + "…"
	key := g.view(g.address(1)).Key
	g.pass(glance)
	w := g.do("POST", g.address(1)+"/press", url.Values{"payee": {"2"}, "key": {key}})
	require.Equal(t, http.StatusSeeOther, w.Code)
	assert.Less(t, len(w.Header().Get("Set-Cookie")), 4096)
	said := w.Result().Cookies()[0]
	w = g.do("GET", g.address(1), nil, func(r *http.Request) { r.AddCookie(said) })
	assert.Contains(t, w.Body.String(), "You gave $1 to \u2068"+short+"\u2069. You have $1.")
	assert.Less(t, w.Body.Len(), 20_000)
	assert.Equal(t, short, g.view(g.address(2)).You.Label)
	assert.Equal(t, 80, utf8.RuneCountInString(g.view(g.address(3)).You.Label))
}

// TestRelaunched has the first to press learn that the launch is over: the server ends.
func TestRelaunched(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	g.b.relaunch()
	code, a := g.push(1, 3, key)
	assert.Equal(t, http.StatusGone, code)
	assert.Contains(t, a.Message, "not valid any more")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorIs(t, g.Run(t.Context(), l), ErrRelaunched)
}
