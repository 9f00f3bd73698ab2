package filter

import "exptool/internal/schema"

// Assignment is one FIELD=VALUE word of a command that writes: it sets a column
// of a row, or one path inside a column's JSON.
type Assignment struct {
	Word   string         // as the user wrote it
	Field  string         // the field in full, as the journal names it: vars.my_dict.value
	Column *schema.Column // that is written
	Path   []string       // inside the column's JSON; nil for the whole column

	// more, unexported: the operation and the value given
}

// ParseAssignment reads FIELD=VALUE, FIELD+=VALUE, FIELD-=VALUE and FIELD:=JSON
// for a table's rows, and checks what can be checked without a row. Errors are
// *Error.
func ParseAssignment(s *schema.Schema, t *schema.Table, word string) (*Assignment, error) {
	panic("to be written")
}

// ParseUnset reads the FIELD of --unset: a key to remove, or a column to make NULL.
func ParseUnset(s *schema.Schema, t *schema.Table, field string) (*Assignment, error) {
	panic("to be written")
}

// Next is the column's value after the assignment, where value is the present
// one as Postgres prints it, nil for NULL in both. Errors are *Error.
func (a *Assignment) Next(value []byte) ([]byte, error) {
	panic("to be written")
}

// Part is what a column's value holds at the assignment's field, and its type in
// words for people ("integer", "int", "str", "dict"): the whole column, or the
// bytes at the path; nil where there is nothing, kind "" then for a path.
func (a *Assignment) Part(value []byte) (part []byte, kind string) {
	panic("to be written")
}

// ParseIDs reads ids as words give them, 5 6 7, 5-20 or 1,2,5-20, into one id
// each in the order given, without repetitions. text says that the ids are text,
// which has no ranges. Errors are *Error.
func ParseIDs(words []string, text bool) ([]string, error) {
	panic("to be written")
}
