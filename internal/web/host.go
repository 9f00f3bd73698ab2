package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// hostPage shows the host's page.
func (s *Server) hostPage(w http.ResponseWriter, r *http.Request) {
	v := s.page(nil)
	v.Path = "/host/" + r.PathValue("token")
	v.Message = s.said(w, r, v.Path)
	s.show(w, r, http.StatusOK, v)
}

// turn is what the host does to the session.
func (s *Server) turn(w http.ResponseWriter, r *http.Request) {
	path := "/host/" + r.PathValue("token")
	if err := r.ParseForm(); err != nil {
		s.answer(w, r, nil, path, reply{Status: "refused", Message: "That was not understood. Try again.", code: http.StatusBadRequest})
		return
	}
	s.turning.Lock()
	defer s.turning.Unlock()
	action, name := r.PathValue("action"), r.PostForm.Get("session")
	next, message, why := s.board.next(action, name, s.o.Until)
	switch {
	case message == "" && why == "":
		s.nowhere(w, r)
		return
	case why != "":
		s.answer(w, r, nil, path, reply{Status: "refused", Message: why, code: http.StatusConflict})
		return
	}
	next, err := s.keep(r.Context(), next, name == "")
	switch {
	case errors.Is(err, repo.ErrConflict):
		s.answer(w, r, nil, path, reply{Status: "refused", Message: "A new session needs another name.", code: http.StatusConflict})
		return
	case err != nil:
		s.talk("the session could not be kept: %v", err)
		s.answer(w, r, nil, path, s.away(err))
		return
	case action == "new":
		message = fmt.Sprintf("Session %s can begin.", isolated(next.Session))
	}
	s.board.turnTo(next)
	s.answer(w, r, nil, path, reply{Status: "ok", Message: message, code: http.StatusOK})
}

// keep has a session kept, and, where it is a new one, that the one before is over.
// Of names that were given to sessions before, anyName passes to the next.
func (s *Server) keep(ctx context.Context, p Play, anyName bool) (Play, error) {
	kept, err := s.o.Plays.SetPlay(ctx, p)
	for errors.Is(err, repo.ErrConflict) && anyName && p.State == Waiting {
		p.Session = after(p.Session)
		kept, err = s.o.Plays.SetPlay(ctx, p)
	}
	if now := s.board.playNow(); err == nil && now.Session != p.Session && now.State != Ended {
		now.State = Ended
		_, err = s.o.Plays.SetPlay(ctx, now)
	}
	return kept, err
}

// Play is the session that is played, or was last.
func (s *Server) Play() Play { return s.board.playNow() }

func (b *board) playNow() Play {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.play
}

// next is the session after an action, or why it may not be. An unknown action has
// neither.
func (b *board) next(action, name string, until time.Duration) (p Play, message, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	p = b.play
	switch state := p.StateAt(now); {
	case action == "start" && state == Waiting:
		p.State, p.Started = Running, now
		if until > 0 {
			p.Ends = now.Add(until)
		}
		return p, "The game runs.", ""
	case action == "pause" && state == Running:
		p.State, p.Paused = Paused, now
		return p, "The game is paused.", ""
	case action == "resume" && state == Paused:
		p.State = Running
		if !p.Ends.IsZero() && !p.Paused.IsZero() { // what was left is left
			p.Ends = p.Ends.Add(now.Sub(p.Paused))
		}
		p.Paused = time.Time{}
		return p, "The game goes on.", ""
	case action == "end" && state != Ended:
		p.State = Ended
		return p, "The game is over.", ""
	case action == "new":
		name = plain(name)
		if name == "" {
			name = after(p.Session)
		}
		if name == p.Session || len(name) > 200 {
			return p, "", "A new session needs another name."
		}
		return Play{Session: name, State: Waiting}, "A new session can begin.", ""
	case action == "start", action == "pause", action == "resume", action == "end":
		return p, "", fmt.Sprintf("The game is %s.", state)
	}
	return p, "", ""
}

// after is the name after a session's: class, class-2, class-3.
func after(session string) string {
	if stem, digits, ok := cutLast(session, "-"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n > 0 {
			return stem + "-" + strconv.Itoa(n+1)
		}
	}
	return session + "-2"
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// download is the ledger of the present launch as CSV.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	begun := false
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it would end the request
	err := s.o.Transfers.Transfers(r.Context(), func(rows schema.Rows) error {
		begun = true
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="transfers.csv"`)
		_, err := report.Write(r.Context(), &stream{w: w, rc: http.NewResponseController(w), time: s.slow}, rows, report.Options{Format: "csv", Header: true})
		return err
	})
	if err == nil {
		return
	}
	s.talk("the transfers were not written to the end: %v", err)
	if begun {
		panic(http.ErrAbortHandler) // a file that was cut off must not look whole
	}
	s.refuse(w, r, http.StatusServiceUnavailable, "The database cannot be reached just now. Try again in a moment.")
}
