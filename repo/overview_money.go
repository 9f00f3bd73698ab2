package repo

import (
	"context"
	"math"
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
	Odd  int64    `json:"impossible_amounts"` // NaN, infinite or negative; not in the sums
}

// amountSQL are the columns promised, paid, extra and odd of a participant: amounts as
// double precision, 0 where there is none, and how many cannot be.
func (v *viewer) amountSQL() string {
	paid := v.pick("participant", "base_pay", "base_pay", "NULL")
	promised := v.pick("participant", "base_payment", "base_payment", paid)
	bonus := v.pick("participant", "bonus", "bonus", "NULL")
	sound := func(x string) string { return x + "::float8 >= 0 AND " + x + "::float8 < 1e9" }
	amount := func(x string) string { return "CASE WHEN " + sound(x) + " THEN " + x + "::float8 ELSE 0 END" }
	odd := func(x string) string { return "coalesce((NOT (" + sound(x) + "))::integer, 0)" }
	return amount(promised) + " AS promised, " + amount(paid) + " AS paid, " + amount(bonus) + " AS extra,\n           " +
		odd(promised) + " + " + odd(bonus) + " AS odd"
}

// cents rounds an amount to cents.
func cents(x float64) float64 { return math.Round(100*x) / 100 }

// money makes the sums of what was paid of those of people and of bots.
func (v *viewer) money(ctx context.Context) error {
	if !v.needs("money", "participant", "bonus") {
		v.out.Money = nil
		return nil
	}
	m := v.out.Money
	m.Spent, m.Bots, m.Paid = cents(m.Spent), cents(m.Bots), cents(m.Paid)
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
