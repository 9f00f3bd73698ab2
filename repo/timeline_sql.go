package repo

import (
	"fmt"
	"strconv"
	"strings"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// timelineQuery puts together the one statement that reads a participant's events, of
// the tables and columns that there are.
type timelineQuery struct {
	schema             *schema.Schema
	id                 int64
	unique, assignment string
	parts              []string
	kinds              []string // of the parts
	args               []any
	absent             []string
}

// addAll adds all kinds of events, and notes those that nothing is kept about.
func (q *timelineQuery) addAll() {
	q.add("participant", "participant", "id", "creation_time", "'arrived'", "recruiter_id")
	q.add("participant", "participant", "id", "end_time", "'ended'", "status")
	q.add("participant", "participant", "id", "time_of_death", "'failed'", "failed_reason")
	q.need("requests", q.add("request", "request", "unique_id", "creation_time", "method", "endpoint", "status_code", "duration"))
	q.need("responses", q.add("response", "response", "participant_id", "creation_time", "question", "answer", "page_type", "successful_validation") ||
		q.add("response", "question", "participant_id", "creation_time", "question", "response"))
	q.need("trials", q.addTrials())
	modules := q.add("module", "module_state", "participant_id", "time_started", "module_id", "'started'") &&
		q.add("module", "module_state", "participant_id", "time_finished", "module_id", "'finished'") &&
		q.add("module", "module_state", "participant_id", "time_aborted", "module_id", "'aborted'")
	q.need("modules", modules)
	q.need("errors", q.add("error", "error", "participant_id", "creation_time", "kind", "message"))
	q.need("notifications", q.add("notification", "notification", "assignment_id", "creation_time", "event_type"))
}

func (q *timelineQuery) need(kinds string, there bool) {
	if !there {
		q.absent = append(q.absent, kinds)
	}
}

// addTrials adds trials. Dallinger alone has none, but the infos of a participant's nodes.
func (q *timelineQuery) addTrials() bool {
	t := q.schema.Tables["info"]
	state := "''"
	if t != nil && t.Column("finalized") != nil && t.Column("complete") != nil {
		state = "CASE WHEN failed THEN 'failed' WHEN finalized THEN 'finalized' WHEN complete THEN 'complete' ELSE 'not complete' END"
	}
	if q.add("trial", "info", "participant_id", "creation_time", "type", "trial_maker_id", "definition", "answer", state) {
		return q.add("trial", "info", "participant_id", "time_of_death", "type || ' failed'", "failed_reason")
	}
	if nodes := q.schema.Tables["node"]; nodes != nil && nodes.Column("participant_id") != nil {
		q.add("info", "info", "origin_id", "creation_time", "type", "contents")
	}
	return false
}

// add adds the events of a table, where it is there with the column that says whose they
// are and when they were. A field is a column, none where the table lacks it, or an
// expression.
func (q *timelineQuery) add(kind, table, key, at string, fields ...string) bool {
	t := q.schema.Tables[table]
	if t == nil || t.Denied || !usable(t.Column(key)) || !usable(t.Column(at)) {
		return false
	}
	texts := make([]string, 5)
	for i := range texts {
		texts[i] = "''"
		switch {
		case i >= len(fields):
		case strings.ContainsAny(fields[i], " '"):
			texts[i] = "coalesce((" + fields[i] + ")::text, '')"
		default:
			texts[i] = textOrNone(t, fields[i])
		}
	}
	q.parts = append(q.parts, fmt.Sprintf("SELECT ROW(%s::timestamp, %d, %s, %s)\nFROM %s\nWHERE %s\n  AND %s IS NOT NULL",
		at, len(q.parts), idOrNone(t), strings.Join(texts, ", "), quoteTable(t), q.whose(key), at))
	q.kinds = append(q.kinds, kind)
	return true
}

// whose is the condition on the column that says whose a row is.
func (q *timelineQuery) whose(key string) string {
	switch key {
	case "unique_id":
		return key + " = " + q.arg(q.unique) + "::text"
	case "assignment_id":
		return key + " = " + q.arg(q.assignment) + "::text"
	case "origin_id":
		return "origin_id IN (SELECT id FROM " + quoteTable(q.schema.Tables["node"]) + " WHERE participant_id = " + q.arg(q.id) + "::bigint)"
	}
	return key + " = " + q.arg(q.id) + "::bigint"
}

func (q *timelineQuery) arg(value any) string {
	q.args = append(q.args, value)
	return "$" + strconv.Itoa(len(q.args))
}

// eventColumns are those of the statement, in one record: time, part of the statement, id
// and five texts.
var eventColumns = []schema.Column{
	{Name: "at"}, {Name: "part"}, {Name: "id"}, {Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"},
}

// sql is the statement. The order of time is made here: a server sorts many rows on disk.
func (q *timelineQuery) sql() string {
	return strings.Join(q.parts, "\nUNION ALL\n")
}

// textOrNone is a column's text, empty where there is none.
func textOrNone(t *schema.Table, column string) string {
	if t.Column(column) == nil {
		return "''"
	}
	return "coalesce(" + column + "::text, '')"
}

func idOrNone(t *schema.Table) string {
	if !usable(t.Column("id")) {
		return "0::bigint"
	}
	return "id::bigint"
}

// decoded is the text of a jsonpickle value for people; what is none stays as it is.
func decoded(text string) string {
	if text == "" {
		return ""
	}
	b, err := pyjson.AppendText(nil, []byte(text))
	if err != nil {
		return text
	}
	return string(b)
}

// shortText is how many characters of a value are told; the row itself has all.
const shortText = 200

func short(text string) string { return shortened(text, shortText) }

// seconds is a duration for people.
func seconds(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(f, 'f', 3, 64) + " s"
}
