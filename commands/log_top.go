package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/sqllog"
	"exptool/repo"
)

type topOptions struct {
	files []string // none: the server's own log
	since time.Duration
	by    string
	from  string
	limit int
	all   bool // databases
}

// topGroups are the values of --by.
var topGroups = []string{"page", "user", "app", "database"}

// statStatements is the value of --from that is no log.
const statStatements = "pg_stat_statements"

func newLogTop(a *app) *cobra.Command {
	o := &topOptions{}
	cmd := &cobra.Command{
		Use:   "top [FILE…]",
		Short: "Add up logged statements, and find one query per row (N+1)",
		Long: `Add up the statements of a log, those that differ in their values only as one: how
often each ran, how long in all, on average and for the slowest twentieth (p95), and
its share of the whole. It then shows where one query per row was sent (N+1), and
what to write instead.

Without FILE it is the server's present log, of this database; with --since of
earlier files, too. Files may be stderr logs with any log_line_prefix, csvlog or
jsonlog, gzipped or not; - is standard input. Durations and rows are those that the
log has: exptool log on has durations logged, rows come with auto_explain only.

--by page groups by the page of PsyNet's whose request was under way, which its table
request tells for the pages of participants (/timeline, /response, /start and the
like). The log does not say which request sent a statement: where requests of
different pages overlapped, the statement counts as "several pages".

--from pg_stat_statements reads what that extension has counted, which has neither
p95 nor N+1.`,
		Example: `  exptool log top
  exptool log top --since 1h --by page
  exptool log top server.json server.json.gz --limit 5
  zcat server.json.gz | exptool log top -
  exptool log top --from pg_stat_statements`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			switch f := cmd.Flags(); {
			case o.by != "" && !slices.Contains(topGroups, o.by):
				return usagef("--by takes page, user, app or database").about(o.by)
			case o.from != "" && o.from != statStatements:
				return usagef("--from takes %s", statStatements).about(o.from)
			case o.from != "" && (len(args) > 0 || o.by != "" || o.since != 0):
				return usagef("--from %s takes no files, --by or --since: it has sums only", statStatements)
			case o.since < 0 || f.Changed("since") && o.since == 0:
				return usagef("--since takes a span of time, for example 1h").about(f.Lookup("since").Value.String())
			case o.limit < 0:
				return usagef("--limit takes a whole number that is not negative")
			case slices.Index(args, "-") != lastIndex(args, "-"):
				return usagef("- can be given once")
			case !f.Changed("limit") && a.machine():
				o.limit = 0
			}
			return runLogTop(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.since, "since", 0, "only what was logged in the last `SPAN`: 1h")
	f.StringVar(&o.by, "by", "", "group by `WHAT`: page, user, app or database")
	f.StringVar(&o.from, "from", "", "read `SOURCE` instead of a log: pg_stat_statements")
	f.IntVar(&o.limit, "limit", 20, "the first `N` only; 0: all, as in a pipe")
	f.BoolVar(&o.all, "all-databases", false, "of all databases of the server")
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(topGroups, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions([]string{statStatements}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func lastIndex(list []string, word string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == word {
			return i
		}
	}
	return -1
}

func runLogTop(ctx context.Context, a *app, o *topOptions) (err error) {
	t := &topReport{app: a, options: o, top: sqllog.NewTop(), runs: sqllog.NewRuns(sqllog.RunOptions{})}
	if o.since > 0 {
		t.from = a.now().Add(-o.since)
	}
	var db *repo.DB
	if len(o.files) == 0 || o.by == "page" {
		if db, err = a.openLogged(ctx); err != nil {
			return err
		}
		defer closeInto(db, &err)
	}
	if o.from != "" {
		list, err := db.StatStatements(ctx, a.readOptions())
		if err != nil {
			return err
		}
		return t.writeStatements(ctx, list)
	}
	if o.by == "page" {
		if t.requests, err = db.Requests(ctx, a.readOptions(), t.from, a.config.Timezone); err != nil {
			return err
		}
		if t.requests.Len() == 0 {
			a.streams.Warn("PsyNet's table request has no requests of that time")
		}
	}
	if len(o.files) > 0 {
		err = t.readFiles(ctx)
	} else {
		err = t.readServer(ctx, db)
	}
	if err != nil {
		return err
	}
	return t.write(ctx)
}

// topReport adds a log up.
type topReport struct {
	app      *app
	options  *topOptions
	from     time.Time
	database string // "": all
	requests *repo.Requests

	top     *sqllog.Top
	runs    *sqllog.Runs
	skipped int64
	unclear int64 // statements while requests of several pages were under way
}

// readServer adds up the log of the server.
func (t *topReport) readServer(ctx context.Context, db *repo.DB) (err error) {
	quiet := db.Quiet(ctx)
	if quiet != db {
		defer closeInto(quiet, &err)
	}
	file, err := quiet.LogFile(ctx)
	if err != nil {
		return err
	}
	if !t.options.all {
		t.database = db.Address().Database()
	}
	files, offset := []repo.LogFile{file}, int64(0)
	if t.options.since > 0 {
		if files, err = quiet.LogFiles(ctx, file, t.from); err != nil {
			return err
		}
		if offset, err = quiet.LogOffset(ctx, files[0], t.from); err != nil {
			return err
		}
	}
	for _, f := range files {
		in, err := quiet.OpenLog(ctx, f, offset)
		if err != nil {
			return err
		}
		if err := errors.Join(t.add(ctx, in, f.Options()), in.Close()); err != nil {
			return err
		}
		offset = 0
	}
	return nil
}

// label is what an entry is grouped by.
func (t *topReport) label(e *sqllog.Entry) string {
	switch t.options.by {
	case "page":
		page, several := t.requests.At(e.Time)
		if several {
			if e.Ran() {
				t.unclear++
			}
			return "several pages"
		}
		if page == "" {
			return "no page"
		}
		return page
	case "user":
		return e.User
	case "app":
		return e.App
	case "database":
		return e.Database
	}
	return ""
}
