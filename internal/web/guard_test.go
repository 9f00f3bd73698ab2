package web

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Join = true })
	pages := []string{g.address(1), g.hostAddress(), strings.TrimPrefix(g.Join(), "http://example.test"), "/nowhere", "/p/forged"}
	for _, path := range pages {
		w := g.do("GET", path, nil)
		h := w.Header()
		assert.Equal(t, policy, h.Get("Content-Security-Policy"), path)
		assert.NotContains(t, policy, "unsafe")
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-store", h.Get("Cache-Control"))
		assert.Equal(t, "same-origin", h.Get("Referrer-Policy"))
		text := w.Body.String()
		assert.Contains(t, text, "<!DOCTYPE html>", path)
		// Without TLS a browser says nothing but this of where a form comes from.
		assert.NotContains(t, text, "no-referrer", path)
		// What the policy would forbid is not there.
		assert.NotRegexp(t, `(?i)<[^>]*\s(style|on\w+)=|<style|<script(>|\s[^>]*>\s*[^<\s])`, text, path)
		for _, from := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			assert.Regexp(t, `^(/|data:,|#|http://example\.test/join/)`, from[1], path)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	text := g.do("GET", g.address(1), nil).Body.String()
	found := regexp.MustCompile(`"(/assets/page\.(?:css|js)\?v=[0-9a-f]{12})"`).FindAllStringSubmatch(text, -1)
	require.Len(t, found, 2)
	for _, f := range found {
		w := g.do("GET", f[1], nil)
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	}
	assert.Equal(t, "no-store", g.do("GET", "/assets/page.css?v=old", nil).Header().Get("Cache-Control"))
	for _, path := range []string{"/assets/page.html", "/assets/..%2fweb.go", "/assets/"} {
		assert.Equal(t, http.StatusNotFound, g.do("GET", path, nil).Code, path)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	g := newGameOf(t, crowd(1000, names...))
	for _, c := range []struct {
		name, header, value string
		code                int
	}{
		{"another site", "Sec-Fetch-Site", "cross-site", 403},
		{"a neighbour", "Sec-Fetch-Site", "same-site", 403},
		{"ours", "Sec-Fetch-Site", "same-origin", 200},
		{"another, of an old browser or without TLS", "Origin", "http://evil.test", 403},
		{"who does not say", "Origin", "null", 403},
		{"ours, of an old browser", "Origin", "http://example.test", 200},
		{"no browser", "X-Nothing", "1", 200},
	} {
		g.pass(time.Second)
		key := g.view(g.address(1)).Key
		w := g.do("POST", g.address(1)+"/press", url.Values{"payee": {"3"}, "key": {key}}, asJSON, func(r *http.Request) { r.Header.Set(c.header, c.value) })
		assert.Equal(t, c.code, w.Code, c.name)
	}
	assert.Equal(t, http.StatusNotFound, g.do("GET", g.address(1)+"/press?payee=3", nil).Code)
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	big := url.Values{"payee": {"3"}, "key": {strings.Repeat("k", maxBody)}}
	assert.Equal(t, http.StatusRequestEntityTooLarge, g.do("POST", g.address(1)+"/press", big, asJSON).Code)
	w := g.do("POST", g.address(1)+"/press", big, asJSON, func(r *http.Request) { r.ContentLength = -1 })
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Empty(t, g.presses())
}

func TestPanic(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	g.pass(glance)
	g.press = func(context.Context, Press) repo.Result { panic("secret of the house") }
	w := g.do("POST", g.address(1)+"/press", url.Values{"payee": {"3"}, "key": {key}})
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	for _, bad := range []string{"secret", "goroutine", ".go:"} {
		assert.NotContains(t, w.Body.String(), bad)
	}
	assert.Equal(t, []string{"a page failed: %v\n%s"}, g.seen, "the operator is told")
	g.press = nil
	code, _ := g.push(1, 3, key)
	assert.Equal(t, http.StatusOK, code, "the turn was given back")
}

// TestHeaderLimits is served for real: net/http has these limits.
func TestHeaderLimits(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	at, _ := g.run()
	c, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
	require.NoError(t, err)
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	answer := make([]byte, 12)
	_, err = io.ReadFull(c, answer)
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 431", string(answer))
}

// TestSlowBody has bodies that do not come, where nobody reads them either: each is
// answered and let go.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.slow = 500 * time.Millisecond
	at, _ := g.run()
	for _, begun := range []string{
		"POST " + g.address(1) + "/press HTTP/1.1\r\nContent-Length: 9", "POST /nowhere HTTP/1.1\r\nContent-Length: 9",
		"POST " + g.address(1) + "/press HTTP/1.1\r\nOrigin: http://evil.test\r\nContent-Length: 9",
		"POST " + g.address(1) + "/press HTTP/1.1\r\nContent-Length: 10000", "POST //p/x HTTP/1.1\r\nContent-Length: 9",
		"GET " + g.address(1) + "/live HTTP/1.1\r\nContent-Length: 9", "GET " + g.hostAddress() + "/transfers.csv HTTP/1.1\r\nTransfer-Encoding: chunked",
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(5*time.Second)))
		_, err = io.WriteString(c, begun+"\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		answer, err := io.ReadAll(c)
		assert.NoError(t, err, begun)
		assert.Regexp(t, "^HTTP/1.1 [34]", string(answer), begun)
	}
}

// TestStop has a press under way when the server is stopped: it is answered.
func TestStop(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	key := g.view(g.address(1)).Key
	began, proceed := make(chan struct{}), make(chan struct{})
	g.press = func(ctx context.Context, p Press) repo.Result {
		close(began)
		<-proceed
		return g.b.store.Press(ctx, p)
	}
	at, stop := g.run()
	answered := make(chan string, 1)
	go func() {
		r, err := http.PostForm(at+g.address(1)+"/press?format=json", url.Values{"payee": {"3"}, "key": {key}})
		if err != nil {
			answered <- err.Error()
			return
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		answered <- string(text)
	}()
	<-began
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	select {
	case <-ended:
		assert.Fail(t, "it did not wait")
	case <-time.After(200 * time.Millisecond):
	}
	close(proceed)
	assert.Contains(t, <-answered, `"given"`)
	assert.NoError(t, <-ended)
}

func TestRelaunch(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.b.relaunch()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	assert.ErrorIs(t, g.Run(t.Context(), l), ErrRelaunched)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	assert.Equal(t, "ok\n", g.do("GET", "/healthz", nil).Body.String())
	g.board.outage(true)
	assert.Equal(t, http.StatusServiceUnavailable, g.do("GET", "/healthz", nil).Code)
}
