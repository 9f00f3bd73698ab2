package commands

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/localpg"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

func newDB(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Manage the private Postgres: a real server of your own",
		Long: `Manage the private Postgres: a real server that belongs to you, reachable from
this machine only. The demo and loaded dumps live in it; --db NAME with a bare
name is one of its databases. Its files are under EXPTOOL_HOME, by default your
data directory; EXPTOOL_PG_BIN names the binaries to use.`,
	}
	cmd.AddCommand(newDBStart(a), newDBStop(a), newDBStatus(a), newDBList(a), newDBDrop(a), newDBURL(a), newDBLoad(a))
	return cmd
}

func newDBStart(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "start",
		Short:   "Start the private Postgres, making it where there is none",
		Example: "  exptool db start",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := a.startPrivate(cmd.Context())
			if err != nil {
				return err
			}
			st := server.Status(cmd.Context())
			a.streams.Talk("Postgres %d is running, process %d", st.Major, st.PID)
			return nil
		},
	}
}

func newDBStop(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "stop",
		Short:   "Stop the private Postgres",
		Example: "  exptool db stop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := a.privateServer()
			if err != nil {
				return err
			}
			running := server.Status(cmd.Context()).Running
			if err := server.Stop(cmd.Context()); err != nil {
				return err
			}
			if running {
				a.streams.Talk("stopped")
			} else {
				a.streams.Talk("it was not running")
			}
			return nil
		},
	}
}

func newDBStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Show how the private Postgres is",
		Example: "  exptool db status",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := a.privateServer()
			if err != nil {
				return err
			}
			st := server.Status(cmd.Context())
			rows := [][]string{{"exists", strconv.FormatBool(st.Exists)}, {"running", strconv.FormatBool(st.Running)}, {"home", st.Home}}
			if st.Exists {
				rows = append(rows, []string{"version", strconv.Itoa(st.Major)}, []string{"data", st.Data}, []string{"log", st.Log}, []string{"binaries", st.Binaries})
			}
			if st.Running {
				rows = append(rows, []string{"process", strconv.Itoa(st.PID)}, []string{"socket", st.Socket}, []string{"since", st.Since.Format("2006-01-02 15:04:05")})
			}
			_, err = a.writeRows(cmd.Context(), report.Texts([]schema.Column{{Name: "what", Kind: schema.Text}, {Name: "value", Kind: schema.Text}}, rows), writeOptions{})
			return err
		},
	}
}

func newDBList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the private databases",
		Example: "  exptool db list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := a.runningPrivate(cmd.Context())
			if err != nil {
				return err
			}
			list, err := server.Databases(cmd.Context())
			if err != nil {
				return err
			}
			var rows [][]string
			for _, d := range list {
				rows = append(rows, []string{d.Name, report.Bytes(d.Bytes)})
			}
			_, err = a.writeRows(cmd.Context(), report.Texts([]schema.Column{{Name: "database", Kind: schema.Text}, {Name: "size", Kind: schema.Text}}, rows), writeOptions{})
			return err
		},
	}
}

func newDBDrop(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "drop NAME",
		Short:             "Drop a private database",
		Example:           "  exptool db drop study1",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completePrivate,
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := a.runningPrivate(cmd.Context())
			if err != nil {
				return err
			}
			if err := a.knownPrivate(cmd.Context(), server, args[0]); err != nil {
				return err
			}
			err = server.DropDatabase(cmd.Context(), args[0])
			if err == nil {
				a.streams.Talk("dropped %s", args[0])
			}
			return err
		},
	}
}

func newDBURL(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "url [NAME]",
		Short: "Print the address of a private database, for psql and SQLAlchemy",
		Example: `  exptool db url demo
  psql "$(exptool db url demo)"`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completePrivate,
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := a.runningPrivate(cmd.Context())
			if err != nil {
				return err
			}
			name := "postgres"
			if len(args) == 1 {
				name = args[0]
				if err := a.knownPrivate(cmd.Context(), server, name); err != nil {
					return err
				}
			}
			a.streams.Print(server.Address(name).URL())
			return nil
		},
	}
}

