package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"exptool/repo"
)

const (
	deltaTime   = 100 * time.Millisecond
	hostTime    = 500 * time.Millisecond
	playersTime = 2 * time.Second
	stopTime    = 10 * time.Second // for what is under way
	catchUp     = 10 * time.Second // how long a restarted server reads the ledger of its session before it answers
	// A browser opens connections before it needs them, and meets a closed one where
	// it uses it just when this is over.
	headerTime = 20 * time.Second
	idleTime   = 2 * time.Minute
)

// Server serves the pages of one launch of an experiment.
type Server struct {
	o        Options
	board    *board
	assets   assets
	origin   *http.CrossOriginProtection
	stopping chan struct{} // closed when streams are to end
	slow     time.Duration // how long a visitor may take for a write, or to send a body
	talk     func(format string, args ...any)
	now      func() time.Time

	fatal   chan error // ends Run
	turning sync.Mutex // held by who changes the session
	joining chan struct{}
}

// ErrRelaunched ends a server whose experiment was launched anew: its addresses name
// participants who are others now.
var ErrRelaunched error = repo.ErrRelaunched

// New makes a server and reads the participants.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Rate == 0 {
		o.Rate = 10
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Talk == nil {
		o.Talk = func(string, ...any) {}
	}
	o.Public = strings.TrimSuffix(o.Public, "/")
	files, err := newAssets()
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, board: newBoard(&o), assets: files, origin: http.NewCrossOriginProtection(), stopping: make(chan struct{}), slow: writeTime,
		talk: o.Talk, now: o.Now, fatal: make(chan error, 1), joining: make(chan struct{}, 1)}
	if o.Public != "" {
		if err := s.origin.AddTrustedOrigin(o.Public); err != nil {
			return nil, fmt.Errorf("the public address %q is not like http://10.0.0.2:8000: %w", o.Public, err)
		}
	}
	if err := s.refresh(ctx, true); err != nil {
		return nil, err
	}
	rounds, err := o.Plays.Rounds(ctx, o.Play.Session)
	if err != nil {
		return nil, err
	}
	s.board.goOn(rounds)
	if o.Join {
		if _, err := QR(s.Join()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// refresh reads the players, and the participants at the start and where somebody
// is new.
func (s *Server) refresh(ctx context.Context, first bool) error {
	strange := first
	players, err := s.o.Players.Players(ctx)
	if err == nil && !first {
		strange = s.board.know(players)
	}
	if err != nil || !strange {
		return err
	}
	people, at, err := s.o.People.People(ctx)
	if err != nil {
		return err
	}
	s.board.meet(people, at, first)
	s.board.know(players)
	return nil
}

// Join is the address to join at, under the public one; empty where nobody may. It ends
// with the host's, and another begins.
func (s *Server) Join() string {
	if !s.o.Join {
		return ""
	}
	return s.o.Public + s.o.Signer.Path(Token{Role: Join, Epoch: s.o.Epoch, Generation: s.board.generationOf(0)})
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	of := func(pattern string, do func(http.ResponseWriter, *http.Request, *seat)) {
		mux.Handle(pattern, timed(s.as(Participant, func(w http.ResponseWriter, r *http.Request, who *seat, _ int) { do(w, r, who) })))
	}
	host := func(pattern string, do http.HandlerFunc) {
		mux.Handle(pattern, timed(s.as(Host, func(w http.ResponseWriter, r *http.Request, _ *seat, _ int) { do(w, r) })))
	}
	of("GET /p/{token}", s.participant)
	of("POST /p/{token}/press", s.press)
	of("POST /p/{token}/done", func(w http.ResponseWriter, r *http.Request, who *seat) { s.done(w, r, who, false) })
	of("POST /p/{token}/back", func(w http.ResponseWriter, r *http.Request, who *seat) { s.done(w, r, who, true) })
	mux.Handle("GET /p/{token}/live", s.as(Participant, s.live))
	host("GET /host/{token}", s.hostPage)
	host("POST /host/{token}/{action}", s.turn)
	mux.Handle("GET /host/{token}/transfers.csv", s.as(Host, func(w http.ResponseWriter, r *http.Request, _ *seat, _ int) { s.download(w, r) }))
	mux.Handle("GET /host/{token}/live", s.as(Host, s.live))
	for pattern, do := range map[string]http.HandlerFunc{"GET /join/{code}": s.joinPage, "POST /join/{code}": s.enter} {
		mux.Handle(pattern, timed(s.invited(do)))
	}
	mux.Handle("GET /assets/{file}", timed(s.asset))
	mux.Handle("GET /healthz", timed(s.health))
	mux.Handle("/", timed(s.nowhere))
	return s.guard(mux)
}

// as lets those in whose token has a role and is not revoked.
func (s *Server) as(role Role, do func(http.ResponseWriter, *http.Request, *seat, int)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, err := s.o.Signer.Read(r.PathValue("token"))
		if err == nil && t.Role == role && t.Epoch == s.o.Epoch {
			who, ok := s.board.admit(t)
			if !ok && t.Generation > s.board.generationOf(t.Participant) {
				// It was made just now, by another exptool: nobody else can sign one.
				_ = s.refresh(r.Context(), false)
				who, ok = s.board.admit(t)
			}
			if ok {
				do(w, r, who, t.Generation)
				return
			}
		}
		s.refuse(w, r, http.StatusForbidden, "This address is not valid, or not any more. Ask for yours again.")
	}
}

// admit is the seat of a token, nil for who is no participant.
func (b *board) admit(t Token) (*seat, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.Role != Participant {
		return nil, t.Participant == 0 && t.Generation == b.host.Generation
	}
	s := b.seats[t.Participant]
	return s, s != nil && s.playing && t.Generation == s.player.Generation
}

// health says whether the database is there.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if s.board.isAway() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "the database cannot be reached\n")
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

func (b *board) isAway() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.away
}

