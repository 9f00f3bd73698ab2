package filter

import (
	"fmt"
	"strings"
)

// Operator is an operator of the --where language. The table of operators is
// the one place that defines them: the parser, the SQL, `help where` and the
// tests all read it.
type Operator struct {
	Symbol  string   // as in the help
	Aliases []string // other spellings
	Class   Class
	SQL     string // Postgres's operator
	Negate  string // for `not like` and such: the SQL operator
	Meaning string // in the help, after the symbol
	Example string // on the sample experiment; run by a test
}

// Class says what an operator takes and gives.
type Class uint8

// The classes of operators.
const (
	Logic      Class = iota // conditions to a condition
	Comparison              // two values of one type to a condition; orders
	Pattern                 // text and a pattern to a condition
	Arithmetic              // numbers to a number
	Form                    // in, between, is null: read by the parser itself
)

// Operators are all operators, in the order of the help.
var Operators = []Operator{
	{Symbol: "==", Aliases: []string{"="}, Class: Comparison, SQL: "=", Meaning: "equal", Example: `random_integer == 5`},
	{Symbol: "!=", Aliases: []string{"<>"}, Class: Comparison, SQL: "<>", Meaning: "not equal (rows without a value are left out, as in SQL)", Example: `random_integer != 5`},
	{Symbol: "<", Class: Comparison, SQL: "<", Meaning: "less", Example: `score < 0.5`},
	{Symbol: "<=", Class: Comparison, SQL: "<=", Meaning: "less or equal", Example: `score <= 0.5`},
	{Symbol: ">", Class: Comparison, SQL: ">", Meaning: "greater", Example: `vars.my_dict.value > 3`},
	{Symbol: ">=", Class: Comparison, SQL: ">=", Meaning: "greater or equal", Example: `random_integer >= 5`},
	{Symbol: "and", Class: Logic, SQL: "AND", Meaning: "both", Example: `complete and not failed`},
	{Symbol: "or", Class: Logic, SQL: "OR", Meaning: "one or both", Example: `failed or score < 0.1`},
	{Symbol: "not", Class: Logic, SQL: "NOT", Meaning: "not", Example: `not failed`},
	{Symbol: "in", Class: Form, SQL: "= ANY", Negate: "<> ALL", Meaning: "one of a list: in (1, 2), not in [1, 2]; also in an array column", Example: `random_integer in (1, 2, 3)`},
	{Symbol: "between", Class: Form, SQL: "BETWEEN", Negate: "NOT BETWEEN", Meaning: "between two values, both included", Example: `random_integer between 2 and 4`},
	{Symbol: "is null", Aliases: []string{"is none", "== None"}, Class: Form, SQL: "IS NULL", Negate: "IS NOT NULL", Meaning: "has no value; is not null: has one", Example: `note is not null`},
	{Symbol: "like", Class: Pattern, SQL: "LIKE", Negate: "NOT LIKE", Meaning: `a pattern: % is any text, _ one character`, Example: `note like "with%"`},
	{Symbol: "ilike", Class: Pattern, SQL: "ILIKE", Negate: "NOT ILIKE", Meaning: "the same, upper or lower case", Example: `participant.nickname ilike "P1%"`},
	{Symbol: "~", Class: Pattern, SQL: "~", Meaning: "a regular expression matches", Example: `participant.nickname ~ '^p[12]$'`},
	{Symbol: "~*", Class: Pattern, SQL: "~*", Meaning: "the same, upper or lower case", Example: `note ~* "QUOTES"`},
	{Symbol: "!~", Class: Pattern, SQL: "!~", Meaning: "a regular expression does not match", Example: `note !~ "^with"`},
	{Symbol: "!~*", Class: Pattern, SQL: "!~*", Meaning: "the same, upper or lower case", Example: `note !~* "^WITH"`},
	{Symbol: "+", Class: Arithmetic, SQL: "+", Meaning: "sum; a time plus seconds", Example: `score + performance_reward > 0.5`},
	{Symbol: "-", Class: Arithmetic, SQL: "-", Meaning: "difference; between times, in seconds", Example: `participant.end_time - participant.creation_time > 40`},
	{Symbol: "*", Class: Arithmetic, SQL: "*", Meaning: "product", Example: `score * 100 >= 50`},
	{Symbol: "/", Class: Arithmetic, SQL: "/", Meaning: "quotient, with a fraction; no value where the divisor is 0", Example: `random_integer / 2 > 2.4`},
	{Symbol: "%", Class: Arithmetic, SQL: "%", Meaning: "remainder", Example: `id % 2 == 0`},
}

// operatorBySymbol finds an operator by any of its spellings.
func operatorBySymbol(symbol string, classes ...Class) *Operator {
	for i := range Operators {
		op := &Operators[i]
		for _, c := range classes {
			if op.Class != c {
				continue
			}
			if op.Symbol == symbol {
				return op
			}
			for _, a := range op.Aliases {
				if a == symbol {
					return op
				}
			}
		}
	}
	return nil
}

// Function is a function of the --where language.
type Function struct {
	Name    string
	Usage   string
	Meaning string
	Example string
	Many    bool // takes the many-side of a relation first: any(trials, …)
	min     int
	max     int
}

