package filter

import (
	"strings"

	"exptool/internal/schema"
)

// valueType is what a value is while an expression is checked.
type valueType uint8

const (
	tOther valueType = iota // compared as text
	tBool
	tNumber
	tText
	tTime // timestamp, with zone where operand.zoned
	tDate
	tJSON // decided by each row
	tArray
	tNull
)

func (t valueType) String() string {
	return [...]string{"text", "true or false", "a number", "text", "a time", "a date", "a JSON value", "a list", "None"}[t]
}

// operand is a checked value. Its SQL is a template: see render.go.
type operand struct {
	node  node
	t     valueType
	sql   string
	kind  schema.Kind    // of numbers: Int, Float or Numeric; of columns: theirs
	col   *schema.Column // where it is a column itself
	lit   *literal       // where it is a literal: sql is empty until it is bound
	json  *jsonValue     // where t is tJSON
	nan   bool           // a number computed from JSON, where NaN is in no order
	zoned bool           // a time with time zone
	clock bool           // depends on the clock: rendered zoned or not as its partner is
	table *schema.Table  // of col, for hints
}

// typeOf maps a column's kind to the type of its values.
func typeOf(k schema.Kind) valueType {
	switch k {
	case schema.Bool:
		return tBool
	case schema.Int, schema.Float, schema.Numeric:
		return tNumber
	case schema.Text, schema.Enum:
		return tText
	case schema.Timestamp, schema.TimestampTZ:
		return tTime
	case schema.Date:
		return tDate
	case schema.JSON, schema.Pickle:
		return tJSON
	case schema.Array:
		return tArray
	}
	return tOther
}

// describe names an operand in a message: `random_integer is a number (integer)`.
func (c *compiler) describe(o operand) string {
	word := c.source(o.node)
	switch {
	case o.lit != nil && o.lit.kind == litText:
		return quoteForPeople(o.lit.text) + " is text"
	case o.lit != nil:
		return word + " is " + o.t.String()
	case o.col != nil:
		return word + " is " + o.t.String() + " (" + o.col.Type + ")"
	}
	if len(word) > 60 {
		word = "this"
	}
	return word + " is " + o.t.String()
}

// quoteIdent quotes an identifier of the catalog.
func quoteIdent(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// ident quotes an identifier where Postgres would not read it the same without.
func ident(name string) string {
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return quoteIdent(name)
		}
	}
	if name == "" || reserved[name] {
		return quoteIdent(name)
	}
	return name
}

// reserved are Postgres's reserved key words, and those that may not name a
// column or table without quotes (Postgres 18, appendix C).
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`all analyse analyze and any array as asc asymmetric authorization
		between bigint binary bit boolean both case cast char character check coalesce collate collation column
		concurrently constraint create cross current_catalog current_date current_role current_schema current_time
		current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists
		extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in
		initially inner inout int integer intersect interval into is isnull join json_array lateral leading least
		left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull
		null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary
		real references returning right row select session_user setof similar smallint some substring symmetric
		system_user table tablesample then time timestamp to trailing treat trim true union unique user using
		values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists
		xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`) {
		m[w] = true
	}
	return m
}()

// tableName is how a statement names a table: with its schema, so that no
// search_path or temporary table comes between.
func tableName(t *schema.Table) string { return ident(t.Schema) + "." + ident(t.Name) }

// arrayLiteral writes a Postgres array of texts, as an argument.
func arrayLiteral(items []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for j := range len(s) {
			if s[j] == '"' || s[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(s[j])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}
