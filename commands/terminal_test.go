package commands

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
)

// onTerminal runs a command on a terminal of 80 columns.
func (r *runner) onTerminal(args ...string) (out, errs string) {
	var stdout, stderr bytes.Buffer
	streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, OutTTY: true, Width: 80}
	code := run(r.t.Context(), newApp(streams, time.Now), append(args, "--db", r.db))
	require.Zero(r.t, code, stderr.String())
	return stdout.String(), stderr.String()
}

// TestTerminal: a table that fits, columns for people, and no silence about
// what was left out.
func TestTerminal(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	out, errs := x.onTerminal("query", "trials", "--participant", "5")
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, line)
	}
	assert.Regexp(t, `^id +class +partic`, out)
	assert.Regexp(t, `of \d+ columns; --columns '\*'`, errs)

	config := filepath.Join(t.TempDir(), "exptool.yaml")
	require.NoError(t, os.WriteFile(config, []byte("columns:\n  trials: [id, score]\n"), 0o600))
	out, _ = x.onTerminal("query", "trials", "--participant", "5", "--config", config)
	assert.Regexp(t, `^id +score\n`, out)
	assert.Contains(t, x.ok("query", "trials", "--participant", "5", "--config", config), "creation_time", "a pipe has all columns")
}
