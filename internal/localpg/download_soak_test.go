//go:build soak

package localpg_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
)

// TestDownload fetches 15 MB each time, so it runs in the long campaigns only.
func TestDownload(t *testing.T) {
	s := newServer(t, t.TempDir(), localpg.Options{DownloadOnly: true})
	begun := time.Now()
	require.NoError(t, s.Start(t.Context(), func(step string) { t.Log(time.Since(begun), step) }))
	t.Logf("from nothing to running %s", time.Since(begun))
	assert.Equal(t, 18, s.Status(t.Context()).Major)
	assert.Equal(t, "exptool UTF8 C.UTF-8 on ", answer(t, s, "postgres"))

	require.NoError(t, s.Stop(t.Context()))
	begun = time.Now()
	require.NoError(t, s.Start(t.Context(), func(step string) { t.Error("not again: ", step) }))
	t.Logf("second start %s", time.Since(begun))

	// Another major version that is installed later leaves the data alone.
	require.NoError(t, s.Stop(t.Context()))
	other, err := localpg.New(s.Home(), localpg.Options{})
	require.NoError(t, err)
	require.NoError(t, other.Start(t.Context(), nil))
	assert.Equal(t, 18, other.Status(t.Context()).Major)
}
