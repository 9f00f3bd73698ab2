// Package web serves the page with the push buttons: a participant presses the
// button of another and gives a dollar. It has no SQL; what it needs of the
// database is handed in behind small interfaces.
//
// All pages are told from one board in memory, which follows the ledger by number.
// Every 100 ms what has changed is encoded once and goes to all who look.
package web

import (
	"context"
	"time"

	"exptool/internal/schema"
	"exptool/repo"
)

// Person is a participant as others see it. Who has no dollars plays no part.
type Person = repo.Person

// People reads the participants of the present launch. It is asked at the start,
// and again where the ledger or the players tell of somebody new.
type People interface {
	// People gives the number of the last transfer that is in the balances, too.
	People(ctx context.Context) (all []Person, at int64, err error)
}

// Player is what is kept of a participant for the page. 0 is the host, and the address to
// join. Done is of this session.
type Player = repo.Player

// Players keeps the players.
type Players interface {
	// Players reads all of the present launch. It is asked every two seconds:
	// addresses are revoked from another shell.
	Players(ctx context.Context) ([]Player, error)
	// SetDone keeps whether a participant is done.
	SetDone(ctx context.Context, id int64, done bool) error
	// Join makes a participant with a nickname and dollars, who joins on a visit, which
	// may be empty. Where most is not 0 and so many play, it is a repo.ErrFull.
	Join(ctx context.Context, nickname, visit string, most int) (Person, Player, error)
}

// Press is what a participant did with the page: gave, or kept.
type Press struct {
	Payer    int64
	Payee    int64      // 0 where it was kept
	Amount   repo.Cents // 0 where it was kept
	Key      string     // names the press, so that a retry is answered and not done again
	Session  string
	Round    int           // the payer's, from 1
	Position int           // of the button, from 1; 0 where it was kept
	Visible  string        // all or none
	Shown    time.Time     // when the page was drawn, or the press before was answered
	Response time.Duration // since then
}

// Giver books presses: the transfer and the decision in one transaction. The result
// has an error of the kinds of repo.Result.
type Giver interface {
	Press(ctx context.Context, p Press) repo.Result
}

// Entry is a line of the ledger.
type Entry = repo.Entry

// Follower tells the ledger by number, until ctx ends or each returns an error. It
// survives an outage, and says so. Where the experiment was launched anew it returns
// ErrRelaunched.
type Follower interface {
	Follow(ctx context.Context, after int64, each func([]Entry) error, outage func(away bool)) error
}

// State is where a session of the game stands.
type State = repo.PlayState

// The states of a session.
const (
	Waiting = repo.Waiting
	Running = repo.Running
	Paused  = repo.Paused
	Ended   = repo.Ended
)

// Play is a session of the game. All transfers after its After are its.
type Play = repo.Play

// Plays keeps the session, so that a restarted server goes on where it was.
type Plays interface {
	// SetPlay returns the session with its After, which it finds where the session
	// has not begun yet. In one that is new nobody is done. One that was played does not
	// wait again: that is a repo.ErrConflict.
	SetPlay(ctx context.Context, p Play) (Play, error)
	// Rounds are the last rounds in which participants have decided, in a session.
	Rounds(ctx context.Context, session string) (map[int64]int, error)
}

// Transfers reads the ledger of the present launch, for a download, and has write
// write its rows. An error of write's it returns.
type Transfers interface {
	Transfers(ctx context.Context, write func(schema.Rows) error) error
}

// Options are what a Server is made of. All but the texts and limits must be given.
type Options struct {
	Signer    Signer
	Epoch     int64
	People    People
	Players   Players
	Giver     Giver
	Follower  Follower
	Plays     Plays
	Transfers Transfers

	Play   Play
	Amount repo.Cents
	Until  time.Duration // how long a session runs; 0: until the host ends it
	Hidden bool          // nobody sees what others have
	Join   bool          // whoever has the address to join may
	Most   int           // participants, of those who join; 0: any number
	Public string        // where the outside finds the server: http://10.0.0.2:8000

	Rate int                              // presses a second and participant; 0 is 10
	Now  func() time.Time                 // nil is time.Now
	Talk func(format string, args ...any) // tells the operator; nil tells nobody
}
