package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/internal/schema"
	"exptool/report"
)

func newConfig(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Show every value of the configuration and where it comes from",
		Long:    helpConfig(),
		Example: "  exptool config\n  exptool config --format json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfig(cmd.Context(), a) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "path",
		Short:   "List the configuration files, the strongest first, and exptool's own",
		Example: "  exptool config path",
		RunE:    func(cmd *cobra.Command, _ []string) error { return runConfigPath(cmd.Context(), a) },
	})
	return cmd
}

// helpConfig is made of the table of keys, so that it names all of them.
func helpConfig() string {
	var b strings.Builder
	b.WriteString(`Show every value of the configuration and where it comes from.

Which database, the first of these that names one:
  --db ADDRESS, the file of --config, EXPTOOL_DB, DATABASE_URL, ./exptool.yaml,
  exptool.yaml in your configuration directory, database_url in Dallinger's
  ./config.txt and ~/.dallingerconfig, and the private Postgres where there is
  one: its database play, else demo. An address is postgres://user@host/database;
  a bare name is a private database.

Other values: a flag, the file of --config, the environment, ./exptool.yaml, your
configuration directory, the default. Keys of a file, with the variables that
set them:

`)
	for _, k := range cli.Keys() {
		env := k.Env()
		if env != "" {
			env = " (" + env + ")"
		}
		fmt.Fprintf(&b, "  %-13s %s%s\n", k.Name, k.Doc, env)
	}
	b.WriteString(`
Further variables: EXPTOOL_HOME is where exptool keeps the private Postgres and
what it learned, EXPTOOL_PG_BIN where Postgres's programs are, NO_COLOR and
COLUMNS are respected, EXPTOOL_DEBUG=1 adds detail to internal errors.`)
	return b.String()
}

func runConfig(ctx context.Context, a *app) error {
	var rows [][]string
	for _, s := range a.config.Settings() {
		if s.Key.Name == "db" && s.Origin.Kind == cli.FromPrivate {
			s.Value = a.likelyPrivate(ctx)
		}
		rows = append(rows, []string{s.Key.Name, s.Value, s.Origin.String()})
	}
	return a.writeTexts(ctx, []string{"key", "value", "origin"}, rows)
}

// likelyPrivate is the private database that a command would choose. Where the
// server does not run, looking is not worth a start.
func (a *app) likelyPrivate(ctx context.Context) string {
	either := playDatabase + ", else " + sampleDatabase
	server, err := a.privateServer()
	if err != nil || !server.Status(ctx).Running {
		return either
	}
	names, err := privateNames(ctx, server)
	if err != nil {
		return either
	}
	return defaultPrivate(names)
}

func runConfigPath(ctx context.Context, a *app) error {
	var rows [][]string
	for _, f := range a.config.Files {
		rows = append(rows, []string{f.Path, "configuration", foundOrNot(f.Found)})
	}
	for _, f := range a.config.DallingerFiles() {
		rows = append(rows, []string{f.Path, "Dallinger's database_url", foundOrNot(f.Found)})
	}
	if own := cli.UserPaths(); own.Data != "" {
		rows = append(rows,
			[]string{own.Learned(), "what exptool learned", foundOrNot(cli.Exists(own.Learned()))},
			[]string{own.Data, "the private Postgres", foundOrNot(cli.Exists(own.Data))})
	}
	return a.writeTexts(ctx, []string{"path", "what", "there"}, rows)
}

func foundOrNot(found bool) string {
	if found {
		return "yes"
	}
	return "no"
}

// writeTexts writes a small table of texts.
func (a *app) writeTexts(ctx context.Context, names []string, rows [][]string) error {
	var columns []schema.Column
	for _, name := range names {
		columns = append(columns, schema.Column{Name: name, Type: "text", Kind: schema.Text})
	}
	_, err := a.writeRows(ctx, report.Texts(columns, rows), writeOptions{urls: func(schema.Column) bool { return false }})
	return err
}
