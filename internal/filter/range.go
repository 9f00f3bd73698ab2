package filter

import (
	"strings"

	"exptool/internal/schema"
)

func boolean(n node, sql string) operand {
	return operand{node: n, t: tBool, kind: schema.Bool, sql: sql}
}

// between is l >= lo and l <= hi; for plain columns written as BETWEEN would,
// so that it reads the same for every type.
func (w view) between(n *between) (operand, *Error) {
	ge, le := operatorBySymbol(">=", Comparison), operatorBySymbol("<=", Comparison)
	lo, err := w.comparison(&binary{at: n.at, op: ge, l: n.x, r: n.lo})
	if err != nil {
		return lo, err
	}
	hi, err := w.comparison(&binary{at: n.at, op: le, l: n.x, r: n.hi})
	if err != nil {
		return hi, err
	}
	sql := "(" + lo.sql + " AND " + hi.sql + ")"
	if n.not {
		sql = "NOT " + sql
	}
	return boolean(n, sql), nil
}

// inList checks x in (…) and x in array.
func (w view) inList(n *in) (operand, *Error) {
	if n.of != nil {
		return w.inArray(n)
	}
	x, err := w.check(n.x)
	if err != nil {
		return x, err
	}
	if sql, ok, err := w.inArrayOf(n, x); ok || err != nil {
		return boolean(n, sql), err
	}
	eq := operatorBySymbol("==", Comparison)
	var all []string
	for _, item := range n.items {
		o, err := w.comparison(&binary{at: n.at, op: eq, l: n.x, r: item})
		if err != nil {
			return o, err
		}
		all = append(all, o.sql)
	}
	sql := "(" + strings.Join(all, " OR ") + ")"
	if n.not {
		sql = "NOT " + sql
	}
	return boolean(n, sql), nil
}

// inArrayOf writes a list of literals of one type as one argument: x = ANY($1).
func (w view) inArrayOf(n *in, x operand) (sql string, ok bool, err *Error) {
	var elem string
	switch {
	case x.lit != nil || x.col == nil || x.col.Class:
		return "", false, nil
	case x.kind == schema.Int:
		elem = "bigint"
	case x.kind == schema.Float:
		elem = "float8"
	case x.kind == schema.Numeric:
		elem = "numeric"
	case x.kind == schema.Text:
		elem = "text"
	case x.kind == schema.Enum:
		elem = x.col.Type
	default:
		return "", false, nil
	}
	items := make([]string, len(n.items))
	for i, item := range n.items {
		lit, isLit := item.(*literal)
		if !isLit || lit.kind == litNull {
			return "", false, nil
		}
		if _, err := w.literalFor(n, x, literalOperand(lit)); err != nil {
			return "", false, err
		}
		if elem == "bigint" && !isInt64(lit.text) {
			elem = "numeric"
		}
		items[i] = lit.text
	}
	op := operatorBySymbol("in", Form)
	word := op.SQL
	if n.not {
		word = op.Negate
	}
	return x.sql + " " + word + "(" + w.c.bind(arrayLiteral(items), elem+"[]") + ")", true, nil
}

// inArray checks item in column, where the column is an array or JSON list.
func (w view) inArray(n *in) (operand, *Error) {
	of, err := w.check(n.of)
	if err != nil {
		return of, err
	}
	x, err := w.check(n.x)
	if err != nil {
		return x, err
	}
	not := ""
	if n.not {
		not = "NOT "
	}
	switch {
	case of.t == tArray && x.lit != nil:
		elem := strings.TrimSuffix(of.col.Type, "[]")
		kind := elementKind(of.col.Type)
		bound, err := w.literalFor(n, operand{node: n.of, t: typeOf(kind), kind: kind, col: &schema.Column{Name: of.col.Name, Type: elem}}, x)
		if err != nil {
			return of, err
		}
		return boolean(n, not+"("+bound+" = ANY("+of.sql+"))"), nil
	case of.t == tJSON && x.lit != nil && x.t != tNull:
		var json string
		switch x.t {
		case tNumber, tBool:
			json = w.c.bind(x.lit.text, "jsonb")
		default:
			json = "to_jsonb(" + w.c.bind(x.lit.text, "text") + ")"
		}
		return boolean(n, not+"("+of.json.form('v')+" @> "+json+")"), nil
	}
	return of, w.c.errorAt(n, "in takes a list: x in (1, 2, 3)")
}

// pattern checks like, ilike and the regular expressions.
func (w view) pattern(n *binary) (operand, *Error) {
	l, r, err := w.pair(n.l, n.r)
	if err != nil {
		return l, err
	}
	sides := [2]string{}
	for i, o := range []operand{l, r} {
		switch {
		case o.t == tJSON:
			sides[i] = "(" + o.json.form('s') + ")"
		case o.t == tText || o.t == tOther:
			sides[i] = asText(w.c.bindLiteral(o))
		default:
			return o, w.c.errorAt(n, n.op.Symbol+" compares text: "+w.c.describe(o))
		}
	}
	return boolean(n, sides[0]+" "+n.op.SQL+" "+sides[1]), nil
}
