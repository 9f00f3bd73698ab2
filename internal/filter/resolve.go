package filter

import (
	"slices"
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// view is a place to look from: a scope, and a table of it, which for a virtual
// field of a related table is not the scope's own.
type view struct {
	*scope
	in joined
}

func (s *scope) view() view { return view{s, s.base()} }

// resolve finds what a path names: a column, a key in a JSON column, or a
// column of a table that relations lead to.
func (w view) resolve(p *path) (operand, *Error) {
	return w.resolveFrom(w.in, p, p.segs, 0)
}

func (s *scope) resolveFrom(in joined, p *path, segs []string, hops int) (operand, *Error) {
	c := s.c
	first, rest := segs[0], segs[1:]
	if hops > 20 {
		return operand{}, c.errorAt(p, "the path is too long")
	}
	if col := in.column(first); col != nil && (len(rest) == 0 || !s.refers(in, col)) {
		return s.column(in, p, col, rest)
	}
	if virtual, ok := schema.VirtualField(in.table, first); ok && len(rest) == 0 {
		return s.virtual(in, p, virtual)
	}
	routes := c.schema.ToOne(in.table, first)
	switch {
	case len(routes) == 1 && len(rest) == 0:
		// A relation alone is its key: participant == 5.
		return s.column(in, p, in.table.Column(routes[0].Column), nil)
	case len(routes) == 1:
		return s.resolveFrom(s.follow(in, routes[0]), p, rest, hops+1)
	case len(routes) > 1:
		e := c.errorAt(p, quoteForPeople(first)+" is ambiguous in "+in.table.Name).hint("name the route")
		for _, r := range routes {
			e.Lines = append(e.Lines, strings.Join(append([]string{in.label + r.Name}, rest...), "."))
		}
		return operand{}, e
	}
	if len(rest) > 0 && s.names(in, first) {
		return s.resolveFrom(in, p, rest, hops+1)
	}
	return operand{}, s.unknown(in, p, first, rest)
}

// refers reports whether a column is called like the relation that it makes: what
// follows payer in payer.status is of the participant.
func (s *scope) refers(in joined, col *schema.Column) bool {
	is := func(r schema.Relation) bool { return r.Column == col.Name && r.Name == col.Name }
	return slices.ContainsFunc(s.c.schema.RelationsFrom(in.table), is)
}

// column finds a column by name; var is another word for vars.
func (j joined) column(name string) *schema.Column {
	if col := j.table.Column(name); col != nil {
		return col
	}
	if name == "var" {
		return j.table.Column("vars")
	}
	return nil
}

// names reports whether a word names the entity itself or its class, as in
// CustomTrial.random_integer.
func (s *scope) names(in joined, word string) bool {
	e, err := s.c.schema.Entity(word, true)
	return err == nil && e.Table == in.table && e.Unseen == ""
}

func (s *scope) virtual(in joined, p *path, expr string) (operand, *Error) {
	n, err := parse(expr)
	if err != nil {
		return operand{}, err
	}
	outer := s.c.expr
	s.c.expr = expr
	defer func() { s.c.expr = outer }()
	o, err := view{s, in}.check(n)
	if err != nil {
		return operand{}, err
	}
	if o.lit != nil {
		o = s.c.bindLiteral(o)
	}
	o.node = p
	return o, nil
}

// column is the operand for a column and the keys behind it.
func (s *scope) column(in joined, p *path, col *schema.Column, rest []string) (operand, *Error) {
	o := operand{node: p, t: typeOf(col.Kind), kind: col.Kind, col: col, table: in.table, sql: in.alias + "." + ident(col.Name)}
	o.zoned = col.Kind == schema.TimestampTZ
	s.c.secret = s.c.secret || col.Secret
	switch {
	case o.t == tJSON, len(rest) > 0 && col.Kind == schema.Text:
		o.json = s.json(in, col, rest)
		o.t, o.sql = tJSON, ""
		if len(rest) > 0 {
			o.col = nil
		}
		return o, nil
	case len(rest) == 0:
		return o, nil
	case o.t == tArray && len(rest) == 1:
		i, err := strconv.Atoi(rest[0])
		if err != nil {
			return o, s.c.errorAt(p, col.Name+" is a list: its items are "+col.Name+".0, "+col.Name+".1 …")
		}
		elem := elementKind(col.Type)
		return operand{node: p, t: typeOf(elem), kind: elem, sql: "(" + o.sql + ")[" + s.c.bind(strconv.Itoa(i+1), "int") + "]"}, nil
	}
	return o, s.c.errorAt(p, col.Name+" is "+o.t.String()+" ("+col.Type+"): it has no "+strings.Join(rest, "."))
}

// elementKind is the kind of the items of an array type.
func elementKind(array string) schema.Kind {
	return schema.KindOf(strings.TrimSuffix(array, "[]"), false)
}

// unknown says that nothing is called so, and what is.
func (s *scope) unknown(in joined, p *path, first string, rest []string) *Error {
	c := s.c
	if e, err := c.schema.Entity(first, false); err == nil && e.Table != nil {
		if one := c.schema.Singular(e.Table); one != first && len(c.schema.ToOne(in.table, one)) == 1 {
			return c.errorAt(p, "a "+c.schema.Singular(in.table)+" has one "+one).
				hint("did you mean " + strings.Join(append([]string{in.label + one}, rest...), ".") + "?")
		}
	}
	if many, err := c.schema.ManyEntity(first); err == nil && len(c.schema.ToMany(in.table, many)) > 0 {
		inner := "condition"
		if len(rest) > 0 {
			inner = strings.Join(rest, ".") + " …"
		}
		return c.errorAt(p, "a "+c.schema.Singular(in.table)+" has many "+first).
			hint("say which: any(" + in.label + first + ", " + inner + ") or count(" + in.label + first + ")")
	}
	what := "unknown column "
	if len(rest) > 0 {
		what = "unknown column or relation "
	}
	e := c.errorAt(p, what+quoteForPeople(first)+" of "+in.entityName(s))
	if strings.Join(p.segs, ".") == c.expr[e.Start:e.End] { // written without quotes
		for _, seg := range p.segs[:len(p.segs)-len(rest)-1] {
			e.Start += len(seg) + len(".")
		}
		e.End = e.Start + len(first)
	}
	words := s.elsewhere(in, first)
	if len(words) == 0 {
		for _, name := range schema.Suggest(first, s.fields(in)) {
			words = append(words, quoted(name))
		}
	}
	if len(words) == 0 {
		return e.hint("exptool describe " + in.entityName(s) + " lists them")
	}
	whole := quoted(strings.Join(append([]string{first}, rest...), "."))
	for i, word := range words {
		if word != whole { // else the name has the dot in it
			words[i] = strings.Join(append([]string{word}, rest...), ".")
		}
	}
	return e.hint(didYouMean(words))
}

// quoted is a name as the language writes it: in backticks where it is no word.
func quoted(name string) string {
	l := lexer{expr: name}
	if t, err := l.next(); err == nil && t.kind == tokPath && t.end == len(name) && len(t.segs) == 1 {
		return name
	}
	return "`" + name + "`"
}

// elsewhere are the paths of a hop to a column of that name, where only few
// tables have one: the status of a trial is that of its participant.
func (s *scope) elsewhere(in joined, column string) []string {
	var words []string
	for _, r := range s.c.schema.RelationsFrom(in.table) {
		if s.c.schema.Tables[r.RefTable].Column(column) != nil {
			words = append(words, r.Name+"."+column)
		}
	}
	if len(words) > 2 {
		return nil
	}
	return words
}

func (j joined) entityName(s *scope) string {
	if j.alias == s.alias {
		return s.entity.Name
	}
	return j.table.Name
}

// fields are the words a path may begin with.
func (s *scope) fields(in joined) []string {
	var words []string
	for i := range in.table.Columns {
		words = append(words, in.table.Columns[i].Name)
	}
	for _, r := range s.c.schema.RelationsFrom(in.table) {
		words = append(words, r.Name)
	}
	return append(words, schema.VirtualFields(in.table)...)
}
