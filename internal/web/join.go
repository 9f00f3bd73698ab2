package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"exptool/repo"
)

const visitCookie = "visit"

// invited lets those in who have the code, if anybody may join.
func (s *Server) invited(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.o.Join && s.o.Signer.isCode(r.PathValue("code"), s.o.Epoch, s.board.generationOf(0)):
			do(w, r)
		case !s.board.mayGuess(): // only who guesses: else one could keep all others out
			s.refuse(w, r, http.StatusTooManyRequests, "Many wrong addresses were tried just now. Look at yours again, and wait a second.")
		default:
			s.refuse(w, r, http.StatusForbidden, "This address is not valid, or not any more. Look at it again.")
		}
	}
}

// guesses is how many wrong codes a second are answered with more than that.
const guesses = 20

func (b *board) mayGuess() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.guessed.take(guesses, b.now())
}

// joinPage asks for a nickname.
func (s *Server) joinPage(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(visitCookie); err != nil {
		// So that a double click joins once.
		http.SetCookie(w, &http.Cookie{Name: visitCookie, Value: rand.Text(), Path: "/join/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	s.show(w, r, http.StatusOK, &view{Role: "join", Path: "/join/" + r.PathValue("code")})
}

// enter makes a participant of whoever has typed a nickname.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.rejoin(w, r, http.StatusBadRequest, "", "That was not understood. Try again.")
		return
	}
	nickname := plain(r.PostForm.Get("nickname"))
	switch n := utf8.RuneCountInString(nickname); {
	case n == 0:
		s.rejoin(w, r, http.StatusBadRequest, "", "Type a name that the others may see.")
		return
	case n > repo.MaxNickname:
		s.rejoin(w, r, http.StatusBadRequest, string([]rune(nickname)[:repo.MaxNickname]), fmt.Sprintf("That name is too long: at most %d letters.", repo.MaxNickname))
		return
	}
	select { // one after another, so that no two have one name
	case s.joining <- struct{}{}:
		defer func() { <-s.joining }()
	case <-r.Context().Done():
		s.rejoin(w, r, http.StatusServiceUnavailable, nickname, "Many are joining just now. Try again in a moment.")
		return
	}
	visit := ""
	if c, err := r.Cookie(visitCookie); err == nil && len(c.Value) <= 64 {
		visit = c.Value
	}
	if id, ok := s.board.visitor(visit); ok {
		s.welcome(w, r, id)
		return
	}
	if why := s.board.unfit(nickname); why != "" {
		s.rejoin(w, r, http.StatusConflict, nickname, why)
		return
	}
	person, player, err := s.o.Players.Join(r.Context(), nickname, visit, s.o.Most)
	switch {
	case errors.Is(err, repo.ErrFull):
		s.rejoin(w, r, http.StatusConflict, nickname, "The game is full.")
		return
	case err != nil:
		s.talk("%q could not join: %v", nickname, err)
		a := s.away(err)
		s.rejoin(w, r, a.code, nickname, a.Message)
		return
	}
	s.board.join(person, player)
	s.welcome(w, r, person.ID)
}

// rejoin shows the form again, and why.
func (s *Server) rejoin(w http.ResponseWriter, r *http.Request, code int, nickname, why string) {
	if wantsJSON(r) {
		s.refuse(w, r, code, why)
		return
	}
	s.show(w, r, code, &view{Role: "join", Path: "/join/" + r.PathValue("code"), Nickname: nickname, Message: why, Refused: true})
}

// welcome sends a participant to its page.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, id int64) {
	path := s.o.Signer.Path(Token{Role: Participant, Epoch: s.o.Epoch, Participant: id, Generation: s.board.generationOf(id)})
	w.Header().Set("Location", path)
	if wantsJSON(r) {
		s.writeJSON(w, http.StatusCreated, map[string]string{"status": "ok", "address": path})
		return
	}
	w.WriteHeader(http.StatusSeeOther)
}

// unfit says why nobody of that nickname may join, empty where one may.
func (b *board) unfit(nickname string) (why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.play.StateAt(b.now()) == Ended {
		return "The game is over."
	}
	for _, s := range b.seats {
		if alike(s.label, nickname) {
			return "Somebody has that name already. Choose another."
		}
	}
	return ""
}

// visitor is who has joined on a visit.
func (b *board) visitor(visit string) (id int64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.seats {
		if visit != "" && s.playing && s.player.Visit == visit {
			return s.ID, true
		}
	}
	return 0, false
}

// join seats somebody new.
func (b *board) join(p Person, player Player) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.seat(p, b.number, false)
	s.player, s.playing = player, true
	s.label = s.named()
}

func (b *board) generationOf(id int64) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.generation(b.seats[id])
}
