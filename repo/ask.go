package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"exptool/internal/filter"
	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// maxJudged bounds the bytes of JSON text that are judged in Go and sent back
// to the server for one question.
const maxJudged = 512 << 20

// Answer is a question in a transaction that can answer it.
type Answer struct {
	Junk []Junk // columns with text that is not JSON, and so counts as missing

	tx     *Tx
	plan   *filter.Plan
	judged [][]filter.Judged
}

// Junk says how many rows of a column hold text that is neither JSON nor
// jsonpickle's variant of it.
type Junk struct {
	Column string // participant.vars
	Rows   int64
}

// Ask runs fn in a read transaction for a plan: what the plan needs is prepared
// and what SQL cannot judge is judged before fn is called.
func (db *DB) Ask(ctx context.Context, o ReadOptions, p *filter.Plan, fn func(*Answer) error) error {
	o.Prepare = p.Prepare()
	o.Repeatable = true // what was judged holds for the rows that are answered
	return db.Read(ctx, o, func(tx *Tx) error { return tx.Ask(ctx, p, fn) })
}

// Ask is DB.Ask in a transaction that is there already, which must be repeatable
// and have what the plan needs prepared.
func (tx *Tx) Ask(ctx context.Context, p *filter.Plan, fn func(*Answer) error) error {
	a := &Answer{tx: tx, plan: p}
	err := a.judge(ctx)
	if err == nil {
		err = fn(a)
	}
	return moved(err)
}

// Rows are the rows that were asked for.
func (a *Answer) Rows(ctx context.Context) (schema.Rows, error) {
	sql, args := a.plan.Rows(a.judged)
	return a.tx.Records(ctx, sql, a.plan.Columns, args...)
}

// Count counts the rows, whatever their limit.
func (a *Answer) Count(ctx context.Context) (int64, error) {
	sql, args := a.plan.Counted(a.judged)
	n, err := a.numbers(ctx, sql, filter.CountColumns, args)
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// Summary counts who is behind an aggregate: a number for each of the columns,
// none where the number of rows is all there is to say.
func (a *Answer) Summary(ctx context.Context) ([]schema.Column, []int64, error) {
	s := a.plan.Summarise(a.judged)
	if len(s.Columns) < 2 { // nothing but the number of rows
		return s.Columns, nil, nil
	}
	n, err := a.numbers(ctx, s.SQL, s.Columns, s.Args)
	return s.Columns, n, err
}

// Keys are the keys of the JSON objects in the first column, in the order in
// which they are first met.
func (a *Answer) Keys(ctx context.Context) ([]string, error) { return a.KeysUnder(ctx, nil) }

// KeysUnder is Keys for the objects at a path inside the first column.
func (a *Answer) KeysUnder(ctx context.Context, path []string) (keys []string, err error) {
	seen := map[string]bool{}
	err = a.each(ctx, func(v [][]byte) error {
		value, found, err := pyjson.Get(nil, v[0], path, pyjson.NaNString)
		if err != nil || !found {
			return nil // junk has no keys; Junk counts it where it is looked into
		}
		at, err := pyjson.Keys(value)
		if err != nil {
			return err
		}
		for _, k := range at {
			if !seen[k.Name] {
				seen[k.Name] = true
				keys = append(keys, k.Name)
			}
		}
		return nil
	})
	return keys, err
}

// Explain is the server's plan for the rows.
func (a *Answer) Explain(ctx context.Context) (lines []string, err error) {
	sql, args := a.plan.Rows(a.judged)
	rows, err := a.tx.Rows(ctx, "EXPLAIN "+sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		lines = append(lines, string(rows.Values()[0]))
	}
	return lines, rows.Err()
}

func (a *Answer) each(ctx context.Context, fn func(values [][]byte) error) error {
	rows, err := a.Rows(ctx)
	if err != nil {
		return err
	}
	for rows.Next() {
		if rows.Values()[0] == nil {
			continue
		}
		if err := fn(rows.Values()); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// numbers runs a statement that gives one row of integers.
func (a *Answer) numbers(ctx context.Context, sql string, columns []schema.Column, args []any) ([]int64, error) {
	rows, err := a.tx.Records(ctx, sql, columns, args...)
	if err != nil {
		return nil, err
	}
	n := make([]int64, len(columns))
	for rows.Next() {
		for i, v := range rows.Values() {
			n[i], _ = strconv.ParseInt(string(v), 10, 64)
		}
	}
	return n, errors.Join(rows.Err(), rows.Close())
}

// judge asks for the texts that SQL cannot judge and reads them in Go.
func (a *Answer) judge(ctx context.Context) error {
	size := 0
	a.judged = make([][]filter.Judged, len(a.plan.Judgements()))
	for i, j := range a.plan.Judgements() {
		if j.SQL == "" {
			continue
		}
		rows, err := a.tx.Records(ctx, j.SQL, filter.JudgedColumns, j.Args...)
		if err != nil {
			return err
		}
		var bad int64
		for rows.Next() {
			text := rows.Values()[0]
			value, ok, err := judgeText(text, j.Path)
			if err != nil {
				n, _ := strconv.ParseInt(string(rows.Values()[1]), 10, 64)
				bad += n
			}
			if !ok {
				continue
			}
			a.judged[i] = append(a.judged[i], filter.Judged{Text: string(text), Value: value})
			if size += len(text) + len(value); size > maxJudged {
				return errors.Join(rows.Close(), &Error{Kind: ErrQuery, Message: fmt.Sprintf(
					"%s holds more than %d MiB of JSON that Postgres cannot read; narrow the question with --since, --limit or ids", j.Label, maxJudged>>20)})
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		a.noteJunk(j.Label, bad)
	}
	return nil
}

func (a *Answer) noteJunk(column string, rows int64) {
	for i := range a.Junk {
		if a.Junk[i].Column == column {
			a.Junk[i].Rows = max(a.Junk[i].Rows, rows)
			return
		}
	}
	if rows > 0 {
		a.Junk = append(a.Junk, Junk{column, rows})
	}
}

// judgeText is the value at a path of a jsonpickle text as jsonb takes it; not
// ok where there is none.
func judgeText(text []byte, path []string) (value string, ok bool, err error) {
	v, found, err := pyjson.Get(nil, text, path, pyjson.NaNBare)
	if err != nil || !found || bytes.Equal(v, []byte("null")) {
		return "", false, err
	}
	switch string(v) {
	case "NaN", "Infinity", "-Infinity":
		return `{"py/float": "` + string(v) + `"}`, true, nil
	}
	if v[0] == '{' || v[0] == '[' {
		if v, _, err = pyjson.Get(nil, text, path, pyjson.NaNString); err != nil {
			return "", false, err
		}
	}
	return string(v), true, nil
}
