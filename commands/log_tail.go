package commands

import (
	"context"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/sqllog"
	"exptool/repo"
)

type tailOptions struct {
	since  time.Duration // 0: from now on
	grep   string
	app    string
	slower time.Duration
	timed  bool // --slower was given
	errors bool
	all    bool // databases

	pattern *regexp.Regexp
}

func newLogTail(a *app) *cobra.Command {
	o := &tailOptions{}
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Follow the statements that the server logs",
		Long: `Follow what the server logs of this database, a statement a line: when, how long it
took, who ran it, and the statement with its parameters in place. A pipe gets NDJSON.
What is not logged cannot be shown: exptool log on turns that on. A duration is shown
where the log has one.

The log is read as a file where it lies on this machine and may be read, else over
the connection. It goes on over a rotation of the log and a restart of the server.
What exptool itself runs is left out. Ctrl-C ends it.`,
		Example: `  exptool log tail
  exptool log tail --since 5m --slower 50ms
  exptool log tail --grep 'UPDATE participant' --app psql
  exptool log tail --errors`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			f := cmd.Flags()
			o.timed = f.Changed("slower")
			if o.since < 0 || f.Changed("since") && o.since == 0 {
				return usagef("--since takes a span of time, for example 5m").about(f.Lookup("since").Value.String())
			}
			if o.slower < 0 {
				return usagef("--slower takes a span of time, for example 50ms").about(f.Lookup("slower").Value.String())
			}
			if o.pattern, err = regexp.Compile(o.grep); err != nil {
				return usagef("--grep takes a regular expression: %w", err)
			}
			if format := f.Lookup("format"); format.Changed && format.Value.String() != "table" && !isJSON(format.Value.String()) {
				return usagef("exptool log tail writes lines on a terminal and ndjson for programs").about(format.Value.String())
			}
			if !a.toStdout() {
				return usagef("exptool log tail has no end, and --output writes a file whole").hint("use > " + a.flags.output)
			}
			db, err := a.openLogged(cmd.Context())
			if err != nil {
				return err
			}
			defer closeInto(db, &err)
			if st, err := a.logStatus(cmd.Context(), db); err == nil {
				a.warnStale(st)
				a.tellNotLogged(st)
			}
			return runTail(cmd.Context(), a, db, o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.since, "since", 0, "begin with what was logged in the last `SPAN`: 5m")
	f.StringVar(&o.grep, "grep", "", "only statements that match a regular `EXPRESSION`")
	f.StringVar(&o.app, "app", "", "only of the application `NAME`")
	f.DurationVar(&o.slower, "slower", 0, "only those that took at least `SPAN`: 50ms")
	f.BoolVar(&o.errors, "errors", false, "only errors")
	f.BoolVar(&o.all, "all-databases", false, "of all databases of the server")
	return cmd
}

func isJSON(format string) bool { return format == "json" || format == "ndjson" }

// tellNotLogged says that nobody has turned logging on.
func (a *app) tellNotLogged(st repo.LogStatus) {
	values := map[string]string{}
	for _, s := range st.Settings {
		if s.Scope == "session" {
			values[s.Name] = s.Value
		}
	}
	if statement := values["log_statement"]; statement != "all" && values["log_min_duration_statement"] == "-1ms" {
		a.streams.Talk("log_statement is %s: few statements are logged, or none; exptool log on has all of them logged", statement)
	}
}

// runTail follows the log until the context ends, which is no error.
func runTail(ctx context.Context, a *app, db *repo.DB, o *tailOptions) (err error) {
	if o.pattern == nil {
		o.pattern = regexp.MustCompile("")
	}
	quiet := db.Quiet(ctx)
	if quiet != db {
		defer closeInto(quiet, &err)
	}
	file, err := quiet.LogFile(ctx)
	if err == nil {
		t := &tail{app: a, options: o, database: db.Address().Database(), width: a.streams.Width, from: a.now().Add(-o.since)}
		err = t.run(ctx, quiet, file)
	}
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return err
}

