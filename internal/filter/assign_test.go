package filter_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// anyTable has a column of every kind.
func anyTable() (*schema.Schema, *schema.Table) {
	column := func(name, typ string, enum ...string) schema.Column {
		c := schema.Column{Name: name, Nullable: true}
		c.SetType(typ, typ, enum)
		return c
	}
	t := &schema.Table{Schema: "public", Name: "thing", PrimaryKey: []string{"id"}, Columns: []schema.Column{
		column("id", "integer"), column("small", "smallint"), column("big", "bigint"), column("bonus", "double precision"),
		column("price", "numeric(6,2)"), column("name", "text"), column("short", "character varying(5)"), column("key", "uuid"),
		column("status", "status", "working", "approved"), column("failed", "boolean"), column("at", "timestamp without time zone"),
		column("tz", "timestamp with time zone"), column("day", "date"), column("clock", "time without time zone"),
		column("details", "jsonb"), column("vars", "text"), column("tags", "text[]"), column("scores", "integer[]"),
		column("raw", "bytea"), column("camelCase", "integer"), column("order", "integer"), column("participant_id", "integer"),
	}}
	t.Columns[0].Nullable, t.Columns[9].Nullable = false, false
	t.Column("vars").Kind = schema.Pickle
	participant := &schema.Table{Schema: "public", Name: "participant", PrimaryKey: []string{"id"}, Columns: []schema.Column{column("id", "integer"), column("status", "text")}}
	return schema.New(schema.Server{}, []*schema.Table{t, participant}, nil, schema.Learned{}), t
}

const absent = "\x00" // stands for NULL in the cases

func orNull(s string) []byte {
	if s == absent {
		return nil
	}
	return []byte(s)
}

