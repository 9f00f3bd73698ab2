package filter

import (
	"strings"
	"unicode"

	"exptool/internal/schema"
)

// FieldName writes a column, and keys inside its JSON, as a field of the
// language: vars.my_dict.value, in quotes what is no word.
func FieldName(column string, path ...string) string {
	name := quoted(column)
	for _, key := range path {
		if key == "" || strings.ContainsFunc(key, func(r rune) bool {
			return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		}) {
			key = Quote(key)
		}
		name += "." + key
	}
	return name
}

// ParseField finds the column of a table that a field names, and the path inside
// it; FieldName writes it so. Errors are *Error.
func ParseField(s *schema.Schema, t *schema.Table, field string) (*schema.Column, []string, error) {
	l := lexer{expr: field}
	tok, err := l.next()
	if err == nil && (tok.kind != tokPath || tok.end != len(field)) {
		err = l.fail(0, len(field), quoteForPeople(field)+" is no field")
	}
	var column *schema.Column
	if err == nil {
		column, err = assignable(s, t, tok, field)
	}
	if err != nil {
		return nil, nil, err
	}
	return column, tok.segs[1:], nil
}

// assignable is the column that a path writes to.
func assignable(s *schema.Schema, t *schema.Table, tok token, word string) (*schema.Column, *Error) {
	fail := func(message string) *Error {
		return &Error{Message: message, Expr: word, Start: tok.start, End: tok.end}
	}
	first, rest := tok.segs[0], tok.segs[1:]
	column := (joined{table: t}).column(first)
	if column == nil {
		routes := s.ToOne(t, first)
		switch {
		case len(routes) == 1 && len(rest) == 0:
			return t.Column(routes[0].Column), nil
		case len(routes) == 1:
			return nil, fail(first + " is a row of " + routes[0].RefTable + ", not of " + t.Name).
				hint("change it there: exptool set " + routes[0].RefTable)
		}
		if _, computed := schema.VirtualField(t, first); computed {
			return nil, fail(first + " is computed and cannot be set")
		}
		var names []string
		for _, c := range t.Columns {
			names = append(names, c.Name)
		}
		e := fail("unknown column " + quoteForPeople(first) + " of " + s.Word(t))
		if near := schema.Suggest(first, names); len(near) > 0 {
			return nil, e.hint(didYouMean(near))
		}
		return nil, e.hint("exptool describe " + s.Word(t) + " lists them")
	}
	if len(rest) > 0 && column.Kind != schema.JSON && column.Kind != schema.Pickle && column.Kind != schema.Text {
		return nil, fail(column.Name + " is " + column.Type + ": it has no " + strings.Join(rest, "."))
	}
	return column, nil
}
