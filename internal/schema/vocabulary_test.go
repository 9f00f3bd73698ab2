package schema

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	update  = flag.Bool("update", false, "write classes.tsv anew from the fixtures' truth")
	sources = flag.String("sources", "", "with -update: the folder that holds the sources of PsyNet and Dallinger, psynet/ and dallinger/")
)

// truth is what PsyNet's own ORM says of a fixture's classes.
type truth struct {
	Classes map[string]struct {
		Table      string               `json:"table"`
		Identity   *string              `json:"identity"`
		Parent     *string              `json:"parent"`
		QueryTypes []*string            `json:"query_types"`
		Columns    map[string][2]string `json:"columns"`
		Rows       int64                `json:"n_rows_in_db"`
	} `json:"classes"`
	Queries map[string]json.RawMessage `json:"queries"`
}

func readTruth(t testing.TB, name string) truth {
	t.Helper()
	f, err := os.Open(filepath.Join("../../testdata/fixtures", name+".truth.json.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var tr truth
	require.NoError(t, json.NewDecoder(z).Decode(&tr))
	return tr
}

// columns are the real columns of a class of the truth with our names for types.
func (tr truth) columns(class string) map[string]string {
	cols := map[string]string{}
	for _, c := range tr.Classes[class].Columns {
		if !strings.Contains(c[0], "anon") { // column_property: a subquery, no column
			cols[c[0]] = strings.TrimPrefix(c[1], "_")
		}
	}
	return cols
}

// ownVocabulary is what the fixtures' truth tells of PsyNet's own classes: with
// the columns in which all fixtures agree, since an experiment may add columns.
func ownVocabulary(t testing.TB) map[string]*Class {
	t.Helper()
	truths := []truth{readTruth(t, "tutorial"), readTruth(t, "static")}
	columns := func(class string) map[string]string {
		var all map[string]string
		for _, tr := range truths {
			if _, ok := tr.Classes[class]; !ok {
				continue
			}
			if cols := tr.columns(class); all == nil {
				all = cols
			} else {
				maps.DeleteFunc(all, func(c, _ string) bool { return cols[c] == "" })
			}
		}
		return all
	}
	classes := map[string]*Class{}
	for _, tr := range truths {
		for name, tc := range tr.Classes {
			if !strings.HasPrefix(name, "psynet.") && !strings.HasPrefix(name, "dallinger.") {
				continue
			}
			c := &Class{Name: name, Table: tc.Table, Columns: columns(name)}
			if tc.Identity != nil {
				c.Identity = *tc.Identity
			}
			if tc.Parent != nil {
				c.Parent = *tc.Parent
				inherited := columns(c.Parent)
				maps.DeleteFunc(c.Columns, func(col, _ string) bool { return inherited[col] != "" })
			}
			classes[name] = c
		}
	}
	return classes
}

// unimported adds the classes that no fixture imported (psynet.trial.mcmcp and
// others), as our own learner reads them in PsyNet's source.
func unimported(t *testing.T, classes map[string]*Class) {
	t.Helper()
	known := NewTree(slices.Collect(maps.Values(classes)))
	var raw []*Class
	for _, pkg := range []string{"psynet", "dallinger"} {
		root := filepath.Join(*sources, pkg)
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".py" {
				return err
			}
			src, err := os.ReadFile(path)
			require.NoError(t, err)
			rel, err := filepath.Rel(*sources, strings.TrimSuffix(path, ".py"))
			require.NoError(t, err)
			learnt, err := LearnPython(src, strings.ReplaceAll(filepath.ToSlash(rel), "/", "."))
			require.NoError(t, err)
			raw = append(raw, learnt...)
			return nil
		}))
	}
	for _, c := range Link(raw, known) {
		if classes[c.Name] == nil && !strings.HasPrefix(c.Name, "psynet.pytest_psynet.") {
			c.Known = ""
			if c.Parent != "" {
				// The column is there only where the class was imported; elsewhere
				// a column of that name is the experiment's own.
				c.Columns = nil
			}
			classes[c.Name] = c
		}
	}
}

// TestVocabulary keeps classes.tsv equal to what the fixtures' truth says.
func TestVocabulary(t *testing.T) {
	want := ownVocabulary(t)
	if *update {
		if *sources != "" {
			unimported(t, want)
		}
		var b strings.Builder
		b.WriteString(classesHeader + "\n")
		for _, name := range slices.Sorted(maps.Keys(want)) {
			c := want[name]
			var columns []string
			for _, column := range slices.Sorted(maps.Keys(c.Columns)) {
				columns = append(columns, column+":"+c.Columns[column])
			}
			b.WriteString(strings.Join([]string{c.Name, c.Identity, c.Table, c.Parent, strings.Join(columns, " ")}, "\t") + "\n")
		}
		require.NoError(t, os.WriteFile("classes.tsv", []byte(b.String()), 0o644))
		classesTSV = b.String()
	}
	have := map[string]*Class{}
	require.Len(t, VocabularyClasses(), strings.Count(classesTSV, "\n")-1)
	for _, c := range VocabularyClasses() {
		assert.Equal(t, FromVocabulary, c.Known, c.Name)
		c.Known = ""
		have[c.Name] = c
	}
	for name, c := range want {
		require.Contains(t, have, name, "go test ./internal/schema -run TestVocabulary -update")
		if len(c.Columns) == 0 {
			c.Columns = nil
		}
		assert.Equal(t, c, have[name])
	}
}

func TestRelationsAreTheFixtures(t *testing.T) {
	csv, err := os.ReadFile("../../testdata/fixtures/relations.csv")
	require.NoError(t, err)
	assert.Equal(t, string(csv), relationsCSV)
	assert.Len(t, vocabularyRelations(), 73)
}
