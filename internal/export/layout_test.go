package export_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/export"
	"exptool/internal/schema"
)

// column is a column of a table.
func column(name, typ string) schema.Column {
	c := schema.Column{Name: name}
	c.SetType(typ, typ, nil)
	return c
}

// study is a schema with the tables info, participant and others that a test adds.
func study(classes []*schema.Class, more ...*schema.Table) *schema.Schema {
	info := &schema.Table{Schema: "public", Name: "info", PrimaryKey: []string{"id"}, Columns: []schema.Column{
		column("id", "integer"), column("type", "character varying"), column("definition", "character varying"),
		column("answer", "character varying"), column("vars", "character varying"), column("score", "double precision"), column("order", "integer"),
	}}
	s := schema.New(schema.Server{}, append(more, info), nil, schema.Learned{Classes: classes})
	for _, name := range []string{"definition", "answer"} {
		info.Column(name).Kind = schema.Pickle // as the vocabulary says of a whole table
	}
	return s
}

// filesOf are the files of some classes of info, with a row each.
func filesOf(s *schema.Schema, identities ...string) ([]*export.File, []string) {
	var counts []export.Count
	for _, id := range identities {
		counts = append(counts, export.Count{Table: s.Tables["info"], Identity: id, Rows: 1})
	}
	return export.Files(s, counts)
}

func TestFileNames(t *testing.T) {
	long := strings.Repeat("a", 80)
	classes := []*schema.Class{
		{Name: "dallinger_experiment.experiment.BonusTrial", Identity: "bonus", Table: "info", Parent: "psynet.trial.main.Trial", Known: schema.FromSource},
	}
	for _, c := range []struct {
		identities []string
		want       string
		notes      int
	}{
		{[]string{"dallinger_experiment.experiment.CustomTrial", "bonus"}, "BonusTrial CustomTrial", 0},
		{[]string{"a.experiment.T", "a.helper.T"}, "experiment.T helper.T", 2},
		{[]string{"a.experiment.Trial", "b.helper.trial", "c.Other"}, "Other experiment.Trial helper.trial", 2},
		{[]string{"a.b.T", "x.b.T", "T"}, "T a.b.T x.b.T", 2},
		{[]string{"a/b.T", "a:b.T"}, "a_b.T a_b.T_2", 2},
		{[]string{"a/b", "a:b", "a_b_2"}, "a_b a_b_2 a_b_3", 0},
		{[]string{"../../etc/passwd"}, "_etc_passwd", 0},
		{[]string{`..\x`, "con\n"}, "_x con_", 0},
		{[]string{"...", "é.Ü"}, "_ Ü", 0},
		{[]string{"m." + long + "1", "m." + long + "2"}, "m." + long[:48] + " m." + long[:48] + "_2", 2},
	} {
		files, notes := filesOf(study(classes), c.identities...)
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
		}
		assert.Equal(t, c.want, strings.Join(names, " "), "%q", c.identities)
		assert.Len(t, notes, c.notes, "%q: %q", c.identities, notes)
	}
}

// A table of the same name as a class, letters' case aside, is told from it.
func TestFileNamesOfTables(t *testing.T) {
	s := study(nil, &schema.Table{Schema: "public", Name: "coin", Columns: []schema.Column{column("id", "integer")}})
	files, notes := export.Files(s, []export.Count{{Table: s.Tables["coin"], Rows: 1}, {Table: s.Tables["info"], Identity: "m.Coin", Rows: 1}})
	assert.Equal(t, "public.coin m.Coin", files[0].Name+" "+files[1].Name)
	assert.Len(t, notes, 2)
}

// cells is a row of info as text: name=value for each cell that has one.
func cells(f *export.File, row []export.Cell) string {
	var parts []string
	for i, c := range row {
		if c.Text != nil && f.Columns[i].Name != "class" && f.Columns[i].Name != "object_type" {
			parts = append(parts, fmt.Sprintf("%s=%s", f.Columns[i].Name, c.Text))
		}
	}
	return strings.Join(parts, "|")
}

