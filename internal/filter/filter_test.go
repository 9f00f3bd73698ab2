package filter

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

// column makes a column by the name of its type.
func column(name, typ string, enum ...string) schema.Column {
	c := schema.Column{Name: name, Nullable: true}
	c.SetType(typ, typ, enum)
	return c
}

// experiment is a small schema of PsyNet's shape.
func experiment(version int) *schema.Schema {
	own := []schema.Column{column("id", "integer"), column("creation_time", "timestamp without time zone"), column("property1", "text"),
		column("details", "jsonb"), column("type", "character varying"), column("vars", "character varying"), column("failed", "boolean")}
	table := func(name string, columns ...schema.Column) *schema.Table {
		return &schema.Table{Schema: "public", Name: name, Columns: append(append([]schema.Column{}, own...), columns...),
			PrimaryKey: []string{"id"}, Indexes: []schema.Index{{Name: name + "_pkey", Columns: []string{"id"}, Unique: true, Primary: true}}, Rows: 100}
	}
	return schema.New(schema.Server{Version: version, CanTemp: true}, []*schema.Table{
		table("participant", column("status", "participant_status", "approved", "submitted", "working"), column("elt_id", "character varying"),
			column("end_time", "timestamp with time zone"), column("worker_id", "character varying"), column("bonus", "double precision")),
		table("node", column("network_id", "integer"), column("degree", "integer")),
		table("network", column("chain_type", "character varying")),
		table("vector", column("origin_id", "integer"), column("destination_id", "integer")),
		table("info", column("participant_id", "integer"), column("node_id", "integer"), column("origin_id", "integer"), column("network_id", "integer"),
			column("finalized", "boolean"), column("complete", "boolean"), column("is_repeat_trial", "boolean"), column("score", "double precision"),
			column("random_integer", "integer"), column("answer", "character varying"), column("note", "text"), column("order", "integer"),
			column("camelCase", "double precision"), column("tags", "text[]"), column("minted", "date"), column("trial_maker_id", "character varying")),
	}, nil, schema.Learned{})
}

func compileWhere(t testing.TB, entity, expr string) (string, []any, error) {
	s := experiment(150000)
	e, err := s.Entity(entity, false)
	require.NoError(t, err)
	p, err := Compile(s, Query{Entity: e, Where: []string{expr}, Columns: []string{"id"}}, Options{})
	if err != nil {
		return "", nil, err
	}
	sql, args := p.Rows(nil)
	_, where, _ := strings.Cut(sql, "WHERE ")
	where, _, _ = strings.Cut(where, "\nORDER")
	return where, args, nil
}

func TestCondition(t *testing.T) {
	for _, c := range []struct{ expr, sql string }{
		{`random_integer >= 5`, `n1.random_integer >= $1::bigint`},
		{`5 <= random_integer`, `n1.random_integer >= $1::bigint`},
		{`random_integer = 2.5`, `n1.random_integer = $1::numeric`},
		{`score > 0.5`, `n1.score > $1::float8`},
		{`note == "a" or note == 'b'`, `(n1.note = $1::text OR n1.note = $2::text)`},
		{`not failed`, `NOT n1.failed`},
		{`failed == True`, `n1.failed = $1::boolean`},
		{`note is null`, `n1.note IS NULL`},
		{`note == None`, `n1.note IS NULL`},
		{`note != null`, `n1.note IS NOT NULL`},
		{`random_integer in (1, 2)`, `n1.random_integer = ANY($1::bigint[])`},
		{`random_integer not in [1, 2]`, `n1.random_integer <> ALL($1::bigint[])`},
		{`random_integer between 1 and 3`, `(n1.random_integer >= $1::bigint AND n1.random_integer <= $2::bigint)`},
		{`1 < random_integer <= 3`, `n1.random_integer > $1::bigint` + "\n  AND " + `n1.random_integer <= $2::bigint`},
		{`note not like "x%"`, `n1.note NOT LIKE $1::text`},
		{"`order` > 5", `n1."order" > $1::bigint`},
		{`order > 5`, `n1."order" > $1::bigint`},
		{`camelCase < 1`, `n1."camelCase" < $1::float8`},
		{`"shiny" in tags`, `($1::text = ANY(n1.tags))`},
		{`score + 1 > 2`, `(n1.score::float8 + $1::bigint::float8) > $2::float8`},
		{`random_integer / 2 == 1`, `(n1.random_integer::numeric / NULLIF($1::bigint::numeric, 0)) = $2::numeric`},
		{`creation_time >= "2026-11-20"`, `n1.creation_time >= $1::timestamp`},
		{`creation_time > ago("2h")`, `n1.creation_time > (LOCALTIMESTAMP - $1::interval)`},
		{`length(note) > 3`, `length(n1.note) > $1::bigint`},
		{`trial.score > 1`, `n1.score > $1::float8`},
	} {
		got, _, err := compileWhere(t, "trials", c.expr)
		require.NoError(t, err, c.expr)
		got = strings.ReplaceAll(got, "i1.", "n1.")
		got = got[strings.LastIndex(got, "IS NOT NULL\n  AND ")+len("IS NOT NULL\n  AND "):]
		// The entity's own condition took $1.
		for _, n := range []string{"1", "2", "3"} {
			got = strings.ReplaceAll(got, "$"+string(n[0]+1), "$"+n)
		}
		assert.Equal(t, c.sql, got, c.expr)
	}
}

