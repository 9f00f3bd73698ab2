package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// view is the JSON of a page.
func (b *table) view(id int64) (v view) {
	b.t.Helper()
	r, err := http.Get(b.address(id) + "?format=json")
	require.NoError(b.t, err)
	defer r.Body.Close()
	require.NoError(b.t, json.NewDecoder(r.Body).Decode(&v))
	return v
}

// pushWith presses a button with a key, as the script does.
func (b *table) pushWith(key string, id, payee int64) (int, reply) {
	b.t.Helper()
	form := url.Values{"payee": {strconv.FormatInt(payee, 10)}, "key": {key}, "position": {"1"}}
	if payee == repo.Bank {
		form.Set("keep", "1")
	}
	r, err := http.PostForm(b.address(id)+"/press?format=json", form)
	require.NoError(b.t, err)
	defer r.Body.Close()
	var a reply
	require.NoError(b.t, json.NewDecoder(r.Body).Decode(&a))
	return r.StatusCode, a
}

// push presses a button of a page that was just drawn; one's own is no button.
func (b *table) push(id, payee int64) {
	b.t.Helper()
	if id != payee {
		code, a := b.pushWith(b.view(id).Key, id, payee)
		for code == http.StatusTooManyRequests {
			time.Sleep(100 * time.Millisecond)
			code, a = b.pushWith(a.Key, id, payee)
		}
		require.Equal(b.t, http.StatusOK, code, a.Message)
	}
}

// watch has somebody's page open until the test ends.
func (b *table) watch(id int64) {
	b.t.Helper()
	r, err := http.Get(b.address(id) + "/live")
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, r.StatusCode)
	b.t.Cleanup(func() { _ = r.Body.Close() })
}

func TestStore(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(200, "Mona", "Yusuf", "Ada"))
	key := b.view(1).Key
	code, a := b.pushWith(key, 1, 2)
	assert.Equal(t, 200, code, a.Message)
	assert.Equal(t, "1.00", a.Dollars)
	code, keep := b.pushWith(a.Key, 1, repo.Bank)
	assert.Equal(t, 200, code)
	assert.Equal(t, "kept", keep.Status)
	require.Eventually(t, func() bool { return b.view(2).You.Received == "1.00" }, 3*time.Second, 10*time.Millisecond)

	began := time.Now()
	b.gives(3, 1, 100)
	require.Eventually(t, func() bool { return b.view(1).You.Dollars == "2.00" }, 3*time.Second, 5*time.Millisecond)
	t.Logf("from another shell to the page in %s", time.Since(began))

	again := b.again()
	for _, c := range []struct {
		key   string
		payee int64
	}{{key, 2}, {a.Key, repo.Bank}} {
		code, r := again.pushWith(c.key, 1, c.payee)
		assert.Equal(t, 200, code, r.Message)
	}
	assert.Equal(t, "2.00", again.view(1).You.Dollars, "a restarted server answers retries and gives nothing again")
	assert.Len(t, b.given(), 2)
	address := again.address(1)
	_, err := again.store.Serving.Renew(t.Context(), 1)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		r, err := http.Get(address)
		require.NoError(t, err)
		defer r.Body.Close()
		return r.StatusCode == http.StatusForbidden
	}, 5*time.Second, 50*time.Millisecond)
}

// TestStoreLoad has ten participants press at once, as quickly as they may.
func TestStoreLoad(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(2000, make([]string, 10)...))
	var all sync.WaitGroup
	began := time.Now()
	for id := int64(1); id <= 10; id++ {
		all.Go(func() {
			key := b.view(id).Key
			for range 10 {
				code, a := b.pushWith(key, id, id%10+1)
				assert.Equal(t, 200, code, a.Message)
				key = a.Key
			}
		})
	}
	all.Wait()
	t.Logf("100 presses in %s", time.Since(began))
	require.Eventually(t, func() bool { v := b.view(1); return v.You.Received == "10.00" && v.You.Dollars == "20.00" }, 3*time.Second, 10*time.Millisecond)
}

