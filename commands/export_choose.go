package commands

import (
	"context"
	"maps"
	"slices"
	"strings"

	"exptool/internal/export"
	"exptool/internal/schema"
)

// maxFiles is how many files an export may have: all of a table are open at once.
const maxFiles = 500

// skipped is the table that PsyNet leaves out of its export.
const skipped = "experiment_status"

// choose decides which files there are to be.
func (x *exporter) choose(ctx context.Context) error {
	entities, err := x.entities(ctx)
	if err != nil {
		return err
	}
	var tables []*schema.Table
	for _, e := range entities {
		if !slices.Contains(tables, e.Table) {
			tables = append(tables, e.Table)
		}
	}
	counts, err := x.s.tx.Census(ctx, x.s.schema, tables)
	if err != nil {
		return err
	}
	counts = slices.DeleteFunc(counts, func(c export.Count) bool { return !wanted(entities, c) })
	empty := x.empty(tables, counts)
	if x.all {
		counts = append(counts, empty...)
	}
	if len(counts) > maxFiles {
		return usagef("that would be %d files; the most is %d", len(counts), maxFiles).hint("choose some with --class")
	}
	if len(counts) == 0 {
		return x.nothing(len(empty))
	}
	files, notes := export.Files(x.s.schema, counts)
	x.files = files
	for _, n := range notes {
		x.s.app.streams.Talk("%s", n)
	}
	x.tellUnlearned()
	return nil
}

// entities are what is asked for: what --class names, else the tables.
func (x *exporter) entities(ctx context.Context) ([]schema.Entity, error) {
	var all []schema.Entity
	for _, list := range x.classes {
		for name := range strings.SplitSeq(list, ",") {
			e, err := x.s.entity(ctx, name, false)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	if all != nil {
		return all, nil
	}
	var denied []string
	for _, key := range slices.Sorted(maps.Keys(x.s.schema.Tables)) {
		t := x.s.schema.Tables[key]
		switch {
		case t.Denied:
			denied = append(denied, key)
		case t.View && !schema.OfLedger(t), len(t.Columns) == 0:
		case key == skipped && !x.all:
			x.s.app.streams.Talk("ExperimentStatus is left out, as PsyNet does; --all has it")
		default:
			all = append(all, schema.Entity{Table: t})
		}
	}
	if denied != nil {
		x.s.app.streams.Warn("left out, because you may not read them: %s", strings.Join(denied, ", "))
	}
	return all, nil
}

// wanted reports whether the rows of a class are among what is asked for.
func wanted(entities []schema.Entity, c export.Count) bool {
	return slices.ContainsFunc(entities, func(e schema.Entity) bool {
		if e.Table != c.Table {
			return false
		}
		if e.Identities != nil {
			return slices.Contains(e.Identities, c.Identity)
		}
		marker := slices.IndexFunc(c.Table.Columns, func(t schema.Column) bool { return t.Name == e.Marker })
		return !slices.Contains(e.Not, c.Identity) && (marker < 0 || c.Filled == nil || c.Filled[marker] > 0)
	})
}

// empty are the tables that have no rows.
func (x *exporter) empty(tables []*schema.Table, counts []export.Count) []export.Count {
	var empty []export.Count
	for _, t := range tables {
		if !slices.ContainsFunc(counts, func(c export.Count) bool { return c.Table == t }) {
			empty = append(empty, export.Count{Table: t})
		}
	}
	return empty
}

// nothing is the error where there is nothing to write.
func (x *exporter) nothing(empty int) error {
	switch {
	case len(x.classes) > 0:
		return notFoundf("no rows of %s", strings.Join(x.classes, ", "))
	case empty == 0:
		return notFoundf("the database has no tables")
	}
	return notFoundf("no table has rows").hint("--all writes files without rows")
}

// tellUnlearned says which files are called by what their class calls itself in the
// database, because nobody told us of the class.
func (x *exporter) tellUnlearned() {
	var names []string
	for _, f := range x.files {
		c := x.s.schema.Tree.ByIdentity(f.Table.Key(), f.Identity)
		if f.Identity != "" && !strings.Contains(f.Identity, ".") && (c == nil || c.Known == schema.FromTable) {
			names = append(names, f.Name)
		}
	}
	if names != nil {
		x.s.app.streams.Talk("what the class is called in the source is not known of %s; teach it with exptool classes --learn experiment.py",
			strings.Join(names, ", "))
	}
}
