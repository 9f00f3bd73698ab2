package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"exptool/repo"
)

// glance is how long somebody looks at a page at least before they press. Whoever clicks
// twice without the script may meet with the second click the page that answers the first.
const glance = 300 * time.Millisecond

// press answers a button. What it gives is the study's: an amount in the form is
// nobody's business.
func (s *Server) press(w http.ResponseWriter, r *http.Request, who *seat) {
	path := "/p/" + r.PathValue("token")
	if err := r.ParseForm(); err != nil {
		s.answer(w, r, who, path, s.again(who, http.StatusBadRequest, "That was not understood. Try again."))
		return
	}
	s.answer(w, r, who, path, s.pressed(r, who))
}

func (s *Server) pressed(r *http.Request, who *seat) reply {
	p := Press{Payer: who.ID, Key: r.PostForm.Get("key"), Amount: s.o.Amount}
	key, ok := s.o.Signer.readKey(who.ID, p.Key)
	if !ok {
		return s.again(who, http.StatusBadRequest, "This page was out of date. Try again.")
	}
	p.Shown = key.shown
	if !wantsJSON(r) && s.now().Sub(p.Shown) < glance { // the script tells by itself
		return s.again(who, http.StatusTooManyRequests, "The page had only just come: that was a second click, and gave nothing. Press again to give once more.")
	}
	if r.PostForm.Get("keep") != "" {
		p.Amount = 0
	} else {
		payee, err := strconv.ParseInt(r.PostForm.Get("payee"), 10, 64)
		if err != nil || payee <= 0 {
			return s.again(who, http.StatusBadRequest, "That was not understood. Try again.")
		}
		p.Payee = payee
		p.Position, _ = strconv.Atoi(r.PostForm.Get("position"))
	}
	if !s.board.mayPress(who, s.o.Rate) {
		a := s.again(who, http.StatusTooManyRequests, "That was very quick. Wait a second, then go on.")
		a.Key = p.Key
		return a
	}
	select { // a second click waits for the answer of the first
	case who.turn <- struct{}{}:
		defer func() { <-who.turn }()
	case <-r.Context().Done():
		return s.later(who, p)
	}
	return s.give(r.Context(), who, p, key)
}

// give does one press of a participant, whose turn it is.
func (s *Server) give(ctx context.Context, who *seat, p Press, key pressKey) reply {
	if known, ok := s.board.known(who, p.Key); ok {
		return s.replay(who, p, known)
	}
	if a := s.board.forbidden(who, p.Payee); a != nil {
		return s.again(who, a.code, a.Message)
	}
	s.board.prepare(who, &p, key, s.o.Signer)
	p.Response = max(s.now().Sub(p.Shown), 0)
	result := s.o.Giver.Press(ctx, p)
	switch {
	case result.Err == nil:
		known := s.board.settled(who, p, result)
		return s.replay(who, p, known)
	case s.gone(result.Err):
		a := s.away(result.Err)
		return s.again(who, a.code, a.Message)
	case errors.Is(result.Err, repo.ErrNotFound):
		s.board.unsettled(who, p)
		return s.again(who, http.StatusNotFound, "They are not there any more. Nothing was given.")
	case errors.Is(result.Err, repo.ErrRefused):
		s.board.unsettled(who, p)
		return s.again(who, http.StatusConflict, s.board.refusal(who, result.Err))
	case errors.Is(result.Err, repo.ErrUsage), errors.Is(result.Err, repo.ErrConflict):
		s.board.unsettled(who, p)
		s.talk("a press of participant %d was refused: %v", who.ID, result.Err)
		return s.again(who, http.StatusConflict, "This cannot be given here. Nothing was given.")
	}
	return s.later(who, p) // it is not known whether it was given, but its key says which it was
}

// again answers what was not done, with a fresh key.
func (s *Server) again(who *seat, code int, message string) reply {
	a := reply{Status: "refused", Message: message, Dollars: s.board.dollars(who), code: code}
	a.Key = s.newKey(who)
	return a
}

// later answers while the database is away. The key stays, so that trying again
// gives once whatever has become of it.
func (s *Server) later(who *seat, p Press) reply {
	a := s.away(nil)
	a.Dollars, a.Key = s.board.dollars(who), p.Key
	return a
}

