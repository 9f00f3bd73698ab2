package repo

import (
	"context"
	"errors"
	"strings"

	"github.com/lib/pq"
)

// journal notes what the transaction changed. In a dry run the group is 0, so
// that looking does not use numbers up.
func (w *Writer) journal(ctx context.Context, o ChangeOptions) error {
	if err := w.migrate(ctx); err != nil {
		return noJournal(err)
	}
	group := "nextval('exptool.change_group')"
	if o.DryRun {
		group = "0"
	}
	lists := make([][]*string, 6)
	for i := range w.out.Changes {
		c := &w.out.Changes[i]
		kind := string(c.Kind)
		for j, v := range []*string{&c.Table, &c.Row, &kind, &c.Field, c.Old, c.New} {
			lists[j] = append(lists[j], v)
		}
	}
	args := []any{w.out.Epoch.OID, w.out.Epoch.Launch, o.Who, o.Command, o.Why, o.Undoes}
	for _, list := range lists {
		args = append(args, pq.Array(list))
	}
	err := w.Get(ctx, &w.out.Group, `WITH header AS MATERIALIZED (
    SELECT `+group+`::bigint AS group_id
), written AS (
    INSERT INTO exptool.change (group_id, epoch, launch, at, who, command, why, undoes,
                                table_name, row_id, kind, field, old, new)
    SELECT h.group_id, $1::bigint, nullif($2::text, ''), now(),
           concat_ws('@', nullif($3::text, ''), session_user), $4::text, nullif($5::text, ''), nullif($6::bigint, 0),
           c.*
    FROM header AS h,
         unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]) AS c
)
SELECT group_id
FROM header`, args...)
	return noJournal(notOurs(err))
}

// noJournal tells who may not write the journal that there is a way without it.
func noJournal(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == "42501" {
		told := *e
		told.Message = "the journal cannot be written: " + strings.TrimPrefix(e.Message, notForUser)
		told.Hint += ", or use --no-journal, without undo"
		return &told
	}
	return err
}
