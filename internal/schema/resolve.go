package schema

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Entity returns what a user names: a table ("info", "other.info"), an entity
// word in the singular or plural ("trials", "sync-groups"), or a class by short
// name, full name or identity, with its subclasses as far as known, without
// them where exact. It fails with *UnknownError or *AmbiguousError; a name
// that may still be a class of rows that statistics do not know comes back as
// Entity.Unseen.
func (s *Schema) Entity(name string, exact bool) (Entity, error) {
	if t := s.Tables[name]; t != nil {
		return s.whole(t), nil
	}
	if t := s.Tables[strings.TrimPrefix(name, "public.")]; t != nil && t.Schema == "public" {
		return s.whole(t), nil
	}
	if name == strings.ToLower(name) {
		if e, ok := s.byWord(name); ok {
			return e, nil
		}
	}
	e, ok, err := s.byClass(name, exact)
	if ok || err != nil {
		return e, err
	}
	if e, ok = s.byWord(strings.ToLower(name)); ok {
		return e, nil
	}
	if e, ok, err = s.byBareTable(name); ok || err != nil {
		return e, err
	}
	if plausible(name) && s.unfinished() {
		return Entity{Name: name, Unseen: name}, nil
	}
	return Entity{}, s.Unknown("entity", name)
}

// whole is every row of a table.
func (s *Schema) whole(t *Table) Entity { return Entity{Name: s.Word(t), Table: t} }

// byWord finds an entity word; name is in lower case.
func (s *Schema) byWord(name string) (Entity, bool) {
	name = fold(name)
	for _, w := range words {
		if t := s.wordTable(w); t != nil && (fold(w.plural) == name || fold(w.singular) == name) {
			return s.ofWord(w, t), true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		lower := strings.ToLower(key)
		if name == fold(lower) || name == fold(plural(lower)) || name == fold(singular(lower)) {
			return s.whole(s.Tables[key]), true
		}
	}
	return Entity{}, false
}

// ofWord is the entity of one of the words of the vocabulary.
func (s *Schema) ofWord(w word, t *Table) Entity {
	e := Entity{Name: w.plural, Table: t}
	class := s.Tree.Get(w.class)
	switch {
	case w.marker != "":
		e.Marker, e.Not = w.marker, []string{}
		for _, c := range s.Tree.Of(t.Name) {
			// An observed class has no known parent: the marker judges its rows.
			if c.Known != FromTable && c.Identity != "" && !s.Tree.Is(c, w.class) {
				e.Not = append(e.Not, c.Identity)
			}
		}
		slices.Sort(e.Not)
	case class != nil:
		e.Identities = s.identities(class)
	}
	return e
}

// identities are the values of the type column of c and its subclasses.
func (s *Schema) identities(c *Class) []string {
	ids := []string{}
	for _, sub := range s.Tree.Subclasses(c) {
		if sub.Identity != "" {
			ids = append(ids, sub.Identity)
		}
	}
	return ids
}

// byClass finds a class whose table is there.
func (s *Schema) byClass(name string, exact bool) (Entity, bool, error) {
	var found []*Class
	for _, c := range s.Tree.Find(name) {
		if s.Tables[c.Table] != nil {
			found = append(found, c)
		}
	}
	if len(found) > 1 {
		c := s.preferred(name, found)
		if c == nil {
			var names []string
			for _, c := range found {
				names = append(names, c.Name)
			}
			return Entity{}, false, &AmbiguousError{What: "class", Name: name, Names: names}
		}
		found = []*Class{c}
	}
	if len(found) == 0 {
		return Entity{}, false, nil
	}
	return s.ofClass(found[0], exact), true, nil
}

// preferred is the class that a shared short name means, nil where that cannot
// be told. PsyNet has two Trials and two Participants, of which one descends
// from the other: the ancestor is meant, which selects the other's rows too. Of
// two classes in different tables the one in the word's own table is meant.
// Never decided among an experiment's own classes.
func (s *Schema) preferred(name string, found []*Class) *Class {
	if slices.ContainsFunc(found, func(c *Class) bool { return c.Known != FromVocabulary }) {
		return nil
	}
	for _, c := range found {
		if !slices.ContainsFunc(found, func(other *Class) bool { return !s.Tree.Is(other, c.Name) }) {
			return c
		}
	}
	e, ok := s.byWord(strings.ToLower(name))
	if !ok {
		return nil
	}
	there := slices.DeleteFunc(slices.Clone(found), func(c *Class) bool { return c.Table != e.Table.Key() })
	if len(there) == 1 {
		return there[0]
	}
	return nil
}

// ofClass is the entity of a class, as SQLAlchemy's Class.query selects it: the
// root of a table selects every row, whatever its type.
func (s *Schema) ofClass(c *Class, exact bool) Entity {
	t := s.Tables[c.Table]
	e := Entity{Name: Short(c.Name), Table: t, Class: c}
	switch {
	case exact && c.Identity != "":
		e.Identities = []string{c.Identity}
	case c.Parent == "" && c.Known != FromTable:
	case c.Name == trialClass && s.wordTable(words[0]) != nil:
		// Every trial is one, those of classes that nobody told us of too.
		w := s.ofWord(words[0], t)
		e.Marker, e.Not = w.Marker, w.Not
	default:
		e.Identities = s.identities(c)
	}
	return e
}

// byBareTable finds a table outside of public by its bare name, or a table in
// another case.
func (s *Schema) byBareTable(name string) (Entity, bool, error) {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		t := s.Tables[key]
		if fold(t.Name) == fold(name) || fold(key) == fold(name) || fold(plural(t.Name)) == fold(name) {
			keys = append(keys, key)
		}
	}
	switch len(keys) {
	case 0:
		return Entity{}, false, nil
	case 1:
		return s.whole(s.Tables[keys[0]]), true, nil
	}
	return Entity{}, false, &AmbiguousError{What: "table", Name: name, Names: keys}
}

