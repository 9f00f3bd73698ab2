// Package sample holds the experiment that comes with the binary: `exptool
// demo` plays on it, so a newcomer needs no database of their own. It is a room
// of its own because an embedded file has to lie beside the code that embeds it,
// and the demo and the tests share this one. With it come the tables of an empty
// experiment and names of people, which `exptool seed --participants` fills them
// with.
package sample

import "embed"

// Tutorial is a gzipped pg_dump of a PsyNet experiment that uses everything of
// the tutorial chapter "Introduction to SQLAlchemy": 63 participants, 578 trials.
//
//go:embed tutorial.sql.gz
var Tutorial []byte

// Person is the chapter's first example, a table of people, as plain SQL.
//
//go:embed person.sql
var Person []byte

// PsyNet is the tables of an empty experiment of PsyNet 13.3.0, as plain SQL for a
// database without tables.
//
//go:embed psynet.sql
var PsyNet string

//go:embed experiment.py helper.py
var source embed.FS

// Source is the tutorial experiment's Python source, by file name.
func Source() map[string][]byte {
	files := map[string][]byte{}
	for _, name := range []string{"experiment.py", "helper.py"} {
		files[name], _ = source.ReadFile(name) // embedded: it is there
	}
	return files
}
