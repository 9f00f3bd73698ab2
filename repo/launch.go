package repo

import (
	"context"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// launch is PsyNet's deployment id, which it keeps in experiment.vars; empty
// where there is none or it cannot be read.
func (w *Writer) launch(ctx context.Context) (string, error) {
	t := w.schema.Tables["experiment"]
	if t == nil || t.Denied || t.Column("vars") == nil || t.Column("id") == nil {
		return "", nil
	}
	rows, err := w.Records(ctx, `SELECT ROW(vars)
FROM `+quoteTable(t)+`
ORDER BY id
LIMIT 1`, []schema.Column{*t.Column("vars")})
	if err != nil {
		return "", err
	}
	texts, err := singles(rows)
	if err != nil || len(texts) == 0 || texts[0] == nil {
		return "", err
	}
	id, found, err := pyjson.Get(nil, []byte(*texts[0]), []string{"deployment_id"}, pyjson.NaNString)
	if err != nil || !found {
		return "", nil // somebody else's vars
	}
	text, err := pyjson.AppendText(nil, id)
	return string(text), err
}
