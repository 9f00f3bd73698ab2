package schema

import "strings"

// LedgerSchema is the schema of exptool's own tables. Of these only the views of the
// ledger are entities.
const LedgerSchema = "exptool"

// ledgerRelations are the references of the ledger's views; like those of
// vocabularyRelations.
var ledgerRelations = []Relation{
	{Table: "exptool.transfers", Column: "payer", RefTable: "participant", RefColumn: "id", Source: Ledger},
	{Table: "exptool.transfers", Column: "payee", RefTable: "participant", RefColumn: "id", Source: Ledger},
	{Table: "exptool.transfers", Column: "reverses", RefTable: "exptool.transfers", RefColumn: "id", Source: Ledger},
	{Table: "exptool.balances", Column: "participant_id", RefTable: "participant", RefColumn: "id", Source: Ledger},
	{Table: "exptool.decisions", Column: "donor", RefTable: "participant", RefColumn: "id", Source: Ledger},
	{Table: "exptool.decisions", Column: "recipient", RefTable: "participant", RefColumn: "id", Source: Ledger},
}

// OfLedger reports whether t is a view of the ledger.
func OfLedger(t *Table) bool { return t.Schema == LedgerSchema }

// LedgerWord reports whether name is what the rows of the ledger are called, be
// there a ledger or not.
func LedgerWord(name string) bool {
	name = fold(strings.TrimPrefix(name, LedgerSchema+"."))
	for _, w := range words {
		if strings.HasPrefix(w.table, LedgerSchema+".") && (w.plural == name || w.singular == name) {
			return true
		}
	}
	return false
}

// taken reports whether an experiment has a table of its own that is called like
// the word, and so has the word.
func (s *Schema) taken(w word) bool { return s.Tables[w.plural] != nil || s.Tables[w.singular] != nil }
