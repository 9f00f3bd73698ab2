package repo

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// FailOptions are how rows are to be failed.
type FailOptions struct {
	Reason string
	Force  bool // also a participant who has completed
}

// Failed is a row that failed, in the order in which they did.
type Failed struct {
	Table  string
	Row    string
	Name   string // as the trail of reasons names it: CustomTrial131
	Depth  int    // 0 for the target's rows, 1 for what they took along
	Reason string
}

// timeOfPython is how Python's datetimes look in a column.
const timeOfPython = "2006-01-02 15:04:05.999999"

// Fail fails rows as Python's fail() does, with all that they take along: in
// PsyNet's and Dallinger's databases what failure_cascade says there, in others
// nothing. Rows that have failed already are left alone. A participant who has
// completed is an ErrRefused, unless forced.
func (w *Writer) Fail(ctx context.Context, target Target, o FailOptions) ([]Failed, error) {
	t := target.Query.Entity.Table
	if t.Column("failed") == nil || t.Column("failed").Kind != schema.Bool {
		return nil, &Error{Kind: ErrUsage, Message: target.Query.Entity.Name + " cannot fail: they have no column failed"}
	}
	roots, err := w.Rows(ctx, target, nil)
	if err != nil || len(roots) == 0 {
		return nil, err
	}
	family, err := w.family(ctx, t.Key(), keysOf(roots))
	if err != nil {
		return nil, err
	}
	f := failing{Writer: w, options: o, family: family, rows: map[rowKey]*failingRow{}}
	for _, key := range family.tables {
		if err := f.lockAll(ctx, w.schema.Tables[key]); err != nil {
			return nil, err
		}
	}
	for _, r := range roots {
		if err := f.root(rowKey{t.Key(), r.Key}); err != nil {
			return nil, err
		}
	}
	for _, key := range family.tables {
		if err := f.write(ctx, w.schema.Tables[key]); err != nil {
			return nil, err
		}
	}
	f.note()
	return f.failed, nil
}

// failing is a set of rows that is being failed.
type failing struct {
	*Writer
	options FailOptions
	family  *family
	rows    map[rowKey]*failingRow
	failed  []Failed
	unknown []string // classes whose Python name is not known
}

// failingRow is a row that is locked: its columns by name, and what they become.
type failingRow struct {
	Row
	values map[string][]byte
	next   map[string][]byte // nil: it stays
}

// failColumns are the columns of a table that failing reads or writes.
func failColumns(t *schema.Table) []string {
	var columns []string
	for _, name := range []string{"failed", "failed_reason", "time_of_death", "type", "complete", "failure_tags", "pending_redirect", "elt_id"} {
		if t.Column(name) != nil && (t.Key() == "participant" || !slices.Contains([]string{"complete", "failure_tags", "pending_redirect", "elt_id"}, name)) {
			columns = append(columns, name)
		}
	}
	return columns
}

func (f *failing) lockAll(ctx context.Context, t *schema.Table) error {
	columns := failColumns(t)
	rows, err := f.lock(ctx, t, f.family.keys[t.Key()], columns)
	for _, r := range rows {
		row := &failingRow{Row: r, values: map[string][]byte{}}
		for i, c := range columns {
			row.values[c] = r.Values[i]
		}
		f.rows[rowKey{t.Key(), r.Key}] = row
	}
	return err
}

// root fails a row of the target.
func (f *failing) root(key rowKey) error {
	row := f.rows[key]
	if row == nil || string(row.values["failed"]) == "true" {
		f.out.Same++
		return nil
	}
	reason, given := f.options.Reason, f.options.Reason != ""
	if key.table == "participant" {
		if string(row.values["complete"]) == "true" {
			if !f.options.Force {
				return &Error{Kind: ErrRefused, Message: "participant " + key.row + " has completed, and PsyNet does not fail those; nothing was changed",
					Hint: "leave them out, or add --force"}
			}
			f.Note("participant %s has completed: PsyNet would not have failed them", key.row)
		}
		if row.values["failure_tags"] != nil {
			var err error
			if reason, err = f.participant(row); err != nil {
				return err
			}
			given = true
		}
	}
	f.fail(key, reason, given, 0)
	return nil
}

