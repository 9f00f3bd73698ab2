package repo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pgtest"
	"exptool/internal/pyjson"
	"exptool/internal/schema"
	"exptool/repo"
)

// asker asks questions of a clone of a fixture.
type asker struct {
	t      testing.TB
	db     *repo.DB
	schema *schema.Schema
}

func newAsker(t testing.TB, fixture string, sql ...string) *asker {
	t.Helper()
	a := &asker{t: t, db: pgtest.Open(t, fixture, repo.Options{})}
	for _, s := range sql {
		require.NoError(t, a.db.Exec(t.Context(), s))
	}
	require.NoError(t, a.db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) (err error) {
		a.schema, err = tx.Catalog(t.Context(), schema.Learned{})
		return err
	}))
	return a
}

// ask runs a query and returns its rows as texts, NULL as "NULL", and the junk.
func (a *asker) ask(entity string, q filter.Query) ([][]string, []repo.Junk, error) {
	a.t.Helper()
	e, err := a.schema.Entity(entity, false)
	require.NoError(a.t, err)
	q.Entity = e
	plan, err := filter.Compile(a.schema, q, filter.Options{})
	if err != nil {
		return nil, nil, err
	}
	var all [][]string
	var junk []repo.Junk
	err = a.db.Ask(context.Background(), repo.ReadOptions{}, plan, func(answer *repo.Answer) error {
		junk = answer.Junk
		rows, err := answer.Rows(context.Background())
		if err != nil {
			return err
		}
		for rows.Next() {
			var row []string
			for _, v := range rows.Values() {
				if v == nil {
					row = append(row, "NULL")
				} else {
					row = append(row, string(v))
				}
			}
			all = append(all, row)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	return all, junk, err
}

// ids are the first column of an answer that must succeed.
func (a *asker) ids(entity string, where string) string {
	a.t.Helper()
	rows, _, err := a.ask(entity, filter.Query{Where: []string{where}, Columns: []string{"id"}})
	require.NoError(a.t, err, where)
	var ids []string
	for _, r := range rows {
		ids = append(ids, r[0])
	}
	return strings.Join(ids, " ")
}

// awkward are texts that one cast to jsonb would fail on, and tags.
var awkward = []string{
	1:  `{"a": 3, "b": NaN}`,
	2:  `{"a": NaN}`,
	3:  `{"a": Infinity}`,
	4:  `junk`,
	5:  `{"a": "x\u0000y", "b": 5}`,
	6:  `{"a": "\ud800", "b": 6}`,
	7:  `{"a": {"py/tuple": [1, 2]}, "b": [{"py/id": 1}]}`,
	8:  `{"a": [1, 2], "b": {"py/id": 1}}`,
	9:  `{"a": {"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAQwAAwAAAA=="]]}}`,
	10: `{"a": null}`,
	11: `{}`,
	12: `{"a": "3"}`,
	13: `{"a": true}`,
	14: `{"a": 9007199254740993}`,
	15: `{"a": 4, "c": {"py/set": [1]}}`,
	16: `{"a": "O'Brien \"x\""}`,
}

func withAwkward(t *testing.T) *asker {
	var b strings.Builder
	b.WriteString("DELETE FROM participant WHERE id > 16;")
	for id, text := range awkward {
		if id > 0 {
			fmt.Fprintf(&b, "UPDATE participant SET vars = '%s' WHERE id = %d;", strings.ReplaceAll(text, "'", "''"), id)
		}
	}
	return newAsker(t, "tutorial", b.String())
}

// TestTextThatIsNotJSON: nothing fails the question, NaN equals nothing, a
// literal compares with values of its own type, tags read as their values. The
// same where Postgres can judge much, and where it can judge nothing.
func TestTextThatIsNotJSON(t *testing.T) {
	a := withAwkward(t)
	for _, able := range []bool{true, false} {
		a.schema.Server.CanTemp = able
		for _, c := range []struct{ where, ids string }{
			{`vars.a == 3`, "1"},
			{`vars.a > 2`, "1 3 14 15"},
			{`vars.a < 5`, "1 15"},
			{`vars.a != 3`, "2 3 14 15"},
			{`vars.a == "3"`, "12"},
			{`vars.a == true`, "13"},
			{`vars.a is null`, "4 10 11"},
			{`vars.a is not null`, "1 2 3 5 6 7 8 9 12 13 14 15 16"},
			{`vars.a.0 == 1`, "7 8"},
			{`vars.a.1 == 2`, "7 8"},
			{`vars.b == 5 or vars.b == 6`, "5 6"},
			{`vars.b.1 == 2`, "8"},
			{`vars.a == "2026-01-01T12:00:03"`, "9"},
			{`vars.a > "2026-01-01" and vars.a < "2026-01-02"`, "9"},
			{`vars.a == 9007199254740993`, "14"},
			{`vars.a == "O'Brien \"x\""`, "16"},
			{`1 in vars.a`, "1 7 8"[2:]},
			{`length(vars.a) == 2`, "7 8"},
		} {
			assert.Equal(t, c.ids, a.ids("participants", c.where), "%s (able: %v)", c.where, able)
		}
		_, junk, err := a.ask("participants", filter.Query{Where: []string{"vars.a > 1"}})
		require.NoError(t, err)
		assert.Equal(t, []repo.Junk{{Column: "vars", Rows: 1}}, junk)

		rows, _, err := a.ask("participants", filter.Query{Columns: []string{"vars.a"}})
		require.NoError(t, err)
		assert.Equal(t, [][]string{{"3"}, {`"NaN"`}, {`"Infinity"`}, {"NULL"}, {"\"x\ufffdy\""}, {"\"\ufffd\""}, {"[1, 2]"}, {"[1, 2]"},
			{`"2026-01-01T12:00:03"`}, {"NULL"}, {"NULL"}, {`"3"`}, {"true"}, {"9007199254740993"}, {"4"}, {`"O'Brien \"x\""`}}, rows)
	}
}

// TestAggregatesSkipWhatIsMissing: NULL and NaN are left out and counted.
func TestAggregatesSkipWhatIsMissing(t *testing.T) {
	a := withAwkward(t)
	rows, _, err := a.ask("participants", filter.Query{Aggregates: []filter.Aggregate{
		{Func: "n", Expr: "vars.a"}, {Func: "min", Expr: "vars.a"}, {Func: "n", Expr: "vars.b"},
	}})
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"4", "3", "2"}}, rows)
}

