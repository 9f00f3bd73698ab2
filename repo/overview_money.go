package repo

import (
	"context"
	"strconv"
)

// OverviewMoney is what was paid, rounded to cents, of people and bots alike, because
// PsyNet's limits are so.
type OverviewMoney struct {
	Currency string `json:"currency"`
	// Spent is what PsyNet compares with its limits: base payments, promised ones too,
	// and bonuses of all participants.
	Spent float64 `json:"spent"`
	Bots  float64 `json:"spent_on_bots"` // of Spent; nobody pays it
	// Paid are the base pay and the bonus that the recruiter was told to pay.
	Paid float64  `json:"paid"`
	Soft *float64 `json:"soft_maximum"`
	Hard *float64 `json:"hard_maximum"`
	// Odd are amounts that are negative, or no number, which are not in the sums.
	Odd int64 `json:"impossible_amounts"`
}

// amountSQL are the columns promised, paid, extra and odd of a participant: amounts as
// double precision, 0 where there is none, and how many cannot be.
func (v *viewer) amountSQL() string {
	paid := v.pick("participant", "base_pay", "base_pay", "NULL")
	promised := v.pick("participant", "base_payment", "base_payment", paid)
	bonus := v.pick("participant", "bonus", "bonus", "NULL")
	most := strconv.FormatInt(int64(MaxCents/100), 10)
	amount := func(x string) string {
		return "CASE WHEN " + x + "::float8 BETWEEN -" + most + " AND " + most + " THEN " + x + "::float8 ELSE 0 END"
	}
	odd := func(x string) string {
		return "coalesce((" + x + "::float8 NOT BETWEEN 0 AND " + most + ")::integer, 0)"
	}
	return amount(promised) + " AS promised, " + amount(paid) + " AS paid, " + amount(bonus) + " AS extra,\n           " +
		odd(promised) + " + " + odd(bonus) + " AS odd"
}

// money makes the sums of what was paid of those of people and of bots.
func (v *viewer) money(ctx context.Context) error {
	if !v.needs("money", "participant", "bonus") {
		v.out.Money = nil
		return nil
	}
	m := v.out.Money
	for _, sum := range []*float64{&m.Spent, &m.Bots, &m.Paid} {
		if cents, ok := roundCents(*sum); ok {
			*sum = *Amount{cents, true}.dollars()
		}
	}
	return v.limits(ctx)
}

// add takes sums in.
func (m *OverviewMoney) add(r personRow, bot bool) {
	m.Spent += r.Promised + r.Extra
	m.Paid += r.Paid + r.Extra
	m.Odd += r.Odd
	if bot {
		m.Bots += r.Promised + r.Extra
	}
}

// limits takes over what PsyNet keeps in experiment.vars.
func (v *viewer) limits(ctx context.Context) error {
	if !v.needs("limits of payment", "experiment", "vars") {
		return nil
	}
	terms, err := v.terms(ctx, v.schema)
	if err != nil {
		return err
	}
	m := v.out.Money
	m.Soft, m.Hard, m.Currency, v.out.Label = terms.Soft.dollars(), terms.Hard.dollars(), terms.Currency, terms.Label
	if m.Soft == nil || m.Hard == nil {
		v.out.Absent = append(v.out.Absent, "limits of payment: experiment.vars has no soft_max_experiment_payment or hard_max_experiment_payment that can be read")
	}
	return nil
}

// dollars is an amount as a number for people; nil where it is not known.
func (a Amount) dollars() *float64 {
	if !a.Known {
		return nil
	}
	d := float64(a.Cents) / 100
	return &d
}
