package game

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind is what the values of a parameter are.
type Kind string

// The kinds of parameters.
const (
	Dollars  Kind = "dollars"  // up to a cent; kept in cents
	Fraction Kind = "fraction" // from 0 to 1
	Number   Kind = "number"   // 0 or more
	Count    Kind = "count"    // a whole number, 0 or more
	Word     Kind = "word"     // one of Choices
	Flag     Kind = "flag"     // yes or no
	Text     Kind = "text"     // judged by its own reader
)

// Parameter is something of a game that a treatment may set.
type Parameter struct {
	Name    string
	Also    string // another word that a treatment may use for it; may be empty
	Kind    Kind
	Default string
	Choices []string // of a Word
	Meaning string   // begins with a lower-case letter, no full stop
	Source  string   // of the default or of the idea; may be empty

	check func(text string) error // of a Text; nil: any will do
}

// UnknownError says that there is no game, strategy or parameter of a name.
type UnknownError struct {
	What  string   // "game", "strategy" or "parameter"
	Name  string   // as it was written
	Of    string   // whose; may be empty
	Known []string // what there is
}

// Error does not list what there is.
func (e *UnknownError) Error() string {
	of := ""
	if e.Of != "" {
		of = " of " + e.Of
	}
	return fmt.Sprintf("there is no %s %q%s", e.What, e.Name, of)
}

// value is a parameter's, read.
type value struct {
	text   string  // canonical
	number float64 // of a Fraction or a Number
	whole  int64   // of a Count, and of Dollars in cents; 1 for a Flag that is set
}

// MaxCents is the largest balance of a player, as in the ledger.
const MaxCents = 10_000_000_000_000

// read understands a value as people write it.
func (p *Parameter) read(text string) (v value, err error) {
	text = strings.TrimSpace(text)
	wrong := func(format string, args ...any) (value, error) {
		return v, fmt.Errorf("%s: %s", p.Name, fmt.Sprintf(format, args...))
	}
	switch v.text = text; p.Kind {
	case Dollars:
		if v.whole, err = readCents(text); err != nil {
			return wrong("%v", err)
		}
		v.text = dollarText(v.whole)
	case Fraction, Number:
		v.number, err = strconv.ParseFloat(text, 64)
		switch {
		case err != nil || math.IsNaN(v.number) || math.IsInf(v.number, 0):
			return wrong("%q is no number", text)
		case v.number < 0:
			return wrong("%s is negative", text)
		case p.Kind == Fraction && v.number > 1:
			return wrong("%s is more than 1, and this is a fraction", text)
		}
		v.text = strconv.FormatFloat(v.number, 'g', -1, 64)
	case Count:
		v.whole, err = strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
		if err != nil || v.whole < 0 {
			return wrong("%q is no whole number of 0 or more", text)
		}
		v.text = strconv.FormatInt(v.whole, 10)
	case Word:
		if !slices.Contains(p.Choices, text) {
			return v, &UnknownError{What: p.Name, Name: text, Known: p.Choices}
		}
	case Flag:
		switch text {
		case "yes", "true", "on":
			v.text, v.whole = "yes", 1
		case "no", "false", "off":
			v.text = "no"
		default:
			return wrong("%q is neither yes nor no", text)
		}
	case Text:
		if p.check == nil {
			break
		}
		if err := p.check(text); err != nil {
			return v, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return v, nil
}

// readCents reads an amount of dollars, with up to two decimals.
func readCents(text string) (int64, error) {
	whole, decimals, _ := strings.Cut(strings.TrimPrefix(text, "$"), ".")
	dollars, err := strconv.ParseInt(whole, 10, 64)
	cents, worse := int64(0), error(nil)
	if decimals != "" {
		cents, worse = strconv.ParseInt((decimals + "0")[:2], 10, 64)
	}
	switch {
	case strings.HasPrefix(whole, "-"):
		return 0, fmt.Errorf("%s is negative", text)
	case err != nil || worse != nil || len(decimals) > 2 || strings.Trim(decimals, "0123456789") != "":
		return 0, fmt.Errorf("%q is no amount of dollars", text)
	case dollars > MaxCents/100:
		return 0, fmt.Errorf("%s dollars are too much", text)
	}
	return dollars*100 + cents, nil
}

// dollarText prints cents as dollars, without needless decimals.
func dollarText(cents int64) string {
	if cents%100 == 0 {
		return strconv.FormatInt(cents/100, 10)
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}
