package filter

import (
	"math"
	"strings"

	"exptool/internal/schema"
)

// condition checks an expression that must be true or false and returns its SQL.
func (w view) condition(n node) (string, *Error) {
	switch n := n.(type) {
	case *binary:
		if n.op.Class == Logic {
			l, err := w.condition(n.l)
			if err != nil {
				return "", err
			}
			r, err := w.condition(n.r)
			if err != nil {
				return "", err
			}
			return "(" + l + " " + n.op.SQL + " " + r + ")", nil
		}
	case *unary:
		if n.op == "not" {
			x, err := w.condition(n.x)
			return "NOT " + parenthesise(x), err
		}
	}
	o, err := w.check(n)
	if err != nil {
		return "", err
	}
	if o.t == tBool {
		return w.c.bindLiteral(o).sql, nil
	}
	e := w.c.errorAt(n, "not a condition: "+w.c.describe(o))
	switch {
	case o.t == tJSON:
		e.Hint = "compare it: " + w.c.source(n) + " == true"
	case o.lit == nil:
		e.Hint = "compare it, for example " + w.c.source(n) + " > 0, and quote the expression: --where '…'"
	}
	return "", e
}

// source is the text of a node, for a message.
func (c *compiler) source(n node) string {
	start, end := n.span()
	return strings.Map(visible, c.expr[start:min(end, len(c.expr))])
}

// parenthesise puts parentheses around SQL that is not one word already.
func parenthesise(sql string) string {
	if strings.HasPrefix(sql, "(") && closes(sql) || !strings.ContainsAny(sql, " (") {
		return sql
	}
	return "(" + sql + ")"
}

// closes reports whether the parenthesis that opens a text closes at its end.
func closes(sql string) bool {
	depth := 0
	for i := range len(sql) {
		switch sql[i] {
		case '\'', '"':
			return false // not worth reading quotes
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i == len(sql)-1
			}
		}
	}
	return false
}

// check checks an expression of any type.
func (w view) check(n node) (operand, *Error) {
	switch n := n.(type) {
	case *literal:
		return literalOperand(n), nil
	case *path:
		return w.resolve(n)
	case *unary:
		if n.op == "-" {
			return w.negative(n)
		}
	case *binary:
		switch n.op.Class {
		case Comparison:
			return w.comparison(n)
		case Pattern:
			return w.pattern(n)
		case Arithmetic:
			return w.arithmetic(n)
		}
	case *between:
		return w.between(n)
	case *in:
		return w.inList(n)
	case *isNull:
		return w.isNull(n)
	case *call:
		return w.call(n)
	}
	sql, err := w.condition(n)
	return operand{node: n, t: tBool, kind: schema.Bool, sql: sql}, err
}

func literalOperand(n *literal) operand {
	o := operand{node: n, lit: n}
	switch n.kind {
	case litNumber:
		o.t, o.kind = tNumber, schema.Numeric
		if isInt64(n.text) {
			o.kind = schema.Int
		}
	case litBool:
		o.t, o.kind = tBool, schema.Bool
	case litNull:
		o.t = tNull
	default:
		o.t, o.kind = tText, schema.Text
	}
	return o
}

// number returns the SQL of an operand that must be a number.
func (w view) number(n node, what string) (operand, *Error) {
	o, err := w.check(n)
	if err != nil {
		return o, err
	}
	switch {
	case o.t == tJSON:
		return operand{node: n, t: tNumber, kind: schema.Numeric, sql: o.json.form('n'), nan: true}, nil
	case o.t == tNumber:
		return w.c.bindLiteral(o), nil
	}
	return o, w.c.errorAt(n, what+" takes numbers: "+w.c.describe(o))
}

func (w view) negative(n *unary) (operand, *Error) {
	o, err := w.number(n.x, "-")
	return operand{node: n, t: tNumber, kind: o.kind, sql: "(- " + o.sql + ")", nan: o.nan}, err
}

