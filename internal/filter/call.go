package filter

import (
	"strconv"
	"strings"
	"time"

	"exptool/internal/schema"
)

// call checks a function call.
func (w view) call(n *call) (operand, *Error) {
	f := functionByName(n.name)
	if f == nil {
		var names []string
		for i := range Functions {
			names = append(names, Functions[i].Name)
		}
		return operand{}, w.c.errorAt(n, "unknown function "+quoteForPeople(n.name)).hint(didYouMean(schema.Suggest(n.name, names)))
	}
	if len(n.args) < f.min || len(n.args) > f.max {
		return operand{}, w.c.errorAt(n, "wrong number of arguments").hint("it is written " + f.Usage)
	}
	if f.Many {
		return w.many(n)
	}
	switch n.name {
	case "now":
		return w.clock(n, "%s"), nil
	case "today":
		return w.clock(n, "date_trunc('day', %s)"), nil
	case "ago":
		return w.ago(n)
	case "lower", "upper":
		x, err := w.text(n.args[0], n.name)
		return operand{node: n, t: tText, kind: schema.Text, sql: n.name + "(" + x + ")"}, err
	case "length":
		return w.length(n)
	case "abs", "round":
		return w.rounding(n)
	}
	return w.choice(n)
}

// clock is a time of the server, as a wall time of its zone.
func (w view) clock(n node, format string) operand {
	now := "LOCALTIMESTAMP"
	if w.c.opts.Zone != "" {
		now = "(now() AT TIME ZONE " + w.c.bind(w.c.opts.Zone, "text") + ")"
	}
	return operand{node: n, t: tTime, kind: schema.Timestamp, sql: strings.Replace(format, "%s", now, 1)}
}

func (w view) ago(n *call) (operand, *Error) {
	lit, ok := n.args[0].(*literal)
	if ok {
		if d, good := ParseSpan(lit.text); good {
			return w.clock(n, "(%s - "+w.c.bind(strconv.FormatFloat(d.Seconds(), 'f', -1, 64)+" seconds", "interval")+")"), nil
		}
	}
	return operand{}, w.c.errorAt(n.args[0], "not a span of time").hint(`write ago("90s"), ago("30m"), ago("2h"), ago("1d") or ago("1w")`)
}

// ParseSpan reads a span of time such as 90s, 30m, 2h, 1d, 1w or 1h30m.
func ParseSpan(s string) (time.Duration, bool) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var total time.Duration
	for s = strings.TrimSpace(s); s != ""; {
		i := 0
		for i < len(s) && (isDigit(s[i]) || s[i] == '.') {
			i++
		}
		x, err := strconv.ParseFloat(s[:i], 64)
		if err != nil || i == len(s) || units[s[i]] == 0 || x > 1e6 {
			return 0, false
		}
		total += time.Duration(x * float64(units[s[i]]))
		s = s[i+1:]
	}
	return total, total > 0
}

// text returns the SQL of an argument that must be text.
func (w view) text(n node, what string) (string, *Error) {
	o, err := w.check(n)
	if err != nil {
		return "", err
	}
	switch o.t {
	case tText:
		return asText(w.c.bindLiteral(o)), nil
	case tJSON:
		return "(" + o.json.form('s') + ")", nil
	case tOther:
		return asText(o), nil
	}
	return "", w.c.errorAt(n, what+" takes text: "+w.c.describe(o))
}

func (w view) length(n *call) (operand, *Error) {
	o, err := w.check(n.args[0])
	if err != nil {
		return o, err
	}
	number := func(sql string) operand { return operand{node: n, t: tNumber, kind: schema.Int, sql: sql} }
	switch o.t {
	case tText, tOther:
		return number("length(" + asText(w.c.bindLiteral(o)) + ")"), nil
	case tArray:
		return number("cardinality(" + o.sql + ")"), nil
	case tJSON:
		v := o.json.form('v')
		return number("CASE jsonb_typeof(" + v + ") WHEN 'string' THEN length(" + v + " #>> '{}') WHEN 'array' THEN jsonb_array_length(" +
			v + ") WHEN 'object' THEN (SELECT count(*)::int FROM jsonb_object_keys(" + v + ")) END"), nil
	}
	return o, w.c.errorAt(n, "length takes text or a list: "+w.c.describe(o))
}

func (w view) rounding(n *call) (operand, *Error) {
	x, err := w.number(n.args[0], n.name)
	if err != nil {
		return x, err
	}
	if n.name == "abs" {
		return operand{node: n, t: tNumber, kind: x.kind, sql: "abs(" + x.sql + ")", nan: x.nan}, nil
	}
	digits := "0"
	if len(n.args) == 2 {
		lit, ok := n.args[1].(*literal)
		if !ok || lit.kind != litNumber || len(lit.text) > 2 || !isInt64(lit.text) {
			return x, w.c.errorAt(n.args[1], "digits are a whole number below 100")
		}
		digits = lit.text
	}
	return operand{node: n, t: tNumber, kind: schema.Numeric, nan: x.nan, sql: "round(" + parenthesise(x.sql) + "::numeric, " + digits + ")"}, nil
}

// choice checks coalesce(a, b, …) and if(condition, a, b): values of one type.
func (w view) choice(n *call) (operand, *Error) {
	args := n.args
	condition := ""
	if n.name == "if" {
		var err *Error
		if condition, err = w.condition(args[0]); err != nil {
			return operand{}, err
		}
		args = args[1:]
	}
	checked := make([]operand, len(args))
	wanted := tJSON // what JSON values are read as: what their neighbours are
	for i, a := range args {
		o, err := w.check(a)
		if err != nil {
			return o, err
		}
		if checked[i] = o; wanted == tJSON && o.t != tNull {
			wanted = o.t
		}
	}
	all := make([]string, len(args))
	var first operand
	for i, a := range args {
		o := checked[i]
		if o.t == tJSON {
			o = w.jsonAs(o, wanted)
		}
		o = w.c.bindLiteral(o)
		if o.t == tText || o.t == tOther {
			o.sql = asText(o)
		}
		if i == 0 || first.t == tNull {
			first = o
		} else if o.t != first.t && o.t != tNull {
			return o, w.c.errorAt(a, "values of one type are needed: "+w.c.describe(o)+", the first is "+first.t.String())
		}
		if o.t == tNumber && (o.kind == schema.Float || first.kind != o.kind) {
			first.kind = schema.Float
		}
		first.nan = first.nan || o.nan
		all[i] = o.sql
	}
	result := operand{node: n, t: first.t, kind: first.kind, zoned: first.zoned, nan: first.nan}
	if first.t == tText || first.t == tOther {
		result.t, result.kind = tText, schema.Text
	}
	if n.name == "if" {
		result.sql = "CASE WHEN " + condition + " THEN " + all[0] + " ELSE " + all[1] + " END"
	} else {
		result.sql = "COALESCE(" + strings.Join(all, ", ") + ")"
	}
	return result, nil
}

// jsonAs reads a JSON value as a type that its neighbours have; text without.
func (w view) jsonAs(o operand, t valueType) operand {
	switch t {
	case tNumber:
		return operand{node: o.node, t: tNumber, kind: schema.Numeric, sql: "(" + o.json.form('n') + ")", nan: true}
	case tBool:
		return operand{node: o.node, t: tBool, kind: schema.Bool, sql: "(" + o.json.form('b') + ")"}
	}
	return operand{node: o.node, t: tText, kind: schema.Text, sql: "(" + o.json.form('v') + " #>> '{}')"}
}
