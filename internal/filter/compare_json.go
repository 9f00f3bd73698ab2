package filter

import (
	"strings"

	"exptool/internal/schema"
)

// compareJSON compares where a side is decided by each row. A literal compares
// only with JSON values of its own type; two JSON values as jsonb orders them.
func (w view) compareJSON(n node, op string, l, r operand) (string, *Error) {
	if l.t == tJSON && r.t == tJSON {
		return comparePaths(op, l.json, r.json), nil
	}
	if r.t == tJSON {
		return w.compareJSON(n, flip(op), r, l)
	}
	v := l.json
	switch r.t {
	case tNumber:
		if r.lit != nil {
			r.sql, r.kind = w.c.bindNumber(r.lit.text, schema.Numeric), schema.Numeric
		}
		right := castTo(r, "numeric", schema.Numeric)
		n := "(" + v.form('n') + ")"
		if op == "<>" {
			return n + " <> " + right, nil
		}
		return ordered(n+" "+op+" "+right, n), nil
	case tBool:
		if equality(op) {
			return "(" + v.form('b') + ") " + op + " " + w.c.bindLiteral(r).sql, nil
		}
	case tText:
		if r.lit != nil && r.lit.kind == litWord {
			return w.compareJSONWord(op, v, r.lit.text), nil
		}
		collate := ""
		if !equality(op) {
			collate = ` COLLATE "C"` // code points, as Python orders text
		}
		s := "(" + v.form('s') + ")"
		if r.lit != nil {
			lit := *r.lit
			s, lit.text = datetimes(s, lit.text)
			r.lit = &lit
		}
		r = w.c.bindLiteral(r)
		return s + collate + " " + op + " " + asText(r), nil
	case tTime, tDate:
		return w.compareJSONTime(op, v, r), nil
	case tOther:
		return "(" + v.form('s') + ") " + op + " " + asText(r), nil
	}
	return "", w.mismatch(n, l, r)
}

// ordered makes a comparison false where the number is NaN, which equals nothing
// and is in no order; Postgres's numeric has it equal to itself and above all
// others. False and not NULL, so that not (x == 1) is what x != 1 is.
func ordered(comparison, number string) string {
	return "(" + comparison + " AND " + number + " <> 'NaN')"
}

// comparePaths compares two JSON values. NaN, which is tagged, equals nothing,
// not even itself, and is in no order.
func comparePaths(op string, l, r *jsonValue) string {
	const nan = `'{"py/float": "NaN"}'`
	switch op {
	case "=":
		return "(" + l.form('v') + " = " + r.form('v') + " AND " + l.form('v') + " <> " + nan + ")"
	case "<>":
		return "(" + l.form('v') + " <> " + r.form('v') + " OR " + l.form('v') + " = " + r.form('v') + " AND " + l.form('v') + " = " + nan + ")"
	}
	ln, rn := "("+l.form('n')+")", "("+r.form('n')+")"
	return ordered(ordered(ln+" "+op+" "+rn, ln), rn)
}

// compareJSONWord compares with a word of the shell, whose type is not known:
// 3 is the number and the text, true the boolean and the text.
func (w view) compareJSONWord(op string, v *jsonValue, word string) string {
	s, word := datetimes("("+v.form('s')+")", word)
	equal := s + " = " + w.c.bind(word, "text")
	alternative := ""
	switch lower := strings.ToLower(word); {
	case numberLike(word):
		alternative = "(" + v.form('n') + ") = " + w.c.bind(word, "numeric")
		if !equality(op) {
			n := "(" + v.form('n') + ")"
			return ordered(n+" "+op+" "+w.c.bind(word, "numeric"), n)
		}
	case lower == "true" || lower == "false":
		alternative = "(" + v.form('b') + ") = " + w.c.bind(lower, "boolean")
	}
	if !equality(op) {
		return s + ` COLLATE "C" ` + op + " " + w.c.bind(word, "text")
	}
	if alternative != "" {
		equal = "(COALESCE(" + equal + ", false) OR COALESCE(" + alternative + ", false))"
	}
	if op == "<>" {
		return "(" + v.form('v') + " IS NOT NULL AND (" + equal + ") IS NOT TRUE)"
	}
	return equal
}

