// Package export says what an export of a database looks like: which rows go into
// which file, what its columns are called, what their values are, and what a
// datapackage says of them. It is pure: repo streams the rows, report writes the
// formats, and commands makes the directory.
//
// The layout is PsyNet's own: a file for each exact class, named by its short name;
// the columns of the table, and behind them the keys of vars, and of a trial's
// definition and answer, a column each. A table without classes is a file, too.
package export

// Kind is what the values of a column are, as far as all that were seen agree.
type Kind uint8

// The kinds of values, each with the name of its type in a datapackage.
const (
	None     Kind = iota // nothing but missing values were seen: string
	Boolean              // boolean
	Integer              // integer, within 64 bits
	Big                  // integer, beyond 64 bits
	Number               // number: a float, or an exact decimal that one can hold
	Date                 // date
	Datetime             // datetime, without a zone
	Instant              // datetime, with a zone
	String               // string
	Object               // object: JSON
	Array                // array: JSON
	Any                  // any: JSON of several kinds
)

// File is a file of an export: the rows of one exact class, or of a table that has
// no classes.
type File struct {
	Name     string // without folder and ending: CustomTrial
	Table    string // the key of the table: info
	Identity string // the value of the type column; empty where there is none
	Class    string // the class's full name, empty without one
	Columns  []Column
	Rows     int64
}

// Column is a column of a file.
type Column struct {
	Name   string
	Source string   // the table's column that it shows; empty for class and object_type
	Key    []string // the way to a value inside Source: my_dict, and value where flattened
	Kind   Kind
	Enum   []string // the values there are, where the database says so
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

// Cell is one value: the text as CSV shows it, nil where there is none.
type Cell struct {
	Text []byte
	Kind Kind
}
