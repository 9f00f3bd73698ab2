package schema

import "slices"

// field is a column that people speak of and the database does not have, as an
// expression of the --where language.
type field struct {
	name  string
	expr  string
	needs []string // columns without which it means nothing
}

// fields are virtual columns by table; those under "" are for every table.
var fields = map[string][]field{
	"": {
		{"class", "type", []string{"type"}},
		{"created", "creation_time", []string{"creation_time"}},
	},
	"participant": {
		{"person", `if(type == "psynet.bot.Bot", "bot", "person")`, []string{"elt_id"}},
		{"started", "creation_time", []string{"creation_time"}},
		{"minutes", "round((end_time - creation_time) / 60, 1)", []string{"creation_time", "end_time"}},
	},
	"info": {
		{"state", `if(failed, "failed", if(coalesce(finalized, false), "done", "pending"))`, []string{"finalized"}},
		{"repeat", "is_repeat_trial", []string{"is_repeat_trial"}},
	},
	"response": {
		{"valid", "successful_validation", []string{"successful_validation"}},
	},
}

// defaults are the columns that a terminal shows first, by entity word or table.
var defaults = map[string][]string{
	"participant": {"id", "person", "status", "failed", "progress", "performance_reward", "base_pay", "bonus", "started", "minutes", "failed_reason"},
	"trials":      {"id", "class", "participant_id", "node_id", "trial_maker_id", "definition", "answer", "score", "time_taken", "state", "repeat", "created"},
	"info":        {"id", "class", "origin_id", "network_id", "contents", "failed", "created"},
	"node":        {"id", "class", "network_id", "degree", "parent_id", "definition", "failed"},
	"network":     {"id", "class", "trial_maker_id", "chain_type", "participant_id", "full", "failed"},
	"response":    {"id", "participant_id", "question", "answer", "page_type", "valid", "created"},
	"error":       {"id", "created", "participant_id", "kind", "message"},

	"exptool.transfers": {"id", "kind", "payer", "payee", "sent", "payer_balance", "payee_balance", "memo", "at"},
	"exptool.balances":  {"participant_id", "dollars", "endowment", "given", "received", "other", "donations"},
	"exptool.decisions": {"id", "session", "round", "donor", "choice", "recipient", "gifts", "cost", "benefit", "balance_before", "balance_after", "rank_before", "rank_after"},
}

// VirtualField returns the expression of a field that the table itself does not
// have: minutes of a participant, state of a trial. A real column of the name
// comes first, so ask for that before.
func VirtualField(t *Table, name string) (expr string, ok bool) {
	for _, f := range virtualOf(t) {
		if f.name == name {
			return f.expr, true
		}
	}
	return "", false
}

// VirtualFields are the names of the table's virtual fields.
func VirtualFields(t *Table) []string {
	var names []string
	for _, f := range virtualOf(t) {
		names = append(names, f.name)
	}
	return names
}

func virtualOf(t *Table) []field {
	var all []field
	for _, f := range append(slices.Clone(fields[""]), fields[t.Key()]...) {
		missing := func(column string) bool { return t.Column(column) == nil }
		if t.Column(f.name) == nil && !slices.ContainsFunc(f.needs, missing) {
			all = append(all, f)
		}
	}
	return all
}

// DefaultFields are the fields that a terminal shows of an entity where the user
// chose none: the usual ones, then the columns of the entity's own classes. Nil
// where nothing is known of the table: all columns are shown.
func (s *Schema) DefaultFields(e Entity) []string {
	key := e.Table.Key()
	if key == "info" && e.Marker != "" || e.Class != nil && s.Tree.Is(e.Class, trialClass) || e.Class != nil && key == "info" && e.Table.Column("finalized") != nil && !s.knownNonTrial(e.Class) {
		key = "trials"
	}
	names := defaults[key]
	if names == nil {
		return nil
	}
	var all []string
	for _, n := range names {
		if _, virtual := VirtualField(e.Table, n); virtual || e.Table.Column(n) != nil {
			all = append(all, n)
		}
	}
	if OfLedger(e.Table) {
		return all
	}
	known := s.KnownColumns(e.Table)
	for _, c := range s.ColumnsOf(e) {
		if !known[c.Name] && !slices.Contains(all, c.Name) {
			all = append(all, c.Name)
		}
	}
	return all
}

// knownNonTrial reports whether a class in info is certainly no trial.
func (s *Schema) knownNonTrial(c *Class) bool {
	return c.Known != FromTable && !s.Tree.Is(c, trialClass)
}

// KnownColumns are the columns that PsyNet and Dallinger give to a table; the
// others are the experiment's own.
func (s *Schema) KnownColumns(t *Table) map[string]bool {
	names := map[string]bool{}
	for _, c := range s.Tree.Of(t.Key()) {
		if c.Known == FromVocabulary {
			for name := range c.Columns {
				names[name] = true
			}
		}
	}
	return names
}

// ColumnsOf are the columns of an entity's table in the table's order, without
// those that only other classes declare. A class whose ancestors nobody told us
// of keeps every column.
func (s *Schema) ColumnsOf(e Entity) []Column {
	if e.Class == nil || e.Class.Known == FromTable {
		return e.Table.Columns
	}
	mine := map[string]bool{}
	others := map[string]bool{}
	for _, c := range s.Tree.Of(e.Table.Key()) {
		related := s.Tree.Is(c, e.Class.Name) || s.Tree.Is(e.Class, c.Name)
		for name := range c.Columns {
			if related {
				mine[name] = true
			} else {
				others[name] = true
			}
		}
	}
	var columns []Column
	for _, c := range e.Table.Columns {
		if mine[c.Name] || !others[c.Name] {
			columns = append(columns, c)
		}
	}
	return columns
}
