package repo

import (
	"context"

	"exptool/internal/pyjson"
)

// Epoch tells one launch of an experiment from the next: launching drops every
// table and begins ids at 1 again.
type Epoch struct {
	OID    int64  // of public.participant, 0 without one
	Launch string // PsyNet's deployment id, empty without one
}

// ErrRelaunched answers what was meant for an earlier launch: its participants are others
// now, though they have the same ids.
var ErrRelaunched = &Error{Kind: ErrRefused, Message: "the experiment was launched anew", Hint: "start exptool serve again, and hand out its new addresses"}

// epoch is the present launch. PsyNet keeps its deployment id in experiment.vars.
func (tx *Tx) epoch(ctx context.Context) (Epoch, error) {
	var first struct {
		OID   int64 `db:"oid"`
		Known bool  `db:"known"`
	}
	err := tx.Get(ctx, &first, `SELECT coalesce(to_regclass('public.participant')::oid::bigint, 0) AS oid,
       EXISTS (
           SELECT FROM pg_attribute
           WHERE attrelid = to_regclass('public.experiment')
             AND attname = 'vars'
             AND has_column_privilege(attrelid, attnum, 'SELECT')
       ) AS known`)
	e := Epoch{OID: first.OID}
	if err != nil || !first.Known {
		return e, err
	}
	var texts []string
	err = tx.Select(ctx, &texts, `SELECT vars::text
FROM public.experiment
WHERE vars IS NOT NULL
LIMIT 1`)
	if err != nil || len(texts) == 0 {
		return e, err
	}
	id, found, err := pyjson.Get(nil, []byte(texts[0]), []string{"deployment_id"}, pyjson.NaNString)
	if err != nil || !found {
		return e, nil // somebody else's vars
	}
	text, err := pyjson.AppendText(nil, id)
	e.Launch = string(text)
	return e, err
}