func TestAssign(t *testing.T) {
	s, table := anyTable()
	for _, c := range []struct{ word, old, want string }{
		{"id=5", "1", "5"}, {"id=+07", "1", "7"}, {"big=9223372036854775807", "1", "9223372036854775807"},
		{"big+=1", "41", "42"}, {"big-=1", "-9223372036854775807", "-9223372036854775808"},
		{"bonus+=0.5", "1.2652000000000003", "1.7652000000000003"}, {"bonus+=0.2", "0.1", "0.3"}, {"bonus=1e3", "0", "1e3"},
		{"bonus+=1", "1e-07", "1.0000001"}, {"bonus=null", "1", absent}, {"price=1234.5", "0", "1234.5"}, {"price-=0.05", "10", "9.95"},
		{"name=", "x", ""}, {"name=null", "x", absent}, {`name:="null"`, "x", "null"}, {"name=a=b c", "x", "a=b c"}, {"short=éééé5", "", "éééé5"},
		{"key=123e4567-e89b-12d3-a456-426614174000", absent, "123e4567-e89b-12d3-a456-426614174000"},
		{"status=approved", "working", "approved"}, {"failed=Yes", "false", "true"}, {"failed:=false", "true", "false"}, {"failed=0", "true", "false"},
		{"at=2026-11-20", absent, "2026-11-20"}, {"at=2026-11-20T10:00:00.123", absent, "2026-11-20T10:00:00.123"},
		{"tz=2026-11-20 10:00+01:00", absent, "2026-11-20 10:00+01:00"}, {"day=2026-02-28", absent, "2026-02-28"}, {"clock=10:00", absent, "10:00"},
		{"tags+=c", `{a,"b c"}`, `{a,"b c","c"}`}, {"tags+=x", "{}", `{"x"}`}, {"tags+=x", absent, `{"x"}`}, {`tags:=["a", null, "b,c"]`, absent, `{"a",NULL,"b,c"}`},
		{"scores={1,2}", absent, "{1,2}"}, {`scores:=[1,2]`, absent, `{"1","2"}`}, {"scores+=3", "{1}", `{1,"3"}`}, {`raw=\x00ff`, absent, `\x00ff`},
		{"`camelCase`=1", absent, "1"}, {"order=1", absent, "1"}, {"participant=5", absent, "5"},
		// JSON: what is there keeps its type.
		{"vars.my_dict.value=3", `{"my_dict": {"value": 2}, "n": NaN}`, `{"my_dict": {"value": 3}, "n": NaN}`},
		{"var.x=4", `{"x": "3"}`, `{"x": "4"}`}, {"vars.x=4", `{"x": 1.5}`, `{"x": 4.0}`}, {"vars.x=false", `{"x": true}`, `{"x": false}`},
		{"vars.x=", `{"x": "a"}`, `{"x": ""}`}, {"vars.x=null", `{"x": 1}`, `{"x": null}`}, {"vars.x=1", `{"x": null}`, `{"x": 1}`},
		{"vars.x=null", `{"x": "a"}`, `{"x": null}`}, {`vars.x:="null"`, `{"x": "a"}`, `{"x": "null"}`},
		{"vars.list+=4", `{"list": [1, 2]}`, `{"list": [1, 2, 4]}`}, {"vars.list+=a", `{"list": []}`, `{"list": ["a"]}`}, {"vars.list.0=9", `{"list": [1]}`, `{"list": [9]}`},
		{"vars.n+=2", `{"n": 40}`, `{"n": 42}`}, {"vars.n+=0.5", `{"n": 1.25}`, `{"n": 1.75}`}, {"vars.n-=1", `{"n": 1.5}`, `{"n": 0.5}`},
		{`vars.x:={"a": [1]}`, `{"x": 1}`, `{"x": {"a": [1]}}`}, {`vars.x:={"py/tuple": [1]}`, `{}`, `{"x": {"py/tuple": [1]}}`},
		// A new key is JSON only where it plainly is.
		{"vars.x=true", "{}", `{"x": true}`}, {"vars.x=-1.50", "{}", `{"x": -1.50}`}, {"vars.x=007", "{}", `{"x": "007"}`}, {"vars.x=5e12345", "{}", `{"x": "5e12345"}`},
		{"vars.x=True", "{}", `{"x": "True"}`}, {"vars.x=NaN", "{}", `{"x": "NaN"}`}, {"vars.x=é", "{}", `{"x": "\u00e9"}`}, {"vars.x=", "{}", `{"x": ""}`},
		{"vars.a.b=1", absent, `{"a": {"b": 1}}`}, {`vars."a b"=1`, "{}", `{"a b": 1}`},
		{"vars=Very much", `"no"`, `"Very much"`}, {"vars=92", "91", "92"}, {"vars=null", "91", absent}, {"vars+=1", "[]", "[1]"},
		{"details.x=1", `{"a": 2}`, `{"a": 2, "x": 1}`}, {`details:={"a": 1}`, absent, `{"a": 1}`}, {"details.a+=1", `{"a": 2}`, `{"a": 3}`},
		{"name.x=1", `{"x": 2}`, `{"x": 1}`},
	} {
		a, err := filter.ParseAssignment(s, table, c.word)
		require.NoError(t, err, c.word)
		got, err := a.Next(orNull(c.old))
		require.NoError(t, err, "%s on %s", c.word, c.old)
		assert.Equal(t, orNull(c.want), got, "%s on %s is %s", c.word, c.old, got)
	}
}

