package repo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// Amount is an amount of money that may not be known.
type Amount struct {
	Cents Cents
	Known bool
}

// Payment is what a participant has earned, was paid and is due.
type Payment struct {
	Participant        int64
	Worker, Assignment string
	Recruiter          string // its nickname; empty where it is not known
	Status             string
	Bot                bool
	Earned             Amount // time and performance, as Participant.calculate_reward
	// Base is the base payment promised; with the bonus it is Participant.amount_paid.
	Base, Bonus Amount
	Due         Amount   // what PsyNet would pay as a bonus beyond the one paid; nothing for bots
	Problems    []string // values that cannot be, and others with the same assignment
	Shared      bool     // others have the same assignment
	Capped      bool     // the maximum of a participant makes the due less
	Unpromised  bool     // screened out or returned: the recruiter does not pay the base

	spent float64 // the base payment and the bonus, not rounded
}

// Paid is the base payment and the bonus.
func (p Payment) Paid() Amount { return plus(p.Base, p.Bonus) }

func plus(a, b Amount) Amount { return Amount{a.Cents + b.Cents, a.Known && b.Known} }

// Payments are the payments of an experiment.
type Payments struct {
	All   []Payment // in the order of ids
	Terms Terms
	// Rewards says that participants have what PsyNet reckons rewards from. In an
	// experiment of Dallinger alone nobody's earnings are known.
	Rewards bool
}

// Spent is what the experiment has spent as PsyNet counts it: the base payment and the
// bonus of everybody, bots included, rounded once. What is no number is left out.
func (p Payments) Spent() Cents {
	sum := 0.0
	for _, one := range p.All {
		sum += one.spent
	}
	spent, _ := roundCents(sum)
	return spent
}

// PaymentOptions are how payments are reckoned.
type PaymentOptions struct {
	Wage float64 // dollars an hour; 0: the experiment's
}

// Payments reckons what all participants of the present launch have earned, were paid
// and are due. A wage that is not known is an ErrNotFound, where anybody needs it.
func (tx *Tx) Payments(ctx context.Context, s *schema.Schema, o PaymentOptions) (Payments, error) {
	p, err := tx.payments(ctx, s, o, "")
	if err == nil && len(p.All) > 0 && p.Rewards && p.Terms.NoWage != "" {
		err = &Error{Kind: ErrNotFound, Message: p.Terms.NoWage, Hint: "give dollars an hour with --wage"}
	}
	if err != nil {
		return Payments{}, err
	}
	tellShared(p.All)
	return p, nil
}

// payments is Payments of all, or of those that a condition on participant names, with
// or without a wage.
func (tx *Tx) payments(ctx context.Context, s *schema.Schema, o PaymentOptions, where string, args ...any) (p Payments, err error) {
	t := s.Tables["participant"]
	if t == nil {
		return p, s.Unknown("entity", "participants")
	}
	p.Rewards = t.Column("time_credit") != nil && t.Column("performance_reward") != nil
	if p.Terms, err = tx.terms(ctx, s); err != nil {
		return p, err
	}
	if o.Wage != 0 {
		p.Terms.Wage, p.Terms.NoWage = o.Wage, ""
	}
	isBot := botsOf(s)
	rows, err := tx.Query(ctx, paymentsSQL(t, where), args...)
	if err != nil {
		return p, err
	}
	for rows.Next() {
		var raw rawPayment
		if err = raw.scan(rows); err != nil {
			break
		}
		raw.Bot = isBot(raw.class)
		p.All = append(p.All, raw.payment(p.Terms, p.Rewards))
	}
	if err = errors.Join(err, rows.Close()); err != nil {
		return p, err
	}
	return p, nil
}

// paymentsSQL asks for what payments are made of, as far as the table has it.
func paymentsSQL(t *schema.Table, where string) string {
	word := func(name string) string {
		if t.Column(name) == nil {
			return "''"
		}
		return "coalesce(" + name + "::text, '')"
	}
	number := func(names ...string) string {
		for _, name := range names {
			if t.Column(name) != nil {
				return name + "::text"
			}
		}
		return "NULL::text"
	}
	query := "SELECT id, " + strings.Join([]string{
		word("worker_id"), word("assignment_id"), word("recruiter_id"), word("status"), word("type"),
		number("time_credit"), number("performance_reward"),
		// Dallinger alone keeps what was paid only.
		number("base_payment", "base_pay"), number("bonus"),
	}, ", ") + "\nFROM " + quoteTable(t)
	if where != "" {
		query += "\nWHERE " + where
	}
	return query + "\nORDER BY id"
}

