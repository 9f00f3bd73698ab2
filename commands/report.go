package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"exptool/repo"
	"exptool/report"
)

type studyOptions struct {
	sectionOptions
	html string
}

func newReport(a *app) *cobra.Command {
	o := &studyOptions{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a report of the study, as a page with charts",
		Long: `Write a report of the study: all that exptool status shows, and how the study went on
over time, how long people took, how scores, rewards and times of the trials that are
done are distributed by class and by condition, and how the dollars are, with their
Lorenz curve and Gini index. All is of one moment, and looking changes nothing.

A condition is the trial maker, and block, condition and participant_group where trials
or their nodes have such a column, with 2 to 12 values. People and bots are apart.

--html writes a page that is whole in itself: no scripts, nothing from elsewhere, charts
as SVG with their numbers as tables, for light and dark screens and for print. Without
it the tables are written as text, Markdown or JSON.`,
		Example: `  exptool report --html study.html
  exptool report --format md
  exptool report --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := cmd.Flags()
			switch {
			case f.Changed("html") && o.html == "":
				return usagef("--html takes the name of a file, or - for standard output")
			case o.html != "" && f.Changed("format"):
				return usagef("--html and --format exclude each other")
			case o.html != "" && a.flags.output != "":
				return usagef("--html names the file itself, without --output")
			}
			if err := o.check(a, f); err != nil {
				return err
			}
			return runReport(cmd.Context(), a, o)
		},
	}
	cmd.Flags().StringVar(&o.html, "html", "", "write the page to `FILE`, whole or not at all; -: to standard output")
	o.add(cmd)
	return cmd
}

func runReport(ctx context.Context, a *app, o *studyOptions) (err error) {
	if o.html != "" {
		if err := a.streams.CheckOutput(o.html); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	learned, err := a.learned(db.Address())
	if err != nil {
		return err
	}
	s, err := db.Study(ctx, learned, a.readOptions(), repo.OverviewOptions{Now: a.now, Zone: a.config.Timezone, Since: o.since})
	if err != nil {
		return err
	}
	masked := a.maskErrors(s.Overview)
	if o.html == "" {
		return a.writeStudy(ctx, s, o.format, masked)
	}
	err = a.toFile(o.html, func(out io.Writer) (report.Summary, error) {
		return report.Summary{Masked: masked}, report.WritePage(out, pageOf(s, a.now()))
	})
	if err == nil && o.html != "-" {
		a.streams.Talk("written to %s: one file, which needs no other", o.html)
	}
	return err
}

// writeStudy writes a report without its charts.
func (a *app) writeStudy(ctx context.Context, s *repo.Study, format string, masked int64) error {
	sum := report.Summary{Masked: masked}
	return a.toOutput(func(out io.Writer) (report.Summary, error) {
		if format == "json" || format == "ndjson" {
			return sum, encodeStudy(out, struct {
				*repo.Study
				Dollars *dollarMeasures `json:"dollars"`
			}{s, measureDollars(s)}, format == "json")
		}
		var sections []report.Section
		for _, c := range chaptersOf(s) {
			sections = append(sections, c.Section)
		}
		return sum, report.Sections(ctx, out, sections, a.sectionLook(format))
	})
}

// encodeStudy writes one object.
func encodeStudy(out io.Writer, object any, indented bool) error {
	encode := json.NewEncoder(out)
	encode.SetEscapeHTML(false)
	if indented {
		encode.SetIndent("", "  ")
	}
	return encode.Encode(object)
}
