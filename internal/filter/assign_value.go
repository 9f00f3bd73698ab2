package filter

import (
	"encoding/hex"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"exptool/internal/schema"
)

// problem says why a text is no value of a type.
type problem struct{ message, hint string }

var (
	wholeNumber   = regexp.MustCompile(`^[+-]?[0-9]+$`)
	decimalNumber = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)
	uuidText      = regexp.MustCompile(`^\{?[0-9a-fA-F-]{32,36}\}?$`)
	typeLength    = regexp.MustCompile(`^(?:character varying|character|bit varying|bit)\((\d+)\)`)
	typeScale     = regexp.MustCompile(`^numeric\((\d+),(-?\d+)\)`)
)

// longestNumber is the longest text that is taken for a number.
const longestNumber = 800

func isWhole(text string) bool { return len(text) <= longestNumber && wholeNumber.MatchString(text) }
func isDecimal(text string) bool {
	return len(text) <= longestNumber && decimalNumber.MatchString(text)
}

// integerBits are how many bits an integer type has.
var integerBits = map[string]int{"smallint": 16, "integer": 32, "bigint": 64}

// booleans are the words for true and false.
var booleans = map[string]string{
	"true": "true", "t": "true", "yes": "true", "y": "true", "on": "true", "1": "true",
	"false": "false", "f": "false", "no": "false", "n": "false", "off": "false", "0": "false",
}

// checkValue makes of a text what a column's type can take.
func checkValue(c *schema.Column, text string) (string, *problem) {
	switch c.Kind {
	case schema.Int:
		return checkInteger(c.Type, text)
	case schema.Float:
		if !isDecimal(text) {
			return "", &problem{quoteForPeople(text) + " is not a number", ""}
		}
		bits := 64
		if c.Type == "real" {
			bits = 32
		}
		if _, err := strconv.ParseFloat(text, bits); err != nil {
			return "", &problem{text + " is out of range", ""}
		}
	case schema.Numeric:
		return text, checkNumeric(c.Type, text)
	case schema.Bool:
		if b := booleans[strings.ToLower(text)]; b != "" {
			return b, nil
		}
		return "", &problem{quoteForPeople(text) + " is neither true nor false", ""}
	case schema.Enum:
		for _, v := range c.Enum {
			if v == text {
				return text, nil
			}
		}
		if near := schema.Suggest(text, c.Enum); len(near) > 0 {
			return "", &problem{"this database knows no " + quoteForPeople(text), didYouMean(near)}
		}
		return "", &problem{"this database knows no " + quoteForPeople(text), "one of " + strings.Join(c.Enum, ", ")}
	case schema.Text:
		return text, checkText(c.Type, text)
	case schema.Timestamp, schema.TimestampTZ, schema.Date, schema.Time:
		return text, checkTime(c.Kind, text)
	case schema.Bytes:
		if _, err := hex.DecodeString(strings.TrimPrefix(text, `\x`)); err != nil || !strings.HasPrefix(text, `\x`) {
			return "", &problem{"bytes are written in hexadecimal", `for example \x00ff`}
		}
	case schema.Array:
		if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
			return "", &problem{quoteForPeople(text) + " is no array", `state a list with :=, for example :='["a", "b"]', or add to it with +=`}
		}
	case schema.Interval, schema.Other:
		if strings.TrimSpace(text) == "" {
			return "", &problem{"the empty text is no value of it", ""}
		}
	}
	return text, nil
}

func checkInteger(typ, text string) (string, *problem) {
	if !isWhole(text) {
		return "", &problem{quoteForPeople(text) + " is not a whole number", ""}
	}
	n, _ := new(big.Int).SetString(text, 10)
	bits := integerBits[typ]
	if bits == 0 {
		bits = 64 // a domain over one of them: the server knows
	}
	if limit := new(big.Int).Lsh(big.NewInt(1), uint(bits-1)); n.Cmp(limit) >= 0 || n.Cmp(new(big.Int).Neg(limit)) < 0 {
		return "", &problem{text + " is out of range", ""}
	}
	return n.String(), nil
}

func checkNumeric(typ, text string) *problem {
	if !isDecimal(text) {
		return &problem{quoteForPeople(text) + " is not a number", ""}
	}
	m := typeScale.FindStringSubmatch(typ)
	if m == nil {
		return nil
	}
	precision, _ := strconv.Atoi(m[1])
	scale, _ := strconv.Atoi(m[2])
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return &problem{quoteForPeople(text) + " is not a number", ""}
	}
	limit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(precision-scale, 0))), nil))
	if r.Abs(r).Cmp(limit) >= 0 {
		return &problem{text + " is out of range", ""}
	}
	return nil
}