// replay answers with what the key's press was answered.
func (s *Server) replay(who *seat, p Press, known answer) reply {
	if known.payee != p.Payee {
		return s.again(who, http.StatusConflict, "You had pressed another button already; that one counts. Press again to give once more.")
	}
	a := reply{Status: "given", Number: known.number, Dollars: dollars(known.balance), code: http.StatusOK}
	if p.Payee == 0 {
		a.Status, a.Message = "kept", "You kept your dollars."
	} else {
		a.Message = fmt.Sprintf("You gave %s to %s. You have %s.", money(dollars(s.o.Amount)), isolated(s.board.labelOf(p.Payee)), money(a.Dollars))
	}
	a.Key = s.newKey(who)
	return a
}

// mayPress takes one from what a participant may press in a second.
func (b *board) mayPress(s *seat, rate int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return s.bucket.take(rate, b.now())
}

// known is the answer that a key had.
func (b *board) known(s *seat, key string) (answer, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range s.answers {
		if a.key == key {
			return a, true
		}
	}
	return answer{}, false
}

// forbidden says why a press may not be, nil where it may.
func (b *board) forbidden(s *seat, payee int64) *reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	refuse := func(code int, message string) *reply { return &reply{code: code, Message: message} }
	switch b.play.StateAt(b.now()) {
	case Waiting:
		return refuse(http.StatusConflict, "The game has not begun yet. Nothing was given.")
	case Paused:
		return refuse(http.StatusConflict, "The game is paused. Nothing was given.")
	case Ended:
		return refuse(http.StatusConflict, "The game is over. Nothing was given.")
	}
	if !s.player.Done.IsZero() {
		return refuse(http.StatusConflict, "You said that you are done. Go on playing first.")
	}
	if payee == s.ID {
		return refuse(http.StatusBadRequest, "You cannot give to yourself.")
	}
	if payee != 0 && b.seats[payee] == nil {
		return refuse(http.StatusNotFound, "There is nobody of that number here. Nothing was given.")
	}
	return nil
}

// prepare fills in what is known of a press: session, round and position. One whose
// answer did not come is the same again.
func (b *board) prepare(s *seat, p *Press, key pressKey, sign Signer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Position < 1 || p.Position >= len(b.order) || p.Payee == 0 {
		p.Position = 0
	}
	if p.Shown.Before(b.play.Started) { // then nobody could press
		p.Shown = b.play.Started
	}
	p.Visible = b.visible()
	if before, ok := s.tries[p.Key]; ok {
		p.Session, p.Round = before.session, before.round
		return
	}
	p.Session, p.Round = b.play.Session, key.round
	if p.Round <= s.taken || key.session != sign.sessionMark(p.Session) { // another window was faster, or the page is older
		p.Round = max(s.rounds, s.taken) + 1
	}
	s.taken, s.rounds = p.Round, max(s.rounds, p.Round)
	if len(s.tries) > 1000 { // a page has one key; these are a script's
		clear(s.tries)
	}
	s.tries[p.Key] = try{p.Session, p.Round}
}

// nextRound is what the next decision of a participant will be.
func (b *board) nextRound(s *seat) (session string, round int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.play.Session, s.rounds + 1
}

// settled keeps the answer of a press.
func (b *board) settled(s *seat, p Press, r repo.Result) answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := answer{key: p.Key, payee: p.Payee, number: r.Number, balance: r.PayerBalance}
	if p.Payee == 0 {
		a.balance = s.Cents
	} else if !r.Replayed { // at once; what the ledger tells later is the same
		b.has(s, r.PayerBalance, r.Number)
		b.has(b.seats[p.Payee], r.PayeeBalance, r.Number)
	}
	s.remember(a)
	return a
}

// unsettled gives back the round of a press that was refused.
func (b *board) unsettled(s *seat, p Press) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(s.tries, p.Key)
	if s.rounds == p.Round && p.Session == b.play.Session {
		s.rounds--
		s.taken = min(s.taken, s.rounds)
	}
}

// refusal says to the payer why the ledger refused.
func (b *board) refusal(s *seat, err error) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.Cents < b.amount {
		return fmt.Sprintf("You have %s, not enough to give %s.", money(dollars(s.Cents)), money(dollars(b.amount)))
	}
	var e *repo.Error
	if errors.As(err, &e) {
		return "Nothing was given: " + plain(e.Message) + "."
	}
	return "Nothing was given."
}

func (b *board) dollars(s *seat) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return dollars(s.Cents)
}

func (b *board) labelOf(id int64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.label(id)
}
