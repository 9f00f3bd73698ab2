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
