package localpg_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
)

// Wherever the home is said to be, the server gets to its files, and nobody
// else gets to the server. As root the server is another user's.
func TestHomes(t *testing.T) {
	closed, err := os.MkdirTemp("/tmp", "exptool-home-") // 0700
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(closed)) })
	long := filepath.Join(t.TempDir(), strings.Repeat("long/", 20), "exptool")
	for _, home := range []string{closed, filepath.Join(closed, "inside", ".local"), long} {
		s := newServer(t, home, localpg.Options{})
		require.NoError(t, s.Start(t.Context(), nil), home)
		st := s.Status(t.Context())
		assert.True(t, st.Running)
		info, err := os.Stat(st.Socket)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "others stay out of %s", st.Socket)
		info, err = os.Stat(st.Data)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
		// psql takes the URL, where there is one.
		if psql := filepath.Join(st.Binaries, "psql"); exec.Command(psql, "--version").Run() == nil {
			out, err := exec.Command(psql, "-XAtc", "SELECT current_user", s.Address("postgres").URL()).CombinedOutput()
			require.NoError(t, err, string(out))
			assert.Equal(t, "exptool\n", string(out))
		}
		require.NoError(t, s.Stop(t.Context()))
		if !strings.HasPrefix(st.Socket, st.Home) {
			assert.NoError(t, os.RemoveAll(st.Socket))
		}
	}
}