func checkText(typ, text string) *problem {
	if typ == "uuid" && !uuidText.MatchString(text) {
		return &problem{quoteForPeople(text) + " is no UUID", ""}
	}
	m := typeLength.FindStringSubmatch(typ)
	if m == nil {
		return nil
	}
	if most, _ := strconv.Atoi(m[1]); utf8.RuneCountInString(text) > most {
		return &problem{"the text is longer than " + m[1] + " characters", ""}
	}
	return nil
}

// clocks and days are the ways in which a time can be written; fractions of a
// second follow by themselves.
var (
	clocks = []string{"15:04", "15:04:05"}
	zones  = []string{"", "Z07:00", "Z0700", "Z07", " Z07:00"}
)

func checkTime(kind schema.Kind, text string) *problem {
	var layouts []string
	hint := "for example 2026-11-20 10:00:00"
	switch kind {
	case schema.Date:
		layouts, hint = []string{time.DateOnly}, "for example 2026-11-20"
	case schema.Time:
		hint = "for example 10:00:00"
		for _, clock := range clocks {
			for _, zone := range zones {
				layouts = append(layouts, clock+zone)
			}
		}
	default:
		layouts = []string{time.DateOnly}
		for _, clock := range clocks {
			layouts = append(layouts, time.DateOnly+" "+clock, time.DateOnly+"T"+clock)
			if kind == schema.TimestampTZ {
				for _, zone := range zones[1:] {
					layouts = append(layouts, time.DateOnly+" "+clock+zone, time.DateOnly+"T"+clock+zone)
				}
			}
		}
	}
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return nil
		}
	}
	if kind == schema.Timestamp {
		hint += ", without a zone: it is the server's"
	}
	return &problem{quoteForPeople(text) + " is no such time", hint}
}

// sum adds to a number exactly; to double precision, the double nearest to the
// sum of the decimals.
func (a *Assignment) sum(value []byte) ([]byte, *Error) {
	if value == nil {
		return nil, a.fail("is NULL: there is nothing to add to").hint("set it: " + a.Field() + "=" + a.value)
	}
	total, err := a.plus(string(value))
	if err != nil {
		return nil, err
	}
	return a.checked(a.Column, total)
}

// plus is a decimal number plus or minus the assignment's value, exactly.
func (a *Assignment) plus(number string) (string, *Error) {
	if !isDecimal(a.value) {
		return "", a.fail("is a number, and " + quoteForPeople(a.value) + " is none")
	}
	if !isDecimal(number) {
		return "", a.fail("is " + number + ": there is nothing to add to")
	}
	x, ok1 := new(big.Rat).SetString(number)
	y, ok2 := new(big.Rat).SetString(a.value)
	if !ok1 || !ok2 {
		return "", a.fail("cannot be added to")
	}
	if a.op == subtract {
		y.Neg(y)
	}
	return x.Add(x, y).FloatString(max(decimals(number), decimals(a.value))), nil
}

// decimals is how many digits a decimal number has behind its point, written
// without an exponent.
func decimals(number string) int {
	mantissa, exponent := strings.ToLower(number), 0
	if m, e, ok := strings.Cut(mantissa, "e"); ok {
		mantissa = m
		exponent, _ = strconv.Atoi(e)
	}
	_, fraction, _ := strings.Cut(mantissa, ".")
	return max(len(fraction)-exponent, 0)
}

// appended is an array with an element more.
func (a *Assignment) appended(value []byte) ([]byte, *Error) {
	element := &schema.Column{Name: a.Column.Name, Type: strings.TrimSuffix(a.Column.Type, "[]"), Kind: elementKind(a.Column.Type)}
	item, err := a.checked(element, a.value)
	if err != nil {
		return nil, err
	}
	array := string(value)
	one := arrayLiteral([]string{string(item)})
	switch {
	case value == nil, array == "{}":
		return []byte(one), nil
	case !strings.HasPrefix(array, "{") || strings.HasPrefix(array, "{{"):
		return nil, a.fail("is no plain list: state it whole, with =")
	}
	return []byte(array[:len(array)-1] + "," + one[1:]), nil
}

// finite reports whether a number of double precision has a JSON form.
func finite(text string) bool {
	x, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
}
