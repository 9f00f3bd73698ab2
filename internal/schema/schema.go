// Package schema describes a database as exptool sees it: tables, columns,
// enums, relations, classes and their tree, and the vocabulary of PsyNet and
// Dallinger. It is pure: repo fills it from a catalog, filter and report read it.
package schema

// Kind is what the values of a column are, as far as comparing, decoding and
// printing them goes.
type Kind uint8

// The kinds of values.
const (
	Other       Kind = iota // anything else: compared and printed as text
	Bool                    // boolean
	Int                     // smallint, integer, bigint
	Float                   // real, double precision
	Numeric                 // numeric, money excluded
	Text                    // text, varchar, char, name, uuid
	Enum                    // an enum type; Column.Enum has its values
	Timestamp               // timestamp without time zone: the server's wall time
	TimestampTZ             // timestamp with time zone
	Date                    // date
	Time                    // time of day, with or without zone
	Interval                // interval
	JSON                    // json, jsonb
	Pickle                  // text that holds jsonpickle, which is not always JSON
	Array                   // any array; Column.Type names the element
	Bytes                   // bytea
)

// Column is a column of a table or of a result.
type Column struct {
	Name     string
	Type     string // Postgres's own name for the type: format_type()
	Kind     Kind
	Nullable bool
	Default  string   // the default's SQL text, empty without one
	Enum     []string // the values of an enum type, in its order
	Python   string   // the tutorial's name for the type: Integer, Float, Text, String, DateTime, PythonObject …
	Class    bool     // values name a class (a type column): printed short unless raw
	Secret   bool     // values are masked unless the user asks for them
}

// Index is an index as `describe` lists it.
type Index struct {
	Name    string
	Columns []string // empty strings stand for expressions
	Unique  bool     // holds for the whole table (a partial index is not unique)
	Primary bool
	Def     string // CREATE INDEX …
}

// ClassCount is an estimate, from planner statistics, of how many rows of a
// table have one value of its type column.
type ClassCount struct {
	Identity string // the value of the type column
	Rows     int64  // estimate; at least this class is there
}

// Table is a table or view.
type Table struct {
	Schema     string
	Name       string
	OID        uint32
	View       bool
	Denied     bool // the user may read none of its columns
	Columns    []Column
	PrimaryKey []string
	Indexes    []Index
	Rows       int64 // estimate; -1 where the server has none
	Bytes      int64 // with indexes and toast; filled only where it was asked for
	// Classes are the values of the type column that planner statistics know.
	// Incomplete by nature: nil where the table was never analysed.
	Classes []ClassCount
	// ClassesComplete says that the statistics list every value there was when
	// the table was last analysed.
	ClassesComplete bool
}

// Key is the table's name in Schema.Tables and in relations: the bare name in
// public, "schema.name" elsewhere.
func (t *Table) Key() string {
	if t.Schema == "" || t.Schema == "public" {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// Column returns the column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Unique reports whether the column alone identifies a row.
func (t *Table) Unique(column string) bool {
	for _, ix := range t.Indexes {
		if (ix.Unique || ix.Primary) && len(ix.Columns) == 1 && ix.Columns[0] == column {
			return true
		}
	}
	return len(t.PrimaryKey) == 1 && t.PrimaryKey[0] == column
}

// Source says how a relation is known.
type Source string

// The ways in which a relation is known.
const (
	Declared   Source = "declared"   // a foreign key of the database
	Vocabulary Source = "vocabulary" // PsyNet and Dallinger declare it, and drop it at launch
	Convention Source = "convention" // <table>_id with matching types
	Ledger     Source = "ledger"     // exptool's own ledger
)

// Relation is a reference from a column of one table to a column of another:
// many rows of Table to one of RefTable. Nothing guarantees that it resolves.
type Relation struct {
	Name      string // the to-one name: participant for participant_id, origin for origin_id
	Table     string
	Column    string
	RefTable  string
	RefColumn string
	Source    Source
}

// Server is what the server says of itself.
type Server struct {
	Version  int    // server_version_num, 150018
	Zone     string // the TimeZone setting
	Recovery bool   // a replica
	Database string
	CanTemp  bool // may make temporary objects in this database
}

// Schema is everything exptool knows of a database.
type Schema struct {
	Server    Server
	Tables    map[string]*Table // by name; outside public as "schema.name"
	Relations []Relation
	Tree      *Tree // the classes

	types map[[2]string]string // Python types that classes declare, by table and column
}

// Rows is a stream of rows, read once from front to back.
type Rows interface {
	// Columns describes the values of a row, in order.
	Columns() []Column
	// Next advances to the next row; false at the end and on an error.
	Next() bool
	// Values are the present row's, as Postgres prints them, nil for NULL.
	// They are valid until Next is called.
	Values() [][]byte
	// Err is what ended the stream early, if anything did.
	Err() error
	Close() error
}
