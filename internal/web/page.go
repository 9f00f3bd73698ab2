package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"
	"unicode/utf8"
)

// page is a participant's page, or, for nil, the host's.
func (s *Server) page(who *seat) *view {
	if who == nil {
		v := s.board.hostPage()
		if v.Join = s.Join(); v.Join != "" {
			v.JoinQR, _ = QR(v.Join) // New has tried
		}
		return v
	}
	return s.board.page(who)
}

// show answers with a page: as JSON where a program asks, else as HTML.
func (s *Server) show(w http.ResponseWriter, r *http.Request, code int, v *view) {
	w.Header().Add("Vary", "Accept")
	if wantsJSON(r) {
		s.writeJSON(w, code, v)
		return
	}
	v.CSS, v.JS = s.assets.file["page.css"].path, s.assets.file["page.js"].path
	if v.Title == "" {
		v.Title = titles[v.Role]
	}
	var page bytes.Buffer // so that a template that fails has answered nothing
	if err := s.assets.page.Execute(&page, v); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(page.Bytes())
}

var titles = map[string]string{"participant": "Give a dollar", "host": "Host", "join": "Join the game", "message": "Give a dollar"}

func (s *Server) writeJSON(w http.ResponseWriter, code int, what any) {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n'))
}

// reply answers a form.
type reply struct {
	Status  string `json:"status"` // given, kept, refused, or ok
	Message string `json:"message"`
	Number  int64  `json:"number,omitempty"` // in the ledger
	Dollars string `json:"dollars,omitempty"`
	Key     string `json:"key,omitempty"` // of the next press, or of this one where it is to be tried again

	code int // of HTTP
}

// refuse answers what has no page of its own.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, code int, message string) {
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if wantsJSON(r) {
		s.writeJSON(w, code, reply{Status: "refused", Message: message})
		return
	}
	v := &view{Role: "message", Title: http.StatusText(code), Message: message, Refused: true}
	if r.Method == http.MethodGet && code >= http.StatusInternalServerError {
		v.Path = r.URL.EscapedPath()
	}
	s.show(w, r, code, v)
}

// nowhere answers for addresses that are none.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, http.StatusNotFound, "There is nothing here. Open the address that you were given.")
}

// participant shows the page with the buttons.
func (s *Server) participant(w http.ResponseWriter, r *http.Request, who *seat) {
	v := s.page(who)
	v.Path = "/p/" + r.PathValue("token")
	v.Message = s.said(w, r, v.Path)
	v.Key = s.newKey(who)
	s.show(w, r, http.StatusOK, v)
}

// newKey is the key of the next press, in which is the time.
func (s *Server) newKey(who *seat) string {
	session, round := s.board.nextRound(who)
	return s.o.Signer.signKey(who.ID, pressKey{s.now(), rand.Uint64(), round, s.o.Signer.sessionMark(session)})
}

// answer answers a form of a participant's or the host's: a program with JSON, a
// browser with the page. What was done sends it back there, so that reloading does
// nothing again; what was refused is said in the page at once.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, who *seat, path string, a reply) {
	if a.code == http.StatusTooManyRequests || a.code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	switch {
	case wantsJSON(r):
		s.writeJSON(w, a.code, a)
	case a.code == http.StatusOK:
		s.board.wait(r.Context(), a.Number, patience)
		s.say(w, path, a.Message)
		w.Header().Set("Location", path)
		w.WriteHeader(http.StatusSeeOther)
	default:
		v := s.page(who)
		v.Path, v.Message, v.Refused = path, a.Message, true
		v.Key = a.Key
		s.show(w, r, a.code, v)
	}
}

const saidCookie = "said"

// say leaves a message for the next page. In the address it could be forged.
func (s *Server) say(w http.ResponseWriter, path, message string) {
	http.SetCookie(w, &http.Cookie{Name: saidCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(message)),
		Path: path, MaxAge: int((10 * time.Second).Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// said is the message that was left, once.
func (s *Server) said(w http.ResponseWriter, r *http.Request, path string) string {
	c, err := r.Cookie(saidCookie)
	if err != nil || wantsJSON(r) {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: saidCookie, Path: path, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || !utf8.Valid(text) {
		return ""
	}
	return string(text)
}
