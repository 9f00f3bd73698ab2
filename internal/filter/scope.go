package filter

import (
	"strconv"

	"exptool/internal/schema"
)

// compiler holds what one Query needs while it is compiled.
type compiler struct {
	schema *schema.Schema
	opts   Options
	expr   string // the expression being checked, for carets
	args   []any  // every argument, as text
	scopes []*scope
	values []*jsonValue
	nalias int
	secret bool // what is being checked reads a column whose values are masked
}

// scope is a FROM clause: a table, and what is joined to it to follow paths.
type scope struct {
	c      *compiler
	index  int
	entity schema.Entity
	table  *schema.Table
	alias  string
	joins  []joinItem
	tables map[string]joined // by alias and relation
	docs   map[string]*jsonDoc
	values map[string]*jsonValue
}

// joinItem is one item of a FROM clause: a table, a parsed document or a value
// in one.
type joinItem struct {
	sql   string
	doc   *jsonDoc
	value *jsonValue
}

// joined is a table that paths have reached.
type joined struct {
	table *schema.Table
	alias string
	label string // the path that leads there, with its dot; empty at the base
}

func (c *compiler) newScope(e schema.Entity) *scope {
	s := &scope{
		c: c, index: len(c.scopes), entity: e, table: e.Table, alias: c.alias(e.Table.Name),
		tables: map[string]joined{}, docs: map[string]*jsonDoc{}, values: map[string]*jsonValue{},
	}
	c.scopes = append(c.scopes, s)
	return s
}

// alias makes a short name for a table: its first letter and a number.
func (c *compiler) alias(table string) string {
	c.nalias++
	letter := "t"
	if table != "" && table[0] >= 'a' && table[0] <= 'z' {
		letter = table[:1]
	}
	return letter + strconv.Itoa(c.nalias)
}

func (s *scope) base() joined { return joined{table: s.table, alias: s.alias} }

// follow joins the table that a relation refers to, once.
func (s *scope) follow(from joined, r schema.Relation) joined {
	key := from.alias + "\x00" + r.Name + "\x00" + r.Column
	if j, ok := s.tables[key]; ok {
		return j
	}
	to := s.c.schema.Tables[r.RefTable]
	j := joined{table: to, alias: s.c.alias(to.Name), label: from.label + r.Name + "."}
	on := j.alias + "." + ident(r.RefColumn) + " = " + from.alias + "." + ident(r.Column)
	sql := "LEFT JOIN " + tableName(to) + " AS " + j.alias + " ON " + on
	if !to.Unique(r.RefColumn) {
		// Nothing says that the target is unique: one row of it must stay one.
		order := ""
		if len(to.PrimaryKey) > 0 {
			order = " ORDER BY " + j.alias + "." + ident(to.PrimaryKey[0])
		}
		sql = "LEFT JOIN LATERAL (SELECT * FROM " + tableName(to) + " AS " + j.alias +
			" WHERE " + on + order + " LIMIT 1) AS " + j.alias + " ON true"
	}
	s.joins = append(s.joins, joinItem{sql: sql})
	s.tables[key] = j
	return j
}

// json returns the value at a path into a JSON column.
func (s *scope) json(in joined, col *schema.Column, path []string) *jsonValue {
	docKey := in.alias + "." + col.Name
	d, ok := s.docs[docKey]
	if !ok {
		d = &jsonDoc{column: in.alias + "." + ident(col.Name), col: col, label: in.label + col.Name}
		d.stored = d.column
		if col.Type != "jsonb" {
			if col.Type == "json" {
				d.column += "::text"
			}
			d.alias = s.c.alias("d")
		}
		s.docs[docKey] = d
	}
	key := docKey
	for _, p := range path {
		key += "\x00" + p
	}
	v, ok := s.values[key]
	if !ok {
		v = &jsonValue{index: len(s.c.values), alias: s.c.alias("v"), doc: d, path: path, raw: d.at(s.c, path), scope: s}
		s.c.values = append(s.c.values, v)
		s.values[key] = v
	}
	return v
}

// restrict returns the conditions that make a row of the table one of the
// entity, true where there are none.
func (s *scope) restrict() []string {
	e, alias := s.entity, s.alias
	var all []string
	if e.Identities != nil {
		if len(e.Identities) == 1 {
			all = append(all, alias+".type = "+s.c.bind(e.Identities[0], "text"))
		} else {
			all = append(all, alias+".type = ANY("+s.c.bind(arrayLiteral(e.Identities), "text[]")+")")
		}
	}
	if len(e.Not) > 0 {
		all = append(all, alias+".type <> ALL("+s.c.bind(arrayLiteral(e.Not), "text[]")+")")
	}
	if e.Marker != "" {
		all = append(all, alias+"."+ident(e.Marker)+" IS NOT NULL")
	}
	if e.Failed != nil {
		not := "NOT "
		if *e.Failed {
			not = ""
		}
		all = append(all, not+alias+".failed")
	}
	return all
}
