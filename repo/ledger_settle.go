package repo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// settlement is one batch in its transaction.
type settlement struct {
	*Tx
	manner
	ledger  *Ledger
	book    *book
	results []Result
	opened  []int64 // participants that were found in the ledger

	begun    bool                 // rows are held
	read     map[int64]*account   // the participants of the batch before it
	accounts map[int64]*account   // and after it
	resting  map[string]PlayState // of the presses' sessions those that do not run
	used     map[payerKey]*Result // by key, what was booked under it before
	keys     map[payerKey]*Result // and after the batch
	taken    []keyTaken           // whose number comes with the writing
	entries  []*Result            // rows of the ledger to be written: answers, and what nobody asked for
	decided  []*Result            // whose decisions are to be written
}

// account is a participant while a batch is settled.
type account struct {
	id      int64
	there   bool // the row exists
	held    bool // by us
	working bool
	some    bool // has dollars, not NULL
	purse   purse
	bad     error // why the balance cannot be reckoned with
	opened  bool  // is in the ledger
	touched bool  // by an entry that moves
}

// headFirst begins the FROM of what a settlement looks up: it takes the ledger's head
// before the transfers, as writing does, so that Forget can wait for both in turn.
const headFirst = "exptool.head CROSS JOIN"

type payerKey struct {
	payer int64
	key   string
}

// run settles a batch: it locks, settles in memory in the order of requests, and
// writes.
func (s *settlement) run(ctx context.Context, batch []*pending) error {
	if s.book = s.ledger.book; s.book == nil {
		var err error
		if s.book, err = s.beginBook(ctx); err != nil {
			return err
		}
	}
	if err := s.lock(ctx, batch); err != nil {
		return err
	}
	if err := s.expect(); err != nil {
		return err
	}
	if err := s.begins(ctx); err != nil {
		return err
	}
	if err := s.lookUpOpened(ctx); err != nil {
		return err
	}
	looked := s.whole || s.ledger.trust < trusted
	if looked {
		if err := s.lookUpKeys(ctx, batch); err != nil {
			return err
		}
	}
	if err := s.lookUpKept(ctx, batch); err != nil {
		return err
	}
	refused, doubt := s.decide(batch)
	if doubt && !looked { // what is refused now may have been done before
		if err := s.lookUpKeys(ctx, batch); err != nil {
			return err
		}
		refused, _ = s.decide(batch)
	}
	if s.whole && refused {
		return errNotAll
	}
	if err := s.confirm(); err != nil {
		return err
	}
	if err := s.write(ctx); err != nil {
		return err
	}
	if err := s.recordDecisions(ctx); err != nil {
		return err
	}
	for i := range s.results { // a key that was used twice in the batch
		if r := &s.results[i]; r.Replayed && r.Key != "" {
			r.Number = s.keys[payerKey{r.Payer, r.Key}].Number
		}
	}
	for _, k := range s.taken {
		k.r.Err = k.error()
	}
	return nil
}

// decide settles the batch in memory, from what was read, which it leaves as it is.
// It reports whether anything was refused or is locked, and whether anything that has
// a key was refused.
func (s *settlement) decide(batch []*pending) (refused, withKey bool) {
	s.accounts = make(map[int64]*account, len(s.read))
	for id, a := range s.read {
		copied := *a
		s.accounts[id] = &copied
	}
	s.entries, s.decided, s.taken, s.keys = nil, nil, nil, maps.Clone(s.used)
	waiting := map[int64]bool{} // payers one of whose transfers waits for a lock
	for i, p := range batch {
		r := &s.results[i]
		*r = Result{Transfer: p.Transfer}
		if r.Kind == "" {
			r.Kind = Donation
		}
		if r.Received == 0 {
			r.Received = r.Sent
		}
		if waiting[r.Payer] || !s.free(r.Payer) || !s.free(r.Payee) {
			if r.Payer != Bank {
				waiting[r.Payer] = true
			}
			r.Err, refused = errLocked, true
			continue
		}
		if r.Err = s.one(r); r.Err != nil {
			refused = true
			withKey = withKey || r.Key != ""
		}
	}
	return refused, withKey
}

// free reports whether a party may be used: it is ours, or nobody's.
func (s *settlement) free(id int64) bool {
	a := s.accounts[id]
	return id == Bank || a == nil || a.held || !a.there
}

// one settles a transfer whose rows are held.
func (s *settlement) one(r *Result) error {
	if err := s.allowed(r); err != nil {
		return err
	}
	payer, payee := s.accounts[r.Payer], s.accounts[r.Payee]
	for _, a := range []*account{payer, payee} {
		r.Working = r.Working || a != nil && a.working
	}
	if r.Key != "" {
		if known := s.keys[payerKey{r.Payer, r.Key}]; known != nil {
			err := replay(r, known)
			if err != nil && known.Number == 0 {
				s.taken = append(s.taken, keyTaken{r, known})
			}
			return err
		}
	}
	if err := s.pressable(r); err != nil {
		return err
	}
	switch r.Kind {
	case Opening:
		return s.openOnly(r, payee)
	case Keep:
		return s.keep(r, payer)
	}
	if err := s.affordable(r, payer, payee); err != nil {
		return err
	}
	for _, a := range []*account{payer, payee} {
		if a != nil && !a.opened && a.some {
			s.open(a)
		}
	}
	if payer != nil {
		payer.purse.cents -= r.Sent
		payer.touched = true
		r.PayerBalance = payer.purse.cents
	}
	if payee != nil {
		payee.purse.cents += r.Received
		payee.touched, payee.some, payee.opened = true, true, true
		r.PayeeBalance = payee.purse.cents
	}
	s.entries = append(s.entries, r)
	s.note(r)
	return nil
}

