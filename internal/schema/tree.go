package schema

// Class is a Python class whose rows sit in a table, as far as anybody told us:
// the vocabulary knows PsyNet's own, `classes --learn` the experiment's.
type Class struct {
	Name     string // full importable name: dallinger_experiment.experiment.CustomTrial
	Identity string // value of the type column; the same as Name unless set by hand
	Table    string
	Parent   string // full name of the parent class, empty at the root of a table
	Known    string // how it is known: "vocabulary", "learned" or "observed" (only seen in the table)
	// Columns are the Python types of the columns that the class itself
	// declares, by column name; only where learned or in the vocabulary.
	Columns map[string]string
}

// Tree is the tree of classes of a database.
type Tree struct {
	classes []*Class // sorted by name
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
