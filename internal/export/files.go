package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"exptool/internal/schema"
)

// Count says how many rows of a table are of exactly one class.
type Count struct {
	Table    *schema.Table
	Identity string // empty for NULL, and where the table has no classes
	Rows     int64
	Filled   []int64 // how many of them fill each of the table's columns
}

// HasClasses reports whether a table's rows are of classes that its type column
// names. Outside PsyNet a column of that name may be anything.
func HasClasses(s *schema.Schema, t *schema.Table) bool {
	c := t.Column("type")
	if c == nil || !c.Class {
		return false
	}
	return t.Column("vars") != nil || slices.ContainsFunc(s.Tree.Of(t.Key()), func(c *schema.Class) bool {
		return c.Known != schema.FromTable
	})
}

// Files are the files of an export: one for each count, in the order of their
// tables and names. Where two would have the same name, letters' case aside, both
// get a longer one, and notes say so.
func Files(s *schema.Schema, counts []Count) (files []*File, notes []string) {
	for _, c := range counts {
		files = append(files, newFile(s, c))
	}
	notes = nameFiles(s, files)
	slices.SortFunc(files, func(a, b *File) int {
		return cmp.Or(cmp.Compare(a.Table.Key(), b.Table.Key()), cmp.Compare(a.Name, b.Name))
	})
	return files, notes
}

func newFile(s *schema.Schema, count Count) *File {
	t := count.Table
	f := &File{Table: t, Identity: count.Identity, Rows: count.Rows, trial: t.Key() == "info" && t.Column("definition") != nil}
	for _, c := range s.Tree.Of(t.Key()) {
		if c.Known != schema.FromTable && c.Parent == "" {
			f.root = schema.Short(c.Name)
		}
	}
	class := s.Tree.ByIdentity(t.Key(), count.Identity)
	switch {
	case class != nil:
		f.Class = schema.Short(class.Name)
	case count.Identity != "":
		f.Class = schema.Short(count.Identity)
	case !HasClasses(s, t), count.Rows == 0:
		f.Class = f.root // notification: rows of one class only
	}
	if f.root == "" {
		f.root = f.Class
	}
	f.addBase(s, class, count)
	return f
}

// renamed are the columns that PsyNet's export calls otherwise.
var renamed = map[[2]string]string{
	{"request", "creation_time"}:           "time",
	{"experiment_status", "creation_time"}: "timestamp",
}

// unused are columns of Dallinger's that PsyNet leaves out of its export, because
// nothing is in them.
var unused = []string{"property1", "property2", "property3", "property4", "property5", "details"}

// addBase adds the columns that every row has: those of the table that the class
// declares or its rows fill, and of what class they are.
func (f *File) addBase(s *schema.Schema, class *schema.Class, count Count) {
	t := f.Table
	psynet := t.Column("vars") != nil || t.Key() == "request"
	declares := f.declares(s, class)
	for i, c := range t.Columns {
		filled := count.Filled == nil || count.Filled[i] > 0
		if !filled && (!declares(c.Name) || psynet && slices.Contains(unused, c.Name)) {
			continue
		}
		name := cmp.Or(renamed[[2]string{t.Key(), c.Name}], c.Name)
		f.Columns = append(f.Columns, Column{Name: f.free(name, c.Name), Source: c.Name, Enum: c.Enum, Secret: c.Secret})
	}
	if f.Class != "" && (psynet || f.root != "") {
		f.Columns = append(f.Columns, Column{Name: f.free("class", "python"), Kind: String})
	}
	if t.Column("vars") != nil {
		f.Columns = append(f.Columns, Column{Name: f.free("object_type", "python"), Kind: String})
	}
	f.base = len(f.Columns)
}