// note keeps in mind what was settled now: its decision, and its key.
func (s *settlement) note(r *Result) {
	if r.Decision != nil {
		s.decided = append(s.decided, r)
	}
	if r.Key != "" {
		s.keys[payerKey{r.Payer, r.Key}] = r
	}
}

// openOnly answers a request to book what a participant has had all along.
func (s *settlement) openOnly(r *Result, a *account) error {
	switch {
	case a.bad != nil:
		return &Error{Kind: ErrRefused, Message: fmt.Sprintf("participant %d has %v", a.id, a.bad)}
	case !a.some:
		return &Error{Kind: ErrRefused, Message: fmt.Sprintf("participant %d has no dollars yet", a.id)}
	case a.opened:
		r.Replayed = true
	default:
		s.open(a)
		r.Sent, r.Received = max(a.purse.cents, -a.purse.cents), max(a.purse.cents, -a.purse.cents)
	}
	r.PayeeBalance = a.purse.cents
	return nil
}

// open books the present balance of a participant whom the ledger sees for the
// first time. Debt is what the participant has paid to the bank.
func (s *settlement) open(a *account) {
	r := &Result{Transfer: Transfer{Kind: Opening, Payee: a.id, Sent: a.purse.cents, Received: a.purse.cents}, PayeeBalance: a.purse.cents}
	if a.purse.cents < 0 {
		r.Transfer = Transfer{Kind: Opening, Payer: a.id, Sent: -a.purse.cents, Received: -a.purse.cents}
		r.PayerBalance, r.PayeeBalance = a.purse.cents, 0
	}
	a.opened = true
	s.entries = append(s.entries, r)
}

// allowed is what can be said of a transfer without its balances.
func (s *settlement) allowed(r *Result) error {
	usage := func(format string, args ...any) error {
		return &Error{Kind: ErrUsage, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case r.Epoch != 0 && r.Epoch != s.book.OID:
		return ErrRelaunched
	case r.Payer == r.Payee && r.Payer != Bank:
		return usage("participant %d cannot give to themselves", r.Payer)
	case r.Payer == r.Payee:
		return usage("neither payer nor payee is a participant")
	case r.Kind == Opening:
	case !storable(r.Key, maxKey) || !storable(r.Memo, maxMemo) || !storable(r.Session, maxKey):
		return usage("a key, session or memo is no text or too long: keys and sessions have up to %d bytes, memos up to %d", maxKey, maxMemo)
	case r.Key != "" && r.Payer == Bank:
		return usage("the bank gives without keys")
	case !r.decidable():
		return usage("a decision is a participant's, names a game, and has texts of up to %d bytes, a treatment of up to %d", maxKey, maxMemo)
	case r.Kind == Keep && r.keeps():
	case r.Kind == Keep:
		return usage("keeping is a decision and moves nothing")
	case r.Sent <= 0 || r.Received < 0:
		return usage("the amount is not more than nothing")
	case r.Sent > MaxCents || r.Received > MaxCents:
		return usage("the amount is too large")
	default:
		for _, amount := range []Cents{r.Sent, r.Received} {
			if err := s.book.column.fits(amount); err != nil {
				return err
			}
		}
	}
	for _, id := range []int64{r.Payer, r.Payee} {
		if id != Bank && !s.accounts[id].there {
			return &Error{Kind: ErrNotFound, Message: fmt.Sprintf("there is no participant %d", id)}
		}
	}
	return nil
}

// maxKey and maxMemo are how long texts of a transfer may be, in bytes.
const (
	maxKey  = 200
	maxMemo = 2000
)

// storable reports whether Postgres takes a text.
func storable(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// affordable is what the balances say of a transfer.
func (s *settlement) affordable(r *Result, payer, payee *account) error {
	refuse := func(hint, format string, args ...any) error {
		return &Error{Kind: ErrRefused, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	for _, a := range []*account{payer, payee} {
		switch {
		case a == nil:
		case a.bad != nil:
			return refuse("", "participant %d has %v", a.id, a.bad)
		case !a.some && !(r.Kind == Endowment && a == payee):
			return refuse("exptool seed gives some", "participant %d has no dollars yet", a.id)
		}
	}
	switch {
	case r.Kind == Endowment && payee.some && r.Session == "":
		return refuse("", "participant %d has dollars already", payee.id)
	case payer != nil && payer.purse.cents < r.Sent && r.Kind != Keep:
		return refuse("", "participant %d has %s, not enough to give %s", payer.id, payer.purse.cents, r.Sent)
	case payee != nil && payee.purse.cents+r.Received > min(s.book.column.max, MaxCents):
		return refuse("", "participant %d would have more than %s, the most that the column dollars (%s) takes", payee.id, min(s.book.column.max, MaxCents), s.book.column.typ)
	}
	return nil
}

// parties are the participants of a batch, and those whose balances it knows, each
// once, in order.
func (s *settlement) parties(batch []*pending) []int64 {
	ids := make([]int64, 0, 2*len(batch))
	for _, p := range batch {
		for _, id := range []int64{p.Payer, p.Payee} {
			if id != Bank {
				ids = append(ids, id)
			}
		}
	}
	if s.played != nil {
		for _, b := range s.played.Before {
			ids = append(ids, b.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
