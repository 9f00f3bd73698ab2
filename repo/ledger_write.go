package repo

import (
	"context"
	"errors"

	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// ledgerPlans keeps the planner at the indexes: it takes the lists of a batch for
// shorter, and our tables for smaller, than they are.
const ledgerPlans = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"

// lock locks the participants of a batch in the order of their ids, and reads what
// they have. Who is locked by somebody else is passed over, unless the batch waits.
func (s *settlement) lock(ctx context.Context, batch []*pending) error {
	ids := parties(batch)
	s.accounts = make(map[int64]*account, len(ids))
	for _, id := range ids {
		s.accounts[id] = &account{id: id, opened: s.book.isOpened(id)}
	}
	if len(ids) == 0 {
		return nil
	}
	working := "false"
	if s.book.status {
		working = "coalesce(status::text = 'working', false)"
	}
	skip := " SKIP LOCKED"
	if s.wait {
		skip = ""
	}
	held := 0
	rows, err := s.Query(ctx, `SELECT id, dollars::text, `+working+`, tableoid::bigint
FROM public.participant
WHERE id = ANY($1::bigint[])
ORDER BY id
FOR NO KEY UPDATE`+skip, idList(ids))
	if err != nil {
		return err
	}
	for rows.Next() {
		var id, oid int64
		var dollars *string
		var working bool
		if err = rows.Scan(&id, &dollars, &working, &oid); err != nil {
			break
		}
		if oid != s.book.OID {
			err = errStale
			break
		}
		a := s.accounts[id]
		a.there, a.held, a.working, a.some = true, true, working, dollars != nil
		if dollars != nil {
			a.purse, a.bad = parsePurse(*dollars, s.book.column.float)
		}
		held++
	}
	if err = errors.Join(err, rows.Close()); err != nil || held == len(ids) {
		return err
	}
	return s.lookForRest(ctx, ids)
}

// lookForRest tells the participants who are locked from those who are not there.
func (s *settlement) lookForRest(ctx context.Context, ids []int64) error {
	rest := slices.DeleteFunc(ids, func(id int64) bool { return s.accounts[id].held })
	var there []struct {
		ID  int64 `db:"id"`
		OID int64 `db:"oid"`
	}
	err := s.Select(ctx, &there, `SELECT id, tableoid::bigint AS oid
FROM public.participant
WHERE id = ANY($1::bigint[])`, idList(rest))
	for _, p := range there {
		if p.OID != s.book.OID {
			return errStale
		}
		s.accounts[p.ID].there = true
	}
	if err != nil || len(there) > 0 || len(rest) < len(s.accounts) {
		return err
	}
	var oid int64 // nobody is there: is it the launch that the book knows?
	if err := s.Get(ctx, &oid, "SELECT coalesce(to_regclass('public.participant')::oid::bigint, 0)"); err == nil && oid != s.book.OID {
		return errStale
	}
	return err
}

// lookUp finds who of the batch is in the ledger already, and which keys are used.
// It comes after the locks: what others committed before we had them is seen.
func (s *settlement) lookUp(ctx context.Context, batch []*pending) error {
	var unknown []int64
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		if a := s.accounts[id]; a.held && !a.opened {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		var opened []int64
		err := s.Select(ctx, &opened, `SELECT u.id
FROM unnest($1::bigint[]) AS u (id)
WHERE EXISTS (
    SELECT
    FROM exptool.transfer AS t
    WHERE coalesce(t.payee, t.payer) = u.id
      AND t.epoch = $2
      AND t.kind IN ('opening', 'endowment')
)`, idList(unknown), s.book.OID)
		if err != nil {
			return notOurs(err)
		}
		for _, id := range opened {
			s.accounts[id].opened = true
		}
		s.opened = append(s.opened, opened...)
	}
	return s.lookUpKeys(ctx, batch)
}

func (s *settlement) lookUpKeys(ctx context.Context, batch []*pending) error {
	s.keys = map[payerKey]*Result{}
	var payers []int64
	var keys []*string
	for _, p := range batch {
		if a := s.accounts[p.Payer]; p.Key != "" && a != nil && a.held {
			payers, keys = append(payers, p.Payer), append(keys, &p.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := s.Query(ctx, `SELECT t.payer, t.key, t.number, t.kind, coalesce(t.payee, 0), t.sent, t.received,
       coalesce(t.session, ''), coalesce(t.round, 0), coalesce(t.memo, ''),
       coalesce(t.payer_balance, 0), coalesce(t.payee_balance, 0)
FROM unnest($1::bigint[], $2::text[]) AS k (payer, key)
JOIN exptool.transfer AS t ON t.payer = k.payer AND t.key = k.key AND t.epoch = $3`, idList(payers), textList(keys), s.book.OID)
	if err != nil {
		return notOurs(err)
	}
	for rows.Next() {
		r := &Result{}
		if err = rows.Scan(&r.Payer, &r.Key, &r.Number, &r.Kind, &r.Payee, &r.Sent, &r.Received,
			&r.Session, &r.Round, &r.Memo, &r.PayerBalance, &r.PayeeBalance); err != nil {
			break
		}
		s.keys[payerKey{r.Payer, r.Key}] = r
	}
	return errors.Join(err, rows.Close())
}

// maxWritten is how many rows of the ledger one statement writes.
const maxWritten = 20000

// write stores the new balances and the rows of the ledger, and tells listeners the
// last number.
func (s *settlement) write(ctx context.Context) error {
	ids, balances := s.balances()
	for entries := range slices.Chunk(s.entries, maxWritten) {
		if err := s.writeEntries(ctx, entries, ids, balances); err != nil {
			return err
		}
		ids, balances = nil, nil // they are written with the first rows
	}
	return nil
}

// balances are the new values of the column, of those whose dollars moved.
func (s *settlement) balances() (ids []int64, values []*string) {
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		if a := s.accounts[id]; a.touched {
			text := s.book.column.text(a.purse)
			ids, values = append(ids, id), append(values, &text)
		}
	}
	return ids, values
}

// entryColumns are rows of the ledger, a list for each column.
type entryColumns struct {
	session, round, kind, payer, payee, sent, received, payerBalance, payeeBalance, key, memo, reverses list
}

func columnsOf(entries []entry) *entryColumns {
	c := &entryColumns{}
	for _, e := range entries {
		c.session.text(e.Session)
		c.round.number(int64(e.Round), e.Round != 0)
		c.kind.text(string(e.Kind))
		c.payer.number(e.Payer, e.Payer != Bank)
		c.payee.number(e.Payee, e.Payee != Bank)
		c.sent.number(int64(e.Sent), true)
		c.received.number(int64(e.Received), true)
		c.payerBalance.number(int64(e.PayerBalance), e.Payer != Bank)
		c.payeeBalance.number(int64(e.PayeeBalance), e.Payee != Bank)
		c.key.text(e.Key)
		c.memo.text(e.Memo)
		c.reverses.number(e.Reverses, e.Reverses != 0)
	}
	return c
}

func (s *settlement) writeEntries(ctx context.Context, entries []entry, ids []int64, balances []*string) error {
	c := columnsOf(entries)
	var done struct {
		Before int64 `db:"before"`
		Paid   int   `db:"paid"`
	}
	err := s.Get(ctx, &done, `WITH paid AS (
    UPDATE public.participant AS p
    SET dollars = v.dollars::`+typmod.ReplaceAllString(s.book.column.typ, "")+`
    FROM unnest($17::bigint[], $18::text[]) AS v (id, dollars)
    WHERE p.id = v.id
    RETURNING p.id
), head AS (
    UPDATE exptool.head
    SET last = last + $1,
        first = CASE WHEN epoch = $2 THEN first ELSE last + 1 END,
        epoch = $2
    RETURNING last - $1 AS before
), written AS (
    INSERT INTO exptool.transfer (number, epoch, launch, at, who, session, round, kind, payer, payee,
                                  sent, received, payer_balance, payee_balance, key, memo, reverses)
    SELECT head.before + v.n, $2, nullif($3::text, ''), now(), concat_ws('@', nullif($4::text, ''), session_user),
           v.session, v.round, v.kind, v.payer, v.payee,
           v.sent, v.received, v.payer_balance, v.payee_balance, v.key, v.memo, v.reverses
    FROM head,
         unnest($5::text[], $6::integer[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
                $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::bigint[]) WITH ORDINALITY
         AS v (session, round, kind, payer, payee, sent, received,
               payer_balance, payee_balance, key, memo, reverses, n)
), told AS MATERIALIZED (
    SELECT pg_notify('exptool', (before + $1)::text)
    FROM head
)
SELECT before, (SELECT count(*) FROM paid) AS paid
FROM head, told`, int64(len(entries)), s.book.OID, s.book.Launch, s.ledger.o.Who,
		c.session.String(), c.round.String(), c.kind.String(), c.payer.String(), c.payee.String(), c.sent.String(), c.received.String(),
		c.payerBalance.String(), c.payeeBalance.String(), c.key.String(), c.memo.String(), c.reverses.String(),
		idList(ids), textList(balances))
	if err != nil {
		return notOurs(reverted(err))
	}
	if done.Paid != len(ids) {
		return &Error{Kind: ErrNotAllowed, Message: "the dollars of some were not written: a rule or a trigger of the database forbids it"}
	}
	for i := range entries {
		entries[i].Number = done.Before + int64(i) + 1
	}
	return nil
}

// reverted tells that a transfer was reverted by somebody else a moment ago.
func reverted(err error) error {
	var server *pq.Error
	if errors.As(err, &server) && server.Constraint == "transfer_reversal" {
		return &Error{Kind: ErrConflict, Message: "the transfer was reverted already", cause: err}
	}
	return err
}

// list is an array for Postgres, as its text: much quicker than pq.Array.
type list struct{ b strings.Builder }

func (l *list) next() *strings.Builder {
	if l.b.Len() == 0 {
		l.b.WriteByte('{')
	} else {
		l.b.WriteByte(',')
	}
	return &l.b
}

func (l *list) number(n int64, valid bool) {
	b := l.next()
	if !valid {
		b.WriteString("NULL")
		return
	}
	b.WriteString(strconv.FormatInt(n, 10))
}

// text adds a text, NULL for the empty one.
func (l *list) text(s string) {
	b := l.next()
	if s == "" {
		b.WriteString("NULL")
		return
	}
	b.WriteByte('"')
	if strings.ContainsAny(s, `"\`) {
		s = arrayEscapes.Replace(s)
	}
	b.WriteString(s)
	b.WriteByte('"')
}

var arrayEscapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// String is the whole array.
func (l *list) String() string {
	if l.b.Len() == 0 {
		return "{}"
	}
	return l.b.String() + "}"
}

func idList(ids []int64) string {
	var l list
	for _, id := range ids {
		l.number(id, true)
	}
	return l.String()
}

func textList(texts []*string) string {
	var l list
	for _, t := range texts {
		l.text(*t)
	}
	return l.String()
}
