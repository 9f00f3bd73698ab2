package commands

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
)

// script runs one of scripts/ with the Python that an environment variable names.
func script(t *testing.T, variable, needs, name string, args ...string) string {
	t.Helper()
	python := os.Getenv(variable)
	require.NotEmpty(t, python, "%s must name a Python that has %s (scripts/test makes one)", variable, needs)
	cmd := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("..", "scripts", name)}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return strings.TrimSpace(string(out))
}

// tableOf reads a file of CSV: its rows by their ids, by the names of columns.
func tableOf(t *testing.T, path string) (rows map[string]map[string]string, columns []string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	columns, rows = records[0], map[string]map[string]string{}
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, c := range columns {
			row[c] = r[i]
		}
		rows[row["id"]] = row
	}
	return rows, columns
}

// computed are columns of PsyNet's export that no table has: its classes compute them,
// from other rows or in the experiment's code.
var computed = []string{
	"aborted_modules", "started_modules", "finished_modules", "module_id",
	"n_pending_infos", "n_completed_infos", "n_failed_infos", "n_alive_nodes", "n_failed_nodes",
	"n_all_trials", "n_alive_trials", "n_failed_trials", "n_completed_trials", "n_all_nodes", "n_viable_trials",
	"n_participant_trials_in_trial_maker", "n_participant_trials_in_block", "initial_vector", "updated_vector",
}

// TestExportAsPsyNet compares each file with the one that PsyNet itself writes: the
// same classes, rows, columns and values.
func TestExportAsPsyNet(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	source, err := filepath.Abs(filepath.Join("..", "internal", "sample"))
	require.NoError(t, err)
	theirs, ours := t.TempDir(), filepath.Join(t.TempDir(), "ours")
	script(t, "EXPTOOL_TEST_PSYNET", "psynet 13.3.0", "psynet_export.py", url, source, theirs)
	x := newRunner(t, url)
	x.ok("classes", "--learn", source)
	x.ok("export", ours, "--reveal")
	files, err := filepath.Glob(filepath.Join(theirs, "*.csv"))
	require.NoError(t, err)
	require.Len(t, files, 23)
	for _, file := range files {
		name := filepath.Base(file)
		want, columns := tableOf(t, file)
		got, have := tableOf(t, filepath.Join(ours, name))
		assert.Len(t, got, len(want), name)
		for _, c := range columns {
			if slices.Contains(computed, c) && !slices.Contains(have, c) {
				continue
			}
			if assert.Contains(t, have, c, name) {
				compareColumn(t, name, c, want, got)
			}
		}
	}
	written, err := filepath.Glob(filepath.Join(ours, "*.csv"))
	require.NoError(t, err)
	assert.Len(t, written, len(files))
}

// compareColumn compares a column's values, as far as both mean the same by them.
func compareColumn(t *testing.T, file, column string, want, got map[string]map[string]string) {
	t.Helper()
	for id, row := range want {
		w, g := row[column], got[id][column]
		switch {
		case w == "" && g == "NaN": // pandas writes NaN as nothing
		case column == "type" && w == "TrialSource": // what Dallinger's drawing of networks wants
		case column == "dollars" && file != "Coin.csv": // PsyNet overwrites it with the key of vars
			assert.Equal(t, plainValue(w), plainValue(got[id]["vars.dollars"]), "%s %s %s", file, id, column)
		case strings.Contains(w, `"py/`), strings.Contains(w, "{'"): // jsonpickle's tags, Python's repr: ours is JSON
			assert.NotEmpty(t, g, "%s %s %s", file, id, column)
			assert.NotContains(t, g, `"py/`, "%s %s %s", file, id, column)
		case json.Valid([]byte(w)) && strings.ContainsAny(w[:1], "[{"):
			assert.JSONEq(t, w, g, "%s %s %s", file, id, column)
		case strings.Contains(w, "NaN"):
			assert.True(t, json.Valid([]byte(g)), "%s %s %s", file, id, column)
		default:
			assert.Equal(t, plainValue(w), plainValue(g), "%s %s %s", file, id, column)
		}
	}
}

// plainValue is a value in the form that both exports have in common: a number as a
// float, a time without fractions.
func plainValue(v string) string {
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	if len(v) >= 19 && v[4] == '-' && v[7] == '-' {
		return strings.Replace(v[:19], "T", " ", 1)
	}
	return map[string]string{"True": "true", "False": "false"}[v] + strings.TrimSuffix(strings.TrimSuffix(v, "True"), "False")
}

// TestExportIsRead has Frictionless, pyarrow and DuckDB read both fixtures.
func TestExportIsRead(t *testing.T) {
	for fixture, want := range map[string]string{"tutorial": "23 files 8572 rows", "static": "10 files 1547 rows"} {
		t.Run(fixture, func(t *testing.T) {
			x := newRunner(t, pgtest.DB(t, fixture))
			var folders []string
			for _, format := range []string{"csv", "ndjson", "parquet"} {
				folder := filepath.Join(t.TempDir(), format)
				folders = append(folders, folder)
				x.ok("export", folder, "--format", format)
			}
			got := script(t, "EXPTOOL_TEST_FRICTIONLESS", "frictionless, pyarrow and duckdb", "export_reads.py", folders...)
			assert.Contains(t, got, want)
		})
	}
}
