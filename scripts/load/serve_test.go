package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/commands"
)

// asExptool has the test binary be exptool.
const asExptool = "EXPTOOL_LOAD_TEST_AS_EXPTOOL"

func TestMain(m *testing.M) {
	if os.Getenv(asExptool) != "" {
		os.Exit(commands.Main())
	}
	os.Exit(m.Run())
}

// TestLoad plays for two seconds, on the real program and a Postgres of its own, with
// further windows and the host's page open. How quick it is depends on what else the
// machine does.
func TestLoad(t *testing.T) {
	t.Setenv(asExptool, "1")
	o, err := parse([]string{"--exptool", os.Args[0], "--participants", "20", "--watchers", "50", "--time", "2s",
		"--max-p50", "0", "--max-p99", "0", "--max-update", "0", "--max-rss", "0"})
	require.NoError(t, err)
	r, err := load(t.Context(), o, t.Output())
	require.NoError(t, err)
	assert.Empty(t, r.Problems)
	assert.Equal(t, []int{20, 50, 80, 80}, []int{r.Participants, r.Pages, r.Sent, r.Confirmed})
	assert.Zero(t, r.Lost+r.Doubled+r.Failed)
	assert.Positive(t, r.Press.P50)
	assert.Positive(t, r.Update.Max)
	var out strings.Builder
	r.print(&out, o)
	assert.Contains(t, out.String(), "presses  80 sent, 80 confirmed, 0 refused, 0 failed, 0 retried, 0 lost, 0 doubled\n")
}