// Functions are all functions, in the order of the help.
var Functions = []Function{
	{Name: "now", Usage: "now()", Meaning: "the server's clock, in its own zone", Example: `creation_time < now()`},
	{Name: "today", Usage: "today()", Meaning: "the server's midnight", Example: `creation_time < today() + 86400 or creation_time >= today()`},
	{Name: "ago", Usage: `ago("2h")`, Meaning: "that long before now; s, m, h, d, w", Example: `creation_time < ago("2h") or creation_time >= ago("2h")`, min: 1, max: 1},
	{Name: "lower", Usage: "lower(text)", Meaning: "in lower case", Example: `lower(participant.nickname) == "p5"`, min: 1, max: 1},
	{Name: "upper", Usage: "upper(text)", Meaning: "in upper case", Example: `upper(participant.nickname) == "P5"`, min: 1, max: 1},
	{Name: "length", Usage: "length(text)", Meaning: "number of characters; of a list, of items", Example: `length(note) > 5`, min: 1, max: 1},
	{Name: "abs", Usage: "abs(number)", Meaning: "without its sign", Example: `abs(score - 0.5) < 0.1`, min: 1, max: 1},
	{Name: "round", Usage: "round(number, digits)", Meaning: "rounded", Example: `round(score, 1) == 0.5`, min: 1, max: 2},
	{Name: "coalesce", Usage: "coalesce(a, b, …)", Meaning: "the first that has a value", Example: `coalesce(performance_reward, 0) == 0`, min: 1, max: 20},
	{Name: "if", Usage: "if(condition, a, b)", Meaning: "a where the condition holds, else b", Example: `if(failed, 0, 1) == 1`, min: 3, max: 3},
	{Name: "any", Usage: "any(trials, condition)", Many: true, Meaning: "some row of the many-side fulfils the condition", Example: `any(participant.trials, score > 0.9)`, min: 1, max: 2},
	{Name: "none", Usage: "none(trials, condition)", Many: true, Meaning: "no row does", Example: `none(participant.errors)`, min: 1, max: 2},
	{Name: "count", Usage: "count(alive_trials)", Many: true, Meaning: "how many; with a condition, how many fulfil it", Example: `count(participant.alive_trials) > 3`, min: 1, max: 2},
	{Name: "sum", Usage: "sum(trials.performance_reward)", Many: true, Meaning: "sum over the many-side, 0 without rows", Example: `sum(participant.trials.performance_reward) >= 0.3`, min: 1, max: 2},
	{Name: "mean", Usage: "mean(trials.score)", Many: true, Meaning: "mean over the many-side", Example: `mean(participant.trials.score) > 0.4`, min: 1, max: 2},
	{Name: "min", Usage: "min(trials.creation_time)", Many: true, Meaning: "least over the many-side", Example: `min(participant.trials.score) < 0.1`, min: 1, max: 2},
	{Name: "max", Usage: "max(trials.creation_time)", Many: true, Meaning: "greatest over the many-side", Example: `max(participant.trials.score) > 0.9`, min: 1, max: 2},
}

func functionByName(name string) *Function {
	for i := range Functions {
		if Functions[i].Name == name {
			return &Functions[i]
		}
	}
	return nil
}

// Help explains the language: operators, functions, paths.
func Help() string {
	var b strings.Builder
	b.WriteString(`Conditions of exptool query: expressions after --where, or FIELD=VALUE words.

  exptool query trials --where 'score > 0.5 and participant.status == "approved"'
  exptool query trials participant.status=approved

Quote the expression for your shell. Texts are written in quotes of either kind,
numbers bare, True, False and None as in Python or SQL.

Fields are columns, and paths that follow relations and reach into JSON:

  random_integer                  a column
  participant.status              of the participant a trial belongs to
  node.network.trial_maker_id     several hops
  vars.my_dict.value              a key in jsonpickle or JSON; var is the same
  my_list.0   vars["odd key"]     an item of a list, a key with odd characters
  ` + "`order`   `two words`" + `           a column named like an operator, or oddly

A JSON value compares with literals of its own type: vars.x > 3 is about numbers
only. NaN equals nothing; text that is not JSON has no value. Rows without a
value fulfil neither == nor !=, as in SQL; is null finds them. Times are those of
the server, in its zone: "2026-11-20" or "2026-11-20 14:30:00".

Operators

`)
	for _, op := range Operators {
		fmt.Fprintf(&b, "  %-9s %s\n", strings.Join(append([]string{op.Symbol}, op.Aliases...), " "), op.Meaning)
	}
	b.WriteString("\nFunctions\n\n")
	for _, f := range Functions {
		fmt.Fprintf(&b, "  %-32s %s\n", f.Usage, f.Meaning)
	}
	b.WriteString(`
The many-side of a relation goes by the name of its rows (trials, errors, coins)
and by PsyNet's words: all_trials, alive_trials, failed_trials.

  exptool query participants --where 'count(alive_trials) > 3 and none(errors)'
  exptool query participants --where 'any(trials, score > 0.5)'
`)
	return b.String()
}