// values is a row of info; an empty one is NULL.
func values(texts ...string) [][]byte {
	row := make([][]byte, len(texts))
	for i, text := range texts {
		if text != "" {
			row[i] = []byte(text)
		}
	}
	return row
}

func TestCells(t *testing.T) {
	for _, c := range []struct{ definition, answer, vars, want string }{
		{"", "", "{}", "vars={}"},
		{`{"a": 1}`, `"Very much"`, `{"b": "x"}`, `definition={"a":1}|answer=Very much|vars={"b":"x"}|b=x|a=1`},
		{`{"a": 1}`, `{"a": 2}`, `{"a": 3}`, `definition={"a":1}|answer={"a":2}|vars={"a":3}|a=3|definition.a=1|answer.a=2`},
		{"", "", `{"type": 1, "id": "x", "order": null, "class": [], "vars": {}}`, `vars={"type":1,"id":"x","order":null,"class":[],"vars":{}}|vars.type=1|vars.id=x|vars.class=[]|vars.vars={}`},
		{"", "", `{"__private": 1, "_x": 2}`, `vars={"__private":1,"_x":2}`},
		{`{"_x": 2}`, "", "", `definition={"_x":2}|_x=2`},
		{`{"py/object": "m.C", "a": 1}`, "", "", `definition={"class":"m.C","a":1}`},
		{`{"t": {"py/tuple": [1, 2]}, "n": NaN, "s": "a\u00e9\"\\", "big": 12345678901234567890}`, "NaN", "", `definition={"t":[1,2],"n":"NaN","s":"aé\"\\","big":12345678901234567890}|answer=NaN|t=[1,2]|n=NaN|s=aé"\|big=12345678901234567890`},
		{"junk{", "null", "", "definition=junk{"},
		{"", "91", "", "answer=91"},
		{"", `{"x": {"y": {"z": [1]}}}`, "", `answer={"x":{"y":{"z":[1]}}}|x={"y":{"z":[1]}}`},
	} {
		s := study(nil)
		files, _ := filesOf(s, "m.T")
		m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
		got := cells(files[0], m.Cells(values("7", "m.T", c.definition, c.answer, c.vars, "", "")))
		assert.Equal(t, "id=7|type=T|"+c.want, got, "%+v", c)
	}
}

// Whatever keys are called, each has a column of its own.
func TestEveryKeyHasAColumn(t *testing.T) {
	s := study(nil)
	files, _ := filesOf(s, "m.T")
	m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
	row := m.Cells(values("7", "m.T", "", "", `{"vars.id": 1, "id": 2, "": 3, "vars.": 4, "a,\"\n": 5, "vars.vars.id": 6}`, "", ""))
	assert.Equal(t, "vars.id=1|vars.id_2=2|vars.=3|vars.vars.=4|a,\"\n=5|vars.vars.id=6", strings.SplitN(cells(files[0], row), "}|", 2)[1])
	seen := map[string]bool{}
	for _, c := range files[0].Columns {
		assert.False(t, seen[c.Name], c.Name)
		seen[c.Name] = true
	}
}

func TestFlatten(t *testing.T) {
	s := study(nil)
	files, _ := filesOf(s, "m.T")
	m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{Flatten: true})
	assert.Equal(t, `id=1|type=T|vars={"a":{"b":{"c":1},"e":{}},"d":[{"x":1}]}|a.b.c=1|a.e={}|d=[{"x":1}]`,
		cells(files[0], m.Cells(values("1", "m.T", "", "", `{"a": {"b": {"c": 1}, "e": {}}, "d": [{"x": 1}]}`, "", ""))))
	assert.Equal(t, `id=2|type=T|vars={"a":5}|a=5`, cells(files[0], m.Cells(values("2", "m.T", "", "", `{"a": 5}`, "", ""))))
}

