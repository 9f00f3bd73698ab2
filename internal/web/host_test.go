package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	qr "github.com/piglig/go-qr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// act is what the host does.
func (g *scene) act(action string, form url.Values) (int, reply) {
	g.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	w := g.do("POST", g.hostAddress()+"/"+action, form, asJSON)
	var a reply
	require.NoError(g.t, json.Unmarshal(w.Body.Bytes(), &a))
	return w.Code, a
}

func TestHostTurns(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Play, o.Until = Play{Session: "class", State: Waiting}, 10*time.Minute })
	for _, c := range []struct {
		action string
		code   int
		state  State
	}{
		{"pause", 409, Waiting}, {"start", 200, Running}, {"start", 409, Running}, {"pause", 200, Paused}, {"pause", 409, Paused},
		{"resume", 200, Running}, {"end", 200, Ended}, {"resume", 409, Ended}, {"new", 200, Waiting}, {"dance", 404, Waiting},
	} {
		code, a := g.act(c.action, nil)
		assert.Equal(t, c.code, code, c.action)
		assert.NotEmpty(t, a.Message)
		assert.Equal(t, c.state, g.board.stateNow(), c.action)
		g.pass(time.Minute)
	}
	require.Len(t, g.plays, 5)
	assert.Equal(t, 10*time.Minute, g.plays[0].Ends.Sub(g.plays[0].Started))
	assert.Equal(t, 12*time.Minute, g.plays[2].Ends.Sub(g.plays[2].Started), "two minutes of pause are not played")
	assert.Equal(t, Play{Session: "class-2", State: Waiting}, g.plays[4])
	code, _ := g.act("new", url.Values{"session": {"class-2"}})
	assert.Equal(t, http.StatusConflict, code)
	g.act("new", url.Values{"session": {" after\tnoon "}})
	assert.Equal(t, "after noon", g.board.play.Session)
	code, _ = g.act("new", url.Values{"session": {"class"}})
	assert.Equal(t, http.StatusConflict, code, "it was played")
	g.act("new", nil)
	assert.Equal(t, "after noon-2", g.board.play.Session)
	g.act("start", nil)
	g.act("new", url.Values{"session": {"clas"}})
	last := g.plays[len(g.plays)-1]
	assert.Equal(t, []any{"after noon-2", Ended}, []any{last.Session, last.State}, "it is over with the next")
	g.act("new", url.Values{"session": {"after noon-1"}})
	g.act("new", nil)
	assert.Equal(t, "after noon-3", g.board.play.Session, "names that were played are passed over")
	assert.Equal(t, "class-10", after("class-9"))
	assert.Equal(t, "a-b-2", after("a-b"))
}

// TestTurnsAtOnce has presses arrive when a session has been turned in the database and
// the board does not know yet, as where another server has done it.
func TestTurnsAtOnce(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	turn := func(session string, state State) {
		_, err := g.b.store.SetPlay(t.Context(), Play{Session: session, State: state, Started: g.now})
		require.NoError(t, err)
	}
	turn("class", Running)
	g.push(1, 3, g.view(g.address(1)).Key)
	for _, state := range []State{Paused, Ended} {
		turn("class", state)
		code, a := g.push(1, 3, g.view(g.address(1)).Key)
		assert.Equal(t, http.StatusConflict, code)
		assert.Equal(t, fmt.Sprintf("Nothing was given: the session is %s.", state), a.Message)
		assert.Equal(t, Running, g.board.stateNow())
		assert.Equal(t, "1.00", a.Dollars)
	}
	assert.Len(t, g.presses(), 1)
	assert.Equal(t, 1, g.board.seats[1].rounds, "what was refused is no round")
}

