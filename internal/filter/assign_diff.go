package filter

import (
	"bytes"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// Difference is what of a column's value an assignment changed: the column, or
// the shortest path inside it that tells it all. Old and New are nil for NULL, or
// where the path leads nowhere; the types are in words.
type Difference struct {
	Field            string
	Old, New         []byte
	OldType, NewType string
}

// Difference compares a column's value before and after the assignment.
func (a *Assignment) Difference(before, after []byte) Difference {
	path := a.Path
	if before == nil || after == nil {
		path = nil
	}
	// A key that was made with the dicts above it goes with them.
	for i := 1; i < len(path); i++ {
		if _, found, _ := pyjson.Raw(before, path[:i]); !found {
			path = path[:i]
		}
	}
	if a.op == removeOrNull && len(path) > 1 && inList(before, path) {
		path = path[:len(path)-1] // what comes after it moves up
	}
	d := a.difference(path, before, after)
	// The number of a back-reference means something in that document only, and
	// what is added to a list through one stands elsewhere: the whole tells it.
	if len(path) > 0 && refers(d.Old) {
		d = a.difference(nil, before, after)
	}
	return d
}

func (a *Assignment) difference(path []string, before, after []byte) Difference {
	d := Difference{Field: FieldName(a.Column.Name, path...)}
	d.Old, d.OldType = Part(a.Column, path, before)
	d.New, d.NewType = Part(a.Column, path, after)
	return d
}

// inList reports whether a path leads to an element, and not to a key.
func inList(value []byte, path []string) bool {
	container, found, err := pyjson.Raw(value, path[:len(path)-1])
	return err == nil && found && container[0] == '['
}

// refers reports whether a part of a document may hold a back-reference.
func refers(part []byte) bool { return bytes.Contains(part, []byte(`"py/id"`)) }

// Part is what a column's value holds at a path, and its type in words, "integer"
// or "str": the whole column where the path is empty, else the bytes at the path.
// It is nil, without a type, where there is nothing.
func Part(column *schema.Column, path []string, value []byte) (part []byte, kind string) {
	switch {
	case value == nil:
		return nil, ""
	case len(path) == 0:
		return value, column.Type
	}
	part, found, err := pyjson.Raw(value, path)
	if err != nil || !found {
		return nil, ""
	}
	kind, _ = pyjson.KindOf(part)
	return part, kind
}

// PutBack is a column's value with a part that Part gave at a path again; nil
// removes what is there.
func PutBack(path []string, value, part []byte) ([]byte, error) {
	switch {
	case len(path) == 0:
		return part, nil
	case part == nil && value == nil:
		return nil, nil
	case part == nil:
		return pyjson.Remove(value, path)
	case value == nil:
		value = []byte("{}")
	}
	return pyjson.Replace(value, path, part)
}
