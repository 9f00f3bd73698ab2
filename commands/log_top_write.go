package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"exptool/internal/schema"
	"exptool/internal/sqllog"
	"exptool/repo"
	"exptool/report"
)

// topColumns are the columns of `exptool log top`; with --by one of that name comes
// first.
var topColumns = []schema.Column{
	{Name: "share", Kind: schema.Numeric}, {Name: "count", Kind: schema.Int}, {Name: "total_ms", Kind: schema.Numeric},
	{Name: "mean_ms", Kind: schema.Numeric}, {Name: "p95_ms", Kind: schema.Numeric}, {Name: "max_ms", Kind: schema.Numeric},
	{Name: "rows", Kind: schema.Int}, {Name: "errors", Kind: schema.Int}, {Name: "statement", Kind: schema.Text},
}

// runColumns are the columns of one query per row.
var runColumns = []schema.Column{
	{Name: "queries", Kind: schema.Int}, {Name: "runs", Kind: schema.Int}, {Name: "longest", Kind: schema.Int},
	{Name: "lost_ms", Kind: schema.Numeric}, {Name: "begins", Kind: schema.Text}, {Name: "session", Kind: schema.Text},
	{Name: "after", Kind: schema.Text}, {Name: "statement", Kind: schema.Text}, {Name: "instead", Kind: schema.Text},
	{Name: "or", Kind: schema.Text}, {Name: "why", Kind: schema.Text},
}

// write writes what was found.
func (t *topReport) write(ctx context.Context) error {
	rows := t.top.Rows()
	total := t.top.Total()
	groups, firsts := t.runs.Groups(), t.firsts()
	if total.Count+total.Errors == 0 {
		t.app.streams.Talk("no statements in the log; exptool log on has them logged")
	}
	columns, table := t.table(rows)
	labels := t.labels()
	var err error
	if t.app.format() == "json" {
		err = t.writeJSON(ctx, columns, table, labels, groups, firsts)
	} else {
		err = t.writeTables(ctx, columns, table, labels, func(out io.Writer) error { return t.writeRuns(ctx, out, t.few(groups), firsts) })
	}
	if err != nil {
		return err
	}
	t.tell(total, len(rows))
	if t.app.machine() && t.app.format() != "json" { // whose rows are the statements
		for _, g := range t.few(groups) {
			t.app.streams.Talk("one query per row (N+1): %s; --format json tells more", t.runText(g))
			t.app.streams.Talk("  %s", t.app.hideSecrets(g.Statement))
		}
	}
	if hidden := len(groups) - len(t.few(groups)); hidden > 0 {
		t.app.streams.Talk("and %d more that run one query per row; --limit 0 shows all", hidden)
	}
	return nil
}

func (t *topReport) few(groups []sqllog.RunGroup) []sqllog.RunGroup {
	if n := t.options.limit; n > 0 && len(groups) > n {
		return groups[:n]
	}
	return groups
}

// firsts are the first runs of each statement.
func (t *topReport) firsts() map[uint64]sqllog.Run {
	first := map[uint64]sqllog.Run{}
	for _, r := range t.runs.Find() {
		if old, ok := first[r.Fingerprint]; !ok || r.Start.Before(old.Start) {
			first[r.Fingerprint] = r
		}
	}
	return first
}

// table makes rows of texts of sums.
func (t *topReport) table(sums []sqllog.TopRow) ([]schema.Column, [][]string) {
	columns := topColumns
	if t.options.by != "" {
		columns = append([]schema.Column{{Name: t.options.by, Kind: schema.Text}}, columns...)
	}
	if n := t.options.limit; n > 0 && len(sums) > n {
		sums = sums[:n]
	}
	rows := make([][]string, len(sums))
	for i, s := range sums {
		rows[i] = t.row(s)
	}
	return columns, rows
}