// TestHostWithoutScript turns the session by plain forms.
func TestHostWithoutScript(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	w := g.do("POST", g.hostAddress()+"/pause", url.Values{})
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, g.hostAddress(), w.Header().Get("Location"))
	said := w.Result().Cookies()[0]
	w = g.do("GET", g.hostAddress(), nil, func(r *http.Request) { r.AddCookie(said) })
	assert.Contains(t, w.Body.String(), "The game is paused.")
	w = g.do("POST", g.hostAddress()+"/pause", url.Values{})
	assert.Equal(t, http.StatusConflict, w.Code)
	assert.Contains(t, w.Body.String(), "O&#39;Brien", "the page comes with it")
	w = g.do("POST", g.address(1)+"/pause", url.Values{})
	assert.Equal(t, http.StatusNotFound, w.Code)
	w = g.do("POST", "/host/"+strings.TrimPrefix(g.address(1), "/p/")+"/end", url.Values{})
	assert.Equal(t, http.StatusForbidden, w.Code, "a participant is no host")
	assert.Equal(t, Paused, g.board.stateNow())
}

func TestHostNewSession(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.push(1, 3, g.view(g.address(1)).Key)
	page := g.view(g.hostAddress())
	assert.Len(t, page.Moves, 1)
	assert.Equal(t, []flow{{1, 3, "1.00"}}, page.Flow)
	assert.Equal(t, "0.139", page.Gini)
	assert.Len(t, page.Lorenz, lorenzPoints)
	assert.Equal(t, [2]float64{1, 1}, page.Lorenz[lorenzPoints-1])
	g.act("new", nil)
	g.act("start", nil)
	assert.Empty(t, g.view(g.hostAddress()).Moves)
	you := g.view(g.address(1)).You
	assert.Equal(t, "1.00", you.Dollars)
	assert.Equal(t, "0.00", you.Given)
	g.push(1, 3, g.view(g.address(1)).Key)
	assert.Equal(t, 1, g.presses()[1].Round, "rounds begin anew")
	assert.Equal(t, "class-2", g.presses()[1].Session)
}

func TestHostDatabaseAway(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.b.wire.cut()
	code, a := g.act("pause", nil)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Contains(t, a.Message, "Try again")
	assert.Equal(t, Running, g.board.stateNow())
}

func TestDownload(t *testing.T) {
	t.Parallel()
	g := newGameOf(t, crowd(3_000_000, names...))
	g.b.give(repo.Transfer{Payer: 1, Payee: 2, Sent: 100, Memo: "a,b"}, repo.Transfer{Payer: 1, Payee: 2, Sent: 100, Memo: "名前"})
	address := g.hostAddress() + "/transfers.csv"
	w := g.do("GET", address, nil)
	assert.Equal(t, "number,memo\n1,\n2,\n3,\"a,b\"\n4,名前\n", strings.ReplaceAll(w.Body.String(), "\r\n", "\n"))
	assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, http.StatusForbidden, g.do("GET", "/host/"+strings.TrimPrefix(g.address(1), "/p/")+"/transfers.csv", nil).Code)

	many := make([]repo.Transfer, 20_000)
	for i := range many {
		many[i] = repo.Transfer{Payer: 1, Payee: 2, Sent: 100, Memo: strings.Repeat("long", 50)}
	}
	g.b.give(many...)
	at, _ := g.run()
	answer, err := http.Get(at + address)
	require.NoError(t, err)
	defer answer.Body.Close()
	_, err = io.ReadFull(answer.Body, make([]byte, 1000))
	require.NoError(t, err)
	g.b.wire.cut()
	_, err = io.ReadAll(answer.Body)
	assert.Error(t, err, "what was cut off does not look whole")
	assert.Equal(t, http.StatusServiceUnavailable, g.do("GET", address, nil).Code)
}

