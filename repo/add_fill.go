package repo

import (
	"context"
	"errors"
	"strings"

	"exptool/internal/filter"
	"exptool/internal/schema"
)

// fill is what a constructor of PsyNet 13.3 or Dallinger 12.4 puts into a column of
// a new row; the database has few defaults of its own.
type fill struct{ column, value string }

// everyRow are the columns that SharedMixin and SQLMixin fill in any table.
var everyRow = []fill{{"failed", "false"}, {"details", "{}"}, {"vars", "{}"}}

// fills are the columns of single tables: what the __init__ of Participant, Trial,
// TrialNode, ChainNode, TrialNetwork, ModuleState and Response set.
var fills = map[string][]fill{
	"participant": {
		{"status", "working"}, {"entry_information", "{}"}, {"mode", "debug"}, {"hit_id", "exptool"}, {"page_count", "0"},
		{"aborted", "false"}, {"complete", "false"}, {"time_credit", "0"}, {"estimated_max_time_credit", "0"}, {"progress", "0"},
		{"time_credit_fixes", "[]"}, {"progress_fixes", "[]"}, {"elt_id", `["main", -1]`}, {"elt_id_max", "[]"},
		{"answer_accumulators", "[]"}, {"for_loops", "{}"}, {"failure_tags", "[]"}, {"sequences", "[]"}, {"branch_log", "[]"},
		{"performance_reward", "0"}, {"unpaid_bonus", "0"}, {"base_payment", "0"}, {"total_wait_page_time", "0"},
		{"client_ip_address", ""}, {"answer_is_fresh", "false"}, {"browser_platform", ""},
	},
	"info": {
		{"complete", "false"}, {"finalized", "false"}, {"propagate_failure", "false"}, {"is_repeat_trial", "false"}, {"definition", "{}"},
		{"async_post_trial_required", "false"}, {"async_post_trial_requested", "false"},
		{"async_post_trial_complete", "false"}, {"async_post_trial_failed", "false"},
	},
	"node": {
		{"on_deploy_complete", "false"}, {"async_on_deploy_required", "false"}, {"async_on_deploy_requested", "false"},
		{"async_on_deploy_complete", "false"}, {"async_on_deploy_failed", "false"}, {"can_spawn", "false"}, {"seed", "{}"}, {"definition", "{}"},
	},
	"network": {
		{"max_size", "1000000"}, {"full", "false"}, {"role", "default"},
		{"async_post_grow_network_required", "false"}, {"async_post_grow_network_requested", "false"},
		{"async_post_grow_network_complete", "false"}, {"async_post_grow_network_failed", "false"},
	},
	"module_state": {{"started", "false"}, {"finished", "false"}, {"aborted", "false"}, {"participated_networks", "[]"}},
	"transmission": {{"status", "pending"}},
}

// experimentWide are columns of participants that are the same for all of a
// launch: the last participant's are taken.
var experimentWide = []string{"mode", "hit_id", "recruiter_id", "base_payment", "estimated_max_time_credit"}

// baseClasses are the classes of rows that nobody named a class for, in PsyNet's
// databases and in Dallinger's. Trials and rows of an experiment's own tables have
// none.
var baseClasses = map[string][2]string{
	"participant":    {"psynet.participant.Participant", "participant"},
	"node":           {"psynet.trial.main.GenericTrialNode", "node"},
	"network":        {"psynet.trial.main.GenericTrialNetwork", "network"},
	"vector":         {"vector", "vector"},
	"response":       {"psynet.timeline.Response", ""},
	"module_state":   {"psynet.timeline.ModuleState", ""},
	"question":       {"question", "question"},
	"transformation": {"transformation", "transformation"},
}

// identity is the value of a new row's type column; empty where there is no such
// column.
func (w *Writer) identity(e schema.Entity) (string, error) {
	t := e.Table
	if t.Column("type") == nil {
		return "", nil
	}
	if e.Class != nil {
		return e.Class.Identity, nil
	}
	if base, ok := baseClasses[t.Key()]; ok {
		if isPsyNet(w.schema) {
			return base[0], nil
		}
		return base[1], nil
	}
	if !isPsyNet(w.schema) && t.Key() == "info" {
		return "info", nil
	}
	var names []string
	for _, c := range t.Classes {
		names = append(names, schema.Short(c.Identity))
	}
	if len(t.Classes) == 1 {
		return t.Classes[0].Identity, nil
	}
	what := "name it with --class"
	if len(names) > 0 {
		what += ": " + few(names)
	}
	return "", &Error{Kind: ErrUsage, Message: "of which class is the new row of " + w.schema.Called(t) + "?", Hint: what}
}

// newRow is a row being made: values by column, NULL where the key is there with
// nil.
type newRow map[string][]byte

// fillIn puts in what a constructor would, where nothing is yet and the database
// has no default.
func (w *Writer) fillIn(ctx context.Context, t *schema.Table, row newRow, token func() string) error {
	defaults, err := w.defaults(ctx, t)
	if err != nil {
		return err
	}
	put := func(column string, value []byte) {
		if _, set := row[column]; !set && !defaults[column] && t.Column(column) != nil {
			row[column] = value
		}
	}
	put("creation_time", []byte(w.now.Format(timeOfPython)))
	if t.Key() == "participant" {
		if err := w.fillParticipant(ctx, t, row, put, token); err != nil {
			return err
		}
	}
	for _, f := range append(fills[t.Key()], everyRow...) {
		put(f.column, []byte(f.value))
	}
	var missing []string
	for _, c := range t.Columns {
		if v, set := row[c.Name]; !c.Nullable && !defaults[c.Name] && (!set || v == nil) {
			missing = append(missing, filter.FieldName(c.Name)+"=…")
		}
	}
	if len(missing) > 0 {
		return &Error{Kind: ErrUsage, Message: "a new row of " + w.schema.Called(t) + " needs more values", Hint: "add " + strings.Join(missing, " ")}
	}
	return nil
}

