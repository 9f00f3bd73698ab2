package schema

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write classes.json anew from the fixtures' truth")

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

// TestVocabulary keeps classes.json equal to what the fixtures' truth says.
func TestVocabulary(t *testing.T) {
	want := ownVocabulary(t)
	if *update {
		var b bytes.Buffer
		b.WriteString("[\n")
		for i, name := range slices.Sorted(maps.Keys(want)) {
			line, err := json.Marshal(want[name])
			require.NoError(t, err)
			if i > 0 {
				b.WriteString(",\n")
			}
			b.Write(line)
		}
		b.WriteString("\n]\n")
		require.NoError(t, os.WriteFile("classes.json", b.Bytes(), 0o644))
		classesJSON = b.Bytes()
	}
	have := map[string]*Class{}
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
