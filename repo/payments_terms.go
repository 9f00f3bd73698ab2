package repo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// Terms are what an experiment is called and what it pays, as far as experiment.vars says.
type Terms struct {
	Label  string  // of the experiment
	Wage   float64 // dollars an hour
	NoWage string  // why there is no wage; empty where there is one
	// PerParticipant is the most that one participant may be paid.
	PerParticipant Amount
	// Soft is what may be spent before nobody more is recruited, Hard before no bonus
	// is paid.
	Soft, Hard Amount
	Currency   string
	Problems   []string // values that cannot be read
}

// varsPath is where experiment.vars says something: the experiment's own variables,
// which its dashboard changes, and the configuration that it was launched with.
type varsPath []string

var (
	wagePath     = varsPath{"deployment_config", "wage_per_hour"}
	currencyPath = varsPath{"deployment_config", "currency"}
	labelPath    = varsPath{"label"}
)

// terms reads experiment.vars; without that table or row there are none.
func (tx *Tx) terms(ctx context.Context, s *schema.Schema) (Terms, error) {
	none := Terms{NoWage: "this experiment has no table experiment with its wage_per_hour", Currency: "$"}
	t := s.Tables["experiment"]
	if t == nil || t.Column("vars") == nil || t.Column("id") == nil {
		return none, nil
	}
	if t.Denied {
		none.NoWage = "the table experiment may not be read, and so no wage_per_hour is known"
		return none, nil
	}
	var vars *string
	err := tx.Get(ctx, &vars, "SELECT vars::text\nFROM "+quoteTable(t)+"\nORDER BY id\nLIMIT 1")
	switch {
	case errors.Is(err, ErrNotFound):
		none.NoWage = "the table experiment is empty, and so there is no wage_per_hour"
		return none, nil
	case err != nil:
		return none, err
	case vars == nil:
		none.NoWage = "experiment.vars is empty, and so there is no wage_per_hour"
		return none, nil
	}
	return readTerms([]byte(*vars)), nil
}

// readTerms takes the terms out of an experiment's vars.
func readTerms(vars []byte) (t Terms) {
	t.Currency = "$"
	if _, _, err := pyjson.Get(nil, vars, nil, pyjson.NaNString); err != nil {
		t.NoWage = "experiment.vars is not JSON, and so there is no wage_per_hour"
		t.Problems = []string{"experiment.vars is not JSON, and so no maximum is known"}
		return t
	}
	if symbol, found := varsText(vars, currencyPath); found && symbol != "" {
		t.Currency = symbol
	}
	t.Label, _ = varsText(vars, labelPath)
	wage, found := varsText(vars, wagePath)
	if !found { // where an experiment keeps it itself
		wage, found = varsText(vars, varsPath{"wage_per_hour"})
	}
	f, err := strconv.ParseFloat(wage, 64)
	switch {
	case !found:
		t.NoWage = "experiment.vars has no wage_per_hour"
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0:
		t.NoWage = fmt.Sprintf("experiment.vars has the impossible wage_per_hour %s", cut(wage))
	}
	t.Wage = f
	t.PerParticipant = t.limit(vars, "max_participant_payment")
	t.Soft = t.limit(vars, "soft_max_experiment_payment")
	t.Hard = t.limit(vars, "hard_max_experiment_payment")
	return t
}

// limit reads a maximum, and notes one that cannot be.
func (t *Terms) limit(vars []byte, name string) Amount {
	text, found := varsText(vars, varsPath{name})
	if !found {
		return Amount{}
	}
	f, err := strconv.ParseFloat(text, 64)
	cents, ok := roundCents(f)
	if err != nil || !ok || f < 0 {
		t.Problems = append(t.Problems, fmt.Sprintf("%s is %s, and counts as none", name, cut(text)))
		return Amount{}
	}
	return Amount{cents, true}
}

// varsText is the text of a value in an experiment's vars.
func varsText(vars []byte, path varsPath) (text string, found bool) {
	value, found, err := pyjson.Get(nil, vars, path, pyjson.NaNString)
	if err != nil || !found || pyjson.IsNull(value) {
		return "", false
	}
	b, err := pyjson.AppendText(nil, value)
	return string(b), err == nil
}
