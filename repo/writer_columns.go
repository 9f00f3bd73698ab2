package repo

import (
	"regexp"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// KeyOf is the column that names a row of a table. Where there is no single one
// it is an ErrUsage.
func KeyOf(t *schema.Table) (*schema.Column, error) {
	name := "id"
	if len(t.PrimaryKey) > 0 {
		name = t.PrimaryKey[0]
	}
	c := t.Column(name)
	switch {
	case t.View:
		return nil, &Error{Kind: ErrUsage, Message: t.Key() + " is a view", Hint: "change the tables behind it"}
	case len(t.PrimaryKey) > 1 || c == nil || !t.Unique(name):
		return nil, &Error{Kind: ErrUsage, Message: "nothing names one row of " + t.Key() + ": it has no primary key of one column", Hint: "change it with psql"}
	}
	return c, nil
}

// typmod is what a type's name says in parentheses: a cast to varchar(5) would
// cut a long text, while assigning it fails, as it should. A name in quotes stays.
var typmod = regexp.MustCompile(`("(?:[^"]|"")*")|\([0-9, -]*\)`)

// assignable is the type to cast a text to before it is assigned to a column.
func assignable(c *schema.Column) string {
	name, array := strings.CutSuffix(typmod.ReplaceAllString(c.Type, "$1"), "[]")
	switch name { // by themselves they would be of length 1
	case "character":
		name = "bpchar"
	case "bit":
		name = "varbit"
	}
	if array {
		name += "[]"
	}
	return name
}

// columnNames are the names of all columns of a table.
func columnNames(t *schema.Table) []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// columnsNamed are columns of a table by name, and their quoted names.
func columnsNamed(t *schema.Table, names []string) (cols []schema.Column, quoted []string, err error) {
	for _, n := range names {
		c := t.Column(n)
		if c == nil {
			return nil, nil, &Error{Kind: ErrUsage, Message: t.Key() + " has no column " + n}
		}
		cols, quoted = append(cols, *c), append(quoted, pq.QuoteIdentifier(n))
	}
	return cols, quoted, nil
}