// A dict that is keyed by people has no column for each of them.
func TestTooManyKeys(t *testing.T) {
	s := study(nil)
	files, _ := filesOf(s, "m.T")
	m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
	for i := range 3000 {
		m.Cells(values("1", "m.T", "", "", fmt.Sprintf(`{"k%d": 1}`, i), "", ""))
	}
	assert.EqualValues(t, 1000, m.Beyond)
	assert.Len(t, files[0].Columns, 9+2000)
	assert.True(t, files[0].Has("vars.k2999"), "it can be dropped from vars nevertheless")
	assert.False(t, files[0].Has("vras.k2999"))
}

func TestTypes(t *testing.T) {
	for values, want := range map[string]string{
		`1|2`: "integer", `1|2.5`: "number", `1|NaN|Infinity`: "number", `true|false`: "boolean", `1|true`: "any", `"a"|1`: "any",
		`"a"|"b"`: "string", `null`: "string", `[1]|[]`: "array", `{"x": 1}|{}`: "object", `[1]|{}`: "any", `12345678901234567890|1`: "integer",
		`"2026-11-23T08:37:10.342660"|"2026-11-23T08:37:10"`: "datetime", `"2026-11-23T08:37:10"|"2026-13-23T08:37:10"`: "any",
		`{"py/object": "datetime.datetime", "__reduce__": [{"py/type": "datetime.datetime"}, ["B+oBAgMEBQAAAA=="]]}`: "datetime",
	} {
		s := study(nil)
		files, _ := filesOf(s, "m.T")
		m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
		for v := range strings.SplitSeq(values, "|") {
			m.Cells([][]byte{[]byte("1"), []byte("m.T"), nil, nil, []byte(`{"k": ` + v + `}`), nil, nil})
		}
		assert.Equal(t, want, files[0].Columns[len(files[0].Columns)-1].Type(), values)
	}
}

// What is remembered of a column is what it would be without.
func TestMemo(t *testing.T) {
	s := study(nil)
	files, _ := filesOf(s, "m.T")
	m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
	for i := range 20000 {
		x := i
		if i > 6000 && i < 14000 {
			x = i % 7
		}
		got := cells(files[0], m.Cells(values("1", "m.T", fmt.Sprintf(`{"x": %d, "y": "\u00e9"}`, x), "", "", "", "")))
		assert.Equal(t, fmt.Sprintf(`id=1|type=T|definition={"x":%d,"y":"é"}|x=%d|y=é`, x, x), got)
	}
}

func TestSecrets(t *testing.T) {
	status := &schema.Table{Schema: "public", Name: "experiment_status", Columns: []schema.Column{column("id", "integer"), column("extra_info", "character varying")}}
	s := study(nil, status)
	status.Columns[1].Kind, status.Columns[1].Secret = schema.Pickle, true
	for reveal, want := range map[bool]string{false: "***", true: `{"dashboard_password":"x"}`} {
		files, _ := export.Files(s, []export.Count{{Table: status, Rows: 1}})
		m := export.NewMaker(s, files[0], status.Columns, export.Options{Reveal: reveal})
		assert.Equal(t, "id=1|extra_info="+want, cells(files[0], m.Cells(values("1", `{"dashboard_password": "x"}`))))
		assert.Equal(t, !reveal, m.Masked == 1)
	}
}

// The resources of a datapackage have names of their own: fewer letters than files'
// names may have.
func TestResourceNames(t *testing.T) {
	files, _ := filesOf(study(nil), "a b", "a-b", "名")
	p := export.NewPackage("study", "test", time.Now())
	for _, f := range files {
		p.Add(f, f.Columns, "csv", "", f.Name+".csv", 0, "")
	}
	var names []string
	for _, r := range p.Resources {
		names = append(names, r.Name)
	}
	assert.Equal(t, []string{"a-b", "a-b_2", "-"}, names)
}

