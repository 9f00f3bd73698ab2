package repo

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

// lookUpKeys reads what was booked under the keys of a batch.
func (s *settlement) lookUpKeys(ctx context.Context, batch []*pending) error {
	var payers []int64
	var keys []*string
	for _, p := range batch {
		if a := s.read[p.Payer]; p.Key != "" && storable(p.Key, maxKey) && a != nil && a.held {
			payers, keys = append(payers, p.Payer), append(keys, &p.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := s.Query(ctx, `SELECT t.payer, t.key, t.number, t.kind, coalesce(t.payee, 0), t.sent, t.received,
       coalesce(t.session, ''), coalesce(t.round, 0), coalesce(t.memo, ''),
       coalesce(t.payer_balance, 0), coalesce(t.payee_balance, 0)
FROM `+headFirst+` unnest($1::bigint[], $2::text[]) AS k (payer, key)
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
		s.used[payerKey{r.Payer, r.Key}] = r
	}
	return errors.Join(err, rows.Close())
}

// replay answers a transfer as the one that was booked under its key, if it is the
// same.
func replay(r, known *Result) error {
	if known.Kind != r.Kind || known.Payee != r.Payee || known.Sent != r.Sent || known.Received != r.Received ||
		known.Session != r.Session || known.Round != r.Round || known.Memo != r.Memo {
		return keyTaken{r, known}.error()
	}
	r.PayerBalance, r.PayeeBalance, r.Replayed = known.PayerBalance, known.PayeeBalance, true
	return nil
}

// keyTaken is a request whose key names another transfer, which has no number yet
// where it is of the same batch.
type keyTaken struct{ r, known *Result }

func (k keyTaken) error() error {
	e := &Error{Kind: ErrRefused, Message: fmt.Sprintf("the key %q of participant %d was used for another transfer", cut(k.r.Key), k.r.Payer)}
	if k.known.Number != 0 {
		e.Message += fmt.Sprintf(", number %d", k.known.Number)
	}
	return e
}

// errKeyUsed says that a key of the batch is in the ledger, though nobody looked.
var errKeyUsed = errors.New("a key was used before")

// notBooked tells apart why the ledger does not take a batch.
func notBooked(err error) error {
	var server *pq.Error
	var e *Error
	switch {
	case !errors.As(err, &server) || !errors.As(err, &e):
	case server.Constraint == "transfer_key":
		return errKeyUsed
	case server.Constraint == "decision_key":
		return &Error{Kind: ErrConflict, Message: "the key was used for another decision", cause: err}
	case server.Constraint == "transfer_reversal":
		return &Error{Kind: ErrConflict, Message: "the transfer was reverted already", cause: err}
	case server.Code == "EX001":
		return &Error{Kind: ErrConflict, Message: server.Message + ": a rule or a trigger of the database forbids it", cause: err}
	case e.Kind == ErrQuery && (server.Code.Class() == "P0" || server.Code.Class() == "22"): // a trigger says no
		return &Error{Kind: ErrConflict, Code: e.Code, Message: e.Message, Hint: e.Hint, Detail: e.Detail, cause: err}
	}
	return err
}
