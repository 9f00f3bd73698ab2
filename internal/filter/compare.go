package filter

import (
	"strings"
	"time"

	"exptool/internal/schema"
)

// comparison checks l OP r. Either side's literals take the type of the other
// side; nothing else is converted, so that a mistake shows before it is sent.
func (w view) comparison(n *binary) (operand, *Error) {
	l, r, err := w.pair(n.l, n.r)
	if err != nil {
		return l, err
	}
	if l.t == tNull || r.t == tNull {
		return w.compareNull(n, l, r)
	}
	sql, err := w.compare(n, n.op.SQL, l, r)
	for _, o := range []operand{l, r} {
		if o.nan && n.op.SQL != "<>" {
			sql = ordered(sql, o.sql)
		}
	}
	return operand{node: n, t: tBool, kind: schema.Bool, sql: sql}, err
}

// pair checks both sides; a bare word that is no column was perhaps meant as a
// text.
func (w view) pair(ln, rn node) (l, r operand, err *Error) {
	l, lerr := w.check(ln)
	r, rerr := w.check(rn)
	switch {
	case lerr != nil && rerr == nil && r.lit == nil:
		return l, r, w.bareWord(ln, r, lerr)
	case lerr != nil:
		return l, r, lerr
	case rerr != nil:
		return l, r, w.bareWord(rn, l, rerr)
	}
	return l, r, nil
}

// bareWord improves the message about a word without quotes.
func (w view) bareWord(n node, other operand, err *Error) *Error {
	p, ok := n.(*path)
	if !ok || !p.bare || (other.t != tText && other.t != tJSON && other.t != tOther) {
		return err
	}
	word := p.segs[0]
	if other.col != nil && len(other.col.Enum) > 0 {
		if near := schema.Suggest(word, other.col.Enum); len(near) > 0 {
			word = near[0]
		}
	}
	e := w.c.errorAt(n, "unknown column "+quoteForPeople(p.segs[0]))
	return e.hint(`did you mean "` + word + `"? texts are written in quotes`)
}

func (w view) compareNull(n *binary, l, r operand) (operand, *Error) {
	if l.t == tNull {
		l, r = r, l
	}
	if l.t == tNull || (n.op.Symbol != "==" && n.op.Symbol != "!=") {
		return l, w.c.errorAt(n, "nothing is "+n.op.Symbol+" None").hint("write == None, != None or is null")
	}
	return w.isNull(&isNull{at: n.at, not: n.op.Symbol == "!=", x: l.node})
}

// compare returns the SQL of l OP r, where op is =, <>, <, <=, > or >=.
func (w view) compare(n node, op string, l, r operand) (string, *Error) {
	if l.lit != nil && r.lit == nil {
		// The column first: a literal takes its type.
		return w.compare(n, flip(op), r, l)
	}
	if l.t == tJSON || r.t == tJSON {
		return w.compareJSON(n, op, l, r)
	}
	if r.lit != nil {
		return w.compareLiteral(n, op, l, r)
	}
	switch {
	case l.t == tNumber && r.t == tNumber, l.t == tBool && r.t == tBool && equality(op):
		return l.sql + " " + op + " " + r.sql, nil
	case (l.t == tText || l.t == tOther) && (r.t == tText || r.t == tOther):
		return asText(l) + " " + op + " " + asText(r), nil
	case (l.t == tTime || l.t == tDate) && (r.t == tTime || r.t == tDate):
		l, r = w.c.sameZone(l, r)
		return l.sql + " " + op + " " + r.sql, nil
	case l.t == tArray && r.t == tArray && equality(op):
		return l.sql + " " + op + " " + r.sql, nil
	}
	return "", w.mismatch(n, l, r)
}

func equality(op string) bool { return op == "=" || op == "<>" }