// participant is what Participant.fail of PsyNet does before anything fails: the
// reason becomes a tag, all tags become the reason, and whoever is in the main
// part of the timeline is to be sent to the unsuccessful end.
func (f *failing) participant(row *failingRow) (reason string, err error) {
	tags := row.values["failure_tags"]
	var known []string
	read := func() error {
		known = nil
		return pyjson.Elements(tags, func(text []byte) { known = append(known, string(text)) })
	}
	if err := read(); err != nil {
		return "", &Error{Kind: ErrRefused, Message: "participant " + row.Key + " has failure_tags that are no list", Hint: "look at them with exptool query participants --raw", cause: err}
	}
	if f.options.Reason != "" && !slices.Contains(known, f.options.Reason) {
		if tags, err = pyjson.Append(tags, nil, pyjson.String(f.options.Reason)); err != nil {
			return "", err
		}
		known = append(known, f.options.Reason)
	}
	row.next = map[string][]byte{"failure_tags": tags}
	branch, found, err := pyjson.Get(nil, row.values["elt_id"], []string{"0"}, pyjson.NaNString)
	if _, has := row.values["pending_redirect"]; has && err == nil && found && string(branch) == `"main"` {
		row.next["pending_redirect"] = []byte("unsuccessful_end")
	}
	return strings.Join(known, ", "), nil
}

// fail fails a row and what it takes along, depth first as Python does.
func (f *failing) fail(key rowKey, reason string, given bool, depth int) {
	row := f.rows[key]
	if row == nil || string(row.values["failed"]) == "true" {
		return
	}
	if row.next == nil {
		row.next = map[string][]byte{}
	}
	row.values["failed"] = []byte("true") // met again, it has failed
	row.next["failed"] = []byte("true")
	row.next["failed_reason"] = nil
	if given {
		row.next["failed_reason"] = []byte(reason)
	}
	row.next["time_of_death"] = []byte(f.now.Format(timeOfPython))
	name := f.className(key.table, row.values["type"]) + key.row
	f.failed = append(f.failed, Failed{Table: key.table, Row: key.row, Name: name, Depth: depth, Reason: reason})
	for _, child := range f.family.children[key] {
		f.fail(child, reason+"->"+name, true, depth+1)
	}
}

// className is the name of a row's class in Python.
func (f *failing) className(table string, identity []byte) string {
	if identity == nil {
		r := []rune(table)
		return string(unicode.ToUpper(r[0])) + string(r[1:])
	}
	if c := f.schema.Tree.ByIdentity(table, string(identity)); c != nil && c.Known != schema.FromTable {
		return schema.Short(c.Name)
	}
	name := schema.Short(string(identity))
	if name == string(identity) && !slices.Contains(f.unknown, name) { // an identity set by hand
		f.unknown = append(f.unknown, name)
	}
	return name
}

// write updates the rows of a table that failed.
func (f *failing) write(ctx context.Context, t *schema.Table) error {
	columns := failColumns(t)
	columns = slices.DeleteFunc(columns, func(c string) bool { return c == "type" || c == "complete" || c == "elt_id" })
	var edits []Edit
	for _, done := range f.failed {
		if done.Table != t.Key() {
			continue
		}
		row := f.rows[rowKey{t.Key(), done.Row}]
		e := Edit{Row: Row{Key: row.Key}}
		for _, c := range columns {
			old, next := row.values[c], row.values[c]
			if c == "failed" {
				old = []byte("false")
			}
			if v, set := row.next[c]; set {
				next = v
			}
			e.Values, e.New = append(e.Values, old), append(e.New, next)
		}
		edits = append(edits, e)
	}
	return f.Update(ctx, t, columns, whole(t, columns...), edits)
}

// note says what Python would have done besides.
func (f *failing) note() {
	if len(f.failed) == 0 {
		return
	}
	if isPsyNet(f.schema) && f.failed[0].Table == "participant" {
		f.Note("database only: PsyNet's participant_fail_routines (fail_trials_on_… of trial makers, the experiment's own) and SimpleSyncGroup.check_numbers did not run")
	} else {
		f.Note("database only: a fail() or failure_cascade of the experiment's own classes did not run")
	}
	for _, name := range f.unknown {
		f.Note("the class of %s is not known, so the reasons name it so; teach it with exptool classes --learn experiment.py", name)
	}
}