// row is a row of sums; what the log does not have is empty.
func (t *topReport) row(s sqllog.TopRow) []string {
	row := []string{"", strconv.FormatInt(s.Count, 10), "", "", "", "", "", "", t.app.hideSecrets(s.Statement)}
	if s.Timed > 0 {
		row[0] = strconv.FormatFloat(100*s.Share, 'f', 1, 64)
		row[2], row[3], row[5] = milliseconds(s.Total), milliseconds(s.Mean), milliseconds(s.Max)
		if t.options.from == "" {
			row[4] = milliseconds(s.P95)
		}
	}
	if s.Counted > 0 {
		row[6] = strconv.FormatInt(s.Rows, 10)
	}
	if s.Errors > 0 {
		row[7] = strconv.FormatInt(s.Errors, 10)
	}
	if t.options.by != "" {
		row = append([]string{s.Label}, row...)
	}
	return row
}

// labels are the sums of what --by groups by.
func (t *topReport) labels() [][]string {
	if t.options.by == "" {
		return nil
	}
	var rows [][]string
	for _, s := range t.top.Labels() {
		rows = append(rows, t.row(s))
	}
	return rows
}

// writeTables writes the statements; for people the groups come before them, and
// one query per row after them.
func (t *topReport) writeTables(ctx context.Context, columns []schema.Column, rows, labels [][]string, after func(io.Writer) error) error {
	return t.app.toOutput(func(out io.Writer) (sum report.Summary, err error) {
		o := t.app.reportOptions(unmasked)
		if len(labels) > 0 && !t.app.machine() {
			groups := make([][]string, len(labels))
			for i, l := range labels {
				groups[i] = l[:len(l)-1] // all statements
			}
			if sum, err = report.Write(ctx, out, report.Texts(columns[:len(columns)-1], groups), o); err != nil {
				return sum, err
			}
			if _, err := io.WriteString(out, "\n"); err != nil {
				return sum, err
			}
		}
		o.HideColumns = false
		if sum, err = report.Write(ctx, out, report.Texts(columns, rows), o); err == nil && !t.app.machine() {
			err = after(out)
		}
		return sum, err
	})
}

// writeJSON writes one object with everything.
func (t *topReport) writeJSON(ctx context.Context, columns []schema.Column, rows, labels [][]string, groups []sqllog.RunGroup, firsts map[uint64]sqllog.Run) error {
	runs := make([][]string, len(groups))
	for i, g := range groups {
		runs[i] = t.runRow(g, firsts[g.Fingerprint])
	}
	return t.app.toOutput(func(out io.Writer) (sum report.Summary, err error) {
		before := "{"
		for _, part := range []struct {
			name    string
			columns []schema.Column
			rows    [][]string
		}{{"groups", columns[:len(columns)-1], labels}, {"statements", columns, rows}, {"one_query_per_row", runColumns, runs}} {
			if part.name == "groups" && t.options.by == "" {
				continue
			}
			if _, err := io.WriteString(out, before+strconv.Quote(part.name)+": "); err != nil {
				return sum, err
			}
			if sum, err = report.Write(ctx, out, report.Texts(part.columns, part.rows), t.app.reportOptions(unmasked)); err != nil {
				return sum, err
			}
			before = ", "
		}
		_, err = io.WriteString(out, "}\n")
		return sum, err
	})
}

// unmasked are rows whose secrets are taken out already.
var unmasked = writeOptions{urls: func(schema.Column) bool { return false }}

func (t *topReport) runRow(g sqllog.RunGroup, first sqllog.Run) []string {
	row := []string{
		strconv.Itoa(g.Queries), strconv.Itoa(g.Runs), strconv.Itoa(g.Longest), "", "", first.Session,
		t.app.hideSecrets(first.Before), t.app.hideSecrets(g.Statement), g.Advice.Code, g.Advice.Or, g.Advice.Text,
	}
	if g.Total > 0 {
		row[3] = milliseconds(g.Lost)
	}
	if !first.Start.IsZero() {
		row[4] = first.Start.Format("2006-01-02T15:04:05.000Z07:00")
	}
	return row
}

// runText says how often one query per row was sent.
func (t *topReport) runText(g sqllog.RunGroup) string {
	text := fmt.Sprintf("%d queries in %s", g.Queries, plural(g.Runs, "run", "runs"))
	if g.Total > 0 {
		text += ", " + milliseconds(g.Lost) + " ms lost"
	}
	return text
}

