package commands

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"exptool/report"
)

// sectionOptions are those of the commands that tell of a study in several tables.
type sectionOptions struct {
	since  time.Duration
	format string
}

// sectionFormats are the formats of several tables, the first the usual one.
var sectionFormats = []string{"table", "md", "json", "ndjson"}

// add adds the flags. There is no CSV of several tables, and a pipe gets the same as a
// terminal.
func (o *sectionOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.DurationVar(&o.since, "since", 0, "errors, completions and page times of the last `SPAN` only: 1h")
	f.StringP("format", "f", "", "output `FORMAT`: table, md, json or ndjson (default: table)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(sectionFormats, cobra.ShellCompDirectiveNoFileComp))
}

// check checks the flags. A format that is only configured, for rows, is not for several
// tables.
func (o *sectionOptions) check(a *app, f *pflag.FlagSet) error {
	if f.Changed("since") && o.since <= 0 {
		return usagef("--since takes a span of time, for example 1h").about(f.Lookup("since").Value.String())
	}
	switch o.format = strings.ToLower(a.config.Format); {
	case slices.Contains(sectionFormats, o.format):
	case f.Changed("format"):
		return usagef("--format takes %s here: there are several tables", strings.Join(sectionFormats, ", ")).about(a.config.Format)
	default:
		o.format = sectionFormats[0]
	}
	return nil
}

// sectionLook is how several tables are written.
func (a *app) sectionLook(format string) report.Options {
	o := a.reportOptions(unmasked)
	o.KeepFirst = true
	o.Format, o.NA, o.HideColumns = format, cmp.Or(a.config.NA, "–"), false
	if a.streams.OutTTY && a.toStdout() && format == "table" {
		o.Width, o.Color = a.streams.Width, a.streams.Color
	}
	return o
}