// arithmetic computes with numeric where integers are, so that nothing
// overflows and / has a fraction as in Python, and with double precision else.
func (w view) arithmetic(n *binary) (operand, *Error) {
	l, err := w.check(n.l)
	if err != nil {
		return l, err
	}
	r, err := w.check(n.r)
	if err != nil {
		return r, err
	}
	if l.t == tTime || l.t == tDate || r.t == tTime || r.t == tDate {
		return w.timeArithmetic(n, l, r)
	}
	if n.op.Symbol == "+" && l.t == tText && r.t == tText {
		l, r = w.c.bindLiteral(l), w.c.bindLiteral(r)
		return operand{node: n, t: tText, kind: schema.Text, sql: "(" + l.sql + " || " + r.sql + ")"}, nil
	}
	if l, err = w.number(n.l, n.op.Symbol); err != nil {
		return l, err
	}
	if r, err = w.number(n.r, n.op.Symbol); err != nil {
		return r, err
	}
	kind, cast := schema.Numeric, "numeric"
	if n.op.Symbol != "%" && (l.kind == schema.Float || r.kind == schema.Float) {
		kind, cast = schema.Float, "float8"
	}
	divisor := castTo(r, cast, kind)
	if n.op.Symbol == "/" || n.op.Symbol == "%" {
		divisor = "NULLIF(" + divisor + ", 0)"
	}
	return operand{node: n, t: tNumber, kind: kind, nan: l.nan || r.nan,
		sql: "(" + castTo(l, cast, kind) + " " + n.op.SQL + " " + divisor + ")"}, nil
}

func castTo(o operand, cast string, kind schema.Kind) string {
	if o.kind == kind && o.lit == nil && o.col == nil || strings.HasSuffix(o.sql, "::"+cast) {
		return o.sql
	}
	return parenthesise(o.sql) + "::" + cast
}

// timeArithmetic: time - time is seconds, time ± seconds is a time.
func (w view) timeArithmetic(n *binary, l, r operand) (operand, *Error) {
	isTime := func(o operand) bool { return o.t == tTime || o.t == tDate }
	switch {
	case n.op.Symbol == "-" && isTime(l) && isTime(r):
		l, r = w.c.sameZone(l, r)
		return operand{node: n, t: tNumber, kind: schema.Numeric,
			sql: "extract(epoch FROM " + asStamp(l) + " - " + asStamp(r) + ")"}, nil
	case (n.op.Symbol == "-" || n.op.Symbol == "+") && isTime(l) && r.t == tNumber:
		r = w.c.bindLiteral(r)
		return operand{node: n, t: tTime, kind: l.kind, zoned: l.zoned, clock: l.clock,
			sql: "(" + asStamp(l) + " " + n.op.SQL + " make_interval(secs => " + parenthesise(r.sql) + "::float8))"}, nil
	}
	return l, w.c.errorAt(n, "cannot compute "+l.t.String()+" "+n.op.Symbol+" "+r.t.String()).
		hint("a time minus a time is seconds; a time plus or minus a number of seconds is a time")
}

// asStamp makes a date a timestamp, so that differences are intervals.
func asStamp(o operand) string {
	if o.t == tDate {
		return o.sql + "::timestamp"
	}
	return o.sql
}

func (w view) isNull(n *isNull) (operand, *Error) {
	o, err := w.check(n.x)
	if err != nil {
		return o, err
	}
	sql := o.sql
	switch {
	case o.lit != nil:
		return o, w.c.errorAt(n.x, "is null is asked of a column, not of "+w.c.source(n.x))
	case o.t == tJSON:
		sql = o.json.form('v')
	}
	return w.null(n, sql, n.not), nil
}

func (w view) null(n node, sql string, not bool) operand {
	op := operatorBySymbol("is null", Form)
	word := op.SQL
	if not {
		word = op.Negate
	}
	return operand{node: n, t: tBool, kind: schema.Bool, sql: parenthesise(sql) + " " + word}
}

// isInt64 reports whether a number as written is an integer that bigint holds.
func isInt64(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 19 {
		return false
	}
	var v uint64
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return false
		}
		v = v*10 + uint64(digits[i]-'0')
	}
	return v <= math.MaxInt64
}