// A datetime in JSON is ISO; people write a space.
func TestDatetimesInJSON(t *testing.T) {
	for _, expr := range []string{`vars.when > "2026-01-01 12:00:30"`, `vars.when > "2026-01-01T12:00:30"`} {
		sql, args, err := compileWhere(t, "trials", expr)
		require.NoError(t, err)
		assert.Contains(t, sql, "regexp_replace")
		assert.Contains(t, args, "2026-01-01T12:00:30")
	}
	sql, args, err := compileWhere(t, "trials", `vars.when > "2026-01-01"`)
	require.NoError(t, err)
	assert.NotContains(t, sql, "regexp_replace")
	assert.Contains(t, args, "2026-01-01")
}

func TestPathsJoinOnce(t *testing.T) {
	s := experiment(150000)
	e, err := s.Entity("trials", false)
	require.NoError(t, err)
	p, err := Compile(s, Query{Entity: e, Where: []string{`participant.status == "approved" and participant.bonus > 1`}, Columns: []string{"participant.worker_id", "node.network.chain_type"}}, Options{})
	require.NoError(t, err)
	sql, _ := p.Rows(nil)
	assert.Equal(t, 1, strings.Count(sql, "JOIN public.participant"))
	assert.Contains(t, sql, "JOIN public.network")
}

// TestMistakes: each is refused before anything is sent, in one line that says
// what is wrong, with a caret under the words at fault.
// TestColumnCalledLikeItsRelation: alone it is the column, with more behind it the
// way to the other table.
func TestColumnCalledLikeItsRelation(t *testing.T) {
	owned := &schema.Table{Schema: "public", Name: "pet", PrimaryKey: []string{"id"},
		Columns: []schema.Column{column("id", "integer"), column("owner", "integer"), column("keeper", "text")}}
	person := &schema.Table{Schema: "public", Name: "person", PrimaryKey: []string{"id"},
		Columns: []schema.Column{column("id", "integer"), column("name", "text")}}
	keeper := &schema.Table{Schema: "public", Name: "keeper", PrimaryKey: []string{"code"},
		Columns: []schema.Column{column("code", "text"), column("name", "text")}}
	s := schema.New(schema.Server{Version: 150000, CanTemp: true}, []*schema.Table{owned, person, keeper}, []schema.Relation{
		{Table: "pet", Column: "owner", RefTable: "person", RefColumn: "id"}, {Table: "pet", Column: "keeper", RefTable: "keeper", RefColumn: "code"},
	}, schema.Learned{})
	e, err := s.Entity("pet", false)
	require.NoError(t, err)
	for expr, want := range map[string]string{
		`owner == 3`:          `WHERE p1.owner = $1::bigint`,
		`owner.name == "Ada"`: `LEFT JOIN "public".person AS p2 ON p2.id = p1.owner`,
		`keeper.name == "x"`:  `LEFT JOIN "public".keeper AS k2 ON k2.code = p1.keeper`,
	} {
		p, err := Compile(s, Query{Entity: e, Where: []string{expr}, Columns: []string{"id"}}, Options{})
		require.NoError(t, err, expr)
		sql, _ := p.Rows(nil)
		assert.Contains(t, strings.ReplaceAll(sql, "public.", `"public".`), want, expr)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ expr, message, at string }{
		{`random_integr >= 5`, "did you mean random_integer?", "random_integr"},
		{`random_integer >= "abc"`, `random_integer is a number (integer)`, `random_integer >= "abc"`},
		{`random_integer >= "5"`, `did you mean 5, without quotes?`, `random_integer >= "5"`},
		{`note == 5`, `did you mean "5"?`, `note == 5`},
		{`participant.status == approved`, `did you mean "approved"?`, `approved`},
		{`participant.status == "aproved"`, `did you mean approved?`, `"aproved"`},
		{`participant.stat == "x"`, `unknown column "stat" of participant`, `stat`},
		{`status == "approved"`, "did you mean participant.status?", "status"},
		{`nosuch > 1`, "exptool describe trials lists them", "nosuch"},
		{`random_integer`, "not a condition", "random_integer"},
		{`score + 1`, "not a condition", "score + 1"},
		{`vars.x`, "not a condition", "vars.x"},
		{`score > `, "ends too early", ""},
		{`score >> 1`, "unexpected", ">"},
		{`(score > 1`, ") is missing", ""},
		{`score > 1)`, "unexpected", ")"},
		{`score = 'x`, "not closed", "'x"},
		{`lenght(note) > 1`, "did you mean length?", "lenght(note)"},
		{`creation_time > "yesterday"`, "is no time", `"yesterday"`},
		{`ago("soon") < now()`, "not a span", `"soon"`},
		{`trials.score > 1 and vector.x == 1`, "vector", "vector"},
		{`any(nonsense)`, "no many-side", "nonsense"},
		{`score && failed`, "write and", "&&"},
		{`score.x > 1`, "has no x", "score.x"},
		{`failed and`, "ends too early", ""},
		{`note like 5`, "compares text", "note like 5"},
		{`random_integer in ()`, "empty", ""},
		{``, "empty", ""},
		{"note == 'a\x00b'", "NUL", "\x00"},
	} {
		_, _, err := compileWhere(t, "trials", c.expr)
		var e *Error
		require.True(t, errors.As(err, &e), "%s: %v", c.expr, err)
		assert.Contains(t, err.Error(), c.message, c.expr)
		assert.NotContains(t, err.Error(), "\n", c.expr)
		if c.at != "" {
			assert.Equal(t, c.at, e.Expr[e.Start:e.End], c.expr)
		}
	}
}