// declares tells which of the table's columns belong to the rows of the class,
// whatever they hold: those that it or an ancestor declares, and those of which
// nobody knows whose they are. Of a class that nobody told us of, PsyNet's.
func (f *File) declares(s *schema.Schema, class *schema.Class) func(column string) bool {
	if f.Identity == "" {
		return func(string) bool { return true }
	}
	if class == nil || class.Known == schema.FromTable {
		known := s.KnownColumns(f.Table)
		return func(column string) bool { return known[column] }
	}
	mine, others := map[string]bool{}, map[string]bool{}
	for _, c := range s.Tree.Of(f.Table.Key()) {
		of := others
		if s.Tree.Is(class, c.Name) {
			of = mine
		}
		for name := range c.Columns {
			of[name] = true
		}
	}
	return func(column string) bool { return mine[column] || !others[column] }
}

// free is the name of a column that no other one of the file has: name, or where
// that is taken, with the column in front where it comes from.
func (f *File) free(name, from string) string {
	taken := func(name string) bool {
		return name == "" || slices.ContainsFunc(f.Columns, func(c Column) bool { return c.Name == name }) ||
			f.base > 0 && f.Table.Column(name) != nil
	}
	if !taken(name) {
		return name
	}
	return numbered(from+"."+name, taken)
}

// numbered is a name that is not taken: name itself, or the first that is free of
// name_2, name_3 and so on.
func numbered(name string, taken func(string) bool) string {
	free := name
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	return free
}

// nameFiles gives files their names.
func nameFiles(s *schema.Schema, files []*File) (notes []string) {
	full := make([]string, len(files))
	parts := make([]int, len(files))
	for i, f := range files {
		parts[i] = 1
		switch class := s.Tree.ByIdentity(f.Table.Key(), f.Identity); {
		case class != nil:
			full[i] = class.Name
		case f.Identity != "":
			full[i] = f.Identity
		case f.Class != "" && f.Table.Schema == "public":
			full[i] = f.Table.Name + "." + f.Class
		default:
			full[i] = f.Table.Schema + "." + f.Table.Name
		}
	}
	for {
		same := map[string][]int{}
		for i, f := range files {
			f.Name = fileName(full[i], parts[i])
			key := strings.ToLower(f.Name)
			same[key] = append(same[key], i)
		}
		longer := false
		for _, i := range slices.Sorted(mapsKeysOfSeveral(same)) {
			if parts[i] <= strings.Count(full[i], ".") {
				parts[i]++
				longer = true
			}
		}
		if !longer {
			number(files)
			break
		}
	}
	for i, f := range files {
		if parts[i] > 1 {
			notes = append(notes, fmt.Sprintf("%s is written to %s: another class or table has that name, too", cmp.Or(schema.Short(full[i]), full[i]), f.Name))
		}
	}
	return notes
}

// mapsKeysOfSeveral are the places that share a name with others.
func mapsKeysOfSeveral(same map[string][]int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for _, places := range same {
			if len(places) > 1 {
				for _, i := range places {
					if !yield(i) {
						return
					}
				}
			}
		}
	}
}

// number tells files apart whose full names are the same. A name that a number makes
// may be another file's already.
func number(files []*File) {
	owner := map[string]*File{}
	for _, f := range files {
		if key := strings.ToLower(f.Name); owner[key] == nil {
			owner[key] = f
		}
	}
	for _, f := range files {
		f.Name = numbered(f.Name, func(name string) bool {
			of := owner[strings.ToLower(name)]
			return of != nil && of != f
		})
		owner[strings.ToLower(f.Name)] = f
	}
}

// longestName leaves room for an ending in what file systems take, also where a
// letter has four bytes.
const longestName = 50

// fileName is the last parts of a name with dots as the name of a file: whatever
// the database says, it stays in its folder.
func fileName(full string, parts int) string {
	at := len(full)
	for range parts {
		if at = strings.LastIndexByte(full[:at], '.'); at < 0 {
			break
		}
	}
	name := []rune(full[at+1:])
	for i, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-. ", r) {
			name[i] = '_'
		}
	}
	return cmp.Or(strings.Trim(string(name[:min(len(name), longestName)]), ". "), "_")
}
