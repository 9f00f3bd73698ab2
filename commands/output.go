package commands

import (
	"context"
	"errors"

	"exptool/internal/schema"
	"exptool/report"
)

// writeOptions are what a command can say about the rows it writes.
type writeOptions struct {
	raw   bool
	class func(identity string) string // the short name of a class
	urls  func(schema.Column) bool     // columns in which URLs are masked; nil: all with text
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
	out, err := a.streams.Output(a.flags.output)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, out.Discard()) }()
	o := report.Options{
		Format: a.format(), Header: true, NA: a.config.NA, Raw: w.raw, Reveal: a.flags.reveal,
		Class: w.class, HoldsURLs: w.urls,
	}
	if a.fitted() {
		o.Width, o.Color, o.HideColumns = a.streams.Width, a.streams.Color, true
	}
	if sum, err = report.Write(ctx, out, rows, o); err != nil {
		return sum, err
	}
	if err := out.Commit(); err != nil {
		return sum, err
	}
	if sum.Masked > 0 {
		a.streams.Talk("%d masked; --reveal shows them", sum.Masked)
	}
	return sum, nil
}