// tail writes the entries of a log that are wanted.
type tail struct {
	app      *app
	options  *tailOptions
	database string
	width    int
	from     time.Time // --since
	parser   *sqllog.Parser
	last     time.Time // when the last bytes came
}

// durationPause is how long a statement waits for its duration, which is a line of
// its own and usually comes at once.
const durationPause = 100 * time.Millisecond

func (t *tail) run(ctx context.Context, db *repo.DB, file repo.LogFile) (err error) {
	offset, err := t.begin(ctx, db, file)
	if err != nil {
		return err
	}
	follower := db.FollowLog(file, offset, t.app.now)
	defer closeInto(follower, &err)
	away := false
	for {
		chunk, err := follower.Next(ctx)
		if err != nil {
			return err
		}
		if lost := chunk.Away != nil; lost && !away {
			t.app.streams.Talk("%s; waiting for the server to come back", firstLine(chunk.Away))
			away = true
		} else if !lost && away && len(chunk.Bytes) > 0 {
			away = false
		}
		if chunk.Fresh {
			if err := t.finish(); err != nil {
				return err
			}
			t.parser = sqllog.NewParser(chunk.File.Options())
		}
		if err := t.take(chunk.Bytes); err != nil {
			return err
		}
	}
}

// begin shows what --since asks for of earlier files, and says where to go on.
func (t *tail) begin(ctx context.Context, db *repo.DB, file repo.LogFile) (int64, error) {
	if t.options.since == 0 {
		return db.LogSize(ctx, file)
	}
	files, err := db.LogFiles(ctx, file, t.from)
	if err != nil {
		return 0, err
	}
	for _, earlier := range files[:len(files)-1] {
		if err := t.whole(ctx, db, earlier); err != nil {
			return 0, err
		}
	}
	return db.LogOffset(ctx, file, t.from)
}

// whole shows an earlier file of the log.
func (t *tail) whole(ctx context.Context, db *repo.DB, file repo.LogFile) (err error) {
	offset, err := db.LogOffset(ctx, file, t.from)
	if err != nil {
		return err
	}
	t.parser = sqllog.NewParser(file.Options())
	for {
		b, err := db.ReadLog(ctx, file, offset, 1<<18)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return t.finish()
		}
		offset += int64(len(b))
		t.parser.Feed(b)
		if err := t.show(); err != nil {
			return err
		}
	}
}

// take shows what the bytes complete, and after a pause what waits for its duration,
// too.
func (t *tail) take(b []byte) error {
	if t.parser == nil {
		return nil
	}
	switch now := t.app.now(); {
	case len(b) > 0:
		t.last = now
		t.parser.Feed(b)
	case now.Sub(t.last) >= durationPause:
		t.parser.FlushLines()
	}
	return t.show()
}

func (t *tail) finish() error {
	if t.parser == nil {
		return nil
	}
	t.parser.Flush()
	return t.show()
}

// show writes the entries that are complete.
func (t *tail) show() error {
	var e sqllog.Entry
	wrote := false
	for t.parser.Next(&e) {
		if !t.wanted(&e) {
			continue
		}
		if err := t.write(&e); err != nil {
			return err
		}
		wrote = true
	}
	if !wrote {
		return nil
	}
	return t.app.streams.Flush()
}

// wanted decides what is shown: runs of statements, durations that come late, and
// errors.
func (t *tail) wanted(e *sqllog.Entry) bool {
	o := t.options
	failed := e.Severity.IsError()
	switch {
	case e.Own(), o.errors && !failed,
		!failed && !e.Ran() && !(e.Kind == sqllog.Duration && e.Statement != ""),
		!o.all && e.Database != "" && e.Database != t.database,
		o.app != "" && e.App != o.app,
		o.since > 0 && !e.Time.IsZero() && e.Time.Before(t.from),
		o.timed && (!e.Timed || e.Duration < o.slower):
		return false
	}
	return o.grep == "" || o.pattern.MatchString(e.SQL()) || failed && o.pattern.MatchString(e.Message)
}