// TestPathsAreWhatPyjsonReads: a path has the same value in SQL as in Go, on the
// row's own column and seen through a relation.
func TestPathsAreWhatPyjsonReads(t *testing.T) {
	a := newAsker(t, "tutorial")
	for _, entity := range []struct{ name, column, text string }{
		{"participants", "vars", "vars"}, {"trials", "payload", "payload"}, {"responses", "metadata_", "metadata_"}, {"trials", "participant.vars", "participant.vars"},
	} {
		texts, _, err := a.ask(entity.name, filter.Query{Columns: []string{entity.text}})
		require.NoError(t, err)
		var paths [][]string
		some := slices.IndexFunc(texts[len(texts)/2:], func(r []string) bool { return r[0] != "NULL" }) + len(texts)/2
		require.NoError(t, pyjson.Walk([]byte(texts[some][0]), func(path []string, _ string) bool {
			paths = append(paths, slices.Clone(path))
			return len(path) < 4
		}))
		for _, path := range paths {
			if len(path) == 0 {
				continue
			}
			spec := entity.column
			for _, p := range path {
				spec += `["` + p + `"]`
			}
			rows, _, err := a.ask(entity.name, filter.Query{Columns: []string{spec}})
			require.NoError(t, err, spec)
			for i, r := range rows {
				want := "NULL"
				if texts[i][0] != "NULL" {
					v, found, err := pyjson.Get(nil, []byte(texts[i][0]), path, pyjson.NaNString)
					require.NoError(t, err)
					if found && string(v) != "null" {
						want = string(v)
					}
				}
				if want == "NULL" || r[0] == "NULL" {
					require.Equal(t, want, r[0], "%s of %s", spec, texts[i][0])
				} else {
					require.JSONEq(t, want, r[0], "%s of %s", spec, texts[i][0])
				}
			}
		}
	}
}

