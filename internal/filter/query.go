// Package filter is the question language of exptool: it parses what the user
// asks (--where expressions, field=value words, columns, aggregates), checks it
// against a schema and compiles it to SQL with arguments. It is pure: it talks
// to no database.
package filter

import (
	"strings"

	"exptool/internal/schema"
)

// Query is a question about the rows of one entity.
type Query struct {
	Entity schema.Entity

	IDs   []string // rows with these primary keys; nil: whatever they are
	Where []string // expressions; all must hold
	Words []string // FIELD=VALUE as the shell gives them; all must hold
	Keys  []Key    // rows that belong to these participants, nodes …

	People, Bots  bool // of people only, of bots only
	Alive, Failed bool
	Done          bool   // complete, finalized, not failed
	Exclude       string // ids of participants
	Since, Until  string // a time, or a span before now: 24h

	Columns  []string            // what to show; empty: all, or the fitted default
	Fitted   bool                // the default is the fitted one of a terminal
	Expand   map[string][]string // the keys behind "definition.*", from Stars
	Sort     []string            // fields, - before one for descending
	Limit    int                 // 0: no limit
	Distinct bool

	Count      bool
	Aggregates []Aggregate
	By         []string
}

// Key says that rows belong to some rows of a related table.
type Key struct {
	Relation string // participant, node, trial …
	IDs      string // 1,2,5-20
	Flag     string // how the user said it, for messages: --participant
}

// Aggregate is a number over many rows.
type Aggregate struct {
	Func string  // sum, mean, sd, se, n, min, max, median, quantile
	Expr string  // the field or expression
	P    float64 // of a quantile
}

// Options are what the server and the user's configuration decide.
type Options struct {
	Zone string // the experiment's time zone where it is not the server's
}

// Compile checks a query and makes its plan. Errors are *Error.
func Compile(s *schema.Schema, q Query, opts Options) (*Plan, error) {
	c := &compiler{schema: s, opts: opts}
	p := &Plan{c: c, scope: c.newScope(q.Entity), query: q}
	if err := p.compile(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Plan) compile() *Error {
	if err := p.conditions(); err != nil {
		return err
	}
	if p.query.Count || len(p.query.Aggregates) > 0 {
		return p.aggregate()
	}
	if len(p.query.By) > 0 {
		return &Error{Message: "--by groups what --count, --sum, --mean and their like compute", Hint: "add --count"}
	}
	if err := p.columns(); err != nil {
		return err
	}
	return p.sort()
}

// conditions compiles everything that decides which rows are meant.
func (p *Plan) conditions() *Error {
	p.where = p.scope.restrict()
	if err := p.addIDs(); err != nil {
		return err
	}
	for _, expr := range p.query.Where {
		if err := p.addExpression(expr); err != nil {
			return err
		}
	}
	for _, word := range p.query.Words {
		if err := p.addWord(word); err != nil {
			return err
		}
	}
	for _, k := range p.query.Keys {
		if err := p.addKey(k); err != nil {
			return err
		}
	}
	return p.addWho()
}

// addExpression adds a --where expression. What it joins by `and` are
// conditions of their own, so that those without JSON can narrow what is judged.
func (p *Plan) addExpression(expr string) *Error {
	n, err := parse(expr)
	if err != nil {
		return err
	}
	p.c.expr = expr
	return p.addConjuncts(n)
}

func (p *Plan) addConjuncts(n node) *Error {
	if b, ok := n.(*binary); ok && b.op.Symbol == "and" {
		if err := p.addConjuncts(b.l); err != nil {
			return err
		}
		return p.addConjuncts(b.r)
	}
	sql, err := p.scope.view().condition(n)
	if err == nil {
		p.where = append(p.where, sql)
		p.indexable(n)
	}
	return err
}

// addWord adds FIELD=VALUE.
func (p *Plan) addWord(word string) *Error {
	n, err := parseWord(word)
	if err != nil {
		return err
	}
	p.c.expr = word
	o, err := p.scope.view().check(n)
	if err == nil {
		p.where = append(p.where, o.sql)
		p.indexable(n)
	}
	return err
}

// parseWord reads FIELD=VALUE. The value is taken as it stands: the shell has
// removed its quotes, and its type is that of the field.
func parseWord(word string) (node, *Error) {
	l := lexer{expr: word}
	t, err := l.next()
	if err != nil || t.kind != tokPath {
		return nil, &Error{Message: "not a condition: " + quoteForPeople(word), Hint: "filter words are FIELD=VALUE, for example status=approved; expressions go to --where '…'"}
	}
	rest := word[t.end:]
	var op *Operator
	for _, symbol := range []string{"==", "!=", "<>", "<=", ">=", "!~*", "!~", "~*", "=", "<", ">", "~"} {
		if strings.HasPrefix(rest, symbol) {
			op = operatorBySymbol(symbol, Comparison, Pattern)
			rest = rest[len(symbol):]
			break
		}
	}
	if op == nil {
		return nil, &Error{Message: "not a condition: " + quoteForPeople(word), Hint: "quote the expression: --where '…'; filter words are FIELD=VALUE"}
	}
	start := len(word) - len(rest)
	value := &literal{at: at{start, len(word)}, kind: litWord, text: rest}
	field := &path{at: at{t.start, t.end}, segs: t.segs}
	if lower := strings.ToLower(rest); (lower == "null" || lower == "none") && (op.Symbol == "==" || op.Symbol == "!=") {
		return &isNull{at: at{0, len(word)}, not: op.Symbol == "!=", x: field}, nil
	}
	return join(op, field, value), nil
}