func TestDone(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	kept := func() []string {
		return g.b.asked("SELECT participant::text FROM exptool.player WHERE done_at IS NOT NULL")
	}
	key := g.view(g.address(1)).Key
	assert.Equal(t, http.StatusSeeOther, g.do("POST", g.address(1)+"/done", url.Values{}).Code)
	assert.True(t, g.view(g.address(1)).You.Done)
	code, a := g.push(1, 3, key)
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, a.Message, "done")
	assert.Equal(t, http.StatusSeeOther, g.do("POST", g.address(1)+"/back", url.Values{}).Code)
	code, _ = g.push(1, 3, key)
	assert.Equal(t, http.StatusOK, code)
	g.do("POST", g.address(1)+"/done", url.Values{})
	g.act("new", nil)
	assert.False(t, g.view(g.address(1)).You.Done, "in a new session nobody is")
	assert.Empty(t, kept(), "the session that is kept says so")
	g.act("start", nil)
	g.b.wire.cut()
	assert.Equal(t, http.StatusServiceUnavailable, g.do("POST", g.address(1)+"/done", url.Values{}).Code)
	assert.False(t, g.view(g.address(1)).You.Done)
}

func TestJoin(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Join, o.Most = true, len(names)+2 })
	path := strings.TrimPrefix(g.Join(), "http://example.test")
	form := g.do("GET", path, nil)
	assert.Equal(t, http.StatusOK, form.Code)
	visit := form.Result().Cookies()[0]
	join := func(nickname string, cookie bool) (int, string, string) {
		w := g.do("POST", path, url.Values{"nickname": {nickname}}, func(r *http.Request) {
			if cookie {
				r.AddCookie(visit)
			}
		})
		return w.Code, w.Header().Get("Location"), w.Body.String()
	}
	for _, bad := range []string{"", " \t\n", "\u202e\x00", strings.Repeat("x", 41)} {
		code, _, _ := join(bad, true)
		assert.Equal(t, http.StatusBadRequest, code, "%q", bad)
	}
	code, mine, _ := join("  Zoë\t<b> ", true)
	require.Equal(t, http.StatusSeeOther, code)
	assert.Equal(t, "Zoë <b>", g.view(mine).You.Label)
	assert.Equal(t, "5.00", g.view(mine).You.Dollars)
	_, again, _ := join("Zoë", true)
	assert.Equal(t, mine, again, "a double click joins once")
	code, _, text := join("MONA", false)
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, text, "Somebody has that name")
	assert.Contains(t, text, `value="MONA"`)
	g.b.wire.cut()
	code, _, text = join("Ada", false)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Contains(t, text, `value="Ada"`)
	g.b.wire.mend()
	code, _, _ = join("Ada", false)
	assert.Equal(t, http.StatusSeeOther, code)
	code, _, text = join("Bob", false)
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, text, "full")
	assert.Contains(t, string(g.view(g.hostAddress()).JoinQR), "<svg")
}

// TestQR draws the modules of both faces, and has a reader read them.
func TestQR(t *testing.T) {
	const text = "http://10.0.0.2:8000/p/AWoAAAAAAAAATQAAAAAAAAAAAAAAAHMKEgsgKLmY2u0PrJEJCqE"
	code, err := qr.EncodeText(text, qr.Medium)
	require.NoError(t, err)
	blocks, err := QRBlocks(text)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(blocks, "\n"), "\n")
	assert.Len(t, lines, (code.Size()+2*quiet+1)/2)
	for y := range code.Size() {
		line := []rune(lines[(y+quiet)/2])
		for x := range code.Size() {
			light := map[rune][2]bool{'█': {true, true}, '▀': {true, false}, '▄': {false, true}, ' ': {}}[line[x+quiet]]
			require.Equal(t, !code.Module(x, y), light[(y+quiet)%2], "%d %d", x, y)
		}
	}
	svg, err := QR(text)
	require.NoError(t, err)
	assert.NotContains(t, string(svg), "style")
	picture, err := code.ToImage(qr.NewQrCodeImgConfig(4, quiet))
	require.NoError(t, err)
	read, err := qr.Decode(picture)
	require.NoError(t, err)
	assert.Equal(t, text, read)
	_, err = QR(string(bytes.Repeat([]byte("x"), 5000)))
	assert.Error(t, err)
}