func TestAmbiguousPathListsItsRoutes(t *testing.T) {
	_, _, err := compileWhere(t, "vector", `node.degree > 1`)
	var e *Error
	require.True(t, errors.As(err, &e), "%v", err)
	assert.Equal(t, []string{"destination.degree", "origin.degree"}, e.Lines)
}

func TestCaretStandsUnderWideText(t *testing.T) {
	e := &Error{Expr: `名前 == "x" and nonsense > 1`, Start: len(`名前 == "x" and `), End: len(`名前 == "x" and nonsense`)}
	lines := e.Details()
	assert.Equal(t, `名前 == "x" and nonsense > 1`, lines[0])
	assert.Equal(t, strings.Repeat(" ", 16)+"^^^^^^^^", lines[1])
}

func TestWord(t *testing.T) {
	for _, c := range []struct{ word, sql string }{
		{"note=a b", "i1.note = $2::text"},
		{"note=", "i1.note = $2::text"},
		{"note=null", "i1.note IS NULL"},
		{"note!=x", "i1.note <> $2::text"},
		{"random_integer=5", "i1.random_integer = $2::bigint"},
		{"failed=true", "i1.failed = $2::boolean"},
		{"score>=0.5", "i1.score >= $2::float8"},
		{"participant=5", "i1.participant_id = $2::bigint"},
	} {
		s := experiment(150000)
		e, _ := s.Entity("trials", false)
		p, err := Compile(s, Query{Entity: e, Words: []string{c.word}, Columns: []string{"id"}}, Options{})
		require.NoError(t, err, c.word)
		sql, _ := p.Rows(nil)
		assert.Contains(t, sql, c.sql, c.word)
	}
	s := experiment(150000)
	e, _ := s.Entity("trials", false)
	_, err := Compile(s, Query{Entity: e, Where: []string{"failed"}, Words: []string{"1"}}, Options{})
	require.ErrorContains(t, err, "FIELD=VALUE")
}

// FuzzCompile: nothing panics, no message has two lines, every caret lies
// within its expression, and no SQL holds a value.
func FuzzCompile(f *testing.F) {
	for _, op := range Operators {
		f.Add(op.Example)
	}
	for _, fn := range Functions {
		f.Add(fn.Example)
	}
	s := experiment(150000)
	e, err := s.Entity("trials", false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		p, err := Compile(s, Query{Entity: e, Where: []string{expr}}, Options{})
		if err != nil {
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.NotContains(t, strings.Join(append(e.Details(), err.Error()), ""), "\n")
			return
		}
		sql, args := p.Rows(nil)
		assert.NotContains(t, sql, mark)
		for i := range args {
			assert.Contains(t, sql, "$"+itoa(i+1))
		}
		p.Judgements()
	})
}