// TestRestartGoesOn has a server that was started anew show what the one before it has
// shown: sums, moves and flow of the session and of nothing before it, rounds with those
// that were kept, and what was left of the time in a pause.
func TestRestartGoesOn(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(900, "Mona", "Yusuf"), func(o *Options) { o.Play = Play{Session: "s", State: Waiting} })
	b.gives(1, 2, 100) // before the session
	b.act("start")
	for _, payee := range []int64{2, repo.Bank, 2, repo.Bank} {
		b.push(1, payee)
	}
	b.gives(2, 1, 100)
	require.Eventually(t, func() bool { return b.view(1).You.Received == "1.00" }, 3*time.Second, 5*time.Millisecond)
	same := func() {
		t.Helper()
		before, host := b.view(1), b.view(0)
		b = b.again()
		after, hosts := b.view(1), b.view(0)
		for _, v := range []*view{&before, &after, &host, &hosts} {
			v.Key, v.Number = "", 0 // pages differ in them
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
	b.push(1, repo.Bank)
	assert.Equal(t, []string{"1", "2", "3", "4", "5"}, b.asked("SELECT round::text FROM exptool.decision ORDER BY id"))

	_, err := b.store.SetPlay(t.Context(), Play{Session: "s", State: Paused, Started: time.Now(), Ends: time.Now().Add(time.Minute), Paused: time.Now().Add(-time.Hour)})
	require.NoError(t, err)
	b = b.again()
	same()
	b.act("resume")
	ends, err := time.Parse(time.RFC3339, string(b.view(1).EndsAt))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour+time.Minute), ends, 5*time.Second, "what was left of the time is left")

	_, err = b.store.Serving.SetDone(t.Context(), 2, true)
	require.NoError(t, err)
	b.act("new")
	b.gives(1, 2, 100) // while it waits
	b.act("start")
	b = b.again()
	after := b.view(1)
	assert.Equal(t, "s-2", after.Session)
	assert.Equal(t, "0.00", after.You.Given, "the new session has a place of its own")
	assert.Empty(t, after.Moves)
	assert.False(t, b.view(2).You.Done)
	b.push(1, 2)
	assert.Equal(t, []string{"1"}, b.asked("SELECT max(round)::text FROM exptool.decision WHERE session = 's-2'"))
	assert.Equal(t, []string{"s ended", "s-2 running"}, b.asked("SELECT session || ' ' || state FROM exptool.play ORDER BY at"))
}

// TestRelaunchWindow presses, is done and turns the session before anybody has noticed
// that the experiment was launched anew: nothing of it is booked for who has the id now.
func TestRelaunchWindow(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(900, "Mona", "Yusuf"))
	press := Press{Payer: 1, Payee: 2, Amount: 100, Key: "a", Session: "s", Round: 1, Visible: "all"}
	require.NoError(t, b.store.Press(t.Context(), press).Err)
	press.Key = "b"
	require.NoError(t, b.store.Press(t.Context(), press).Err)
	b.relaunch()
	for _, key := range []string{"b", "c"} {
		press.Key = key
		assert.ErrorIs(t, b.store.Press(t.Context(), press).Err, ErrRelaunched)
	}
	keep := press
	keep.Payee = repo.Bank
	assert.ErrorIs(t, b.store.Press(t.Context(), keep).Err, ErrRelaunched)
	assert.ErrorIs(t, b.store.SetDone(t.Context(), 1, true), ErrRelaunched)
	_, err := b.store.SetPlay(t.Context(), Play{Session: "s", State: Ended})
	assert.ErrorIs(t, err, ErrRelaunched)
	_, _, err = b.store.People(t.Context())
	assert.ErrorIs(t, err, ErrRelaunched)
	assert.Equal(t, []string{"7 2 0"}, b.asked("SELECT concat_ws(' ', (SELECT dollars FROM participant WHERE id = 1), (SELECT count(*) FROM exptool.transfer WHERE kind = 'donation'), (SELECT count(*) FROM exptool.player WHERE done_at IS NOT NULL))"))
}