// One person's id in two spellings is one hash, but two keys are two columns.
func TestViewNamesColumnsApart(t *testing.T) {
	s := study(nil)
	files, _ := filesOf(s, "m.T")
	m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
	a, err := export.NewAnonymizer(make([]byte, 32), export.AnonymizeOptions{})
	require.NoError(t, err)
	a.Know("worker_id", "worker1234567")
	v := export.NewView(m, a)
	v.Cells(m.Cells(values("1", "m.T", "", "", `{"worker1234567": 1, "WORKER1234567": 2}`, "", "")))
	columns := v.Columns()
	hash := a.Replace("worker1234567")
	assert.Equal(t, hash, columns[len(columns)-2].Name)
	assert.Equal(t, hash+"_2", columns[len(columns)-1].Name)
}

// A view shows what an Anonymizer leaves, and knows the kinds of that.
func TestView(t *testing.T) {
	s := study(nil)
	files, _ := filesOf(s, "m.T")
	m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{})
	a, err := export.NewAnonymizer(make([]byte, 32), export.AnonymizeOptions{Drop: []string{"vars.name", "answer"}, Keep: []string{"score"}})
	require.NoError(t, err)
	a.Know("worker_id", "worker1234567")
	a.Know("worker_id", "1234567890123")
	v := export.NewView(m, a)
	plain := export.NewView(m, nil)
	row := m.Cells(values("1", "m.T", `{"worker1234567": 1}`, `"x"`, `{"name": "Jo", "n": 1234567890123, "worker_id": "w", "t": "by worker1234567"}`, "2.5", "3"))
	assert.Equal(t, row, plain.Cells(row))
	assert.Equal(t, files[0].Columns, plain.Columns())
	got := v.Cells(row)
	one, two, other := a.Replace("worker1234567"), a.Replace("1234567890123"), a.Replace("w")
	shown := &export.File{Columns: v.Columns()}
	assert.Equal(t, fmt.Sprintf(`id=1|type=T|definition={"%[1]s":1}|vars={"n":"%[2]s","worker_id":"%[3]s","t":"by %[1]s"}|score=2.5|order=3|n=%[2]s|worker_id=%[3]s|t=by %[1]s|%[1]s=1`, one, two, other), cells(shown, got))
	for _, c := range v.Columns() {
		assert.NotContains(t, c.Path(), "worker1234567")
		if c.Name == "n" {
			assert.Equal(t, "string", c.Type())
		}
	}
	assert.True(t, v.Kept("score"))
	for _, name := range []string{"type", "class", "n", "nobody"} {
		assert.False(t, v.Kept(name), name)
	}
	for name, want := range map[string]bool{
		"score": true, "info.score": true, "vars": true, "vars.name": true, "info.vars.name": true, "vars.name.first": true, "vars._private": true,
		"vars.nmae": false, "participant.score": false, "scor": false, "definition.x": false, "": false,
	} {
		assert.Equal(t, want, files[0].Has(name), name)
	}
}

// Whatever a jsonpickle column holds, its row has cells, and what is JSON stays JSON.
func FuzzCells(f *testing.F) {
	for _, text := range []string{"{}", `{"a": {"b": [1, NaN]}}`, `{"py/object": "m.C", "x": {"py/id": 0}}`, `{"\u0000\"": "\ud800"}`, `"x`, "[", "", ` {"a" : 1 } `} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, flatten bool) {
		s := study(nil)
		files, _ := filesOf(s, "m.T")
		m := export.NewMaker(s, files[0], s.Tables["info"].Columns, export.Options{Flatten: flatten})
		for range 2 { // as it is remembered, too
			v := []byte(text)
			row := m.Cells([][]byte{[]byte("1"), []byte("m.T"), v, v, v, nil, nil})
			require.Len(t, row, len(files[0].Columns))
			for i, c := range row {
				if c.Kind&(export.Object|export.Array) != 0 {
					require.True(t, json.Valid(c.Text), "%s: %q", files[0].Columns[i].Name, c.Text)
				}
				require.Equal(t, c.Text == nil, c.Kind == 0)
			}
		}
	})
}
