package commands

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

func newTables(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "tables",
		Short: "List the tables, what they are called here and the classes in them",
		Long: `List every table with its estimated number of rows, its size with indexes, the
entity word for query, and the classes in it. The estimates come from planner
statistics: nothing is counted, so a class too rare for them can be missing.`,
		Example: `  exptool tables
  exptool tables --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTables(cmd.Context(), a) },
	}
}

// tableColumns are the columns of `exptool tables`.
var tableColumns = []schema.Column{
	{Name: "table", Kind: schema.Text}, {Name: "entity", Kind: schema.Text},
	{Name: "rows", Kind: schema.Int}, {Name: "size", Kind: schema.Text},
	{Name: "classes", Kind: schema.Text},
}

func runTables(ctx context.Context, a *app) (err error) {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	err = s.read(ctx, func(tx *repo.Tx) error { return tx.Sizes(ctx, s.schema) })
	if err != nil {
		return err
	}
	var rows [][]string
	for _, key := range s.schema.Keys() {
		t := s.schema.Tables[key]
		var classes []string
		for _, c := range t.Classes {
			classes = append(classes, s.className(false)(c.Identity)+" "+strconv.FormatInt(c.Rows, 10))
		}
		estimate, size := "", report.Bytes(t.Bytes)
		if t.Rows >= 0 && !t.View {
			estimate = strconv.FormatInt(t.Rows, 10)
		}
		if t.View && t.Bytes == 0 {
			size = "" // of a view that holds nothing itself
		}
		rows = append(rows, []string{key, s.schema.Word(t), estimate, size, strings.Join(classes, ", ")})
	}
	_, err = a.writeRows(ctx, report.Texts(tableColumns, rows), writeOptions{})
	if err == nil {
		a.streams.Talk("%d tables; rows and classes are the planner's estimates", len(rows))
		if slices.ContainsFunc(rows, func(r []string) bool { return r[2] == "" }) {
			a.streams.Talk("tables without an estimate were never analysed")
		}
	}
	return err
}
