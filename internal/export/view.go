package export

import (
	"slices"
	"strings"

	"exptool/internal/schema"
)

// View is how a file looks: as it is, or without what would tell who people are. It
// serves one goroutine.
type View struct {
	maker   *Maker
	a       *Anonymizer // nil: everything is shown
	columns []Column
	shown   []shownColumn
	seen    int // how many of the maker's columns it knows
	cells   []Cell
}

// shownColumn is a column of a view.
type shownColumn struct {
	from      int // among the maker's
	path      string
	treatment Treatment
	fixed     bool // Postgres's numbers, which are no ids
}

// NewView makes a view of what a maker makes; without an Anonymizer it shows all.
func NewView(m *Maker, a *Anonymizer) *View { return &View{maker: m, a: a} }

// Columns are the columns that the view has so far.
func (v *View) Columns() []Column {
	if v.a == nil {
		return v.maker.File.Columns
	}
	v.grow()
	return v.columns
}

// Rows is how many rows the file has.
func (v *View) Rows() int64 { return v.maker.File.Rows }

// grow takes over columns that are new to the file.
func (v *View) grow() {
	for ; v.seen < len(v.maker.File.Columns); v.seen++ {
		c := v.maker.File.Columns[v.seen]
		s := shownColumn{from: v.seen, path: c.Path(), treatment: Keep}
		if c.Source != "" {
			s.treatment = v.a.Treat(v.maker.File.Table.Key(), s.path)
		}
		if s.treatment == Drop {
			continue
		}
		s.fixed = v.seen < len(v.maker.base) && v.maker.base[v.seen].shape.fixed()
		c.Kind, c.Enum = 0, nil
		if s.treatment == Keep || s.fixed {
			c.Enum = v.maker.File.Columns[v.seen].Enum
		}
		if len(c.Key) > 0 {
			c.Name, c.Key = v.clean(c.Name), cleanAll(v.a, c.Key)
		}
		v.columns = append(v.columns, c)
		v.shown = append(v.shown, s)
		v.cells = append(v.cells, Cell{})
	}
}

// clean is a name without ids: dicts are keyed by people, too, and by one person in
// several spellings.
func (v *View) clean(name string) string {
	return numbered(string(v.a.Scrub([]byte(name))), func(name string) bool {
		return slices.ContainsFunc(v.columns, func(c Column) bool { return c.Name == name })
	})
}

func cleanAll(a *Anonymizer, keys []string) []string {
	clean := make([]string, len(keys))
	for i, k := range keys {
		clean[i] = string(a.Scrub([]byte(k)))
	}
	return clean
}

// fixed reports whether the values are numbers and times of Postgres's.
func (s shape) fixed() bool { return s >= asInteger && s <= asInstant }

// Cells are the view's cells for those that the maker has made. They are valid until
// the next call.
func (v *View) Cells(cells []Cell) []Cell {
	if v.a == nil {
		return cells
	}
	v.grow()
	table := v.maker.File.Table.Key()
	for i := range v.shown {
		s := &v.shown[i]
		c := cells[s.from]
		if c.Text != nil && !s.passes(c.Kind) {
			text := v.a.Apply(s.treatment, table, s.path, c.Text)
			if string(text) != string(c.Text) && c.Kind&(Object|Array) == 0 {
				c.Kind = String
			}
			c.Text = text
		}
		v.cells[i] = c
		v.columns[i].Kind |= c.Kind
	}
	return v.cells
}

// passes reports whether a value stays as it is.
func (s *shownColumn) passes(k Kind) bool {
	switch s.treatment {
	case Keep:
		return k != Object // some of its keys may be dropped
	case Scrub:
		return s.fixed || k&(Boolean|Date|Datetime|Instant) != 0
	}
	return false
}

// Kept reports whether the user wants the values of a column of that name as they are.
func (v *View) Kept(name string) bool {
	for i, c := range v.columns {
		if c.Name == name {
			return v.shown[i].treatment == Keep && c.Source != "" && c.Source != "type"
		}
	}
	return false
}

// Has reports whether the file has the column that a name of --keep or --drop means,
// or a value that it may be inside.
func (f *File) Has(name string) bool {
	for _, name := range []string{name, strings.TrimPrefix(name, f.Table.Key()+".")} {
		for _, c := range f.Columns {
			path := c.Path()
			switch {
			case c.Source == "":
			case within(path, name), strings.HasPrefix(name, "vars._"): // PsyNet's own keys have no columns
				return true
			case within(name, path) && (f.more || len(c.Key) > 0 || !slices.Contains(spread, c.Source)):
				return true
			}
		}
	}
	return false
}

// within reports whether a path is another one, or the path of a key inside it.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (rest == "" || rest[0] == '.')
}

// personal are the columns whose values are ids of people, and addresses, in whatever
// table.
var personal = []string{
	"worker_id", "assignment_id", "unique_id", "hit_id", "fingerprint_hash", "client_ip_address", "ip_address", "email",
	"email_address", "auth_token", "lucid_panelist_id", "lucid_respondent_id",
}

// Personal reports whether the values of a table's column are ids of people.
func Personal(table string, c schema.Column) bool {
	text := c.Kind == schema.Text || c.Kind == schema.Int || c.Kind == schema.Other
	return text && (slices.Contains(personal, c.Name) || table == "lucid_rid" && c.Name == "rid")
}
