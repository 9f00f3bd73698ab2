package commands

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

type sqlOptions struct {
	text string
}

func newSQL(a *app) *cobra.Command {
	o := &sqlOptions{}
	return &cobra.Command{
		Use:   "sql STATEMENT",
		Short: "Run one read-only SQL statement",
		Long: `Run one SQL statement that only reads, with the output formats of query;
- reads it from standard input. The statement runs in a read-only transaction and
exactly one is sent: SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN.`,
		Example: `  exptool sql 'SELECT status, count(*) FROM participant GROUP BY status'
  exptool sql 'SELECT * FROM person' --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.text = args[0]
			return runSQL(cmd.Context(), a, o)
		},
	}
}

// free are columns that hold what participants and experimenters wrote: nothing
// in them is masked.
var free = []string{"answer", "definition", "vars"}

func runSQL(ctx context.Context, a *app, o *sqlOptions) (err error) {
	if o.text == "-" {
		b, err := io.ReadAll(io.LimitReader(a.streams.In, 1<<20))
		if err != nil {
			return err
		}
		o.text = string(b)
	}
	if strings.TrimSpace(o.text) == "" {
		return usagef("the statement is empty")
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	return db.Read(ctx, a.readOptions(), func(tx *repo.Tx) error {
		rows, err := tx.Only(ctx, o.text)
		if err != nil {
			return pointing(err, o.text)
		}
		_, err = a.writeRows(ctx, rows, writeOptions{urls: func(c schema.Column) bool {
			return c.Kind == schema.Text && !slices.Contains(free, c.Name)
		}})
		return err
	})
}

// pointing shows where in a statement the server found its mistake.
func pointing(err error, statement string) error {
	var e *repo.Error
	if !errors.As(err, &e) || e.Position == 0 {
		return err
	}
	start := 0
	for i := range statement { // Position counts characters
		if e.Position--; e.Position == 0 {
			start = i
			break
		}
	}
	end := start + len(strings.TrimRight(firstWord(statement[start:]), ",;()"))
	return &filter.Error{Message: e.Message, Hint: e.Hint, Expr: statement, Start: start, End: end}
}

func firstWord(s string) string {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i]
	}
	return s
}
