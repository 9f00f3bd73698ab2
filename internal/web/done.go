package web

import (
	"net/http"
	"time"
)

// done keeps that a participant is done, or, back, that it is not.
func (s *Server) done(w http.ResponseWriter, r *http.Request, who *seat, back bool) {
	path := "/p/" + r.PathValue("token")
	message := "You are done. Thank you."
	if back {
		message = "You may go on."
	}
	if state := s.board.stateNow(); state == Waiting {
		s.answer(w, r, who, path, s.again(who, http.StatusConflict, "The game has not begun yet."))
		return
	}
	if err := s.o.Players.SetDone(r.Context(), who.ID, !back); err != nil {
		s.talk("participant %d could not be kept as done: %v", who.ID, err)
		a := s.away(err)
		s.answer(w, r, who, path, s.again(who, a.code, a.Message))
		return
	}
	s.board.setDone(who, !back)
	a := reply{Status: "ok", Message: message, Dollars: s.board.dollars(who), code: http.StatusOK}
	a.Key = s.newKey(who)
	s.answer(w, r, who, path, a)
}

// setDone takes it in, and tells the participant's other windows.
func (b *board) setDone(s *seat, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.player.Done = time.Time{}
	if done {
		s.player.Done = b.now()
	}
	b.dirty[s.ID] = true
}

func (b *board) stateNow() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.play.StateAt(b.now())
}
