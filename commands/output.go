package commands

import (
	"context"
	"errors"
	"io"

	"exptool/internal/schema"
	"exptool/report"
)

// writeOptions are what a command can say about the rows it writes.
type writeOptions struct {
	raw   bool
	class func(identity string) string // the short name of a class
	urls  func(schema.Column) bool     // columns in which URLs are masked; nil: all with text
	// keepFirst says that the first column of a table holds names to copy, which
	// are never cut.
	keepFirst bool
	// noHeader leaves the names of the columns out: the rows go on with others.
	noHeader bool
	// tellsHidden says that the caller tells which columns a table left out.
	tellsHidden bool
}

// format is the output format: the one asked for, else a table for people and
// CSV for programs.
func (a *app) format() string {
	switch {
	case a.config.Format != "":
		return a.config.Format
	case a.streams.OutTTY && a.toStdout():
		return "table"
	}
	return "csv"
}

func (a *app) toStdout() bool { return a.flags.output == "" || a.flags.output == "-" }

// formatGiven reports whether somebody chose the format.
func (a *app) formatGiven() bool { return a.config.Format != "" }

// machine reports whether a program reads the output.
func (a *app) machine() bool {
	f := a.format()
	return f != "table" && f != "md"
}

// fitted reports whether the output is a table on a terminal, for which columns
// are chosen.
func (a *app) fitted() bool { return a.format() == "table" && a.streams.OutTTY && a.toStdout() }

// writeRows writes rows to where --output says, in the format that was asked
// for, and says what was masked. It closes the rows.
func (a *app) writeRows(ctx context.Context, rows schema.Rows, w writeOptions) (sum report.Summary, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns := len(rows.Columns())
	out, err := a.streams.Output(a.flags.output)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, out.Discard()) }()
	if sum, err = report.Write(ctx, out, rows, a.reportOptions(w)); err != nil {
		return sum, err
	}
	if err := out.Commit(); err != nil {
		return sum, err
	}
	a.tellMasked(sum)
	if hidden := len(sum.Hidden); hidden > 0 && !w.tellsHidden {
		a.streams.Talk(someColumnsFit, columns-hidden, columns)
	}
	return sum, nil
}

// someColumnsFit is what is said of columns that a terminal has no room for.
const someColumnsFit = "%d of %d columns fit; --format csv has all"

func (a *app) reportOptions(w writeOptions) report.Options {
	o := report.Options{
		Format: a.format(), Header: !w.noHeader, NA: a.config.NA, Raw: w.raw, Reveal: a.flags.reveal,
		Class: w.class, HoldsURLs: w.urls,
	}
	if a.fitted() {
		o.Width, o.Color, o.HideColumns = a.streams.Width, a.streams.Color, true
		o.KeepFirst, o.Round = w.keepFirst, !w.raw
	}
	return o
}

// tellMasked says what was masked and what could not be decoded: nothing is
// hidden silently.
func (a *app) tellMasked(sum report.Summary) {
	if sum.Masked > 0 {
		a.streams.Talk("%d masked; --reveal shows them", sum.Masked)
	}
	if sum.Junk > 0 {
		a.streams.Talk("%d values are not JSON and stand as they are stored", sum.Junk)
	}
}

// writeCard writes one row as a card, to where --output says.
func (a *app) writeCard(fields []report.Field, w writeOptions) error {
	return a.toOutput(func(out io.Writer) (report.Summary, error) {
		return report.Card(out, fields, a.reportOptions(w))
	})
}

// writeValue writes the one value of one row bare, for $(exptool …).
func (a *app) writeValue(rows schema.Rows, w writeOptions) error {
	return a.toOutput(func(out io.Writer) (report.Summary, error) {
		return report.WriteValues(out, rows, a.reportOptions(w))
	})
}

// writeLines writes lines as they are, to where --output says.
func (a *app) writeLines(lines ...string) error {
	return a.toOutput(func(out io.Writer) (sum report.Summary, err error) {
		for _, line := range lines {
			if _, err := io.WriteString(out, line+"\n"); err != nil {
				return sum, err
			}
		}
		return sum, nil
	})
}

// toOutput is toFile of what --output names.
func (a *app) toOutput(write func(io.Writer) (report.Summary, error)) error {
	return a.toFile(a.flags.output, write)
}

// toFile lets write fill a file, or standard output where it has no name or -, whole or
// not at all, and says what was masked.
func (a *app) toFile(name string, write func(io.Writer) (report.Summary, error)) (err error) {
	out, err := a.streams.Output(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Discard()) }()
	sum, err := write(out)
	if err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	a.tellMasked(sum)
	return nil
}
