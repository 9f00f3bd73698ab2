package repo

import (
	"context"
	"fmt"
	"slices"

	"exptool/internal/schema"
)

// unfinished are the statuses of participants who have handed in nothing that
// could be approved or rejected.
var unfinished = []string{
	"working", "recruiter_submission_started", "returned", "abandoned", "did_not_attend",
	"missing_notification", "replaced", "screened_out",
}

// Decide approves or rejects participants: it sets their status. Where one is not
// finished it is an ErrRefused and nothing changes, unless force is set. One who
// has failed is approved all the same, as PsyNet does, with a note.
func (w *Writer) Decide(ctx context.Context, target Target, status string, force bool) error {
	t := target.Query.Entity.Table
	c := t.Column("status")
	if c == nil || t.Key() != "participant" {
		return &Error{Kind: ErrUsage, Message: target.Query.Entity.Name + " have no status to approve", Hint: "approve participants"}
	}
	if c.Kind == schema.Enum && !slices.Contains(c.Enum, status) {
		return &Error{Kind: ErrUsage, Message: fmt.Sprintf("this database knows no status %s", status), Hint: "its statuses: " + few(c.Enum)}
	}
	columns := []string{"status"}
	failed := t.Column("failed") != nil
	if failed {
		columns = append(columns, "failed")
	}
	rows, err := w.Rows(ctx, target, columns)
	if err != nil {
		return err
	}
	if err := w.checkFinished(rows, status, force); err != nil {
		return err
	}
	edits := make([]Edit, len(rows))
	for i, r := range rows {
		edits[i] = Edit{Row: Row{Key: r.Key, Values: r.Values[:1]}, New: [][]byte{[]byte(status)}}
	}
	if err := w.Update(ctx, t, columns[:1], whole(t, "status"), edits); err != nil {
		return err
	}
	if status == "approved" && failed {
		w.noteFailed(rows)
	}
	return nil
}

func (w *Writer) checkFinished(rows []Row, status string, force bool) error {
	wrong := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return !slices.Contains(unfinished, string(r.Values[0]))
	})
	if len(wrong) == 0 {
		return nil
	}
	if force {
		w.Note("%s: not finished (%s), %s by --force", participants(wrong), statuses(wrong), status)
		return nil
	}
	return &Error{Kind: ErrRefused, Message: fmt.Sprintf("%s cannot be %s: %s", participants(wrong), status, statuses(wrong)),
		Hint: "leave them out, or add --force"}
}

// statuses are the different statuses of rows.
func statuses(rows []Row) string {
	var all []string
	for _, r := range rows {
		if s := string(r.Values[0]); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return few(all)
}

func (w *Writer) noteFailed(rows []Row) {
	failed := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return string(r.Values[1]) != "true" || !w.changed[rowKey{"participant", r.Key}]
	})
	if len(failed) > 0 {
		w.Note("%s: failed, and approved all the same, as PsyNet does", participants(failed))
	}
}
