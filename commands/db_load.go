package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/repo"
)

type loadOptions struct {
	file    string
	name    string
	replace bool
}

func newDBLoad(a *app) *cobra.Command {
	o := &loadOptions{}
	cmd := &cobra.Command{
		Use:   "load FILE",
		Short: "Load a dump or an export into a private database",
		Long: `Load a file into a private database of its own, named after the file: a plain
pg_dump file, .sql or .sql.gz, or the database.zip that psynet export and
Dallinger write. A file that cannot be loaded whole leaves nothing behind.`,
		Example: `  exptool db load study1.sql.gz
  exptool db load database.zip --name study2 --replace`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runLoad(cmd.Context(), a, o)
		},
	}
	cmd.Flags().StringVar(&o.name, "name", "", "the database's `NAME`; by default that of the file")
	cmd.Flags().BoolVar(&o.replace, "replace", false, "replace a database of that name")
	return cmd
}

func runLoad(ctx context.Context, a *app, o *loadOptions) error {
	_, name, err := repo.Sniff(o.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usagef("there is no file %s", o.file)
	case errors.Is(err, repo.ErrFormat):
		return usagef("%s", err)
	case err != nil:
		return err
	}
	if o.name != "" {
		name = o.name
	}
	if !mayBeDatabase(name) {
		return usagef("%q cannot be the name of a database; give another with --name", name)
	}
	info, err := os.Stat(o.file)
	if err != nil {
		return err
	}
	server, err := a.startPrivate(ctx)
	if err != nil {
		return err
	}
	progress := a.streams.Progress("loading "+o.file, info.Size(), cli.Bytes)
	defer progress.Stop()
	var warnings []string
	err = a.freshDatabase(ctx, server, name, o.replace, func(db *repo.DB) (err error) {
		warnings, err = db.Load(ctx, o.file, progress.Set)
		return err
	})
	var broken *repo.LoadError
	if errors.As(err, &broken) {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	if err != nil {
		return err
	}
	progress.Done("")
	for _, w := range warnings {
		a.streams.Warn("%s", w)
	}
	a.streams.Talk("loaded into %s: exptool --db %s tables", name, shellQuote(name))
	return nil
}

// mayBeDatabase reports whether a private database can have that name.
func mayBeDatabase(name string) bool {
	return len(name) <= 63 && !slices.Contains([]string{"postgres", "template0", "template1"}, name)
}
