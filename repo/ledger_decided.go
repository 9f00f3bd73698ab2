package repo

import (
	"context"
	"errors"
	"time"
)

// Press is what a decision was made upon: a button on a page that was pressed. Who
// decided what, under which session, round and key, and what everybody had, the
// transfer says that it belongs to.
type Press struct {
	Game      string        // must be named
	Treatment string        // the parameters that differ from the game's defaults
	Position  int           // of the button among the others, from 1; 0 for none
	Visible   string        // what of others' dollars was shown: all or none
	Shown     time.Time     // since when the page was as it was; zero where not known
	Response  time.Duration // from then until the press, kept in milliseconds; 0 where not known
}

// decidable reports whether the decision of a transfer can be kept.
func (t *Transfer) decidable() bool {
	p := t.Decision
	return p == nil || t.Payer != Bank && p.Game != "" &&
		storable(p.Game, maxKey) && storable(p.Treatment, maxMemo) && storable(p.Visible, maxKey)
}

// keeps reports whether a transfer is one that keeps: a decision, and nothing else.
func (t *Transfer) keeps() bool {
	return t.Decision != nil && t.Payee == Bank && t.Sent == 0 && t.Received == 0 && t.Memo == "" && t.Reverses == 0
}

// keep settles the decision of somebody who gives nothing.
func (s *settlement) keep(r *Result, a *account) error {
	if err := s.affordable(r, a, nil); err != nil {
		return err
	}
	r.PayerBalance = a.purse.cents
	s.note(r)
	return nil
}

// lookUpKept reads what was decided under the keys of those who keep: in the ledger
// there is nothing of it. A batch in which nobody keeps asks nothing.
func (s *settlement) lookUpKept(ctx context.Context, batch []*pending) error {
	var donors []int64
	var keys []*string
	for _, p := range batch {
		if a := s.read[p.Payer]; p.Kind == Keep && p.Key != "" && storable(p.Key, maxKey) && a != nil && a.held {
			donors, keys = append(donors, p.Payer), append(keys, &p.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := s.Query(ctx, `SELECT d.donor, d.key, d.choice, coalesce(d.recipient, 0), d.cost, d.benefit,
       coalesce(d.session, ''), coalesce(d.round, 0), coalesce(d.balance_after, 0)
FROM `+headFirst+` unnest($1::bigint[], $2::text[]) AS k (donor, key)
JOIN exptool.decision AS d ON d.donor = k.donor AND d.key = k.key AND d.epoch = $3`, idList(donors), textList(keys), s.book.OID)
	if err != nil {
		return notOurs(err)
	}
	for rows.Next() {
		r := &Result{}
		var choice string
		if err = rows.Scan(&r.Payer, &r.Key, &choice, &r.Payee, &r.Sent, &r.Received, &r.Session, &r.Round, &r.PayerBalance); err != nil {
			break
		}
		if choice == string(Keep) {
			r.Kind = Keep
		}
		if of := (payerKey{r.Payer, r.Key}); s.used[of] == nil { // else the ledger knows its number
			s.used[of] = r
		}
	}
	return errors.Join(err, rows.Close())
}

// decidedColumns are rows of decisions for exptool.decide, a list for each column.
func decidedColumns(decided []*Result) []string {
	var session, game, treatment, round, donor, choice, recipient, cost, benefit, before, after, position, visible, shown, response, key list
	for _, r := range decided {
		p := r.Decision
		session.text(r.Session)
		game.text(p.Game)
		treatment.text(p.Treatment)
		round.number(int64(r.Round), r.Round != 0)
		donor.number(r.Payer, true)
		if r.Kind == Keep {
			choice.text(string(Keep))
		} else {
			choice.text("give")
		}
		recipient.number(r.Payee, r.Payee != Bank)
		cost.number(int64(r.Sent), true)
		benefit.number(int64(r.Received), true)
		before.number(int64(r.PayerBalance+r.Sent), true)
		after.number(int64(r.PayerBalance), true)
		position.number(int64(p.Position), p.Position != 0)
		visible.text(p.Visible)
		if p.Shown.IsZero() {
			shown.text("")
		} else {
			shown.text(p.Shown.UTC().Format(time.RFC3339Nano))
		}
		response.number(p.Response.Milliseconds(), p.Response != 0)
		key.text(r.Key)
	}
	columns := make([]string, 0, 16)
	for _, l := range []*list{&session, &game, &treatment, &round, &donor, &choice, &recipient, &cost, &benefit, &before, &after, &position, &visible, &shown, &response, &key} {
		columns = append(columns, l.String())
	}
	return columns
}