// Run serves until ctx ends; then it answers what is under way and ends the streams.
// It returns nil after that, or what ended it before.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: log.New(talker(s.talk), "", 0),
	}
	// A press that is under way when ctx ends is answered: the board follows till then.
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() {
		if err := s.o.Follower.Follow(following, s.o.Play.After, s.entries, s.board.outage); err != nil && following.Err() == nil {
			stop(err)
		}
	})
	all.Go(func() {
		s.board.wait(work, s.board.start, catchUp) // what a server before this one has shown
		all.Go(func() { s.beat(following) })
		stop(server.Serve(l))
	})
	select {
	case err := <-s.fatal:
		stop(err)
	case <-work.Done():
	}
	close(s.stopping)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err := server.Shutdown(last)
	unfollow()
	all.Wait()
	if ctx.Err() != nil {
		if err != nil { // somebody's request did not end
			err = server.Close()
		}
		return err
	}
	return context.Cause(work)
}

func (s *Server) entries(entries []Entry) error {
	s.board.follow(entries)
	s.board.advance()
	return nil
}

// beat does what is done again and again.
func (s *Server) beat(ctx context.Context) {
	delta, host, players := time.NewTicker(deltaTime), time.NewTicker(hostTime), time.NewTicker(playersTime)
	defer delta.Stop()
	defer host.Stop()
	defer players.Stop()
	var reading sync.WaitGroup // of the database, which nobody's deltas wait for
	defer reading.Wait()
	idle := make(chan struct{}, 1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-delta.C:
			s.board.tick()
		case <-host.C:
			s.board.hostTick()
		case <-players.C:
			select {
			case idle <- struct{}{}:
				reading.Go(func() {
					defer func() { <-idle }()
					s.look(ctx)
				})
			default: // the database is slow
			}
		}
	}
}

// look sees what was done elsewhere, and ends a session whose time is up.
func (s *Server) look(ctx context.Context) {
	s.gone(s.refresh(ctx, false)) // an outage is told by who follows the ledger; in two seconds again
	s.turning.Lock()
	defer s.turning.Unlock()
	if p, over := s.board.overdue(s.now()); over {
		if p, err := s.o.Plays.SetPlay(ctx, p); err == nil {
			s.board.turnTo(p)
		}
	}
}

// gone ends the server where an error says that the launch is over, and reports whether
// it does.
func (s *Server) gone(err error) bool {
	if !errors.Is(err, ErrRelaunched) {
		return false
	}
	select {
	case s.fatal <- ErrRelaunched:
	default: // that was said before
	}
	return true
}

// away answers for a database that does not.
func (s *Server) away(err error) reply {
	if s.gone(err) {
		return reply{Status: "refused", Message: "The game was begun anew, and this address is not valid any more. Nothing was done.", code: http.StatusGone}
	}
	return reply{Status: "refused", Message: "The game cannot be reached just now. Try again in a moment.", code: http.StatusServiceUnavailable}
}

// talker hands on what net/http says.
type talker func(format string, args ...any)

// Write is io.Writer's.
func (t talker) Write(line []byte) (int, error) {
	t("%s", strings.TrimSpace(string(line)))
	return len(line), nil
}