func TestAssignRefuses(t *testing.T) {
	s, table := anyTable()
	for _, c := range []struct{ word, old, says string }{
		{"id", "", "not an assignment"}, {"id==5", "", "not an assignment"}, {"5=5", "", "not an assignment"}, {"id>=5", "", "not an assignment"},
		{"idd=5", "", `unknown column "idd" of thing; did you mean id?`}, {"nothing_like=1", "", "exptool describe thing lists them"},
		{"participant.status=x", "", "is a row of participant"}, {"id.x=1", "", "id is integer: it has no x"},
		{"id=", "", "is not a whole number"}, {"id=1.0", "", "is not a whole number"}, {"id=99999999999", "", "out of range"}, {"small=32768", "", "out of range"},
		{"id=null", "", "cannot be NULL"}, {"failed=maybe", "", "neither true nor false"}, {"bonus=NaN", "", "is not a number"}, {"bonus=1e999", "", "out of range"},
		{"bonus=", "", "NULL is written bonus=null"}, {"price=10000", "", "out of range"}, {"short=123456", "", "longer than 5 characters"},
		{"key=x", "", "is no UUID"}, {"status=aproved", "", "did you mean approved?"}, {"status=zzzz", "", "one of working, approved"},
		{"at=2026-02-30", "", "is no such time"}, {"at=2026-11-20T10:00Z", "", "without a zone"}, {"tags=a", "", "is no array"}, {"scores+=x", "", "is not a whole number"},
		{"raw=zz", "", "hexadecimal"}, {"name+=x", "", "+= and -= are for numbers"}, {"id:=x", "", "takes JSON after :="}, {"name:=[1]", "", "takes no list"},
		{"vars.x:=oops", "", "takes JSON after :="}, {"details.x:=NaN", "", "takes no NaN"}, {"name=a\xff", "", "is not UTF-8"},
		{"bonus+=1", absent, "is NULL"}, {"bonus+=1", "NaN", "there is nothing to add to"}, {"bonus+=x", "1", "is none"}, {"small+=1", "32767", "out of range"},
		{"vars.x=abc", `{"x": 1}`, "is an int"}, {"vars.x=3.5", `{"x": 1}`, "state JSON with :="}, {"vars.x=yes", `{"x": true}`, "is true or false"},
		{"vars.x=1", `{"x": [1]}`, "is a list"}, {"vars.x.y=1", `{"x": 1}`, "x is an int, which has nothing inside"}, {"vars.x+=1", `{}`, "is not there"},
		{"vars.x+=1", `{"x": "a"}`, "is a str"}, {"vars.x=1", `junk`, "holds text that is not JSON"}, {"vars.x+=0.5", `{"x": 1}`, "state JSON with :="},
		{"vars.x+=1", absent, "is not there"}, {"vars.t.0+=1", `{"t": {"py/set": [1]}}`, "is not there"},
	} {
		a, err := filter.ParseAssignment(s, table, c.word)
		if err == nil {
			_, err = a.Next(orNull(c.old))
		}
		var told *filter.Error
		require.ErrorAs(t, err, &told, c.word)
		assert.Contains(t, told.Error()+strings.Join(told.Details(), " "), c.says, c.word)
	}
}

func TestUnset(t *testing.T) {
	s, table := anyTable()
	for _, c := range []struct{ field, old, want string }{
		{"vars.old", `{"old": 1, "b": 2}`, `{"b": 2}`}, {"vars.old", `{"b": 2}`, `{"b": 2}`}, {"vars.old", absent, absent}, {"bonus", "1", absent}, {"vars", "{}", absent},
	} {
		a, err := filter.ParseUnset(s, table, c.field)
		require.NoError(t, err)
		got, err := a.Next(orNull(c.old))
		require.NoError(t, err)
		assert.Equal(t, orNull(c.want), got)
	}
	_, err := filter.ParseUnset(s, table, "failed")
	assert.ErrorContains(t, err, "cannot be NULL")
	_, err = filter.ParseUnset(s, table, "vars.x=1")
	assert.ErrorContains(t, err, "is no field")
}