// plausible reports whether name can be a Python class or an identity.
func plausible(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || unicode.IsDigit([]rune(part)[0]) {
			return false
		}
		for _, r := range part {
			if r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return false
			}
		}
	}
	return len(name) <= 300
}

// unfinished reports whether some table may have classes that statistics miss.
func (s *Schema) unfinished() bool {
	for _, t := range s.Tables {
		if typeColumn(t) != nil && !t.ClassesComplete {
			return true
		}
	}
	return false
}

// typeColumn is the column that names the class of a row, or nil.
func typeColumn(t *Table) *Column {
	if c := t.Column("type"); c != nil && c.Kind == Text {
		return c
	}
	return nil
}

// Unknown is the error for a name that nothing has, with what may be meant.
func (s *Schema) Unknown(what, name string) *UnknownError {
	among := s.Words()
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		among = append(among, key)
	}
	for _, c := range s.Tree.All() {
		if s.Tables[c.Table] != nil {
			among = append(among, Short(c.Name))
		}
	}
	return &UnknownError{What: what, Name: name, Suggestions: Suggest(name, among)}
}

// ManyEntity is Entity for the many-side of a relation, where PsyNet's own
// words are understood too: all_trials, alive_trials, failed_nodes ….
func (s *Schema) ManyEntity(name string) (Entity, error) {
	e, err := s.Entity(name, false)
	var unknown *UnknownError
	if err == nil && e.Unseen == "" || err != nil && !errors.As(err, &unknown) {
		return e, err
	}
	prefix, rest, ok := strings.Cut(name, "_")
	if !ok || prefix != "all" && prefix != "alive" && prefix != "failed" {
		return e, err
	}
	many, restErr := s.Entity(rest, false)
	if restErr != nil || many.Unseen != "" {
		return e, err
	}
	many.Name = name
	if prefix != "all" {
		if c := many.Table.Column("failed"); c == nil || c.Kind != Bool {
			return Entity{}, s.Unknown("entity", name)
		}
		failed := prefix == "failed"
		many.Failed = &failed
	}
	return many, nil
}
