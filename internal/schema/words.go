package schema

import (
	"slices"
	"strings"
)

// word is an entity word that is not simply a table's name in the plural.
type word struct {
	plural, singular string
	table            string
	needs            string // a column without which the table is not PsyNet's
	class            string // the rows are those of this class and its subclasses …
	marker           string // … or, where the experiment adds classes, those that fill this column
	alias            bool   // understood, but not what the table's rows are called first
}

// words are PsyNet's own, before the plain names of tables.
var words = []word{
	{plural: "trials", singular: "trial", table: "info", needs: "finalized", class: trialClass, marker: "finalized"},
	{plural: "chains", singular: "chain", table: "network", needs: "chain_type", class: chainNetworkClass, marker: "chain_type"},
	{plural: "bots", singular: "bot", table: "participant", needs: "elt_id", class: botClass},
	{plural: "modules", singular: "module", table: "module_state"},
	{plural: "people", singular: "person", table: "person"},
	{plural: "async_processes", singular: "async_process", table: "process", needs: "redis_job_id", alias: true},
	{plural: "transfers", singular: "transfer", table: "exptool.transfers"},
	{plural: "balances", singular: "balance", table: "exptool.balances"},
	{plural: "decisions", singular: "decision", table: "exptool.decisions"},
	{plural: "experiment_status", singular: "experiment_status", table: "experiment_status"},
}

// fold makes entity words compare: hyphens and underscores do not count.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// plural is the naive English plural of a table's name.
func plural(name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && !strings.HasSuffix(name, "us"):
		return name // is one already
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"), strings.HasSuffix(name, "z"),
		strings.HasSuffix(name, "ch"), strings.HasSuffix(name, "sh"):
		return name + "es"
	case strings.HasSuffix(name, "y") && len(name) > 1 && !strings.ContainsRune("aeiou", rune(name[len(name)-2])):
		return name[:len(name)-1] + "ies"
	}
	return name + "s"
}

// singular is the naive English singular, for tables named in the plural.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies") && len(name) > 4:
		return name[:len(name)-3] + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "shes"):
		return name[:len(name)-2]
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && !strings.HasSuffix(name, "us") && len(name) > 2:
		return name[:len(name)-1]
	}
	return name
}

// ours reports whether the table has the columns that Dallinger gives to every
// table of an experiment, the custom ones included.
func ours(t *Table) bool {
	return t.Column("property1") != nil && t.Column("details") != nil
}

// wordTable is the table that a word is about in this database, or nil.
func (s *Schema) wordTable(w word) *Table {
	t := s.Tables[w.table]
	if t == nil || w.needs != "" && t.Column(w.needs) == nil || OfLedger(t) && s.taken(w) {
		return nil
	}
	return t
}

// Word is what users call the rows of a table: its name in the plural for the
// tables of an experiment and the ledger, the bare name for others.
func (s *Schema) Word(t *Table) string {
	if experiments := ours(t) && t.Schema == "public"; !experiments && !OfLedger(t) {
		return t.Key()
	}
	for _, w := range words {
		if w.table == t.Key() && w.class == "" && !w.alias && s.wordTable(w) != nil {
			return w.plural
		}
	}
	if OfLedger(t) {
		return t.Key()
	}
	return plural(t.Name)
}

// Words returns the entity words that mean something in this database, sorted.
func (s *Schema) Words() []string {
	var all []string
	for _, w := range words {
		if s.wordTable(w) != nil {
			all = append(all, w.plural)
		}
	}
	for _, t := range s.Tables {
		all = append(all, s.Word(t))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
