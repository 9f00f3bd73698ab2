package schema

import (
	"maps"
	"slices"
	"strings"
)

// Learn reads the Python files of an experiment, by their slash-separated paths
// inside its directory, and returns the classes that have rows.
func Learn(files map[string][]byte) (Learned, error) {
	var raw []*Class
	for _, file := range slices.Sorted(maps.Keys(files)) {
		classes, err := LearnPython(files[file], ModuleName(file))
		if err != nil {
			return Learned{}, err
		}
		raw = append(raw, classes...)
	}
	return Learned{Classes: Link(raw, NewTree(VocabularyClasses()))}, nil
}

// Adopt renames learnt classes whose file was called otherwise in the experiment
// than here: where no row has a class's identity, but rows of its table have one
// class of the same short name, that is the class. It returns the old names by
// the new.
func (l Learned) Adopt(s *Schema) map[string]string {
	renamed := map[string]string{}
	seen := func(table, identity string) bool {
		t := s.Tables[table]
		return t != nil && slices.ContainsFunc(t.Classes, func(c ClassCount) bool { return c.Identity == identity })
	}
	for _, c := range l.Classes {
		t := s.Tables[c.Table]
		if t == nil || c.Identity != c.Name || seen(c.Table, c.Identity) {
			continue
		}
		var same []string
		for _, count := range t.Classes {
			if Short(count.Identity) == Short(c.Name) {
				same = append(same, count.Identity)
			}
		}
		taken := func(other *Class) bool { return other.Identity == same[0] }
		if len(same) == 1 && !slices.ContainsFunc(l.Classes, taken) {
			renamed[same[0]] = c.Name
			for _, other := range l.Classes {
				if other.Parent == c.Name {
					other.Parent = same[0]
				}
			}
			c.Name, c.Identity = same[0], same[0]
		}
	}
	return renamed
}

// Link makes of raw classes, as LearnPython reads them, those that have rows:
// each gets its parent, table and identity, and the columns of its unmapped
// bases (mixins). What the vocabulary does not lead to a table is left out.
// Classes that the source only adds columns to stay with just those.
func Link(raw []*Class, known *Tree) []*Class {
	k := linker{known: known, raw: map[string]*Class{}, done: map[string]*Class{}, busy: map[string]bool{}}
	for _, c := range raw {
		if have := k.raw[c.Name]; have != nil {
			c = mergeRaw(have, c)
		}
		k.raw[c.Name] = c
	}
	var linked []*Class
	for _, name := range slices.Sorted(maps.Keys(k.raw)) {
		if c := k.link(name); c != nil && c.Known == FromSource {
			linked = append(linked, c)
		}
	}
	return linked
}

// mergeRaw joins a class and the columns that another module sets on it.
func mergeRaw(a, b *Class) *Class {
	if a.Identity == "" {
		a, b = b, a
	}
	m := *a
	m.Columns = maps.Clone(b.Columns)
	for column, python := range a.Columns {
		m.setColumn(column, python)
	}
	return &m
}

type linker struct {
	known *Tree
	raw   map[string]*Class
	done  map[string]*Class // nil for those without a table
	busy  map[string]bool   // against circles
}

// link is the class of that full name with its place, nil where it has no rows.
func (k *linker) link(name string) *Class {
	if c, ok := k.done[name]; ok {
		return c
	}
	raw := k.raw[name]
	if raw == nil {
		return k.known.Get(name)
	}
	if k.busy[name] {
		return nil
	}
	k.busy[name] = true
	c := k.place(raw)
	k.busy[name] = false
	k.done[name] = c
	return c
}

// place finds parent and table of a raw class.
func (k *linker) place(raw *Class) *Class {
	if raw.Identity == "" { // only gains columns
		real := k.known.Get(raw.Name)
		if real == nil {
			real = k.passedOn(raw.Name)
		}
		if real != nil {
			c := *real
			c.Known, c.Columns = FromSource, maps.Clone(raw.Columns)
			return &c
		}
		return nil
	}
	c := *raw
	c.Bases, c.Columns = nil, maps.Clone(raw.Columns)
	for _, base := range raw.Bases {
		b := k.find(base, raw.Name)
		if b == nil {
			for column, python := range k.mixed(base, raw.Name, map[string]bool{}) {
				if _, own := c.Columns[column]; !own {
					c.setColumn(column, python)
				}
			}
			continue
		}
		if c.Parent == "" {
			c.Parent = b.Name
			if c.Table == "" {
				c.Table = b.Table
			}
		}
	}
	if c.Parent != "" && c.Identity != c.Name && k.inherits(c.Parent, c.Identity) {
		c.Identity = c.Name // PsyNet: a repeated identity does not count
	}
	if c.Table == "" {
		return nil
	}
	return &c
}

// inherits reports whether an ancestor has the identity.
func (k *linker) inherits(name, identity string) bool {
	for range len(k.raw) + len(k.known.All()) {
		c := k.link(name)
		if c == nil {
			return false
		}
		if c.Identity == identity {
			return true
		}
		name = c.Parent
	}
	return false
}

// find is the mapped class that a base's name means in the module of class of.
func (k *linker) find(name, of string) *Class {
	for _, full := range k.candidates(name, of) {
		if c := k.link(full); c != nil {
			return c
		}
	}
	if _, ours := k.raw[name]; ours {
		return nil
	}
	return k.passedOn(name)
}

// passedOn is the known class that a package passes on from its modules, as
// psynet.trial does, and psynet.data with those of dallinger.models.
func (k *linker) passedOn(name string) *Class {
	top, _, more := strings.Cut(name, ".")
	if !more {
		return nil
	}
	if c := k.only(top+".", Short(name)); c != nil || top != "psynet" {
		return c
	}
	return k.only("dallinger.models.", Short(name))
}

// only is the one known class below a prefix that has the short name, or nil.
func (k *linker) only(prefix, short string) *Class {
	var found *Class
	for _, c := range k.known.All() {
		if Short(c.Name) == short && strings.HasPrefix(c.Name, prefix) {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	return found
}

// candidates are the full names that a name can have: itself, or a module beside
// the experiment's that is imported without the package.
func (k *linker) candidates(name, of string) []string {
	full := []string{name}
	if pkg, _, ok := cutLast(of); ok {
		full = append(full, pkg+"."+name)
		if pkg, _, ok = cutLast(pkg); ok {
			full = append(full, pkg+"."+name)
		}
	}
	return full
}

// mixed are the columns of an unmapped base and its own bases.
func (k *linker) mixed(name, of string, seen map[string]bool) map[string]string {
	columns := map[string]string{}
	for _, full := range k.candidates(name, of) {
		raw := k.raw[full]
		if raw == nil || seen[full] {
			continue
		}
		seen[full] = true
		for _, base := range raw.Bases {
			maps.Copy(columns, k.mixed(base, full, seen))
		}
		maps.Copy(columns, raw.Columns)
	}
	return columns
}
