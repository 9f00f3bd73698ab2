package filter

import (
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// JSON in a text column is not always JSON: jsonpickle writes bare NaN, and
// one such row would fail a cast for the whole query. A statement therefore
// parses each text once, safely, in a LATERAL of its own. What SQL cannot
// judge, that is text that jsonb does not take and paths that meet a jsonpickle
// tag (a tuple, a datetime, a py/id), is fetched beforehand, judged by pyjson
// and handed back as a table of (text, value). A value depends on its text
// alone, so this table is right for every row.

// jsonDoc is a column of JSON text, parsed once a row.
type jsonDoc struct {
	alias  string // of the LATERAL; for jsonb columns empty
	column string // SQL of the column
	col    *schema.Column
	label  string // for people: participant.vars
	stored string // the same without a cast, for output
	joined bool
}

// jsonValue is a path into a JSON column.
type jsonValue struct {
	index int
	alias string
	doc   *jsonDoc
	path  []string
	scope *scope
	used  bool   // joined; a value that is only shown whole is not
	raw   string // template: the value at the path as jsonb finds it
}

// Judged is a text that SQL could not judge, and the value at the path as JSON
// (NaN and the infinities as {"py/float": "NaN"}).
type Judged struct{ Text, Value string }

// Functions for a server without pg_input_is_valid: made in the transaction
// that reads, which then rolls back.
const createSafeJSON = `CREATE FUNCTION pg_temp.exptool_jsonb(t text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN t::jsonb;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$`

// firstWithInputIsValid is the first Postgres that has pg_input_is_valid.
const firstWithInputIsValid = 160000

// docJoin parses the text once a row, NULL where jsonb does not take it.
func (st *statement) docJoin(d *jsonDoc) string {
	var safe string
	switch srv := st.c.schema.Server; {
	case srv.Version >= firstWithInputIsValid:
		safe = "CASE WHEN pg_input_is_valid(" + d.column + ", 'jsonb') THEN " + d.column + "::jsonb END"
	case srv.Recovery || !srv.CanTemp:
		safe = "NULL::jsonb" // everything is judged in Go
	default:
		safe = "pg_temp.exptool_jsonb(" + d.column + ")"
	}
	return "CROSS JOIN LATERAL (SELECT " + safe + " AS doc OFFSET 0) AS " + d.alias
}

// at is the template of the value at a path as jsonb finds it.
func (d *jsonDoc) at(c *compiler, path []string) string {
	doc := d.column
	if d.alias != "" {
		doc = d.alias + ".doc"
	}
	if len(path) == 0 {
		return doc
	}
	return doc + " #> " + c.bind(arrayLiteral(path), "text[]")
}

// hard says which rows SQL cannot judge.
func (v *jsonValue) hard(raw string) string {
	d := v.doc
	return d.column + " IS NOT NULL AND (" + d.alias + ".doc IS NULL OR (strpos(" + d.column + `, '"py/') > 0 AND (` +
		raw + " IS NULL OR (jsonb_typeof(" + raw + ") IN ('object', 'array') AND strpos((" + raw + `)::text, '"py/') > 0))))`
}

// valueJoin gives a JSON value an alias of its own with the columns v (jsonb,
// NULL for JSON's null), and reads judged values from their table.
func (st *statement) valueJoin(v *jsonValue, judging bool) string {
	raw := st.text(v.raw)
	if judging {
		return "\nCROSS JOIN LATERAL (SELECT " + raw + " AS raw OFFSET 0) AS " + v.alias
	}
	judged := st.of(v)
	if len(judged) == 0 {
		return "\nCROSS JOIN LATERAL (SELECT NULLIF(" + raw + ", 'null') AS v OFFSET 0) AS " + v.alias
	}
	texts, values := make([]string, len(judged)), make([]string, len(judged))
	for i, j := range judged {
		texts[i], values[i] = j.Text, j.Value
	}
	table := "j" + strconv.Itoa(v.index)
	var b strings.Builder
	b.WriteString("\nLEFT JOIN unnest(" + st.own(arrayLiteral(texts)) + "::text[], " + st.own(arrayLiteral(values)) + "::jsonb[]) AS " +
		table + " (txt, val) ON " + table + ".txt = " + v.doc.column)
	b.WriteString("\nCROSS JOIN LATERAL (SELECT NULLIF(COALESCE(" + table + ".val, " + raw + "), 'null') AS v OFFSET 0) AS " + v.alias)
	return b.String()
}

// of returns the judged values of v, none before judging.
func (st *statement) of(v *jsonValue) []Judged {
	if v.index < len(st.judged) {
		return st.judged[v.index]
	}
	return nil
}

// special reports whether NaN or an infinity is among the judged values.
func (st *statement) special(v *jsonValue) bool {
	for _, j := range st.of(v) {
		if strings.HasPrefix(j.Value, `{"py/float"`) {
			return true
		}
	}
	return false
}

// jsonText is a JSON value in the form that a hole asks for.
func (st *statement) jsonText(v *jsonValue, form byte) string {
	x := v.alias + ".v"
	switch form {
	case 'n':
		if st.special(v) {
			return "CASE jsonb_typeof(" + x + ") WHEN 'number' THEN " + x + "::numeric WHEN 'object' THEN CASE WHEN " + x +
				` IN ('{"py/float": "NaN"}', '{"py/float": "Infinity"}', '{"py/float": "-Infinity"}') THEN (` + x + " ->> 'py/float')::numeric END END"
		}
		return "CASE jsonb_typeof(" + x + ") WHEN 'number' THEN " + x + "::numeric END"
	case 's':
		return "CASE jsonb_typeof(" + x + ") WHEN 'string' THEN " + x + " #>> '{}' END"
	case 'b':
		return "CASE jsonb_typeof(" + x + ") WHEN 'boolean' THEN " + x + "::boolean END"
	case 'o':
		if st.special(v) {
			return "COALESCE(to_jsonb(" + x + " ->> 'py/float'), " + x + ")"
		}
	}
	return x
}

// form returns the hole for a JSON value, and joins it where it is not yet.
func (v *jsonValue) form(kind byte) string {
	if v.doc.alias != "" && !v.doc.joined {
		v.doc.joined = true
		v.scope.joins = append(v.scope.joins, joinItem{doc: v.doc})
	}
	if !v.used {
		v.used = true
		v.scope.joins = append(v.scope.joins, joinItem{value: v})
	}
	return hole(kind, v.index)
}
