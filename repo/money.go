package repo

import (
	"math"
	"strconv"
	"strings"
)

// Cents is an amount of money in hundredths of a dollar.
type Cents int64

// MaxCents is the most that anybody may have, or owe: 100 billion dollars. Up to
// there a double precision column tells each cent from the next.
const MaxCents Cents = 1e13

// ParseCents reads an amount as people write it: 1, 0.50, $2. What is no positive
// amount of whole cents up to MaxCents is an ErrUsage.
func ParseCents(text string) (Cents, error) {
	bad := func(why string) (Cents, error) {
		return 0, &Error{Kind: ErrUsage, Message: "the amount " + strconv.Quote(cut(text)) + " " + why, Hint: "write dollars as 1 or 0.50"}
	}
	digits := strings.TrimPrefix(strings.TrimSpace(text), "$")
	if strings.HasPrefix(digits, "-") {
		return bad("is negative")
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if !isDigits(whole) || point && !isDigits(fraction) {
		return bad("is no number of dollars")
	}
	if strings.TrimRight(fraction, "0") == "" {
		fraction = ""
	}
	if len(strings.TrimRight(fraction, "0")) > 2 {
		return bad("is not a whole number of cents")
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > 12 {
		return bad("is too large")
	}
	n, _ := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64) // at most 14 digits
	switch {
	case n == 0:
		return bad("is nothing")
	case Cents(n) > MaxCents:
		return bad("is too large")
	}
	return Cents(n), nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// cut keeps a text of somebody else's short enough for an error.
func cut(text string) string { return shortened(text, 40) }

// shortened is the beginning of a text that has more characters than most.
func shortened(text string, most int) string {
	if len(text) <= most { // bytes, which are no fewer
		return text
	}
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// Decimal is the amount in dollars: 3, 0.50, -1.
func (c Cents) Decimal() string {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	s := sign + strconv.FormatUint(n/100, 10)
	if n%100 == 0 {
		return s
	}
	return s + "." + strconv.FormatUint(100+n%100, 10)[1:]
}

// String is the amount for people: $3, $0.50, -$1.
func (c Cents) String() string {
	if s := c.Decimal(); s[0] != '-' {
		return "$" + s
	}
	return "-$" + c.Decimal()[1:]
}

// purse is a value of the column of dollars: cents, and a rest below a cent that
// stays with its owner. rest holds the decimal digits that follow the cents.
type purse struct {
	cents    Cents
	rest     string
	restSign bool // the rest is negative
}

// errPurse is a balance that cannot be reckoned with.
type errPurse string

// Error says what the balance is.
func (e errPurse) Error() string { return "a balance of " + string(e) }

// parsePurse reads a value as Postgres prints it, truncated towards zero.
func parsePurse(text string, float bool) (purse, error) {
	digits := text
	if float { // without an exponent
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return purse{}, errPurse(text)
		}
		digits = strconv.FormatFloat(f, 'f', -1, 64)
	}
	digits, negative := strings.CutPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if !isDigits(whole) || fraction != "" && !isDigits(fraction) {
		return purse{}, errPurse(text)
	}
	if len(strings.TrimLeft(whole, "0")) > 12 {
		return purse{}, errPurse(text + ", beyond what is reckoned with")
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	n, err := strconv.ParseInt(whole+fraction[:2], 10, 64)
	if err != nil || Cents(n) > MaxCents {
		return purse{}, errPurse(text + ", beyond what is reckoned with")
	}
	p := purse{cents: Cents(n), rest: strings.TrimRight(fraction[2:], "0"), restSign: negative}
	if negative {
		p.cents = -p.cents
	}
	return p, nil
}

// ParseBalance reads what somebody has, as Postgres prints a value of the column
// dollars: in cents, truncated towards zero.
func ParseBalance(text string) (Cents, error) {
	p, err := parsePurse(text, true)
	return p.cents, err
}

// decimal is the value's exact text. The rest takes the side of the cents, so that
// truncating gives them back.
func (p purse) decimal() string {
	n, negative := p.cents, p.restSign && p.rest != ""
	switch {
	case n < 0:
		n, negative = -n, true
	case n > 0:
		negative = false
	}
	s := strconv.FormatInt(int64(n)/100, 10) + "." + strconv.FormatInt(100+int64(n)%100, 10)[1:] + p.rest
	if negative {
		return "-" + s
	}
	return s
}

// double is the double nearest to the value that has the same cents.
func (p purse) double() string {
	f, _ := strconv.ParseFloat(p.decimal(), 64) // digits and a point
	for range 64 {
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if read, err := parsePurse(text, true); err == nil && read.cents == p.cents {
			return text
		}
		f = math.Nextafter(f, 0) // the rest had been rounded up to a cent
	}
	return strconv.FormatFloat(float64(p.cents)/100, 'g', -1, 64)
}
