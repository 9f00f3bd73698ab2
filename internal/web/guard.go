package web

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

const (
	maxBody     = 8 << 10
	maxHeader   = 16 << 10
	handlerTime = 10 * time.Second
)

// policy allows what comes from here, and no script or style inside the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard puts what holds for every request around a handler. An address holds its
// token, so nothing is kept by anybody between, and no other site is told it. To our
// own it is: a browser that may not say where a form comes from says "null".
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		// That of the request before on this connection is none of this one's. What nobody
		// here reads of a body, net/http does.
		rc := http.NewResponseController(w)
		_, _ = rc.SetReadDeadline(time.Now().Add(s.slow)), rc.SetWriteDeadline(time.Now().Add(handlerTime+writeTime))
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		t := &tracked{ResponseWriter: w}
		defer s.rescue(t, r)
		if err := s.origin.Check(r); err != nil {
			s.refuse(t, r, http.StatusForbidden, "This came from another site. Open your own address and try again.")
			return
		}
		if r.ContentLength > maxBody || r.ContentLength != 0 && r.Method != http.MethodPost {
			s.refuse(t, r, http.StatusRequestEntityTooLarge, "That is too much.")
			return
		}
		r.Body = http.MaxBytesReader(t, r.Body, maxBody)
		next.ServeHTTP(t, r)
	})
}

// tracked knows whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader is http.ResponseWriter's.
func (t *tracked) WriteHeader(code int) {
	t.begun = true
	t.ResponseWriter.WriteHeader(code)
}

// Write is http.ResponseWriter's.
func (t *tracked) Write(b []byte) (int, error) {
	t.begun = true
	return t.ResponseWriter.Write(b)
}

// Unwrap is what http.ResponseController looks for.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// rescue answers for a handler that panicked: the operator is told where, the
// visitor is not.
func (s *Server) rescue(t *tracked, r *http.Request) {
	what := recover()
	if what == nil {
		return
	}
	if err, ok := what.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(what)
	}
	s.talk("a page failed: %v\n%s", what, debug.Stack())
	if t.begun {
		panic(http.ErrAbortHandler)
	}
	s.refuse(t, r, http.StatusInternalServerError, "Something went wrong here. Try again.")
}

// timed gives a handler its deadline. What streams has none.
func timed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, stop := context.WithTimeout(r.Context(), handlerTime)
		defer stop()
		next(w, r.WithContext(ctx))
	}
}

// wantsJSON reports whether a program asks.
func wantsJSON(r *http.Request) bool {
	if format, _, _ := strings.Cut(r.URL.RawQuery, "&"); format == "format=json" {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// bucket limits how often something is done: so many a second, and as many at once.
type bucket struct {
	left float64
	at   time.Time
}

func (b *bucket) take(rate int, now time.Time) bool {
	if b.at.IsZero() {
		b.left = float64(rate)
	} else if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = min(float64(rate), b.left+passed*float64(rate))
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
