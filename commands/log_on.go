package commands

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"exptool/repo"
)

type logOnOptions struct {
	scope, role string
	span        time.Duration // 0: until it is turned off
	minDuration time.Duration
}

func newLogOn(a *app) *cobra.Command {
	o := &logOnOptions{}
	cmd := &cobra.Command{
		Use:   "on [ROLE]",
		Short: "Turn on the logging of every statement",
		Long: `Have every statement logged, and how long it took: log_statement is set to all, and
log_min_duration_statement to --min-duration. No restart is needed.

--scope server, the default, holds for all sessions at once (ALTER SYSTEM). Where
that is not allowed, as at many providers, it becomes --scope database. --scope
database and --scope role NAME hold for new connections in this database only: an
application that keeps its connections is missed.

What was set before is remembered in the database (for a server in its database
postgres), and exptool log off brings it back. Where several people turn it on, the
last one to turn it off does.

With --for it is on for that long, and what is logged is shown meanwhile, as exptool
log tail does. A guardian restores what was set, also where this exptool is killed;
Ctrl-C ends it at once.

Each statement costs a line or two in the log: on a busy server that slows it down
and fills the disk.`,
		Example: `  exptool log on
  exptool log on --for 2s
  exptool log on --scope database --min-duration 50ms
  exptool log on --scope role exptool`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkScope(cmd, o.scope, args); err != nil {
				return err
			}
			if len(args) > 0 {
				o.role = args[0]
			}
			switch f := cmd.Flags(); {
			case f.Changed("for") && o.span <= 0:
				return usagef("--for takes a span of time, for example 10m").about(f.Lookup("for").Value.String())
			case o.minDuration < 0 || o.minDuration%time.Millisecond != 0 || o.minDuration > maxMinDuration:
				return usagef("--min-duration takes whole milliseconds, for example 50ms").about(o.minDuration.String())
			}
			return runLogOn(cmd.Context(), a, o)
		},
	}
	scopeFlag(cmd, &o.scope, "whose statements: `SCOPE` server, database or role (default server)")
	cmd.Flags().DurationVar(&o.span, "for", 0, "for `SPAN` only, and show them meanwhile: 10m")
	cmd.Flags().DurationVar(&o.minDuration, "min-duration", 0, "log how long a statement took where it is at least `SPAN`")
	return cmd
}

// maxMinDuration is the largest log_min_duration_statement.
const maxMinDuration = (1<<31 - 1) * time.Millisecond

func runLogOn(ctx context.Context, a *app, o *logOnOptions) (err error) {
	db, err := a.openLogged(ctx)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	a.announceTarget(db)
	maintenance, err := a.maintenance(ctx, db)
	if err != nil {
		return err
	}
	defer closeInto(maintenance, &err)
	watch := logWatch{app: a, wish: repo.LogWish{Who: me(), MinDuration: o.minDuration}}
	if o.span > 0 {
		watch.wish.For, watch.until = o.span, a.now().Add(o.span)
		defer func() { err = errors.Join(err, watch.guard.stop()) }()
	}
	change, err := watch.on(ctx, db, maintenance, o)
	if err != nil {
		return err
	}
	watch.tell(ctx, db, change)
	if o.span == 0 {
		return nil
	}
	timed, cancel := context.WithDeadline(ctx, watch.until)
	defer cancel()
	tailed := watch.tail(timed, db)
	return errors.Join(tailed, watch.off(ctx, change.Hold))
}

// logWatch is logging that somebody has turned on.
type logWatch struct {
	app     *app
	logging repo.Logging
	wish    repo.LogWish
	until   time.Time // zero: until it is turned off
	guard   *guardian
}

