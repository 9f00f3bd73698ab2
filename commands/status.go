package commands

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"exptool/repo"
	"exptool/report"
)

type statusOptions struct {
	sectionOptions
	watch    time.Duration
	noErrors bool
}

// everySpan is how often --watch looks where it does not say.
const everySpan = "5s"

func newStatus(a *app) *cobra.Command {
	o := &statusOptions{}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the study is going, on one screen",
		Long: `Show how the study is going, all of one moment: the server's clock and yours; people
and bots by status, who is working now, and who is stuck; completions and how long
they took; trials of each trial maker; chains; errors; how long pages took; and what
was paid, beside the limits of PsyNet. Looking changes nothing.

Stuck is who is working, has not failed, and has not responded for 5 minutes. A trial
is done when it is complete, finalized and not failed. A chain is stalled where it is
neither full nor failed, its head has begun all the trials that it takes, and yet it has
not grown for 5 minutes: somebody left in the middle of a trial, or a process died.
Errors that differ in numbers only are one, with # for the number. Page times are the
server's, for people and bots alike, of the newest 10000 requests. What was spent is
what PsyNet compares with its limits: base payments, promised ones too, and bonuses, of
bots as well; paid is what the recruiter was told to pay.

--since limits errors, completions and page times to the last span. With
--expect-no-errors the exit code is 4 where there are errors, after the status was
written: for cron; --watch ends there. What a database does not have, one of
Dallinger's alone for example, is said at the end.

Several tables are no CSV: in a pipe it is the same text, and --format json has
everything in one object, ndjson on one line. The experiment's times have no zone; they
are taken to be of the server's, unless timezone in the configuration says otherwise.`,
		Example: `  exptool status
  exptool status --watch
  exptool status --since 1h --format md
  exptool status --format json
  exptool status --since 24h --expect-no-errors`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := cmd.Flags()
			if f.Changed("watch") && o.watch < 100*time.Millisecond {
				return usagef("--watch takes a span of time of at least 100ms, for example --watch=5s")
			}
			if err := o.check(a, f); err != nil {
				return err
			}
			return runStatus(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.watch, "watch", 0, "look again every `SPAN`: --watch is --watch="+everySpan)
	f.Lookup("watch").NoOptDefVal = everySpan
	f.BoolVar(&o.noErrors, "expect-no-errors", false, "exit 4 where there are errors")
	o.add(cmd)
	return cmd
}

func runStatus(ctx context.Context, a *app, o *statusOptions) (err error) {
	// Its first lines name the database, so nothing comes before what is wrong.
	_, addr, err := a.address(ctx)
	if err != nil {
		return err
	}
	db, err := repo.Open(ctx, addr, repo.Options{ShowSQL: a.showSQL()})
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	first := true
	look := func() error {
		if !first && !a.streams.OutTTY && o.format != "ndjson" {
			a.streams.Print("") // one block a time
		}
		first = false
		v, err := a.overview(ctx, db, o.since)
		if err != nil {
			return err
		}
		if err := a.writeOverview(ctx, v, o.format); err != nil {
			return err
		}
		if o.noErrors {
			return expectNoErrors(v)
		}
		return nil
	}
	if o.watch > 0 {
		return a.repeat(ctx, o.watch, look)
	}
	return look()
}

// overview reads how the study in a database is going.
func (a *app) overview(ctx context.Context, db *repo.DB, since time.Duration) (*repo.Overview, error) {
	learned, err := a.learned(db.Address())
	if err != nil {
		return nil, err
	}
	return db.Overview(ctx, learned, a.readOptions(), repo.OverviewOptions{Now: a.now, Zone: a.config.Timezone, Since: since})
}

func (a *app) writeOverview(ctx context.Context, v *repo.Overview, format string) error {
	masked := a.maskErrors(v)
	return a.toOutput(func(out io.Writer) (report.Summary, error) {
		if format == "json" || format == "ndjson" {
			return report.Summary{Masked: masked}, encodeStudy(out, v, format == "json")
		}
		err := report.Sections(ctx, out, onScreen(sectionsOf(v)), a.sectionLook(format))
		return report.Summary{Masked: masked}, err
	})
}

// screenRows is how many rows of a table are on the one screen; a study may have thousands
// of trial makers.
const screenRows = 50

// onScreen leaves the other rows out, and says so.
func onScreen(sections []report.Section) []report.Section {
	for i := range sections {
		if s := &sections[i]; len(s.Rows) > screenRows {
			s.Notes = append([]string{fmt.Sprintf("and %d more; --format json has all", len(s.Rows)-screenRows)}, s.Notes...)
			s.Rows = s.Rows[:screenRows]
		}
	}
	return sections
}

// maskErrors takes passwords in URLs out of messages, and says of how many; unless with
// --reveal.
func (a *app) maskErrors(v *repo.Overview) (n int64) {
	if a.flags.reveal || v.Errors == nil {
		return 0
	}
	for i := range v.Errors.Groups {
		text, masked := report.MaskURLs(nil, []byte(v.Errors.Groups[i].Message))
		v.Errors.Groups[i].Message = string(text)
		n += int64(min(masked, 1)) // values, not passwords
	}
	return n
}

// expectNoErrors is the error where there are any.
func expectNoErrors(v *repo.Overview) error {
	switch {
	case v.Errors == nil:
		return notFoundf("--expect-no-errors: this database keeps no errors").hint("PsyNet has them in its table error")
	case v.Errors.Count == 0:
		return nil
	}
	when := ""
	if v.Since != nil {
		when = " since " + *v.Since
	}
	return failuref(exitSeveral, "%s%s", []any{plural(int(v.Errors.Count), "error", "errors"), when}).
		hint("exptool query errors has them in full")
}
