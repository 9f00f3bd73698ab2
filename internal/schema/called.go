package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Keys are the keys of Tables in order: public ones by name, then the others.
func (s *Schema) Keys() []string {
	return slices.SortedFunc(maps.Keys(s.Tables), func(a, b string) int {
		if x, y := strings.Contains(a, "."), strings.Contains(b, "."); x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
}

// Called is what the rows of a table that belong to something are called: trials
// where info is PsyNet's, else the table's word.
func (s *Schema) Called(t *Table) string {
	if w := words[0]; s.wordTable(w) == t {
		return w.plural
	}
	return s.Word(t)
}

// Singular is what one row of a table is called: trial, participant.
func (s *Schema) Singular(t *Table) string {
	for _, w := range words {
		if !w.alias && s.wordTable(w) == t && w.plural == s.Called(t) {
			return w.singular
		}
	}
	return t.Key()
}

// Union makes one entity of several that are rows of one table. It fails with a
// *UnionError where they are not.
func Union(all []Entity) (Entity, error) {
	u := all[0]
	for _, e := range all[1:] {
		if e.Table != u.Table {
			return u, &UnionError{A: u, B: e}
		}
		u.Name += "," + e.Name
		u.Class = nil
		switch {
		case u.Identities == nil && u.Marker == "", e.Identities == nil && e.Marker == "":
			u.Identities, u.Marker, u.Not = nil, "", nil
		case u.Marker != "" || e.Marker != "":
			return u, &UnionError{A: u, B: e}
		default:
			u.Identities = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(u.Identities), e.Identities...))))
		}
	}
	return u, nil
}

// UnionError says that two entities cannot be asked for at once.
type UnionError struct{ A, B Entity }

// Error is one line.
func (e *UnionError) Error() string {
	if e.A.Table == e.B.Table {
		return fmt.Sprintf("%s and %s overlap; ask for one of them", e.A.Name, e.B.Name)
	}
	return fmt.Sprintf("%s are rows of %s and %s of %s; one question is about one table", e.A.Name, e.A.Table.Key(), e.B.Name, e.B.Table.Key())
}