// on turns it on, for the database where the server is not to be had.
func (w *logWatch) on(ctx context.Context, db, maintenance *repo.DB, o *logOnOptions) (repo.LogChange, error) {
	scope := o.scope
	if scope == "" {
		scope = repo.ServerScope
	}
	w.logging = repo.Logging{DB: db, Scope: scope, Role: o.role}
	if scope == repo.ServerScope {
		w.logging.DB = maintenance
	}
	change, err := w.logging.On(ctx, w.wish, w.post)
	if o.scope != "" || !errors.Is(err, repo.ErrNotAllowed) && !errors.Is(err, repo.ErrConnect) {
		return change, err
	}
	w.logging = repo.Logging{DB: db, Scope: repo.DatabaseScope}
	change, second := w.logging.On(ctx, w.wish, w.post)
	if second != nil {
		return change, errors.Join(err, second)
	}
	w.app.streams.Talk("%s; so only this database is logged", firstLine(err))
	return change, nil
}

// post has a guardian take its post, where there is an end to wait for.
func (w *logWatch) post(hold int64) error {
	if w.until.IsZero() {
		return nil
	}
	if err := w.guard.stop(); err != nil { // of a scope that was not to be had
		return err
	}
	var err error
	w.guard, err = startGuardian(w.logging, hold, w.until)
	return err
}

// tell says what was changed, who is affected and what it costs.
func (w *logWatch) tell(ctx context.Context, db *repo.DB, change repo.LogChange) {
	talk := w.app.streams.Talk
	if change.Joined {
		talk("logging of %s was on already; what was set before %s turned it on comes back when all have turned it off",
			scopeName(w.logging), change.Holds[0].Who)
	} else {
		w.app.tellValues(w.logging, change.Before, change.Now)
	}
	if w.logging.Scope == repo.ServerScope {
		talk("every session is logged from now on, which costs a line or two in the log for each statement")
	} else {
		talk("only connections made from now on are logged: an application that keeps its connections is missed")
	}
	if st, err := w.app.logStatus(ctx, db); err == nil {
		w.app.warnStale(st)
		for _, s := range st.Settings {
			if s.Scope != "session" && s.Scope != "server" && s.Name == "log_statement" && s.Value != "all" && w.logging.Scope != repo.RoleScope {
				w.app.streams.Warn("the %s has log_statement = %s of its own, which prevails", s.Scope, s.Value)
			}
		}
	}
	if w.until.IsZero() {
		talk("exptool log off turns it off")
	} else {
		talk("until %s, or Ctrl-C", w.until.Format(time.TimeOnly))
	}
}

// tail shows what is logged until the context ends. That it cannot be shown does
// not end the time.
func (w *logWatch) tail(ctx context.Context, db *repo.DB) error {
	err := runTail(ctx, w.app, db, &tailOptions{})
	if errors.Is(err, repo.ErrNotAllowed) || errors.Is(err, repo.ErrNotFound) {
		w.app.streams.Warn("it is logged, but cannot be shown: %s", firstLine(err))
		for _, line := range details(err) {
			w.app.streams.Talk("  %s", line)
		}
		<-ctx.Done()
		return nil
	}
	return err
}

// restorePatience bounds how long the end of exptool waits for the server: the
// guardian is more patient.
const restorePatience = 10 * time.Second

// off restores what was there before, also where the user interrupted.
func (w *logWatch) off(ctx context.Context, hold int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restorePatience)
	defer cancel()
	change, err := w.logging.End(ctx, hold)
	if err == nil {
		w.app.tellOff(w.logging, change)
	}
	return err
}

// tellOff says what is set now.
func (a *app) tellOff(l repo.Logging, change repo.LogChange) {
	switch {
	case change.Restored:
		a.tellValues(l, change.Before, change.Now)
	case change.Foreign:
		a.streams.Talk("somebody else has set what %s logs meanwhile, which stays; exptool log off --force would bring back what was there before", scopeName(l))
	case len(change.Holds) > 0:
		a.streams.Talk("%s is still logged, for %s; exptool log off --force turns it off for everybody", scopeName(l), change.Holds[0].Who)
	default:
		a.streams.Talk("somebody has turned it off already")
	}
}

func firstLine(err error) string {
	lines := nonEmpty(err.Error())
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
