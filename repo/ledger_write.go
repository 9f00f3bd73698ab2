package repo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// lock locks the participants of a batch in the order of their ids, and reads what
// they have. Who is locked by somebody else is passed over, unless the batch waits.
func (s *settlement) lock(ctx context.Context, batch []*pending) error {
	ids := s.parties(batch)
	s.read, s.used = make(map[int64]*account, len(ids)), map[payerKey]*Result{}
	for _, id := range ids {
		s.read[id] = &account{id: id, opened: s.book.isOpened(id)}
	}
	if len(ids) == 0 {
		return nil
	}
	if !s.wait && slices.ContainsFunc(batch, func(p *pending) bool { return p.result.Err == errLocked }) {
		// Perhaps by another exptool, whose next batch follows at once: behind its
		// commit there is a moment in which its rows are free. Nobody else takes the
		// number first, but who does waits for no row, so that no deadlock can come of it.
		if _, err := s.Exec(ctx, "SELECT FROM exptool.head FOR NO KEY UPDATE"); err != nil {
			return notOurs(err)
		}
	}
	var found struct {
		Lines   *string `db:"lines"`
		Resting *string `db:"resting"`
	}
	// Without arguments, so that it goes along with the BEGIN.
	if err := s.Get(ctx, &found, "SELECT ("+s.holdSQL(ids)+") AS lines, "+s.restingSQL(batch)+" AS resting"); err != nil {
		return notOurs(err)
	}
	s.begun = true
	if err := s.readResting(found.Resting); err != nil {
		return err
	}
	held, err := s.holdAll(found.Lines)
	if err != nil || held == len(ids) {
		return err
	}
	return s.lookForRest(ctx, ids)
}

// holdAll reads what holdSQL has found, of how many participants.
func (s *settlement) holdAll(lines *string) (held int, err error) {
	if lines == nil {
		return 0, nil
	}
	for line := range strings.SplitSeq(*lines, "\n") {
		if err := s.hold(line); err != nil {
			return 0, err
		}
		held++
	}
	return held, nil
}

// hold reads a line of holdSQL.
func (s *settlement) hold(line string) error {
	fields := strings.SplitN(line, " ", 4)
	id, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || len(fields) < 3 || s.read[id] == nil {
		return fmt.Errorf("not what a participant has: %q", line)
	}
	if fields[1] != strconv.FormatInt(s.book.OID, 10) {
		return errStale
	}
	a := s.read[id]
	a.there, a.held, a.working = true, true, fields[2] == "t" || fields[2] == "true"
	if len(fields) == 4 {
		a.some = true
		a.purse, a.bad = parsePurse(fields[3], s.book.column.float)
	}
	return nil
}

// holdSQL locks participants and reads what they have, as the function exptool.hold
// does, which knows neither waiting nor participants without a status.
func (s *settlement) holdSQL(ids []int64) string {
	given := "'" + idList(ids) + "'" // digits and commas
	if s.book.status && !s.wait {
		return "SELECT exptool.hold(" + given + ")"
	}
	working, skip := "false", " SKIP LOCKED"
	if s.book.status {
		working = "coalesce(status::text = 'working', false)"
	}
	if s.wait {
		skip = ""
	}
	return `SELECT string_agg(concat_ws(' ', held.id, held.relation, held.working, held.dollars), E'\n')
FROM (
    SELECT id, tableoid::bigint AS relation, ` + working + ` AS working, dollars
    FROM public.participant
    WHERE id = ANY(` + given + `::bigint[])
    ORDER BY id
    FOR NO KEY UPDATE` + skip + `
) AS held`
}