// writeRuns writes one query per row for people.
func (t *topReport) writeRuns(ctx context.Context, out io.Writer, groups []sqllog.RunGroup, firsts map[uint64]sqllog.Run) error {
	o := t.app.reportOptions(unmasked)
	if t.app.format() == "md" && len(groups) > 0 {
		rows := make([][]string, len(groups))
		for i, g := range groups {
			rows[i] = t.runRow(g, firsts[g.Fingerprint])
		}
		if _, err := io.WriteString(out, "\nOne query per row (N+1):\n\n"); err != nil {
			return err
		}
		_, err := report.Write(ctx, out, report.Texts(runColumns, rows), o)
		return err
	}
	for _, g := range groups {
		if _, err := io.WriteString(out, "\n"); err != nil {
			return err
		}
		first := firsts[g.Fingerprint]
		begins := "session " + first.Session
		if !first.Start.IsZero() {
			begins = first.Start.Format("15:04:05.000") + " in " + begins
		}
		pairs := []report.Pair{{Key: "one query per row", Value: t.runText(g)}, {Key: "statement", Value: t.app.hideSecrets(g.Statement)}, {Key: "begins", Value: begins}}
		for _, p := range []report.Pair{
			{Key: "after", Value: t.app.hideSecrets(first.Before)}, {Key: "write instead", Value: g.Advice.Code},
			{Key: "or", Value: g.Advice.Or}, {Key: "why", Value: g.Advice.Text},
		} {
			if p.Value != "" {
				pairs = append(pairs, p)
			}
		}
		if err := report.KeyValues(out, pairs, o); err != nil {
			return err
		}
	}
	return nil
}

// tell says what was added up, and what was not.
func (t *topReport) tell(total sqllog.TopRow, statements int) {
	talk := t.app.streams.Talk
	if total.Count > 0 {
		text := fmt.Sprintf("%s of %s", plural(int(total.Count), "run", "runs"), plural(statements, "statement", "statements"))
		if total.Timed > 0 {
			text += ", " + milliseconds(total.Total) + " ms"
		}
		if untimed := total.Count - total.Timed; untimed > 0 {
			text += fmt.Sprintf("; %d without a duration in the log", untimed)
		}
		if !total.First.IsZero() {
			text += fmt.Sprintf(", from %s to %s", total.First.Format(time.DateTime), total.Last.Format(time.DateTime))
		}
		talk("%s", text)
	}
	if n := t.options.limit; n > 0 && statements > n {
		talk("the first %d of %d; --limit 0 shows all", n, statements)
	}
	if t.unclear > 0 {
		talk("%d runs while requests of several pages were under way: which one sent them the log does not tell", t.unclear)
	}
	if t.skipped > 0 {
		talk("%s of the log were not understood", report.Bytes(t.skipped))
	}
}

// writeStatements writes what pg_stat_statements has.
func (t *topReport) writeStatements(ctx context.Context, list []repo.StatStatement) error {
	byName := map[string]*sqllog.TopRow{}
	var total time.Duration
	for _, s := range list {
		name := sqllog.Normalize(s.Query)
		row := byName[name]
		if row == nil {
			row = &sqllog.TopRow{Statement: name}
			byName[name] = row
		}
		spent := time.Duration(s.Total * float64(time.Millisecond))
		row.Count += s.Calls
		row.Timed, row.Counted = row.Count, row.Count
		row.Total += spent
		row.Max = max(row.Max, time.Duration(s.Max*float64(time.Millisecond)))
		row.Rows += s.Rows
		total += spent
	}
	var rows []sqllog.TopRow
	var runs int64
	for _, row := range byName {
		if row.Count > 0 {
			row.Mean = row.Total / time.Duration(row.Count)
		}
		if total > 0 {
			row.Share = float64(row.Total) / float64(total)
		}
		runs += row.Count
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b sqllog.TopRow) int { return int(b.Total - a.Total) })
	columns, table := t.table(rows)
	var err error
	if t.app.format() == "json" {
		err = t.writeJSON(ctx, columns, table, nil, nil, nil)
	} else {
		err = t.writeTables(ctx, columns, table, nil, func(io.Writer) error { return nil })
	}
	if err == nil {
		t.tell(sqllog.TopRow{Count: runs, Timed: runs, Total: total}, len(rows))
	}
	return err
}