func TestDifference(t *testing.T) {
	s, table := anyTable()
	for _, c := range []struct{ word, old, field, was, is, types string }{
		{"vars.a=2", `{"a": 1, "b": 3}`, "vars.a", "1", "2", "int int"},
		{"vars.a.b.c=2", `{"x": 1}`, "vars.a", absent, `{"b": {"c": 2}}`, " dict"},
		{"vars.a.b=2", absent, "vars", absent, `{"a": {"b": 2}}`, " text"},
		{"id=2", "1", "id", "1", "2", "integer integer"},
		{`vars.a:="x"`, `{"a": 1}`, "vars.a", "1", `"x"`, "int str"},
		{"unset vars.l.0", `{"l": [1, 2]}`, "vars.l", "[1, 2]", "[2]", "list list"},
		{"unset vars.b", `{"b": [[], {"py/id": 2}], "c": []}`, "vars", `{"b": [[], {"py/id": 2}], "c": []}`, `{"c": []}`, "text text"},
		{"vars.r+=1", `{"l": [], "r": {"py/id": 1}}`, "vars", `{"l": [], "r": {"py/id": 1}}`, `{"l": [1], "r": {"py/id": 1}}`, "text text"},
	} {
		parse := filter.ParseAssignment
		field, unset := strings.CutPrefix(c.word, "unset ")
		if unset {
			parse = filter.ParseUnset
		}
		a, err := parse(s, table, field)
		require.NoError(t, err)
		next, err := a.Next(orNull(c.old))
		require.NoError(t, err)
		d := a.Difference(orNull(c.old), next)
		assert.Equal(t, c.field, d.Field)
		assert.Equal(t, orNull(c.was), d.Old)
		assert.Equal(t, orNull(c.is), d.New)
		assert.Equal(t, c.types, d.OldType+" "+d.NewType)
		column, path, err := filter.ParseField(s, table, d.Field)
		require.NoError(t, err)
		back, err := filter.PutBack(path, next, d.Old)
		require.NoError(t, err)
		assert.Equal(t, orNull(c.old), back)
		assert.Equal(t, a.Column, column)
	}
}

func TestFieldName(t *testing.T) {
	s, table := anyTable()
	for _, path := range [][]string{nil, {"a"}, {"my_dict", "value"}, {"0"}, {"a.b", "c d"}, {`q"'` + "`" + `\n`, "é", "", "[", "日本"}} {
		for _, column := range []string{"vars", "details"} {
			name := filter.FieldName(column, path...)
			c, p, err := filter.ParseField(s, table, name)
			require.NoError(t, err, name)
			assert.Equal(t, column, c.Name)
			assert.ElementsMatch(t, path, p, name)
		}
	}
}

func TestParseIDs(t *testing.T) {
	ids, err := filter.ParseIDs([]string{"5", "3-4,5", "9"}, false)
	require.NoError(t, err)
	assert.Equal(t, []string{"5", "3", "4", "9"}, ids)
	ids, err = filter.ParseIDs([]string{"3-4", "b,c"}, true)
	require.NoError(t, err)
	assert.Equal(t, []string{"3-4", "b,c"}, ids)
	ids, err = filter.ParseIDs([]string{"9223372036854775806-9223372036854775807"}, false)
	require.NoError(t, err)
	assert.Equal(t, []string{"9223372036854775806", "9223372036854775807"}, ids)
	for _, bad := range []string{"x", "5-3", "", "1,", "-1", "1-", "1-99999999", "99999999999999999999"} {
		_, err := filter.ParseIDs([]string{bad}, false)
		assert.Error(t, err, bad)
	}
}

// FuzzAssign: no panic; where a path was written, the result is JSON that has it,
// and its difference put back gives the old value.
func FuzzAssign(f *testing.F) {
	for _, word := range []string{"vars.a=1", "vars.a.b+=1", "vars.a:=[1]", "details.x=é", "tags+=x", "bonus-=1", "at=2026-11-20", "vars.`a`=", `vars."\n"=1`} {
		f.Add(word, `{"a": {"b": [1, {"py/id": 1}]}}`)
	}
	s, table := anyTable()
	f.Fuzz(func(t *testing.T, word, old string) {
		a, err := filter.ParseAssignment(s, table, word)
		if err != nil {
			return
		}
		next, err := a.Next([]byte(old))
		if err != nil || len(a.Path) == 0 {
			return
		}
		if _, err := pyjson.KindOf(next); err != nil {
			t.Fatalf("%q is no JSON: %v", next, err)
		}
		d := a.Difference([]byte(old), next)
		_, path, err := filter.ParseField(s, table, d.Field)
		if err != nil {
			t.Fatalf("field %q: %v", d.Field, err)
		}
		back, err := filter.PutBack(path, next, d.Old)
		if err == nil && string(back) != old {
			t.Fatalf("put back: %q, not %q", back, old)
		}
	})
}