// TestWhatCompilesRuns: random expressions either are refused by us, or run, or
// are refused by Postgres for their values (a pattern, a range), never for how
// they are put together.
func TestWhatCompilesRuns(t *testing.T) {
	a := newAsker(t, "tutorial")
	n := 400
	if testing.Short() {
		n = 60
	}
	seed := rand.Uint64()
	g := &grammar{rand.New(rand.NewPCG(seed, 1))}
	compiled := 0
	for range n {
		expr := g.condition(3)
		_, _, err := a.ask("trials", filter.Query{Where: []string{expr}, Columns: []string{"id", g.value(2)}, Sort: []string{"-id"}, Limit: 3})
		var ours *filter.Error
		var theirs *repo.Error
		switch {
		case err == nil:
			compiled++
		case errors.As(err, &ours):
		case errors.As(err, &theirs):
			compiled++
			assert.True(t, strings.HasPrefix(theirs.Code, "22"), "seed %d: %s\n%s %v", seed, expr, theirs.Code, err)
		default:
			assert.NoError(t, err, expr)
		}
	}
	assert.Greater(t, compiled, n/10, "seed %d: too few expressions compile to test anything", seed)
}

// grammar makes expressions, most of them of matching types.
type grammar struct{ *rand.Rand }

func (g *grammar) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g *grammar) condition(depth int) string {
	if depth == 0 {
		return g.pick("failed", "complete == True", "score > 0.5", "note is null", "participant.failed")
	}
	switch g.IntN(9) {
	case 0:
		return "(" + g.condition(depth-1) + " and " + g.condition(depth-1) + ")"
	case 1:
		return "(" + g.condition(depth-1) + " or not " + g.condition(depth-1) + ")"
	case 2:
		return g.value(depth-1) + g.pick(" is null", " is not null", " == None", " != None")
	case 3:
		return g.number(depth-1) + g.pick(" in (1, 2.5, 3)", " not in [4, 5]", " between 1 and 3", " not between 0 and 0.5")
	case 4:
		return g.text(depth-1) + g.pick(` like "%a%"`, ` ~ "^[a-c]"`, ` ilike 'x_'`, ` in ("a", "b")`, ` !~* "z"`, ` not like "b"`)
	case 5:
		return g.pick("any", "none") + "(" + g.pick("participant.trials", "node.alive_trials", "participant.errors", "participant.coins") + ", " + g.condition(depth-1) + ")"
	case 6:
		return g.value(depth-1) + g.pick(" == ", " != ", " < ", " >= ") + g.value(depth-1)
	case 7:
		return g.time() + g.pick(" < ", " >= ") + g.time()
	}
	return g.number(depth-1) + g.pick(" == ", " != ", " < ", " <= ", " > ", " >= ") + g.number(depth-1)
}

func (g *grammar) value(depth int) string {
	switch g.IntN(4) {
	case 0:
		return g.text(depth)
	case 1:
		return g.pick("vars.my_dict", "payload", "answer", "participant.vars.when", "my_list.0", "definition", "failed", "is_lucky", "participant.status", "vars")
	}
	return g.number(depth)
}

func (g *grammar) number(depth int) string {
	if depth <= 0 {
		return g.pick("1", "2.5", "-3", "score", "random_integer", "vars.my_dict.value", "participant.vars.ratio", "participant.bonus", "camelCase", "answer", "1e3", "participant.id")
	}
	switch g.IntN(7) {
	case 0:
		return g.pick("abs", "round") + "(" + g.number(depth-1) + ")"
	case 1:
		return "count(" + g.pick("participant.trials", "node.failed_trials", "participant.coins") + ")"
	case 2:
		return g.pick("sum", "mean", "min", "max") + "(participant.trials." + g.pick("score", "random_integer", "answer", "vars.my_dict.value") + ")"
	case 3:
		return "if(" + g.condition(depth-1) + ", " + g.number(depth-1) + ", " + g.number(depth-1) + ")"
	case 4:
		return "coalesce(" + g.number(depth-1) + ", " + g.number(depth-1) + ")"
	case 5:
		return "length(" + g.text(depth-1) + ")"
	}
	return "(" + g.number(depth-1) + g.pick(" + ", " - ", " * ", " / ", " % ") + g.number(depth-1) + ")"
}

func (g *grammar) text(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return g.pick("lower", "upper") + "(" + g.text(depth-1) + ")"
	}
	return g.pick("note", `"it's"`, `'a"b'`, "participant.vars.name", "answer", "trial_maker_id", "participant.nickname", "type")
}

func (g *grammar) time() string {
	return g.pick("creation_time", "now()", "today()", `ago("2h")`, `"2026-11-20"`, "participant.end_time", "participant.vars.when", "(creation_time + 60)", "participant.all_time")
}
