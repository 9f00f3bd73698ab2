package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCode types the address to join as people do, and guesses it.
func TestCode(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Join = true })
	epoch, signer := g.o.Epoch, g.o.Signer
	path := strings.TrimPrefix(g.Join(), "http://example.test")
	code := strings.TrimPrefix(path, "/join/")
	require.Regexp(t, `^[0-9a-hjkmnp-tv-z]{8}$`, code, "no i, l, o or u")
	get := func(code string) *httptest.ResponseRecorder { return g.do("GET", "/join/"+code, nil) }
	for _, typed := range []string{code, strings.ToUpper(code), code[:4] + "-" + code[4:], strings.NewReplacer("0", "O", "1", "l").Replace(code), strings.NewReplacer("0", "o", "1", "I").Replace(code)} {
		assert.Equal(t, http.StatusOK, get(typed).Code, typed)
	}
	other, _ := NewSigner([]byte(strings.Repeat("o", 32)))
	for i, wrong := range []string{other.code(epoch, 0), signer.code(epoch+1, 0), signer.code(epoch, 1), code[:7], code + "0", "u" + code[1:],
		signer.Sign(Token{Role: Join, Epoch: epoch}), strings.Repeat("-", 40) + code} {
		assert.Equal(t, http.StatusForbidden, get(wrong).Code, "%d %s", i, wrong)
	}
	for range guesses - 8 {
		assert.Equal(t, http.StatusForbidden, g.do("POST", "/join/zzzzzzzz", url.Values{"nickname": {"Ada"}}).Code)
	}
	w := get("zzzzzzzz")
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.Equal(t, http.StatusOK, get(code).Code, "who guesses keeps nobody out")
	g.pass(time.Second)
	assert.Equal(t, http.StatusForbidden, get("zzzzzzzz").Code)
	g.renewHost()
	require.NoError(t, g.refresh(t.Context(), false))
	assert.Equal(t, http.StatusForbidden, get(code).Code, "revoked")
	assert.Equal(t, http.StatusOK, get(signer.code(epoch, 1)).Code)
	assert.Contains(t, g.do("GET", g.hostAddress(), nil, asJSON).Body.String(), `"join":"http://example.test/join/`+signer.code(epoch, 1)+`"`)
}

// TestCodeReads has whatever is typed for a code be that code only.
func FuzzCode(f *testing.F) {
	s, _ := NewSigner([]byte(strings.Repeat("k", 32)))
	code := s.code(5, 0)
	f.Add(code)
	f.Add(strings.ToUpper(code))
	f.Add("\xff\x00-")
	f.Fuzz(func(t *testing.T, text string) {
		if s.isCode(text, 5, 0) {
			assert.Equal(t, code, misread.Replace(strings.ToLower(text)))
		}
	})
}

// TestMost has a class come at once, through a door for three.
func TestMost(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(200, "Mona", "Yusuf"), func(o *Options) { o.Join, o.Most = true, 5 })
	var all sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for i := range 20 {
		all.Go(func() {
			r, err := http.PostForm(b.Join()+"?format=json", url.Values{"nickname": {"Ada" + strings.Repeat("!", i)}})
			if assert.NoError(t, err) {
				assert.NoError(t, r.Body.Close())
				mu.Lock()
				defer mu.Unlock()
				codes[r.StatusCode]++
			}
		})
	}
	all.Wait()
	assert.Equal(t, map[int]int{http.StatusCreated: 3, http.StatusConflict: 17}, codes)
	assert.Equal(t, []string{"5 3"}, b.asked("SELECT concat_ws(' ', (SELECT count(*) FROM exptool.player), (SELECT count(*) FROM exptool.transfer WHERE kind = 'endowment'))"))
}

// TestNickname has nobody called as somebody is, nor by nothing.
func TestNickname(t *testing.T) {
	t.Parallel()
	g := newGameOf(t, crowd(200, "Mona", "José", ""), func(o *Options) { o.Join = true })
	path := strings.TrimPrefix(g.Join(), "http://example.test")
	for nickname, code := range map[string]int{
		"MONA": 409, " mona ": 409, "Mo\u200bna": 409, "\u200fMona": 409, "Mona\ufe0f": 409, "Ｍｏｎａ": 409, "JOSE\u0301": 409, "player 3": 409,
		"\u200b": 400, "\u3164": 400, "\u2800": 400, strings.Repeat("a", 41): 400, "Monas": 303, "José 2": 303,
	} {
		assert.Equal(t, code, g.do("POST", path, url.Values{"nickname": {nickname}}).Code, "%q", nickname)
	}
}

// TestVisit has a browser that joined ask again after the server was started anew, as it
// does where the answer got lost: it is who it was.
func TestVisit(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(200, "Mona", "Yusuf"), func(o *Options) { o.Join = true })
	join := func(nickname, visit string) string {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, b.Join()+"?format=json", strings.NewReader(url.Values{"nickname": {nickname}}.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: visitCookie, Value: visit})
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusCreated, answer.StatusCode)
		return answer.Header.Get("Location")
	}
	ada := join("Ada", "one")
	b = b.again(func(o *Options) { o.Join = true })
	assert.Equal(t, ada, join("Ada", "one"))
	assert.NotEqual(t, ada, join("Ben", "two"))
	assert.Len(t, b.asked("SELECT participant::text FROM exptool.player"), 4)
}
