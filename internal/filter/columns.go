package filter

import (
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// columns compiles what is shown.
func (p *Plan) columns() *Error {
	specs, err := splitList(p.query.Columns)
	if err != nil {
		return err
	}
	base := true
	for _, s := range specs {
		base = base && strings.HasPrefix(s, "+")
	}
	if base {
		p.defaultColumns()
	}
	for _, spec := range specs {
		if err := p.addSpec(strings.TrimPrefix(spec, "+")); err != nil {
			return err
		}
	}
	if p.query.Distinct {
		for i := range p.selected {
			p.group = append(p.group, i+1)
		}
	}
	return nil
}

// defaultColumns shows what the user did not choose: on a terminal the fitted
// set, else all columns of the entity in the table's order.
func (p *Plan) defaultColumns() {
	names := p.c.schema.DefaultFields(p.query.Entity)
	if !p.query.Fitted || names == nil {
		p.addAll()
		return
	}
	stored := 0
	for _, n := range names {
		if p.scope.table.Column(n) != nil {
			stored++
		}
		// A default that this database does not know is left out.
		_ = p.addField(n, &path{segs: []string{n}})
	}
	p.Hidden = max(len(p.c.schema.ColumnsOf(p.query.Entity))-stored, 0)
}

// addAll adds every column of the entity, in the table's order.
func (p *Plan) addAll() {
	for _, col := range p.c.schema.ColumnsOf(p.query.Entity) {
		p.addColumn(col.Name, &col, p.scope.alias+"."+ident(col.Name))
	}
}

func (p *Plan) addColumn(name string, col *schema.Column, sql string) {
	c := *col
	c.Name = name
	p.Columns = append(p.Columns, c)
	p.selected = append(p.selected, sql)
}

// addSpec adds one item of --columns: *, a field, path.*, an expression, or
// name=expression.
func (p *Plan) addSpec(spec string) *Error {
	switch {
	case spec == "*":
		p.addAll()
		return nil
	case isStar(spec):
		return p.addStar(spec)
	}
	name, expr := splitName(spec)
	n, err := parse(expr)
	if err != nil {
		return err
	}
	p.c.expr = expr
	return p.addField(called(name, expr, n), n)
}

// called is the name of a column of the result: a path's without the quotes
// that only the language needs.
func called(name, expr string, n node) string {
	if at, ok := n.(*path); ok && name == expr {
		return strings.Join(at.segs, ".")
	}
	return name
}

func isStar(spec string) bool {
	l := lexer{expr: spec}
	t, err := l.next()
	return err == nil && t.kind == tokPath && t.end == len(spec) && len(t.segs) > 1 && t.segs[len(t.segs)-1] == "*"
}

// splitName splits name=expression; without a name the expression names itself.
func splitName(spec string) (name, expr string) {
	if i := strings.IndexByte(spec, '='); i > 0 && i+1 < len(spec) && spec[i+1] != '=' {
		word := strings.TrimSpace(spec[:i])
		l := lexer{expr: word}
		if t, err := l.next(); err == nil && t.kind == tokPath && t.end == len(word) && len(t.segs) == 1 {
			return t.segs[0], spec[i+1:]
		}
	}
	return spec, spec
}

// addField adds a checked expression as a column.
func (p *Plan) addField(name string, n node) *Error {
	p.c.secret = false
	o, err := p.scope.view().check(n)
	if err != nil {
		return err
	}
	col, sql := p.output(o)
	p.addColumn(name, p.c.tainted(&col), sql)
	return nil
}

// tainted makes a secret of what was computed from one. A number or a truth
// about a secret is none.
func (c *compiler) tainted(col *schema.Column) *schema.Column {
	switch col.Kind {
	case schema.Int, schema.Float, schema.Numeric, schema.Bool:
	default:
		col.Secret = col.Secret || c.secret
	}
	return col
}

// output is how an operand stands in a result.
func (p *Plan) output(o operand) (schema.Column, string) {
	o = p.c.bindLiteral(o)
	switch {
	case o.t == tJSON && len(o.json.path) == 0:
		// A whole column goes out as stored and is decoded where it is written.
		return *o.json.doc.col, o.json.doc.stored
	case o.t == tJSON:
		return schema.Column{Kind: schema.JSON, Type: "jsonb"}, o.json.form('o')
	case o.col != nil:
		return *o.col, o.sql
	}
	return schema.Column{Kind: o.kind, Type: sqlType(o)}, o.sql
}

func sqlType(o operand) string {
	switch o.kind {
	case schema.Bool:
		return "boolean"
	case schema.Int:
		return "bigint"
	case schema.Float:
		return "double precision"
	case schema.Numeric:
		return "numeric"
	case schema.Timestamp:
		return "timestamp without time zone"
	case schema.TimestampTZ:
		return "timestamp with time zone"
	case schema.Date:
		return "date"
	}
	return "text"
}

// Star is a "definition.*" among the columns: its keys have to be collected
// from the rows, by a query for the values themselves.
type Star struct {
	Spec  string
	Query Query
}

// Stars returns the stars among a query's columns. The keys found go into
// Query.Expand under the star's spec.
func Stars(q Query) ([]Star, error) {
	specs, err := splitList(q.Columns)
	if err != nil {
		return nil, err
	}
	var stars []Star
	for _, spec := range specs {
		spec = strings.TrimPrefix(spec, "+")
		if !isStar(spec) {
			continue
		}
		of := q
		of.Columns, of.Sort, of.Limit, of.Distinct, of.Expand = []string{strings.TrimSuffix(spec, ".*")}, nil, 0, true, nil
		stars = append(stars, Star{Spec: spec, Query: of})
	}
	return stars, nil
}

func (p *Plan) addStar(spec string) *Error {
	l := lexer{expr: spec}
	t, err := l.next()
	if err != nil {
		return err
	}
	parent := t.segs[:len(t.segs)-1]
	p.c.expr = spec
	for _, key := range p.query.Expand[spec] {
		segs := append(append([]string{}, parent...), key)
		if err := p.addField(strings.Join(segs, "."), &path{at: at{0, len(spec)}, segs: segs}); err != nil {
			return err
		}
	}
	return nil
}

// sort compiles --sort; without one, rows come in the order of the primary key.
func (p *Plan) sort() *Error {
	fields, err := splitList(p.query.Sort)
	if err != nil {
		return err
	}
	for _, f := range fields {
		expr, down := strings.CutPrefix(f, "-")
		sql, err := p.sortTerm(expr)
		if err != nil {
			return err
		}
		p.order = append(p.order, sql+direction(down))
	}
	if p.query.Distinct {
		if len(p.order) == 0 {
			p.order = append(p.order, p.selected...)
		}
		return nil
	}
	if len(p.group) > 0 || p.Single {
		for _, g := range p.group { // where the fields of --sort are equal
			p.order = append(p.order, p.selected[g-1]+" NULLS LAST")
		}
		return nil
	}
	if len(p.group) == 0 && !p.Single {
		for _, key := range p.scope.table.PrimaryKey {
			p.order = append(p.order, p.scope.alias+"."+ident(key))
		}
	}
	return nil
}

func direction(down bool) string {
	if down {
		return " DESC NULLS LAST"
	}
	return " NULLS LAST"
}

// sortTerm is the SQL of one field of --sort: of a column that is shown, or of
// any other where rows are not made distinct.
func (p *Plan) sortTerm(expr string) (string, *Error) {
	n, err := parse(expr)
	for i, c := range p.Columns {
		// A column of the result may have a name that is no expression.
		shown := c.Name == expr || err == nil && c.Name == called(expr, expr, n)
		if shown && (p.query.Distinct || len(p.group) > 0 || p.Single) {
			return p.selected[i], nil
		}
	}
	if err != nil {
		return "", err
	}
	p.c.expr = expr
	if p.query.Distinct || len(p.group) > 0 || p.Single {
		e := p.c.errorAt(n, quoteForPeople(expr)+" is not among the columns shown, which --sort needs here")
		var names []string
		for _, c := range p.Columns {
			names = append(names, c.Name)
		}
		return "", e.hint("one of " + strings.Join(names, ", "))
	}
	o, err := p.scope.view().check(n)
	if err != nil {
		return "", err
	}
	if o.t == tJSON {
		return o.json.form('v'), nil
	}
	return p.c.bindLiteral(o).sql, nil
}

// Split splits lists of fields at their commas, those in quotes and parentheses
// left. Errors are *Error.
func Split(lists []string) ([]string, error) {
	items, err := splitList(lists)
	if err != nil {
		return nil, err
	}
	return items, nil
}

// splitList splits lists at their commas, those in quotes and parentheses left.
func splitList(lists []string) ([]string, *Error) {
	var items []string
	for _, list := range lists {
		l := lexer{expr: list}
		start, depth := 0, 0
		for {
			t, err := l.next()
			if err != nil {
				return nil, err
			}
			switch {
			case t.kind == tokSymbol && (t.text == "(" || t.text == "["):
				depth++
			case t.kind == tokSymbol && (t.text == ")" || t.text == "]"):
				depth--
			}
			if t.kind == tokEnd || t.kind == tokSymbol && t.text == "," && depth == 0 {
				item := strings.TrimSpace(list[start:t.start])
				if item == "" {
					return nil, &Error{Message: "an item of the list is empty", Expr: list, Start: start, End: t.start}
				}
				items = append(items, item)
				start = t.end
			}
			if t.kind == tokEnd {
				break
			}
		}
	}
	return items, nil
}

func itoa(i int) string { return strconv.Itoa(i) }