// rawPayment is a participant as the table has one.
type rawPayment struct {
	Payment
	class                                       string
	timeCredit, performance, basePayment, bonus *string
}

func (r *rawPayment) scan(rows *Cursor) error {
	return rows.Scan(&r.Participant, &r.Worker, &r.Assignment, &r.Recruiter, &r.Status, &r.class,
		&r.timeCredit, &r.performance, &r.basePayment, &r.bonus)
}

// payment reckons as PsyNet 13's Participant.calculate_reward and Experiment.bonus do.
func (r *rawPayment) payment(terms Terms, rewards bool) Payment {
	p := r.Payment
	if rewards {
		seconds, timed := p.number("time_credit", r.timeCredit, false)
		performance, performed := p.number("performance_reward", r.performance, false)
		// Without the conversion an ARM computes both in one step, and rounds once.
		reward := float64(seconds/3600*terms.Wage) + performance
		p.Earned = p.amount("the reward", reward, timed && performed && terms.NoWage == "")
	}
	base, known := p.number("base_payment", r.basePayment, true)
	p.Base = p.amount("base_payment", base, known)
	bonus, known := p.number("bonus", r.bonus, true)
	p.Bonus = p.amount("bonus", bonus, known)
	if p.Base.Known {
		p.spent += base
	}
	if p.Bonus.Known {
		p.spent += bonus
	}
	p.reckonDue(terms)
	return p
}

// number reads a value, and notes one that cannot be. None is 0 where there may be none.
func (p *Payment) number(column string, text *string, nullable bool) (float64, bool) {
	if text == nil {
		if !nullable {
			p.Problems = append(p.Problems, column+" is null")
		}
		return 0, nullable
	}
	f, err := strconv.ParseFloat(*text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		p.Problems = append(p.Problems, column+" is "+cut(*text))
		return 0, false
	}
	if f < 0 {
		p.Problems = append(p.Problems, column+" is negative: "+*text)
	}
	return f, true
}

// amount is a number of dollars in cents.
func (p *Payment) amount(what string, dollars float64, known bool) Amount {
	cents, ok := roundCents(dollars)
	if known && !ok {
		p.Problems = append(p.Problems, what+" is beyond what is reckoned with")
	}
	if !known || !ok {
		return Amount{}
	}
	return Amount{cents, true}
}

// roundCents rounds as Python's round(dollars, 2) does: to the nearest cent of what the
// double is exactly, which is hardly ever halfway. Not ok beyond MaxCents.
func roundCents(dollars float64) (Cents, bool) {
	if math.IsNaN(dollars) || math.Abs(dollars) > float64(MaxCents/100) {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.Replace(strconv.FormatFloat(dollars, 'f', 2, 64), ".", "", 1), 10, 64)
	return Cents(n), err == nil
}

// reckonDue is Experiment.bonus, less the bonus that was paid. What is negative where
// it cannot be would make it more, and so makes it unknown.
func (p *Payment) reckonDue(terms Terms) {
	p.Unpromised = p.Status == "screened_out" || p.Status == "returned"
	switch {
	case p.Bot:
		p.Due.Known = p.Earned.Known
		return
	case !p.Earned.Known || !p.Base.Known || !p.Bonus.Known || p.Base.Cents < 0 || p.Bonus.Cents < 0:
		return
	}
	due := p.Earned.Cents - p.Bonus.Cents
	if !p.Unpromised {
		due -= p.Base.Cents
	}
	if most := terms.PerParticipant; most.Known && due > max(0, most.Cents-p.Paid().Cents) {
		due, p.Capped = most.Cents-p.Paid().Cents, true
	}
	p.Due = Amount{max(0, due), true}
}

// tellShared notes who has the same assignment as others: of one assignment only one
// can be paid.
func tellShared(all []Payment) {
	same := map[string][]int{}
	for i, p := range all {
		if p.Assignment != "" {
			same[p.Assignment] = append(same[p.Assignment], i)
		}
	}
	for _, who := range same {
		for _, i := range who {
			if len(who) == 1 {
				break
			}
			others := make([]string, 0, len(who)-1)
			for _, j := range who {
				if i != j {
					others = append(others, strconv.FormatInt(all[j].Participant, 10))
				}
			}
			all[i].Shared = true
			word := "participant "
			if len(others) > 1 {
				word = "participants "
			}
			const most = 5
			if n := len(others); n > most {
				others = append(slices.Clip(others[:most]), fmt.Sprintf("and %d more", n-most))
			}
			all[i].Problems = append(all[i].Problems, "assignment_id is also that of "+word+strings.Join(others, ", "))
		}
	}
}
