package schema

// Entity is what a user can name and ask about: the rows of a table, or those
// rows of a table that are of some classes.
type Entity struct {
	Name  string // canonical: "trials", "CustomTrial", "pet"
	Table *Table
	// Identities, where not nil, are the values of the type column that belong
	// to the entity.
	Identities []string
	// Not are values of the type column that do not belong, though the rows fill
	// Marker. For words like "trials", whose classes an experiment adds to.
	Not []string
	// Marker is a column that every row of the entity fills and no other row of
	// the table does; empty without one.
	Marker string
	// Class is the class that was named, nil where a word or a table was.
	Class *Class
	// Unseen is a class name that neither the tree nor the statistics know: its
	// identity has to be looked for in the tables.
	Unseen string
	// Failed restricts to failed or alive rows: PsyNet's alive_trials and
	// failed_trials. nil: both.
	Failed *bool
}
