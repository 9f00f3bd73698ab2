package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// A terminal of 80 columns has all of it, and --watch draws it anew until Ctrl-C.
func TestStatusOnATerminal(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	out, errs := x.onTerminal("status")
	assert.Empty(t, errs)
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, line)
	}
	assert.Regexp(t, `(?m)^bots +40 +7 +7 +21 +12 +0 `, out)

	ctx, interrupt := context.WithTimeout(t.Context(), 2*time.Second)
	defer interrupt()
	var stdout, stderr bytes.Buffer
	streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, OutTTY: true, Width: 80}
	run(ctx, newApp(streams, time.Now), []string{"status", "--watch=100ms", "--db", x.db})
	screens := strings.Split(stdout.String(), "\x1b[H\x1b[2J")
	require.Greater(t, len(screens), 2)
	assert.Empty(t, screens[0])
	assert.Contains(t, screens[1], "\nParticipants\n")
}

// The server's clock is compared with this machine's, whichever is ahead.
func TestStatusTellsTheOffset(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	for ahead, want := range map[time.Duration]string{0: "the server is 0.0 s ", -90 * time.Second: "the server is 90.0 s ahead of it", time.Hour: "the server is 3600.0 s behind it"} {
		now := func() time.Time { return time.Now().Add(ahead) }
		var stdout, stderr bytes.Buffer
		streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}
		require.Zero(t, run(t.Context(), newApp(streams, now), []string{"status", "--db", url}), stderr.String())
		assert.Contains(t, stdout.String(), want)
	}
}

// What JSON has is what the overview is, with the names that the database has.
func TestStatusJSON(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	var v repo.Overview
	decode := json.NewDecoder(strings.NewReader(x.ok("status", "--format", "json")))
	decode.DisallowUnknownFields()
	require.NoError(t, decode.Decode(&v))
	assert.Equal(t, int64(63), v.Groups[0].Total+v.Groups[1].Total)
	assert.Equal(t, []string{}, v.Absent)
	assert.InDelta(t, 1100, *v.Money.Hard, 0)
}
