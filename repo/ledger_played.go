package repo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Balance is what a participant has.
type Balance struct {
	ID    int64
	Cents Cents
}

// Played is a stretch of whole rounds of one session of a game that was played in
// memory.
type Played struct {
	Session   string // of the decisions; transfers say theirs themselves
	Game      string // must be named where there are decisions
	Treatment string // the parameters that differ from the game's defaults
	First     bool   // of its session, which must not be in the ledger

	Transfers []Transfer // in their order, without keys
	Decisions []Decision
	// Before are the balances that the game began the stretch with, each participant
	// once: of all who are in a transfer, and of whom else it depends on.
	Before []Balance
	// After are balances that the game ended the stretch with, of those in Before.
	After []Balance
}

// Decision is what a participant did in a round of a game.
type Decision struct {
	Group     int // from 1; 0 for none
	Round     int // from 1; 0 for none
	Donor     int64
	Choice    string // give, keep, broke, none, or a word of the game's own
	Recipient int64  // 0 where there is none, or several
	Gifts     int
	Cost      Cents // what the donor gave
	Benefit   Cents // what the recipients got for it

	BalanceBefore, BalanceAfter Cents
	RankBefore, RankAfter       int // 1 for the richest, equals share the better one; 0 where not known
}

// ApplyPlayed books a stretch of a game in one transaction, its transfers and its
// decisions, or nothing of it. It waits for locked rows. Where somebody has not what
// the game began with it is an ErrTryAgain that says so; where a transfer is refused
// it is the *Error that Apply would answer it with. An ErrConnect may say that it is
// not known whether it was booked: then all of it was, or nothing.
func (l *Ledger) ApplyPlayed(ctx context.Context, p Played) error {
	if err := p.storable(); err != nil {
		return err
	}
	all := newPending(p.Transfers)
	err := l.settle(ctx, all, manner{wait: true, whole: true, played: &p})
	if !errors.Is(err, errNotAll) {
		return err
	}
	for _, one := range all {
		if refused := (*Error)(nil); errors.As(one.result.Err, &refused) {
			e := *refused
			if one.Round != 0 {
				e.Message = fmt.Sprintf("in round %d %s", one.Round, e.Message)
			}
			return &e
		}
	}
	return err
}

// storable reports what of the texts cannot be kept.
func (p *Played) storable() error {
	switch {
	case len(p.Decisions) == 0:
	case p.Game == "":
		return &Error{Kind: ErrUsage, Message: "decisions need the name of a game"}
	case !storable(p.Session, maxKey) || !storable(p.Game, maxKey) || !storable(p.Treatment, maxMemo):
		return &Error{Kind: ErrUsage, Message: fmt.Sprintf(
			"a session, game or treatment is no text or too long: sessions and games have up to %d bytes, treatments up to %d", maxKey, maxMemo)}
	}
	return nil
}

// begins refuses the first stretch of a session that somebody began after it was looked
// for. Whoever else plays these participants waits for their rows, which are held now.
func (s *settlement) begins(ctx context.Context) error {
	if s.played == nil || !s.played.First {
		return nil
	}
	used, err := s.hasSession(ctx, s.played.Session)
	if err == nil && used {
		err = &Error{Kind: ErrTryAgain, Message: fmt.Sprintf("somebody else began the session %q meanwhile", cut(s.played.Session)), Hint: "try again"}
	}
	return err
}

// expect compares what the participants have, now that nobody else moves it, with
// what the game began with.
func (s *settlement) expect() error {
	if s.played == nil {
		return nil
	}
	changed := func(format string, args ...any) error {
		return &Error{Kind: ErrTryAgain, Message: fmt.Sprintf(format, args...)}
	}
	for _, b := range s.played.Before {
		switch a := s.read[b.ID]; {
		case !a.there:
			return changed("participant %d is not there any more", b.ID)
		case a.bad != nil:
			return changed("participant %d has %v and not the %s of the simulation", b.ID, a.bad, b.Cents)
		case !a.some:
			return changed("participant %d has no dollars any more, and not the %s of the simulation", b.ID, b.Cents)
		case a.purse.cents != b.Cents:
			return changed("participant %d has %s and not the %s of the simulation: somebody gave meanwhile", b.ID, a.purse.cents, b.Cents)
		}
	}
	if len(s.played.Before) < len(s.read) {
		return fmt.Errorf("%d participants are in transfers whose balances before them are not given", len(s.read)-len(s.played.Before))
	}
	return nil
}

// confirm compares what the ledger has reckoned with what the game has.
func (s *settlement) confirm() error {
	if s.played == nil {
		return nil
	}
	for _, b := range s.played.After {
		if a := s.accounts[b.ID]; a == nil || a.purse.cents != b.Cents {
			return fmt.Errorf("participant %d does not end with the %s of the simulation: nothing was booked", b.ID, b.Cents)
		}
	}
	return nil
}

// decisionColumns are those that copyDecisions fills.
const decisionColumns = "epoch, launch, session, game, treatment, group_number, round, donor, choice, recipient, gifts, " +
	"cost, benefit, balance_before, balance_after, rank_before, rank_after"

// recordDecisions keeps the decisions of a stretch. It comes after the transfers:
// whoever writes both takes the tables in this order, as Forget does.
func (s *settlement) recordDecisions(ctx context.Context) error {
	if s.played == nil || len(s.played.Decisions) == 0 {
		return nil
	}
	err := s.copyIn(ctx, "COPY exptool.decision ("+decisionColumns+") FROM STDIN", func(send func([]byte) error) error {
		p := s.played
		same := copyNumber(nil, s.book.OID, true)
		for _, text := range []string{s.book.Launch, p.Session, p.Game, p.Treatment} {
			same = copyText(same, text)
		}
		var line []byte
		for i := range p.Decisions {
			line = p.Decisions[i].appendCopy(append(line[:0], same...))
			if err := send(line[:len(line)-1]); err != nil {
				return err
			}
		}
		return nil
	})
	return notOurs(err)
}

// appendCopy adds the decision's own columns, a tab behind each.
func (d *Decision) appendCopy(b []byte) []byte {
	b = copyNumber(b, int64(d.Group), d.Group != 0)
	b = copyNumber(b, int64(d.Round), d.Round != 0)
	b = copyNumber(b, d.Donor, true)
	b = copyText(b, d.Choice)
	b = copyNumber(b, d.Recipient, d.Recipient != 0)
	for _, n := range [...]int64{int64(d.Gifts), int64(d.Cost), int64(d.Benefit), int64(d.BalanceBefore), int64(d.BalanceAfter)} {
		b = copyNumber(b, n, true)
	}
	b = copyNumber(b, int64(d.RankBefore), d.RankBefore != 0)
	return copyNumber(b, int64(d.RankAfter), d.RankAfter != 0)
}

func copyNumber(b []byte, n int64, valid bool) []byte {
	if !valid {
		return append(b, "\\N\t"...)
	}
	return append(strconv.AppendInt(b, n, 10), '\t')
}

// copyText adds a text as COPY reads it, NULL for the empty one.
func copyText(b []byte, text string) []byte {
	if text == "" {
		return append(b, "\\N\t"...)
	}
	return append(appendCopyField(b, []byte(text)), '\t')
}
