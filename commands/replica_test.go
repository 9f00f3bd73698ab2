package commands

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/internal/pgtest"
	"exptool/internal/sample"
	"exptool/repo"
)

// TestOnAReplica: a server that follows another one lets nobody write, and that is
// said.
func TestOnAReplica(t *testing.T) {
	server, err := localpg.New(t.TempDir(), localpg.Options{BinDir: pgtest.Server(t).Status(t.Context()).Binaries, NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { stopPrivate(server.Home()) })
	require.NoError(t, server.Start(t.Context(), nil))
	addr := server.SuperAddress("postgres")
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	require.NoError(t, db.LoadText(t.Context(), sample.Person))
	require.NoError(t, db.Close())
	require.NoError(t, server.Stop(t.Context()))
	require.NoError(t, os.WriteFile(filepath.Join(server.Status(t.Context()).Data, "standby.signal"), nil, 0o644))
	require.NoError(t, server.Start(t.Context(), nil))

	x := newRunner(t, addr.String())
	assert.Equal(t, "4\n", x.ok("query", "person", "--count"))
	for _, args := range [][]string{{"set", "person", "1", "age=22"}, {"set", "person", "1", "age=22", "--dry-run"}, {"add", "person", "forename=Ada", "surname=Lovelace"}} {
		_, errs, code := x.run(args...)
		assert.Equal(t, exitConnect, code, errs)
		assert.Contains(t, errs, "nothing may be written here: a replica")
	}
}
