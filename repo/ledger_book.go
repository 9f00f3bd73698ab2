package repo

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// book is what a ledger knows of the present launch.
type book struct {
	Epoch
	ledger int64 // oid of exptool.transfer: once that is forgotten nobody is opened in the next one
	column dollarColumn
	status bool // participants have a status
	// opened are the participants that are known to be in the ledger, a bit each.
	opened map[int64]uint64
}

func (b *book) isOpened(id int64) bool { return b.opened[id>>6]&(1<<(id&63)) != 0 }

func (b *book) remember(accounts map[int64]*account) {
	for id, a := range accounts {
		if a.opened {
			b.opened[id>>6] |= 1 << (id & 63)
		}
	}
}

// dollarColumn is participant.dollars as a database has it.
type dollarColumn struct {
	typ   string // as format_type prints it
	float bool
	whole bool // takes whole dollars only
	max   Cents
}

// text is a value for the column.
func (c dollarColumn) text(p purse) string {
	switch {
	case c.float:
		return p.double()
	case c.whole && p.rest == "" && p.cents%100 == 0:
		return strconv.FormatInt(int64(p.cents)/100, 10)
	}
	return p.decimal()
}

// fits says why an amount cannot be in the column, nil where it can.
func (c dollarColumn) fits(amount Cents) error {
	if c.whole && amount%100 != 0 {
		return &Error{Kind: ErrUsage, Message: fmt.Sprintf("%s is not a whole number of dollars, and the column dollars is %s", amount, c.typ)}
	}
	return nil
}

// numericType takes numeric(10,2) apart. A negative scale rounds dollars away, and is
// no type for them.
var numericType = regexp.MustCompile(`^numeric\((\d+),(\d+)\)$`)

// newDollarColumn knows the types that dollars may have.
func newDollarColumn(typ string) (dollarColumn, error) {
	c := dollarColumn{typ: typ, max: MaxCents}
	switch {
	case typ == "integer":
		c.whole, c.max = true, 214748364700
	case typ == "smallint":
		c.whole, c.max = true, 3276700
	case typ == "bigint":
		c.whole = true
	case typ == "double precision":
		c.float = true
	case typ == "numeric":
	case numericType.MatchString(typ):
		m := numericType.FindStringSubmatch(typ)
		precision, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		c.whole = scale < 2
		if digits := precision - scale; digits < 11 {
			c.max = 0
			if digits > 0 {
				n, _ := strconv.ParseInt(strings.Repeat("9", digits), 10, 64)
				c.max = Cents(n * 100)
			}
		}
	default:
		return c, &Error{Kind: ErrRefused, Message: "participant.dollars is " + typ + ", in which no ledger can be kept",
			Hint: "it may be integer, bigint, numeric or double precision"}
	}
	return c, nil
}

// beginBook is openBook for writing: it makes our tables where they are not there.
func (tx *Tx) beginBook(ctx context.Context) (*book, error) {
	b, err := tx.openBook(ctx)
	if err != nil {
		return nil, err
	}
	if err := tx.migrate(ctx); err != nil {
		return nil, err
	}
	return b, notOurs(tx.Get(ctx, &b.ledger, "SELECT 'exptool.transfer'::regclass::oid::bigint"))
}

// openBook finds out what the present launch is and how it keeps dollars.
func (tx *Tx) openBook(ctx context.Context) (*book, error) {
	b := &book{opened: map[int64]uint64{}}
	var found struct {
		Participant bool   `db:"participant"`
		Type        string `db:"type"`
		ID          string `db:"id"`
		Status      bool   `db:"status"`
		Generated   bool   `db:"generated"`
		Spread      bool   `db:"spread"`
	}
	err := tx.Get(ctx, &found, `SELECT to_regclass('public.participant') IS NOT NULL AS participant,
       coalesce(max(format_type(atttypid, atttypmod)) FILTER (WHERE attname = 'dollars'), '') AS type,
       coalesce(max(format_type(atttypid, atttypmod)) FILTER (WHERE attname = 'id'), '') AS id,
       coalesce(bool_or(attname = 'status'), false) AS status,
       coalesce(bool_or(attname = 'dollars' AND attgenerated <> ''), false) AS generated,
       EXISTS (
           SELECT
           FROM pg_class AS c
           WHERE c.oid = to_regclass('public.participant')
             AND (c.relkind <> 'r' OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid))
       ) AS spread
FROM pg_attribute
WHERE attrelid = to_regclass('public.participant')
  AND attnum > 0
  AND NOT attisdropped`)
	switch {
	case err != nil:
		return nil, err
	case !found.Participant:
		return nil, &Error{Kind: ErrNotFound, Message: "there is no table participant", Hint: "exptool seed --participants 20 makes one in a private database"}
	case found.Spread: // its rows tell the oid of another table, or none
		return nil, &Error{Kind: ErrRefused, Message: "participant is a view, or a table that others inherit from or partition: a ledger needs one table with all participants"}
	case found.ID != "integer" && found.ID != "bigint":
		return nil, &Error{Kind: ErrRefused, Message: "participant.id is " + found.ID + ": the ledger names participants by whole numbers"}
	case found.Type == "":
		return nil, errNoDollars
	case found.Generated:
		return nil, &Error{Kind: ErrRefused, Message: "participant.dollars is a generated column: the database computes it, and no ledger can be kept in it"}
	}
	if b.column, err = newDollarColumn(found.Type); err != nil {
		return nil, err
	}
	b.status = found.Status
	if b.Epoch, err = tx.epoch(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// errNoDollars says that nobody has been seeded.
var errNoDollars = &Error{Kind: ErrRefused, Message: "participants have no dollars: there is no column participant.dollars", Hint: "exptool seed adds it and gives everybody some"}

// errLocked answers a transfer whose row somebody else holds, errStale one that
// met another launch than the book knows.
var (
	errLocked = &Error{Kind: ErrTryAgain, Message: "a row was not free", Hint: "the experiment is writing there; try again"}
	errStale  = &Error{Kind: ErrTryAgain, Message: "the experiment was launched anew a moment ago", Hint: "look again, then try again"}
)