func flip(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

// asText makes enums and other types comparable with text.
func asText(o operand) string {
	if o.t == tText && o.kind != schema.Enum {
		return o.sql
	}
	return parenthesise(o.sql) + "::text"
}

func (w view) mismatch(n node, l, r operand) *Error {
	e := w.c.errorAt(n, "cannot compare: "+w.c.describe(l)+", "+w.c.describe(r))
	if l.t == tText && r.lit != nil && r.lit.kind == litNumber {
		e.Hint = `did you mean "` + r.lit.text + `"?`
	}
	if l.t == tNumber && r.lit != nil && r.lit.kind == litText && numberLike(r.lit.text) {
		e.Hint = "did you mean " + r.lit.text + ", without quotes?"
	}
	return e
}

// compareLiteral compares with a literal, which must be of the value's type.
func (w view) compareLiteral(n node, op string, l, r operand) (string, *Error) {
	if l.col != nil && l.col.Class && r.t == tText && equality(op) {
		return w.compareClass(op, l, r), nil
	}
	bound, err := w.literalFor(n, l, r)
	if err != nil {
		return "", err
	}
	left := l.sql
	if l.t == tOther {
		left = asText(l)
	}
	if l.lit != nil {
		left = w.c.bindLiteral(l).sql
	}
	if l.kind == schema.Enum && !equality(op) {
		left = asText(l) // by name, as Python orders it, not by the enum's order
		bound = w.c.bind(r.lit.text, "text")
	}
	return left + " " + op + " " + bound, nil
}

// literalFor binds a literal as the type of the operand it is compared with.
func (w view) literalFor(n node, o, lit operand) (string, *Error) {
	text := lit.lit.text
	word := lit.lit.kind == litWord
	switch o.t {
	case tNumber:
		if word && numberLike(text) || lit.lit.kind == litNumber {
			return w.c.bindNumber(text, o.kind), nil
		}
	case tText:
		if word || lit.lit.kind == litText {
			return w.textFor(lit.node, o, text)
		}
	case tOther:
		if lit.lit.kind != litBool {
			return w.c.bind(text, "text"), nil
		}
	case tBool:
		if b := strings.ToLower(text); lit.lit.kind == litBool || word && (b == "true" || b == "false" || b == "t" || b == "f") {
			return w.c.bind(b, "boolean"), nil
		}
	case tTime, tDate:
		if word || lit.lit.kind == litText {
			stamp, ok := parseTime(text)
			if !ok {
				return "", w.c.errorAt(lit.node, quoteForPeople(text)+" is no time").
					hint(`write "2026-11-20" or "2026-11-20 14:30:00"`)
			}
			return w.c.bindTime(stamp, o.zoned), nil
		}
	case tArray:
		if word && strings.HasPrefix(text, "{") {
			return w.c.bind(text, o.col.Type), nil
		}
		return "", w.c.errorAt(n, w.c.describe(o)).hint(`ask for an item: "` + text + `" in ` + w.c.source(o.node))
	}
	return "", w.mismatch(n, o, lit)
}

// textFor binds a text for a text or enum column.
func (w view) textFor(n node, o operand, text string) (string, *Error) {
	if strings.IndexByte(text, 0) >= 0 {
		return "", w.c.errorAt(n, "a text cannot hold a NUL character")
	}
	if o.kind != schema.Enum || o.col == nil {
		return w.c.bind(text, "text"), nil
	}
	for _, v := range o.col.Enum {
		if v == text {
			return w.c.bind(text, o.col.Type), nil
		}
	}
	e := w.c.errorAt(n, quoteForPeople(text)+" is no "+o.col.Name)
	if near := schema.Suggest(text, o.col.Enum); len(near) > 0 {
		return "", e.hint(didYouMean(near))
	}
	return "", e.hint("one of " + strings.Join(o.col.Enum, ", "))
}

// compareClass compares a type column with a class by any of its names.
func (w view) compareClass(op string, l, r operand) string {
	var ids []string
	for _, c := range w.c.schema.Tree.Find(r.lit.text) {
		if c.Table == l.table.Name {
			ids = append(ids, c.Identity)
		}
	}
	switch {
	case len(ids) == 1:
		return l.sql + " " + op + " " + w.c.bind(ids[0], "text")
	case len(ids) > 1 && op == "=":
		return l.sql + " = ANY(" + w.c.bind(arrayLiteral(ids), "text[]") + ")"
	case len(ids) > 1:
		return l.sql + " <> ALL(" + w.c.bind(arrayLiteral(ids), "text[]") + ")"
	case strings.Contains(r.lit.text, "."):
		return l.sql + " " + op + " " + w.c.bind(r.lit.text, "text")
	}
	// A short name that nobody told us of: the end of a full one.
	match := "(" + l.sql + " = " + w.c.bind(r.lit.text, "text") + " OR right(" + l.sql + ", " +
		w.c.bind(itoa(len([]rune(r.lit.text))+1), "int") + ") = " + w.c.bind("."+r.lit.text, "text") + ")"
	if op == "<>" {
		return "NOT " + match
	}
	return match
}

// timeLayouts are the ways to write a time.
var timeLayouts = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00",
}

// parseTime checks a time and returns it as Postgres reads it.
func parseTime(s string) (string, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return s, true
		}
	}
	return "", false
}