// datetimes makes a text of a JSON value and one that the user wrote comparable
// where that is a date and a time: jsonpickle's datetimes decode to ISO, with a T
// between them where people, and Python's str(), have a space.
func datetimes(s, text string) (string, string) {
	const date = "2006-01-02"
	if _, ok := parseTime(text); !ok || len(text) <= len(date) {
		return s, text
	}
	return "regexp_replace(" + s + `, '^(\d{4}-\d\d-\d\d) ', '\1T')`, text[:len(date)] + "T" + text[len(date)+1:]
}

// compareJSONTime compares with datetimes, which decode to ISO text; as such
// they order as the times do.
func (w view) compareJSONTime(op string, v *jsonValue, r operand) string {
	stamp := r.sql
	if r.zoned {
		stamp += "::timestamp"
	}
	format := `YYYY-MM-DD"T"HH24:MI:SS.US`
	if r.t == tDate {
		format = "YYYY-MM-DD"
	}
	return "(" + v.form('s') + `) COLLATE "C" ` + op + " to_char(" + asStamp(operand{t: r.t, sql: stamp}) + ", '" + format + "')"
}

// numberLike reports whether a text is a number as this language writes one.
func numberLike(s string) bool {
	l := lexer{expr: strings.TrimPrefix(s, "-")}
	t, err := l.next()
	return err == nil && t.kind == tokNumber && t.end == len(l.expr)
}

// bindNumber binds a number so that an index on the column still serves.
func (c *compiler) bindNumber(text string, kind schema.Kind) string {
	switch {
	case kind == schema.Float:
		return c.bind(text, "float8")
	case kind == schema.Int && isInt64(text):
		return c.bind(text, "bigint")
	}
	return c.bind(text, "numeric")
}

// bindTime binds a time of the server's zone; one that names a zone is
// converted to the server's.
func (c *compiler) bindTime(stamp string, zoned bool) string {
	named := len(stamp) > len("2006-01-02") && strings.ContainsAny(stamp[10:], "Z+-")
	switch {
	case zoned:
		return c.bind(stamp, "timestamptz")
	case named && c.opts.Zone != "":
		return "(" + c.bind(stamp, "timestamptz") + " AT TIME ZONE " + c.bind(c.opts.Zone, "text") + ")"
	case named:
		return "(" + c.bind(stamp, "timestamptz") + ")::timestamp"
	}
	return c.bind(stamp, "timestamp")
}

// bindLiteral gives a literal SQL of its own type; other operands stay.
func (c *compiler) bindLiteral(o operand) operand {
	if o.lit == nil {
		return o
	}
	switch o.lit.kind {
	case litNumber:
		o.sql = c.bindNumber(o.lit.text, o.kind)
	case litBool:
		o.sql = c.bind(o.lit.text, "boolean")
	case litNull:
		o.sql = "NULL"
	default:
		o.sql = c.bind(strings.ReplaceAll(o.lit.text, "\x00", ""), "text")
	}
	return o
}

// sameZone makes two times comparable: the clock takes the zone of the other.
func (c *compiler) sameZone(l, r operand) (operand, operand) {
	switch {
	case l.zoned == r.zoned:
	case l.zoned:
		r.sql, r.zoned = c.toZoned(r), true
	default:
		l.sql, l.zoned = c.toZoned(l), true
	}
	return l, r
}

// toZoned reads a wall time in the zone of the experiment's server.
func (c *compiler) toZoned(o operand) string {
	if c.opts.Zone != "" {
		return "(" + asStamp(o) + " AT TIME ZONE " + c.bind(c.opts.Zone, "text") + ")"
	}
	return asStamp(o) + "::timestamptz"
}
