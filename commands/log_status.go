package commands

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

func newLogStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what is logged, because of what, and where",
		Long: `Show what is logged: the settings of the server, of this database and of roles in
it, where each comes from, and who has turned it on with exptool log on, when and
until when; and the log itself: where it goes, and its present file.

The rows of session say what a new connection of this user gets.`,
		Example: "  exptool log status",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLogStatus(cmd.Context(), a) },
	}
}

// logStatusColumns are the columns of `exptool log status`.
var logStatusColumns = []schema.Column{
	{Name: "scope", Kind: schema.Text}, {Name: "setting", Kind: schema.Text}, {Name: "value", Kind: schema.Text},
	{Name: "source", Kind: schema.Text}, {Name: "who", Kind: schema.Text}, {Name: "since", Kind: schema.Text}, {Name: "until", Kind: schema.Text},
}

func runLogStatus(ctx context.Context, a *app) (err error) {
	db, err := a.openLogged(ctx)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	st, err := a.logStatus(ctx, db)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range st.Settings {
		row := []string{s.Scope, s.Name, s.Value, s.Source, "", "", ""}
		if len(s.Holds) > 0 {
			var names []string
			for _, h := range s.Holds {
				names = append(names, h.Who)
			}
			row[4], row[5], row[6] = strings.Join(names, ", "), s.Holds[0].At.Format(time.DateTime), lastEnd(s.Holds)
		}
		rows = append(rows, row)
	}
	log := func(setting, value, source string) {
		rows = append(rows, []string{"log", setting, value, source, "", "", ""})
	}
	log("destination", st.Destination, map[bool]string{true: "logging_collector on", false: "logging_collector off"}[st.Collector])
	file, unreadable := db.LogFile(ctx)
	if file.Path != "" {
		log("file", file.Path, map[bool]string{true: "read over the connection", false: "a file of this machine"}[file.Remote])
		log("format", file.Format, "")
		if size, err := db.LogSize(ctx, file); err == nil {
			log("size", report.Bytes(size), "")
		}
	}
	if _, err := a.writeRows(ctx, report.Texts(logStatusColumns, rows), writeOptions{}); err != nil {
		return err
	}
	a.warnStale(st)
	if unreadable != nil {
		a.streams.Talk("%s", firstLine(unreadable))
		for _, line := range details(unreadable) {
			a.streams.Talk("  %s", line)
		}
	}
	return nil
}

// lastEnd is until when the last of some holds is; empty: until it is turned off.
func lastEnd(holds []repo.LogHold) string {
	var last time.Time
	for _, h := range holds {
		if h.Ends().IsZero() {
			return ""
		}
		if h.Ends().After(last) {
			last = h.Ends()
		}
	}
	return last.Format(time.DateTime)
}
