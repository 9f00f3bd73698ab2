package commands

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

func newDescribe(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "describe ENTITY",
		Short: "Describe an entity: columns, keys inside JSON, relations, classes",
		Long: `Describe an entity: its columns with Postgres's type and the tutorial's name for
it, the keys inside jsonpickle and JSON columns with their types, enum values,
indexes, relations both ways and how each is known (declared in the database,
PsyNet's and Dallinger's vocabulary, or convention), which columns each class
fills, and the server's time zone. On large tables a sample is looked at.`,
		Example: `  exptool describe participants
  exptool describe CustomTrial`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeEntity,
		RunE:              func(cmd *cobra.Command, args []string) error { return runDescribe(cmd.Context(), a, args[0]) },
	}
}

// describeColumns are the columns of `exptool describe`.
var describeColumns = []schema.Column{
	{Name: "field", Kind: schema.Text}, {Name: "type", Kind: schema.Text}, {Name: "python", Kind: schema.Text},
	{Name: "null", Kind: schema.Text}, {Name: "filled", Kind: schema.Int}, {Name: "about", Kind: schema.Text},
}

func runDescribe(ctx context.Context, a *app, name string) (err error) {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	e, err := s.entity(ctx, name, false)
	if err != nil {
		return err
	}
	var d *repo.Description
	err = s.read(ctx, func(tx *repo.Tx) (err error) {
		d, err = tx.Describe(ctx, e)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := a.writeRows(ctx, report.Texts(describeColumns, s.fieldRows(e, d)), writeOptions{keepFirst: true}); err != nil {
		return err
	}
	if !a.machine() {
		s.writeRelations(e)
		s.writeClasses(d)
		s.writeIndexes(e)
	}
	what := "all"
	if d.Sample {
		what = "a sample of"
	}
	a.streams.Talk("filled and keys: from %s %d rows; times are the server's, %s", what, d.Rows, s.schema.Server.Zone)
	return nil
}

// fieldRows has a line for each column, and under it one for each key inside.
func (s *session) fieldRows(e schema.Entity, d *repo.Description) [][]string {
	filled := map[string]int64{}
	for _, f := range d.Filled {
		for name, n := range f.Columns {
			filled[name] += n
		}
	}
	var rows [][]string
	for _, c := range s.schema.ColumnsOf(e) {
		null := "not null"
		if c.Nullable {
			null = "null"
		}
		rows = append(rows, []string{c.Name, c.Type, c.Python, null, strconv.FormatInt(filled[c.Name], 10), strings.Join(s.about(e.Table, c), "; ")})
		keys := d.Keys[c.Name]
		if keys == nil {
			continue
		}
		own := 0
		for _, k := range keys.Keys {
			if s.app.fitted() && strings.HasPrefix(k.Path, "__") {
				own++
				continue
			}
			rows = append(rows, []string{c.Name + "." + k.Path, "", strings.Join(k.Types.Names(), ", "), "", strconv.FormatInt(k.Rows, 10), ""})
		}
		if own > 0 {
			rows = append(rows, []string{c.Name + ".__…", "", "", "", "", fmt.Sprintf("%d keys of PsyNet's own", own)})
		}
		if keys.More {
			rows = append(rows, []string{c.Name + ".…", "", "", "", "", "there are more keys"})
		}
		if keys.Junk > 0 {
			rows[len(rows)-1][5] += fmt.Sprintf("; %d values are not JSON", keys.Junk)
		}
	}
	for _, name := range schema.VirtualFields(e.Table) {
		expr, _ := schema.VirtualField(e.Table, name)
		rows = append(rows, []string{name, "", "", "", "", "is " + expr})
	}
	return rows
}

// about is what else is known of a column.
func (s *session) about(t *schema.Table, c schema.Column) []string {
	var about []string
	if slices.Equal(t.PrimaryKey, []string{c.Name}) {
		about = append(about, "primary key")
	} else if slices.ContainsFunc(t.Indexes, func(ix schema.Index) bool { return len(ix.Columns) > 0 && ix.Columns[0] == c.Name }) {
		about = append(about, "index")
	}
	if len(c.Enum) > 0 {
		about = append(about, "one of "+strings.Join(c.Enum, ", "))
	}
	if c.Default != "" {
		about = append(about, "default "+c.Default)
	}
	for _, r := range s.schema.RelationsFrom(t) {
		if r.Column == c.Name {
			about = append(about, fmt.Sprintf("%s → %s.%s (%s)", r.Name, r.RefTable, r.RefColumn, r.Source))
		}
	}
	if c.Secret {
		about = append(about, "masked")
	}
	return about
}

func (s *session) writeRelations(e schema.Entity) {
	relations := s.schema.RelationsTo(e.Table)
	if len(relations) == 0 {
		return
	}
	s.app.streams.Print("")
	s.app.streams.Print("What refers to it")
	for _, r := range relations {
		s.app.streams.Print(fmt.Sprintf("  %s.%s → %s.%s (%s)", r.Table, r.Column, r.RefTable, r.RefColumn, r.Source))
	}
}

func (s *session) writeClasses(d *repo.Description) {
	if len(d.Filled) == 0 || d.Filled[0].Identity == "" && len(d.Filled) == 1 {
		return
	}
	common := map[string]int{}
	for _, f := range d.Filled {
		for name := range f.Columns {
			common[name]++
		}
	}
	s.app.streams.Print("")
	s.app.streams.Print("Classes, and the columns that not all of them fill")
	for _, f := range d.Filled {
		var own []string
		for _, c := range d.Table.Columns {
			if f.Columns[c.Name] > 0 && common[c.Name] < len(d.Filled) {
				own = append(own, c.Name)
			}
		}
		name := f.Identity
		if name == "" {
			name = "(no type)"
		}
		s.app.streams.Print(strings.TrimRight(fmt.Sprintf("  %s: %d rows %s", name, f.Rows, strings.Join(own, ", ")), " "))
	}
}

func (s *session) writeIndexes(e schema.Entity) {
	if len(e.Table.Indexes) == 0 {
		return
	}
	s.app.streams.Print("")
	s.app.streams.Print("Indexes")
	for _, ix := range e.Table.Indexes {
		s.app.streams.Print("  " + ix.Def)
	}
}