// fillParticipant makes up who it is, and takes from the last participant what is
// the same for all.
func (w *Writer) fillParticipant(ctx context.Context, t *schema.Table, row newRow, put func(string, []byte), token func() string) error {
	name := "exptool-" + token()
	put("worker_id", []byte(name))
	put("assignment_id", []byte(name))
	put("unique_id", []byte(string(row["worker_id"])+":"+string(row["assignment_id"])))
	var columns []string
	for _, c := range experimentWide {
		if t.Column(c) != nil {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 || t.Column("id") == nil {
		return nil
	}
	cols, names, err := columnsNamed(t, append([]string{"id"}, columns...))
	if err != nil {
		return err
	}
	found, err := w.Records(ctx, `SELECT ROW(`+strings.Join(names, ", ")+`)
FROM `+quoteTable(t)+`
ORDER BY id DESC
LIMIT 1`, cols)
	if err != nil {
		return err
	}
	last, err := collect(found)
	if err != nil || len(last) == 0 {
		return err
	}
	for i, c := range columns {
		if v := last[0].Values[i]; v != nil {
			put(c, v)
		}
	}
	return nil
}

// defaults are the columns that the database itself fills.
func (w *Writer) defaults(ctx context.Context, t *schema.Table) (map[string]bool, error) {
	var names []string
	err := w.Select(ctx, &names, `SELECT attname
FROM pg_attribute
WHERE attrelid = $1::oid
  AND attnum > 0
  AND (atthasdef OR attidentity <> '')`, int64(t.OID))
	return setOf(names), err
}

// generated are the columns that the database computes, and that take no value.
func (w *Writer) generated(ctx context.Context, t *schema.Table) (map[string]bool, error) {
	var names []string
	err := w.Select(ctx, &names, `SELECT attname
FROM pg_attribute
WHERE attrelid = $1::oid
  AND attnum > 0
  AND attgenerated <> ''`, int64(t.OID))
	return setOf(names), err
}

// link takes from the rows that a new one refers to what PsyNet copies from them,
// and makes sure that they are there.
func (w *Writer) link(ctx context.Context, t *schema.Table, row newRow) error {
	copyFrom := func(column string, ref string, from string, to string) error {
		if _, set := row[to]; set || row[column] == nil || t.Column(to) == nil {
			return nil
		}
		parent := w.schema.Tables[ref]
		if parent == nil || parent.Column(from) == nil {
			return nil
		}
		values, err := w.lockShared(ctx, parent, "id", string(row[column]), from)
		if err == nil && values != nil {
			row[to] = values
		}
		return err
	}
	steps := map[string][][4]string{
		"info": {
			{"origin_id", "node", "id", "node_id"}, {"node_id", "node", "id", "origin_id"}, {"origin_id", "node", "network_id", "network_id"},
			{"node_id", "node", "trial_maker_id", "trial_maker_id"}, {"participant_id", "participant", "module_state_id", "module_state_id"},
		},
		"vector":       {{"origin_id", "node", "network_id", "network_id"}},
		"transmission": {{"vector_id", "vector", "network_id", "network_id"}},
	}
	for _, s := range steps[t.Key()] {
		if err := copyFrom(s[0], s[1], s[2], s[3]); err != nil {
			return err
		}
	}
	if err := w.checkReferences(ctx, t, row); err != nil {
		return err
	}
	return w.checkVector(ctx, t, row)
}

// checkReferences makes sure that all rows which a new one refers to are there.
func (w *Writer) checkReferences(ctx context.Context, t *schema.Table, row newRow) error {
	for _, r := range w.schema.RelationsFrom(t) {
		ref := w.schema.Tables[r.RefTable]
		if row[r.Column] == nil || ref == nil || ref.View || ref.Denied {
			continue
		}
		if _, err := w.lockShared(ctx, ref, r.RefColumn, string(row[r.Column]), r.RefColumn); err != nil {
			if errors.Is(err, ErrNotFound) {
				return &Error{Kind: ErrNotFound, Message: "there is no " + w.schema.Singular(ref) + " " + string(row[r.Column]) + ", to which " + r.Column + " would refer; nothing was added"}
			}
			return err
		}
	}
	return nil
}

// checkVector keeps vectors inside one network, as Dallinger's Node.connect does.
func (w *Writer) checkVector(ctx context.Context, t *schema.Table, row newRow) error {
	if t.Key() != "vector" || row["destination_id"] == nil || row["network_id"] == nil {
		return nil
	}
	network, err := w.lockShared(ctx, w.schema.Tables["node"], "id", string(row["destination_id"]), "network_id")
	if err != nil || string(network) == string(row["network_id"]) {
		return err
	}
	return &Error{Kind: ErrRefused, Message: "the two nodes of a vector must be in one network"}
}

// lockShared reads a column of the row whose column by has a value, and keeps the
// row from being removed.
func (w *Writer) lockShared(ctx context.Context, t *schema.Table, by, value, column string) ([]byte, error) {
	cols, names, err := columnsNamed(t, []string{by, column})
	if err != nil {
		return nil, err
	}
	found, err := w.Records(ctx, `SELECT ROW(`+strings.Join(names, ", ")+`)
FROM `+quoteTable(t)+`
WHERE `+names[0]+`::text = $1
FOR KEY SHARE`, cols, value)
	if err != nil {
		return nil, err
	}
	rows, err := collect(found)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, w.missing(t, []string{value})
	}
	return rows[0].Values[0], nil
}
