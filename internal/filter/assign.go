package filter

import (
	"strings"
	"unicode/utf8"

	"exptool/internal/schema"
)

// Assignment is one FIELD=VALUE word of a command that writes: it sets a column
// of a row, or one path inside a column's JSON.
type Assignment struct {
	Word   string         // as the user wrote it
	Column *schema.Column // that is written
	Path   []string       // inside the column's JSON; empty for the whole column

	op    operation
	value string
	start int // of the value in the word
}

// operation is what an assignment does with its value.
type operation uint8

const (
	assign       operation = iota // FIELD=VALUE
	assignJSON                    // FIELD:=JSON
	add                           // FIELD+=VALUE: to a number, or at the end of a list
	subtract                      // FIELD-=VALUE
	removeOrNull                  // --unset FIELD
)

// ParseAssignment reads FIELD=VALUE, FIELD+=VALUE, FIELD-=VALUE and FIELD:=JSON
// for a table's rows, and checks what can be checked without a row. The value is
// taken as it stands: the shell has removed its quotes. Errors are *Error.
func ParseAssignment(s *schema.Schema, t *schema.Table, word string) (*Assignment, error) {
	a, err := parseAssignment(s, t, word)
	if err != nil {
		return nil, err
	}
	return a, nil
}

func parseAssignment(s *schema.Schema, t *schema.Table, word string) (*Assignment, *Error) {
	l := lexer{expr: word}
	tok, err := l.next()
	if err != nil || tok.kind != tokPath {
		return nil, &Error{Message: "not an assignment: " + quoteForPeople(word), Hint: "write FIELD=VALUE, for example status=approved"}
	}
	a := &Assignment{Word: word}
	rest := word[tok.end:]
	for _, op := range []struct {
		symbol string
		op     operation
	}{{"+=", add}, {"-=", subtract}, {":=", assignJSON}, {"=", assign}} {
		if strings.HasPrefix(rest, op.symbol) {
			a.op, a.value, a.start = op.op, rest[len(op.symbol):], tok.end+len(op.symbol)
			break
		}
	}
	switch {
	case a.start == 0 || a.op == assign && strings.HasPrefix(a.value, "="):
		return nil, l.fail(tok.end, len(word), "not an assignment: "+quoteForPeople(word)).
			hint("write FIELD=VALUE, FIELD+=VALUE, FIELD-=VALUE or FIELD:=JSON")
	case !utf8.ValidString(a.value) || strings.ContainsRune(a.value, 0):
		return nil, l.fail(a.start, len(word), "the value is not UTF-8 text")
	}
	if a.Column, err = assignable(s, t, tok, word); err != nil {
		return nil, err
	}
	a.Path = tok.segs[1:]
	return a, a.checkWithoutRow()
}

// ParseUnset reads the FIELD of --unset: a key to remove, or a column to make
// NULL. Errors are *Error.
func ParseUnset(s *schema.Schema, t *schema.Table, field string) (*Assignment, error) {
	column, path, err := ParseField(s, t, field)
	if err != nil {
		return nil, err
	}
	a := &Assignment{Word: field, Column: column, Path: path, op: removeOrNull}
	if err := a.checkWithoutRow(); err != nil {
		return nil, err
	}
	return a, nil
}

// Field is the field in full, as the journal names it: vars.my_dict.value.
func (a *Assignment) Field() string { return FieldName(a.Column.Name, a.Path...) }

// checkWithoutRow finds what cannot fit any row.
func (a *Assignment) checkWithoutRow() *Error {
	structured := a.Column.Kind == schema.JSON || a.Column.Kind == schema.Pickle || len(a.Path) > 0
	var err *Error
	switch {
	case structured && a.op == assignJSON:
		_, err = a.json()
	case structured || a.op == add || a.op == subtract:
		return nil
	default:
		_, err = a.whole(nil)
	}
	return err
}

// Next is the column's value after the assignment, where value is the present
// one as Postgres prints it, nil for NULL in both. Errors are *Error.
func (a *Assignment) Next(value []byte) ([]byte, error) {
	next, err := a.next(value)
	if err != nil {
		return nil, err
	}
	return next, nil
}

func (a *Assignment) next(value []byte) ([]byte, *Error) {
	switch {
	case len(a.Path) > 0:
		return a.inside(value)
	case a.Column.Kind == schema.JSON || a.Column.Kind == schema.Pickle:
		return a.document(value)
	}
	return a.whole(value)
}

// fail is an error about the value.
func (a *Assignment) fail(message string) *Error {
	return &Error{Message: a.Field() + " " + message, Expr: a.Word, Start: a.start, End: len(a.Word)}
}

// null is NULL where the column may be so.
func (a *Assignment) null() ([]byte, *Error) {
	if !a.Column.Nullable {
		return nil, a.fail("cannot be NULL: the table forbids it")
	}
	return nil, nil
}

// whole is the value of a column that is no JSON.
func (a *Assignment) whole(value []byte) ([]byte, *Error) {
	switch {
	case a.op == removeOrNull, a.op == assign && a.value == "null":
		return a.null()
	case a.op == assignJSON:
		return a.fromJSON()
	case a.op == assign:
		return a.checked(a.Column, a.value)
	case a.Column.Kind == schema.Array && a.op == add:
		return a.appended(value)
	case a.Column.Kind == schema.Int || a.Column.Kind == schema.Float || a.Column.Kind == schema.Numeric:
		return a.sum(value)
	}
	return nil, a.fail("is " + a.Column.Type + ": += and -= are for numbers, += for lists too")
}

// checked is a text as the value of a column, if it can be one.
func (a *Assignment) checked(column *schema.Column, text string) ([]byte, *Error) {
	value, problem := checkValue(column, text)
	if problem == nil {
		return []byte(value), nil
	}
	e := a.fail("is " + column.Type + ": " + problem.message)
	if problem.hint == "" && text == "" && column.Nullable {
		problem.hint = "NULL is written " + a.Field() + "=null"
	}
	return nil, e.hint(problem.hint)
}
