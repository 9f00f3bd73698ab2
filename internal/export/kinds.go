package export

import (
	"bytes"
	"strconv"
	"time"
)

// jsonKind is the kind of a JSON list or dict.
func jsonKind(v []byte) Kind {
	if v[0] == '[' {
		return Array
	}
	return Object
}

// integerKind is Integer or Big where v is a whole number as JSON writes it, else 0.
func integerKind(v []byte) Kind {
	digits := bytes.TrimPrefix(v, minus)
	if len(digits) == 0 || digits[0] == '0' && len(digits) > 1 {
		return 0
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0
		}
	}
	if len(digits) > 18 {
		if _, err := strconv.ParseInt(string(v), 10, 64); err != nil {
			return Big
		}
	}
	return Integer
}

var minus = []byte("-")

// numericKind is the kind of a numeric: a float holds fifteen digits of any.
func numericKind(v []byte) Kind {
	digits := 0
	for _, c := range v {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits > 15 {
		return Decimal
	}
	return Number // NaN and the infinities, too
}

// timeKind is kind, or String for what only Postgres takes for a time: infinity, and
// years before Christ or after 9999.
func timeKind(v []byte, kind Kind) Kind {
	if len(v) < len(time.DateOnly) || v[0] > '9' || v[4] != '-' || v[len(v)-1] == 'C' {
		return String
	}
	return kind
}

// isMoment reports whether text is a date and a time as Python's isoformat writes it,
// without a zone: 2026-11-23T08:37:10.342660.
func isMoment(text []byte) bool {
	if len(text) < 19 || len(text) > 26 || text[10] != 'T' || text[4] != '-' {
		return false
	}
	_, err := time.Parse("2006-01-02T15:04:05.999999", string(text))
	return err == nil
}

// plainString reports whether a JSON string has nothing in it to decode.
func plainString(v []byte) bool {
	if len(v) < 2 || v[len(v)-1] != '"' {
		return false
	}
	for _, c := range v[1 : len(v)-1] {
		if c == '"' || c == '\\' || c < ' ' {
			return false
		}
	}
	return true
}

// Type is the name of the column's type in a datapackage.
func (c Column) Type() string {
	const whole = Integer | Big
	switch k := c.Kind; {
	case k == 0, k.Only(String):
		return "string"
	case k.Only(Boolean):
		return "boolean"
	case k.Only(whole):
		return "integer"
	case k.Only(whole | Number | Decimal):
		return "number"
	case k.Only(Date):
		return "date"
	case k.Only(Datetime | Instant):
		return "datetime"
	case k.Only(Object):
		return "object"
	case k.Only(Array):
		return "array"
	}
	return "any"
}
