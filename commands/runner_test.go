package commands

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
)

// runner runs commands on one database, as a shell script does: in a pipe.
type runner struct {
	t  *testing.T
	db string
}

// newRunner gives commands a database, and a home of their own.
func newRunner(t *testing.T, db string) *runner {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "EXPTOOL_HOME"} {
		t.Setenv(name, home)
	}
	return &runner{t: t, db: db}
}

// run runs a command and returns what it prints and its exit code.
func (r *runner) run(args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}
	code = run(r.t.Context(), newApp(streams, time.Now), append(args, "--db", r.db))
	return stdout.String(), stderr.String(), code
}

// ok runs a command that must succeed and returns what it prints.
func (r *runner) ok(args ...string) string {
	r.t.Helper()
	out, errs, code := r.run(args...)
	require.Zero(r.t, code, "exptool %s\n%s", strings.Join(args, " "), errs)
	return out
}

// json runs a command and decodes the JSON it prints.
func (r *runner) json(into any, args ...string) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal([]byte(r.ok(args...)), into), strings.Join(args, " "))
}

// ids runs a command that prints CSV and returns its first column.
func (r *runner) ids(args ...string) []int {
	r.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(r.ok(args...))).ReadAll()
	require.NoError(r.t, err)
	ids := []int{}
	for _, row := range rows[1:] {
		id, err := strconv.Atoi(row[0])
		require.NoError(r.t, err)
		ids = append(ids, id)
	}
	return ids
}
