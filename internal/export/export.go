// Package export says what an export of a database looks like: which rows go into
// which file, what its columns are called, what their values are, and what a
// datapackage says of them. It is pure: repo streams the rows, report writes the
// formats, and commands makes the directory.
//
// The layout is PsyNet's own: a file for each exact class, named by its short name;
// the columns of the table, and behind them the keys of vars, and of a trial's
// definition and answer, a column each. A table without classes is a file, too.
package export

import (
	"slices"

	"exptool/internal/schema"
)

// Kind is what a value is, and what the values of a column are: a set of kinds.
type Kind uint16

// The kinds of values.
const (
	Boolean  Kind = 1 << iota
	Integer       // of 64 bits
	Big           // an integer beyond 64 bits
	Number        // a float
	Decimal       // an exact number that no float holds
	Date          // 2026-11-23
	Datetime      // without a zone
	Instant       // with a zone
	String
	Object // JSON
	Array  // JSON
)

// Only reports whether there are values, and all are of some kinds.
func (k Kind) Only(kinds Kind) bool { return k != 0 && k&^kinds == 0 }

// File is a file of an export: the rows of one exact class, or of a table that has
// no classes.
type File struct {
	Name     string // without folder and ending: CustomTrial
	Table    *schema.Table
	Identity string // the value of the type column; empty where there is none
	Class    string // the short name of the class; empty without one
	Columns  []Column
	Rows     int64 // that the database has

	root  string // the short name of the table's first class
	trial bool   // definition and answer are spread
	base  int    // how many of Columns are there from the beginning
	more  bool   // there are keys that got no column
}

// Shows reports whether a column of the table is in the file.
func (f *File) Shows(column string) bool {
	return slices.ContainsFunc(f.Columns, func(c Column) bool { return c.Source == column })
}

// Column is a column of a file.
type Column struct {
	Name   string
	Source string   // the table's column that it shows; empty for class and object_type
	Key    []string // the way to a value inside Source: my_dict, and value where flattened
	Kind   Kind     // of the values that were seen
	Enum   []string // the values that there can be, where the database says so
	Secret bool     // masked unless the user asks
}

// Path is how a column is named to keep or drop it: the table's column, with the
// keys inside it behind dots.
func (c Column) Path() string {
	path := c.Source
	for _, k := range c.Key {
		path += "." + k
	}
	return path
}

// Cell is one value: the text as CSV shows it, nil where there is none. JSON is
// valid JSON, NaN inside it the string "NaN".
type Cell struct {
	Text []byte
	Kind Kind
}
