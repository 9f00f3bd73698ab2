package filter

import (
	"cmp"
	"slices"
	"strings"

	"exptool/internal/schema"
)

// Plan is a compiled query: statements to send, in one transaction.
//
// Each statement gives one composite value a row, which repo reads faster than
// many columns. Where SQL cannot judge a JSON text (see json.go), Judgements
// says what to ask first; the answers go into Rows, Counted and Summary.
type Plan struct {
	Columns []schema.Column // of the rows
	Hidden  int             // columns of the entity that Columns leaves out by default
	Single  bool            // the answer is one row of aggregates

	c        *compiler
	scope    *scope
	query    Query
	where    []string // templates
	selected []string // templates, one a column
	group    []int    // 1-based places in selected
	order    []string // templates
	fields   []aggregated
	wants    []Want
}

// Want is a column that a condition looks up by value and that no index serves.
type Want struct {
	Table  *schema.Table
	Column string
}

// Judgement asks for the texts that SQL cannot judge for one JSON value.
type Judgement struct {
	SQL    string // gives composite rows (text, number of rows that have it)
	Args   []any
	Path   []string
	Label  string // the column, for people
	Column schema.Column
}

// JSONPath is a path into a JSON column that a plan looks into.
type JSONPath struct {
	Column string   // as a field of the language: participant.vars
	Path   []string // the keys
}

// JSONPaths are the paths that the conditions and columns look into, seen from
// the entity itself.
func (p *Plan) JSONPaths() []JSONPath {
	var paths []JSONPath
	for _, v := range p.scope.values {
		if v.used && len(v.path) > 0 {
			paths = append(paths, JSONPath{Column: v.doc.label, Path: v.path})
		}
	}
	slices.SortFunc(paths, func(a, b JSONPath) int {
		return cmp.Or(strings.Compare(a.Column, b.Column), slices.Compare(a.Path, b.Path))
	})
	return paths
}

// JudgedColumns are the columns of a Judgement's rows.
var JudgedColumns = []schema.Column{{Name: "text", Kind: schema.Text}, {Name: "rows", Kind: schema.Int}}

// Prepare are the statements that the transaction needs before it reads.
func (p *Plan) Prepare() []string {
	srv := p.c.schema.Server
	if srv.Version >= firstWithInputIsValid || srv.Recovery || !srv.CanTemp {
		return nil
	}
	for _, v := range p.c.values {
		if v.used && v.doc.alias != "" {
			return []string{createSafeJSON}
		}
	}
	return nil
}

// Judgements are to be asked before Rows, each for the JSON value of its place.
// Places without SQL need no asking.
func (p *Plan) Judgements() []Judgement {
	all := make([]Judgement, len(p.c.values))
	for i, v := range p.c.values {
		if !v.used || v.doc.alias == "" {
			continue
		}
		st := p.c.statement(nil)
		conditions := []string{v.hard(v.alias + ".raw")}
		s := v.scope
		if s == p.scope {
			for _, w := range p.where {
				if !p.c.judges(w) {
					conditions = append(conditions, w)
				}
			}
		} else {
			conditions = append(conditions, s.restrict()...)
		}
		column := v.doc.column
		sql := "SELECT ROW(" + column + ", count(*))\nFROM " + tableName(s.table) + " AS " + s.alias + st.joins(s, v) +
			"\nWHERE " + strings.Join(conditions, "\n  AND ") + "\nGROUP BY " + column
		sql = st.text(sql)
		all[i] = Judgement{SQL: sql, Args: st.args, Path: v.path, Label: v.doc.label, Column: *v.doc.col}
	}
	return all
}

// judges reports whether a template needs a JSON value.
func (c *compiler) judges(template string) bool {
	for _, v := range c.values {
		for _, form := range "vnsbo" {
			if strings.Contains(template, hole(byte(form), v.index)) {
				return true
			}
		}
	}
	for i := range c.scopes {
		if strings.Contains(template, hole('f', i)) && c.scopes[i].usesJSON() {
			return true
		}
	}
	return false
}

func (s *scope) usesJSON() bool {
	for _, v := range s.values {
		if v.used {
			return true
		}
	}
	return false
}

// Rows is the statement that gives the rows.
func (p *Plan) Rows(judged [][]Judged) (sql string, args []any) {
	st := p.c.statement(judged)
	return p.rows(st, "ROW("+strings.Join(p.selected, ", ")+")"), st.args
}

func (p *Plan) rows(st *statement, what string) string {
	var b strings.Builder
	b.WriteString("SELECT " + st.text(what))
	b.WriteString(p.from(st))
	if len(p.group) > 0 {
		terms := make([]string, len(p.group))
		for i, g := range p.group {
			terms[i] = p.selected[g-1]
		}
		b.WriteString("\nGROUP BY " + st.text(strings.Join(terms, ", ")))
	}
	if len(p.order) > 0 {
		b.WriteString("\nORDER BY " + st.text(strings.Join(p.order, ", ")))
	}
	if p.query.Limit > 0 {
		b.WriteString("\nLIMIT " + st.own(itoa(p.query.Limit)) + "::bigint")
	}
	return b.String()
}

// from is FROM and WHERE.
func (p *Plan) from(st *statement) string {
	sql := "\nFROM " + tableName(p.scope.table) + " AS " + p.scope.alias + st.joins(p.scope, nil)
	if len(p.where) > 0 {
		sql += "\nWHERE " + st.text(strings.Join(p.where, "\n  AND "))
	}
	return sql
}

// CountColumns are the columns of Counted's one row.
var CountColumns = []schema.Column{{Name: "count", Kind: schema.Int, Type: "bigint"}}

// Counted is the statement that counts the rows, limit and grouping aside.
func (p *Plan) Counted(judged [][]Judged) (sql string, args []any) {
	st := p.c.statement(judged)
	return "SELECT ROW(count(*))" + p.from(st), st.args
}

// Groups is how many of the columns, from the first, say what a row of
// aggregates is about.
func (p *Plan) Groups() int {
	if p.query.Distinct {
		return 0
	}
	return len(p.group)
}

// Wants are the columns whose values are looked up without an index.
func (p *Plan) Wants() []Want { return p.wants }

// indexable notes what a condition looks up by value.
func (p *Plan) indexable(n node) {
	b, ok := n.(*binary)
	if !ok || b.op.Symbol != "==" {
		return
	}
	for _, side := range []node{b.l, b.r} {
		if f, ok := side.(*path); ok && len(f.segs) == 1 && p.scope.table.Column(f.segs[0]) != nil {
			p.wanted(p.scope.table, f.segs[0])
		}
	}
}

func (p *Plan) wanted(t *schema.Table, column string) {
	served := func(ix schema.Index) bool { return len(ix.Columns) > 0 && ix.Columns[0] == column }
	if !slices.ContainsFunc(t.Indexes, served) {
		p.wants = append(p.wants, Want{Table: t, Column: column})
	}
}
