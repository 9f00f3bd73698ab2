package schema

import (
	"maps"
	"slices"
)

// Learned is what `classes --learn` found in an experiment's source, in the
// form in which it is kept for a database.
type Learned struct {
	Classes []*Class `json:"classes,omitempty"`
}

// New puts together what is known of a database: its tables as the catalog has
// them (columns made with Column.SetType), the foreign keys it declares, and
// what was learnt of the experiment. Columns that may hold jsonpickle, but of
// which nobody knows, are left to Doubts.
func New(server Server, tables []*Table, declared []Relation, learned Learned) *Schema {
	s := &Schema{Server: server, Tables: make(map[string]*Table, len(tables))}
	for _, t := range tables {
		s.Tables[t.Key()] = t
		if OfLedger(t) { // a view declares no key
			t.PrimaryKey = []string{"id"}
		}
	}
	s.Relations = relate(s.Tables, declared)
	s.Tree = s.grow(learned)
	s.types = s.Tree.columnTypes()
	for _, t := range tables {
		for i := range t.Columns {
			s.annotate(t, &t.Columns[i])
		}
	}
	s.Observe()
	return s
}

// grow makes the tree of the vocabulary's and the learnt classes.
func (s *Schema) grow(learned Learned) *Tree {
	known := slices.Clone(learned.Classes)
	for _, c := range VocabularyClasses() {
		if t := s.Tables[c.Table]; t != nil && ours(t) {
			known = append(known, c)
		}
	}
	return NewTree(known)
}

// Observe adds to the tree the classes that are only seen in the tables: call it
// when Table.Classes was filled.
func (s *Schema) Observe() {
	var observed []*Class
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		for _, seen := range s.Tables[key].Classes {
			if s.Tree.ByIdentity(key, seen.Identity) == nil {
				observed = append(observed, &Class{Name: seen.Identity, Identity: seen.Identity, Table: key, Known: FromTable})
			}
		}
	}
	if observed != nil {
		s.Tree = NewTree(append(slices.Clone(s.Tree.classes), observed...))
	}
}

// columnTypes are the Python types that classes declare, by table and column.
func (t *Tree) columnTypes() map[[2]string]string {
	types := map[[2]string]string{}
	for _, known := range []string{FromVocabulary, FromSource} { // the surer last
		for _, c := range t.classes {
			if c.Known == known {
				for column, python := range c.Columns {
					types[[2]string{c.Table, column}] = python
				}
			}
		}
	}
	return types
}

// annotate says what a column is beyond its type.
func (s *Schema) annotate(t *Table, c *Column) {
	key := t.Key()
	c.Class = c.Name == "type" && c.Kind == Text
	c.Secret = secrets[[2]string{key, c.Name}] && ours(t)
	python, known := s.types[[2]string{key, c.Name}]
	switch {
	case c.Name == "vars" && c.Kind == Text:
		c.Kind, c.Python = Pickle, "PythonDict"
	case known && pickled(python) && unbounded(c):
		c.Kind, c.Python = Pickle, python
	case known && python == "PythonClass" && unbounded(c):
		c.Python = python
	}
}

// Doubt is a column of which only its values can tell whether it holds
// jsonpickle.
type Doubt struct {
	Table  *Table
	Column *Column
}

// Doubts returns the columns that a custom class may have added as PythonObject
// or as String, which look alike in the catalog, in the order of tables' names.
func (s *Schema) Doubts() []Doubt {
	var doubts []Doubt
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		t := s.Tables[key]
		if typeColumn(t) == nil || t.Denied {
			continue
		}
		for i := range t.Columns {
			c := &t.Columns[i]
			if _, known := s.types[[2]string{key, c.Name}]; !known && unbounded(c) && c.Kind == Text && !c.Class {
				doubts = append(doubts, Doubt{t, c})
			}
		}
	}
	return doubts
}

// Judge settles the doubt by some of the column's values; cut says that long
// values end early. It reports whether other values could still decide
// otherwise: where there are none, or none but numbers.
func (d Doubt) Judge(values []string, cut int) (open bool) {
	switch pickled, text := judgePickled(values, cut); {
	case pickled:
		d.Column.Kind, d.Column.Python = Pickle, "PythonObject"
		return false
	default:
		return !text
	}
}
