package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

func TestWide(t *testing.T) {
	columns := []schema.Column{
		{Name: "status", Kind: schema.Text}, {Name: "answer", Kind: schema.Pickle}, {Name: "count", Kind: schema.Int}, {Name: "mean_score", Kind: schema.Float},
	}
	long := Texts(columns, [][]string{
		{"approved", `"Very much"`, "3", "0.5"}, {"approved", `1`, "1", "1"}, {"working", `"Very much"`, "2", ""}, {"", `1`, "4", "2"},
	})
	wide, err := Wide(long, 2, Options{Format: "csv"})
	require.NoError(t, err)
	var names []string
	for _, c := range wide.Columns() {
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"status", "Very much_count", "Very much_mean_score", "1_count", "1_mean_score"}, names)
	assert.Equal(t, Texts(wide.Columns(), [][]string{
		{"approved", "3", "0.5", "1", "1"}, {"working", "2", "", "", ""}, {"", "", "", "4", "2"},
	}).rows, wide.rows)

	wide, err = Wide(Texts(columns[:3], [][]string{{"approved", "1", "7"}}), 2, Options{Format: "csv"})
	require.NoError(t, err)
	assert.Equal(t, "1", wide.Columns()[1].Name, "a single aggregate needs no suffix")
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{-1: "", 0: "0 B", 5: "5 B", 25_000: "25 kB", 12_345_678: "12 MB", 99_000_000_000: "99 GB"} {
		assert.Equal(t, want, Bytes(n))
	}
}
