package schema

import (
	"maps"
	"slices"
	"strings"
)

// relate gathers the relations of a database: the declared ones, those that the
// vocabulary knows of tables and columns that are there, and for what remains
// the convention <table>_id. Each column has one relation, the surest.
func relate(tables map[string]*Table, declared []Relation) []Relation {
	var rels []Relation
	taken := map[[2]string]bool{}
	add := func(r Relation) {
		at := [2]string{r.Table, r.Column}
		from, to := tables[r.Table], tables[r.RefTable]
		if taken[at] || from == nil || to == nil || from.Column(r.Column) == nil || to.Column(r.RefColumn) == nil {
			return
		}
		taken[at] = true
		r.Name = relationName(r)
		rels = append(rels, r)
	}
	for _, r := range declared {
		r.Source = Declared
		add(r)
	}
	for _, r := range vocabularyRelations() {
		if t := tables[r.Table]; t != nil && ours(t) {
			add(r)
		}
	}
	for _, r := range ledgerRelations {
		if to := tables[r.RefTable]; to != nil && to.Column("id") != nil && to.Column("id").Kind == Int {
			add(r)
		}
	}
	targets := targets(tables)
	for _, key := range slices.Sorted(maps.Keys(tables)) {
		for _, c := range tables[key].Columns {
			if r, ok := conventional(tables[key], c, targets); ok {
				add(r)
			}
		}
	}
	return rels
}

// relationName is the to-one name of a relation: the column without its _id.
// PsyNet has three columns whose names do not tell: they are called after the
// table that they refer to.
func relationName(r Relation) string {
	stem, ok := strings.CutSuffix(r.Column, "_id")
	if r.Source == Vocabulary && (!ok || r.RefColumn != "id") {
		return r.RefTable
	}
	if stem == "" {
		return r.Column
	}
	return stem
}

// targets are the tables that a column <name>_id may refer to, by name.
func targets(tables map[string]*Table) map[string]*Table {
	to := map[string]*Table{}
	for _, key := range slices.Sorted(maps.Keys(tables)) {
		if t := tables[key]; len(t.PrimaryKey) == 1 {
			for _, name := range []string{singular(t.Name), t.Name} {
				if name = t.Schema + "." + name; to[name] == nil {
					to[name] = t
				}
			}
		}
	}
	for _, w := range words {
		t := tables[w.table]
		name := "public." + w.singular
		if t != nil && to[name] == nil && len(t.PrimaryKey) == 1 && ours(t) {
			to[name] = t
		}
	}
	return to
}

// conventional is the relation that the name of a column suggests.
func conventional(t *Table, c Column, targets map[string]*Table) (Relation, bool) {
	stem, ok := strings.CutSuffix(c.Name, "_id")
	if !ok || stem == "" {
		return Relation{}, false
	}
	to := targets[t.Schema+"."+stem]
	if to == nil && t.Schema != "public" {
		to = targets["public."+stem]
	}
	if to == nil {
		return Relation{}, false
	}
	pk := to.Column(to.PrimaryKey[0])
	if pk == nil || pk.Kind != c.Kind || to == t && pk.Name == c.Name {
		return Relation{}, false
	}
	return Relation{Table: t.Key(), Column: c.Name, RefTable: to.Key(), RefColumn: pk.Name, Source: Convention}, true
}

// RelationsFrom returns the relations whose columns are in t.
func (s *Schema) RelationsFrom(t *Table) []Relation {
	return s.relations(func(r Relation) bool { return r.Table == t.Key() })
}

// RelationsTo returns the relations that refer to t.
func (s *Schema) RelationsTo(t *Table) []Relation {
	return s.relations(func(r Relation) bool { return r.RefTable == t.Key() })
}

func (s *Schema) relations(is func(Relation) bool) []Relation {
	var rels []Relation
	for _, r := range s.Relations {
		if is(r) {
			rels = append(rels, r)
		}
	}
	return rels
}

// ToOne returns the relations of t called name (participant for participant_id,
// origin, parent_trial); where there is none, those that lead to the table or
// entity of that name: several mean that the route is ambiguous. Those of which
// t has many are not meant so: a participant's trial is not only the current one.
func (s *Schema) ToOne(t *Table, name string) []Relation {
	key := t.Key()
	named := s.relations(func(r Relation) bool { return r.Table == key && r.Name == name })
	if len(named) > 0 {
		return named
	}
	named = s.relations(func(r Relation) bool { return r.Table == key && fold(r.Name) == fold(name) })
	if len(named) > 0 {
		return named
	}
	to := s.Tables[name]
	if to == nil {
		if e, ok := s.byWord(strings.ToLower(name)); ok {
			to = e.Table
		}
	}
	if to == nil || len(s.ToMany(t, Entity{Table: to})) > 0 {
		return nil
	}
	return s.relations(func(r Relation) bool { return r.Table == key && r.RefTable == to.Key() })
}

// ToMany returns the relations by which rows of many belong to a row of from.
// Where PsyNet says which (a node's trials are those of node_id, its infos those
// of origin_id) that one comes alone; several mean that the route is ambiguous.
func (s *Schema) ToMany(from *Table, many Entity) []Relation {
	if many.Table == nil {
		return nil
	}
	rels := s.relations(func(r Relation) bool {
		return r.Table == many.Table.Key() && r.RefTable == from.Key()
	})
	if len(rels) < 2 {
		return rels
	}
	prefer := []string{from.Name, singular(from.Name)}
	if from.Name == "node" && many.Table.Name == "info" && many.Marker == "" && many.Class == nil {
		prefer = append([]string{"origin"}, prefer...) // Dallinger's node.all_infos
	}
	for _, name := range prefer {
		for _, r := range rels {
			if r.Name == name {
				return []Relation{r}
			}
		}
	}
	return rels
}