// startPrivate starts the private Postgres where it does not run.
func (a *app) startPrivate(ctx context.Context) (*localpg.Server, error) {
	server, err := a.privateServer()
	if err != nil {
		return nil, err
	}
	return server, server.Start(ctx, func(step string) { a.streams.Talk("%s", step) })
}

// runningPrivate is the private Postgres, started, where it exists already.
func (a *app) runningPrivate(ctx context.Context) (*localpg.Server, error) {
	server, err := a.privateServer()
	if err != nil {
		return nil, err
	}
	if !server.Exists() {
		return nil, connectf("there is no private Postgres yet").
			hint("exptool demo makes one with a sample experiment, exptool db load FILE one with your data")
	}
	return a.startPrivate(ctx)
}

// privateNames are the names of the private databases.
func privateNames(ctx context.Context, server *localpg.Server) ([]string, error) {
	list, err := server.Databases(ctx)
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Name
	}
	return names, err
}

// knownPrivate says which databases there are where there is none of the name.
func (a *app) knownPrivate(ctx context.Context, server *localpg.Server, name string) error {
	names, err := privateNames(ctx, server)
	if err != nil {
		return err
	}
	if slices.Contains(names, name) {
		return nil
	}
	next := "there is none yet: exptool demo, or exptool db load FILE"
	if len(names) > 0 {
		next = "there are " + strings.Join(names, ", ")
		if len(names) == 1 {
			next = "there is " + names[0]
		}
	}
	return notFoundf("there is no private database %q", name).hint(next)
}

// freshDatabase makes a private database, fills it and gives it its name only
// when it is whole, so that a broken file leaves nothing behind and readers of
// an older one of that name keep it until then.
func (a *app) freshDatabase(ctx context.Context, server *localpg.Server, name string, replace bool, fill func(*repo.DB) error) (err error) {
	admin, err := server.Admin(ctx)
	if err != nil {
		return err
	}
	defer closeInto(admin, &err)
	return admin.Alone(ctx, name, func() error {
		if known := a.knownPrivate(ctx, server, name); known == nil && !replace {
			return usagef("there is a private database %s already", name).hint("--replace loads it anew, --name gives another name")
		}
		return fillDatabase(ctx, server, admin, name, fill)
	})
}

// fillDatabase is freshDatabase once nobody else makes that database. Databases
// are dropped by the superuser: the owner may not end an autovacuum worker that
// looks into one.
func fillDatabase(ctx context.Context, server *localpg.Server, admin *repo.DB, name string, fill func(*repo.DB) error) (err error) {
	drop := func(ctx context.Context, name string) error {
		if err := server.DropDatabase(ctx, name); !errors.Is(err, repo.ErrNotFound) {
			return err
		}
		return nil
	}
	temporary := name + loadingSuffix
	if len(name) > 63-len(loadingSuffix) {
		temporary = name[:63-len(loadingSuffix)] + loadingSuffix
	}
	if err := drop(ctx, temporary); err != nil {
		return err
	}
	if err := admin.CreateDatabase(ctx, temporary, ""); err != nil {
		return err
	}
	defer func() {
		if err != nil { // also where the user interrupted: nothing half-loaded stays
			err = errors.Join(err, drop(context.WithoutCancel(ctx), temporary))
		}
	}()
	db, err := repo.Open(ctx, server.Address(temporary), repo.Options{})
	if err != nil {
		return err
	}
	if err := errors.Join(fill(db), db.Close()); err != nil {
		return err
	}
	if err := drop(ctx, name); err != nil {
		return err
	}
	return admin.RenameDatabase(ctx, temporary, name)
}

// loadingSuffix marks a database that is being loaded.
const loadingSuffix = "_loading"
