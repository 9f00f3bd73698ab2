package commands

import (
	"encoding/json"
	"regexp"
	"strconv"
	"time"

	"exptool/internal/sqllog"
	"exptool/report"
)

// tailLine is a line of `exptool log tail` for programs. What the log does not have
// is absent.
type tailLine struct {
	Time      string   `json:"time,omitempty"`
	Duration  *float64 `json:"duration_ms,omitempty"`
	Kind      string   `json:"kind"`
	Severity  string   `json:"severity,omitempty"`
	SQLState  string   `json:"sqlstate,omitempty"`
	User      string   `json:"user,omitempty"`
	App       string   `json:"app,omitempty"`
	Database  string   `json:"database,omitempty"`
	PID       int      `json:"pid,omitempty"`
	Session   string   `json:"session,omitempty"`
	Rows      *int64   `json:"rows,omitempty"`
	Message   string   `json:"message,omitempty"`
	Statement string   `json:"statement,omitempty"`
}

// From these durations on a statement is shown as slow, and as very slow.
const (
	slowStatement     = 100 * time.Millisecond
	verySlowStatement = time.Second
)

// write writes one entry, as a line for people or for programs.
func (t *tail) write(e *sqllog.Entry) error {
	line := t.line(e)
	if f := t.app.format(); f != "table" {
		out := json.NewEncoder(t.app.streams.Out)
		out.SetEscapeHTML(false)
		return out.Encode(line)
	}
	l := report.LogLine{Who: e.User, Text: line.Statement}
	if !e.Time.IsZero() {
		l.Time = e.Time.Format("15:04:05.000")
	}
	if e.App != "" {
		l.Who += "/" + e.App
	}
	if e.Timed {
		l.Duration = milliseconds(e.Duration) + " ms"
	}
	switch {
	case e.Severity.IsError():
		l.Level, l.Text = line.Severity, line.Message
		if line.Statement != "" {
			l.Text += " — " + line.Statement
		}
	case e.Kind == sqllog.Duration:
		l.Text = "… " + l.Text
	}
	if e.Timed && e.Duration >= slowStatement {
		l.Slow = 1
	}
	if e.Timed && e.Duration >= verySlowStatement {
		l.Slow = 2
	}
	_, err := t.app.streams.Out.Write(report.AppendLogLine(nil, l, t.width, t.app.streams.Color))
	return err
}

func (t *tail) line(e *sqllog.Entry) tailLine {
	l := tailLine{
		Kind: e.Kind.String(), User: e.User, App: e.App, Database: e.Database, PID: e.PID, Session: e.Session,
		Statement: t.app.hideSecrets(e.SQL()),
	}
	if !e.Time.IsZero() {
		l.Time = e.Time.Format("2006-01-02T15:04:05.000Z07:00")
	}
	if e.Timed {
		ms := float64(e.Duration) / float64(time.Millisecond)
		l.Duration = &ms
	}
	if e.Counted {
		l.Rows = &e.Rows
	}
	if e.Severity.IsError() {
		l.Kind, l.Severity, l.SQLState, l.Message = "error", e.Severity.String(), e.SQLState, t.app.hideSecrets(e.Message)
	}
	return l
}

// passwords are those of CREATE ROLE and the like, as any string that Postgres has,
// also after a comment and where the log ends in it; those of connection strings; and
// those of the dashboard, which PsyNet writes with the experiment's status.
var passwords = []*regexp.Regexp{
	regexp.MustCompile(`(?is)(\bpassword(?:\s|/\*.*?\*/|--[^\n]*\n)*E')(?:[^'\\]|\\.|'')*`),
	regexp.MustCompile(`(?is)(\bpassword(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:U&)?')(?:[^']|'')*`),
	regexp.MustCompile(`(?is)(\bpassword(?:\s|/\*.*?\*/|--[^\n]*\n)*\$\w*\$).*?(\$\w*\$|$)`),
	regexp.MustCompile(`(?i)(\bpassword=)[^\s'"&$?][^\s'"&]*`),
	regexp.MustCompile(`(?i)(dashboard_(?:user|password)\\*"\s*:\s*\\*")(?:[^'"\\]|'')*`),
}

// hideSecrets takes passwords out of a statement, unless with --reveal.
func (a *app) hideSecrets(statement string) string {
	if a.flags.reveal {
		return statement
	}
	for _, p := range passwords {
		statement = p.ReplaceAllString(statement, "${1}***${2}")
	}
	masked, _ := report.MaskURLs(nil, []byte(statement))
	return string(masked)
}

// milliseconds is a duration as Postgres writes it.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 3, 64)
}