// lookForRest tells the participants who are locked from those who are not there.
func (s *settlement) lookForRest(ctx context.Context, ids []int64) error {
	rest := slices.DeleteFunc(ids, func(id int64) bool { return s.read[id].held })
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
		s.read[p.ID].there = true
	}
	if err != nil || len(there) > 0 || len(rest) < len(s.read) {
		return err
	}
	var oid int64 // nobody is there: is it the launch that the book knows?
	if err := s.Get(ctx, &oid, "SELECT coalesce(to_regclass('public.participant')::oid::bigint, 0)"); err == nil && oid != s.book.OID {
		return errStale
	}
	return err
}

// lookUpOpened finds who of the batch is in the ledger already. It comes after the
// locks: what others committed before we had them is seen.
func (s *settlement) lookUpOpened(ctx context.Context) error {
	var unknown []int64
	for _, id := range slices.Sorted(maps.Keys(s.read)) {
		if a := s.read[id]; a.held && !a.opened {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	err := s.Select(ctx, &s.opened, `SELECT u.id
FROM `+headFirst+` unnest($1::bigint[]) AS u (id)
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
	for _, id := range s.opened {
		s.read[id].opened = true
	}
	return nil
}

// maxWritten is how many rows of the ledger one statement writes.
const maxWritten = 20000

// write stores the new balances, the rows of the ledger and what was decided on pages,
// tells listeners the last number, and commits, but for a dry run and where a game's
// decisions are still to come.
func (s *settlement) write(ctx context.Context) error {
	ids, balances := s.balances()
	parts := slices.Collect(slices.Chunk(s.entries, maxWritten))
	if len(parts) == 0 && len(s.decided) > 0 { // all keep
		parts = [][]*Result{nil}
	}
	for i, entries := range parts {
		var decided []*Result // with the last rows
		last := i == len(parts)-1
		if last {
			decided = s.decided
		}
		if err := s.store(ctx, s.booking(entries, ids, balances, decided), entries, last && !s.ledger.o.DryRun && s.played == nil); err != nil {
			return err
		}
		ids, balances = nil, nil // they go with the first rows
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

func columnsOf(entries []*Result) *entryColumns {
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

// booking is the call that writes entries and what was decided. The values stand in
// it, as literals, so that the COMMIT goes along: of a single transfer's time a tenth
// is waiting for its answer.
func (s *settlement) booking(entries []*Result, ids []int64, balances []*string, decided []*Result) string {
	call := "0"
	if len(entries) > 0 {
		c := columnsOf(entries)
		call = "exptool.book(" + quoted(idList(ids), textList(balances), strconv.FormatInt(s.book.OID, 10), s.book.Launch, s.ledger.o.Who,
			c.session.String(), c.round.String(), c.kind.String(), c.payer.String(), c.payee.String(), c.sent.String(), c.received.String(),
			c.payerBalance.String(), c.payeeBalance.String(), c.key.String(), c.memo.String(), c.reverses.String()) + ")"
	}
	if len(decided) > 0 {
		call = "exptool.decide(" + call + ", " + quoted(append([]string{strconv.FormatInt(s.book.OID, 10), s.book.Launch}, decidedColumns(decided)...)...) + ")"
	}
	return call
}

// quoted are the values of a call.
func quoted(values ...string) string {
	for i, value := range values {
		values[i] = pq.QuoteLiteral(value)
	}
	return strings.Join(values, ", ")
}

// store runs a booking, and gives its entries their numbers.
func (s *settlement) store(ctx context.Context, booking string, entries []*Result, commit bool) error {
	// The book may be older than the tables: somebody had them forgotten and made anew.
	statement := fmt.Sprintf("SELECT CASE WHEN 'exptool.transfer'::regclass = %d THEN %s ELSE -1 END", s.book.ledger, booking)
	run := s.Get
	if commit {
		run = func(ctx context.Context, dest any, query string, _ ...any) error {
			return s.getAndCommit(ctx, dest, query)
		}
	}
	var before int64
	if err := run(ctx, &before, statement); err != nil {
		return notOurs(notBooked(err))
	}
	if before < 0 {
		return errStale
	}
	for i := range entries {
		entries[i].Number = before + int64(i) + 1
	}
	return nil
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
