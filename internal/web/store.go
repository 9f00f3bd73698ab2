package web

import (
	"context"

	"exptool/internal/schema"
	"exptool/repo"
)

// Store is what a Server needs of a database, over repo.
type Store struct {
	DB      *repo.DB
	Serving *repo.Serving
	Batcher *repo.Batcher
	From    repo.Point // the place in the ledger where it was opened, in the launch that is played

	Game, Treatment string // of the decisions

	// Enter makes a participant of a nickname and a visit, one of so many at most: see
	// repo.Serving.Join.
	Enter func(ctx context.Context, nickname, visit string, most int) (repo.Player, repo.Result, error)
	// Rows reads the transfers of the present launch.
	Rows func(ctx context.Context, write func(schema.Rows) error) error
	// Lost is told why the database does not answer; may be nil.
	Lost func(error)
}

// People is People's.
func (s *Store) People(ctx context.Context) ([]Person, int64, error) {
	people, at, err := s.DB.People(ctx)
	if err == nil && at.Epoch.OID != s.From.Epoch.OID {
		return nil, 0, ErrRelaunched
	}
	return people, at.Number, err
}

// serving is for this launch only.
func (s *Store) serving() *repo.Serving { return s.Serving.In(s.From.Epoch) }

// Players is Players's.
func (s *Store) Players(ctx context.Context) ([]Player, error) {
	return s.serving().Players(ctx)
}

// SetDone is Players's.
func (s *Store) SetDone(ctx context.Context, id int64, done bool) error {
	_, err := s.serving().SetDone(ctx, id, done)
	return err
}

// Join is Players's.
func (s *Store) Join(ctx context.Context, nickname, visit string, most int) (Person, Player, error) {
	p, r, err := s.Enter(ctx, nickname, visit, most)
	return Person{ID: p.ID, Name: p.Nickname, Cents: r.PayeeBalance, HasDollars: true}, p, err
}

// Press is Giver's.
func (s *Store) Press(ctx context.Context, p Press) repo.Result {
	t := repo.Transfer{Payer: p.Payer, Payee: p.Payee, Sent: p.Amount, Session: p.Session, Round: p.Round, Key: p.Key, Epoch: s.From.Epoch.OID,
		Decision: &repo.Press{Game: s.Game, Treatment: s.Treatment, Position: p.Position, Visible: p.Visible, Shown: p.Shown, Response: p.Response}}
	if p.Payee == repo.Bank {
		t.Kind, t.Sent = repo.Keep, 0
	}
	return s.Batcher.Apply(ctx, t)
}

// Follow is Follower's.
func (s *Store) Follow(ctx context.Context, after int64, each func([]Entry) error, outage func(away bool)) error {
	from := s.From
	from.Number = after
	return s.DB.FollowLedger(ctx, from, repo.Follow{
		Each: each,
		Anew: func(repo.Epoch) error { return ErrRelaunched },
		Lost: func(err error) {
			outage(true)
			if s.Lost != nil {
				s.Lost(err)
			}
		},
		Back: func() { outage(false) },
	})
}

// SetPlay is Plays's.
func (s *Store) SetPlay(ctx context.Context, p Play) (Play, error) {
	p.Treatment = s.Treatment
	return s.serving().SetPlay(ctx, p)
}

// Rounds is Plays's.
func (s *Store) Rounds(ctx context.Context, session string) (map[int64]int, error) {
	return s.serving().Rounds(ctx, session)
}

// Transfers is Transfers's.
func (s *Store) Transfers(ctx context.Context, write func(schema.Rows) error) error {
	return s.Rows(ctx, write)
}
