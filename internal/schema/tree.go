package schema

import (
	"maps"
	"slices"
	"strings"
)

// Class is a Python class whose rows sit in a table, as far as anybody told us:
// the vocabulary knows PsyNet's own, `classes --learn` the experiment's.
type Class struct {
	Name     string `json:"name"`     // full importable name: dallinger_experiment.experiment.CustomTrial
	Identity string `json:"identity"` // value of the type column; the same as Name unless set by hand
	Table    string `json:"table,omitempty"`
	Parent   string `json:"parent,omitempty"` // full name of the parent class, empty at the root of a table
	Known    string `json:"known,omitempty"`  // how it is known: "vocabulary", "learned" or "observed" (only seen in the table)
	// Columns are the Python types of the columns that the class itself
	// declares, by column name; only where learned or in the vocabulary.
	Columns map[string]string `json:"columns,omitempty"`
	// Bases are the base classes as a source names them, most important first;
	// only until Link has found out which of them is the parent.
	Bases []string `json:"bases,omitempty"`
}

// The ways in which a class is known, the surest first.
const (
	FromSource     = "learned"
	FromVocabulary = "vocabulary"
	FromTable      = "observed"
)

// Tree is the tree of classes of a database.
type Tree struct {
	classes  []*Class // sorted by name
	byName   map[string]*Class
	children map[string][]*Class
}

// NewTree makes a tree of classes: the vocabulary's, those learnt from source
// and those only seen in a table, in any order. Of several with the same name
// one remains, as the surest source describes it, with the columns of all.
func NewTree(classes []*Class) *Tree {
	t := &Tree{byName: make(map[string]*Class, len(classes)), children: map[string][]*Class{}}
	for _, c := range classes {
		if have := t.byName[c.Name]; have != nil {
			t.byName[c.Name] = merge(have, c)
			continue
		}
		t.byName[c.Name] = c
	}
	t.classes = slices.SortedFunc(maps.Values(t.byName), func(a, b *Class) int {
		return strings.Compare(a.Name, b.Name)
	})
	for _, c := range t.classes {
		if c.Parent != "" && c.Parent != c.Name {
			t.children[c.Parent] = append(t.children[c.Parent], c)
		}
	}
	return t
}

// merge is one class out of two descriptions of it; neither is changed.
func merge(a, b *Class) *Class {
	if sureness(b) > sureness(a) {
		a, b = b, a
	}
	m := *a
	if b.Known == FromVocabulary {
		m.Known = FromVocabulary // the source only adds columns to it
	}
	if m.Identity == "" {
		m.Identity = b.Identity
	}
	if m.Table == "" {
		m.Table, m.Parent, m.Known = b.Table, b.Parent, b.Known
	}
	if len(b.Columns) > 0 {
		m.Columns = maps.Clone(b.Columns)
		if m.Columns == nil {
			m.Columns = map[string]string{}
		}
		maps.Copy(m.Columns, a.Columns)
	}
	return &m
}

func sureness(c *Class) int {
	switch c.Known {
	case FromSource:
		return 3
	case FromVocabulary:
		return 2
	case FromTable:
		return 1
	}
	return 0
}

// All returns every class, sorted by full name. The slice is the tree's own.
func (t *Tree) All() []*Class { return t.classes }

// Get returns the class of that full name, or nil.
func (t *Tree) Get(name string) *Class { return t.byName[name] }

// Find returns the classes that name may mean: the class of that full name,
// else those of that identity, else those of that short name; as written first,
// else in any case. Several mean that the name is ambiguous.
func (t *Tree) Find(name string) []*Class {
	equal := func(a, b string) bool { return a == b }
	for range 2 {
		for _, of := range []func(*Class) string{
			func(c *Class) string { return c.Name },
			func(c *Class) string { return c.Identity },
			func(c *Class) string { return Short(c.Name) },
		} {
			var found []*Class
			for _, c := range t.classes {
				if name != "" && equal(of(c), name) {
					found = append(found, c)
				}
			}
			if found != nil {
				return found
			}
		}
		equal = strings.EqualFold
	}
	return nil
}

// Subclasses returns c and all its descendants, c first, each once.
func (t *Tree) Subclasses(c *Class) []*Class {
	all := []*Class{c}
	seen := map[string]bool{c.Name: true}
	for i := 0; i < len(all); i++ {
		for _, child := range t.children[all[i].Name] {
			if !seen[child.Name] && child.Table == c.Table {
				seen[child.Name] = true
				all = append(all, child)
			}
		}
	}
	return all
}

// Children returns the classes whose parent c is, sorted by full name.
func (t *Tree) Children(c *Class) []*Class { return t.children[c.Name] }

// Is reports whether c is the class named ancestor or one of its descendants.
func (t *Tree) Is(c *Class, ancestor string) bool {
	for range len(t.classes) + 1 { // a source may claim a cycle
		if c == nil {
			return false
		}
		if c.Name == ancestor {
			return true
		}
		c = t.byName[c.Parent]
	}
	return false
}

// ByIdentity returns the class whose rows in the table have that value in the
// type column, or nil.
func (t *Tree) ByIdentity(table, identity string) *Class {
	for _, c := range t.classes {
		if c.Table == table && c.Identity == identity && identity != "" {
			return c
		}
	}
	return nil
}

// Of returns the classes whose rows are in the table, sorted by full name.
func (t *Tree) Of(table string) []*Class {
	var of []*Class
	for _, c := range t.classes {
		if c.Table == table {
			of = append(of, c)
		}
	}
	return of
}

// Short is the last part of a full class name.
func Short(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}
