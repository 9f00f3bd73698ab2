package commands

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// playground gives commands a home without a private Postgres, and returns a
// function that opens or creates a database there.
func playground(t *testing.T) func(db string) (created bool, errs string, err error) {
	t.Helper()
	newRunner(t, "")
	t.Setenv("EXPTOOL_PG_BIN", pgtest.Server(t).Status(t.Context()).Binaries)
	t.Setenv("EXPTOOL_DB", "")
	t.Setenv("DATABASE_URL", "")
	t.Cleanup(func() { stopPrivate(os.Getenv("EXPTOOL_HOME")) })
	return func(named string) (bool, string, error) {
		var stderr bytes.Buffer
		a := newApp(&cli.Streams{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &stderr}, time.Now)
		flags := map[string]string{}
		if named != "" {
			flags["db"] = named
		}
		var err error
		a.config, err = cli.Load(cli.Sources{Flags: flags, Dir: t.TempDir(), Paths: cli.UserPaths(), Private: a.privateDatabase})
		require.NoError(t, err)
		db, created, err := a.openOrCreate(t.Context())
		if err == nil {
			require.NoError(t, db.Close())
		}
		return created, stderr.String(), err
	}
}

// bare runs a command without --db.
func bare(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), newApp(&cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}, time.Now), args)
	return stdout.String(), stderr.String(), code
}

func TestOpenOrCreate(t *testing.T) {
	open := playground(t)
	for _, name := range []string{"postgres", "template1", strings.Repeat("x", 64)} {
		_, _, err := open(name)
		assert.ErrorContains(t, err, "cannot be the name of a private database (--db)")
		assert.Equal(t, exitUsage, codeOf(err), name)
	}
	_, _, code := bare(t, "query", "participants")
	assert.Equal(t, exitConnect, code, "nothing was made")

	created, errs, err := open("")
	require.NoError(t, err)
	assert.True(t, created)
	assert.Contains(t, errs, "made the private database play\n→ play (private)\nmade the tables of an empty PsyNet experiment in play (private)\n")
	created, errs, err = open("")
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, "→ play (private)\n", errs)
	out, errs, code := bare(t, "query", "participants", "--count")
	assert.Zero(t, code, errs)
	assert.Equal(t, "0\n", out)
	assert.Contains(t, errs, "→ play (private)")
	out, _, _ = bare(t, "config")
	assert.Contains(t, out, "db,play,private Postgres\n")

	_, _, err = open("demo")
	assert.ErrorContains(t, err, "demo is the name of the sample experiment")
	created, errs, err = open("class room")
	require.NoError(t, err)
	assert.True(t, created)
	assert.Equal(t, "made the private database class room\nmade the tables of an empty PsyNet experiment in class room (private)\n", errs)
	created, errs, err = open("class room")
	require.NoError(t, err)
	assert.False(t, created)
	assert.Empty(t, errs)
	out, _, _ = bare(t, "query", "participants", "--count", "--db", "class room")
	assert.Equal(t, "0\n", out)
}

// TestOpenOrCreateSample leaves the sample what is asked where there is no play.
func TestOpenOrCreateSample(t *testing.T) {
	open := playground(t)
	_, errs, code := bare(t, "demo", "--step", "1")
	require.Zero(t, code, errs)
	created, errs, err := open("")
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, "→ demo (private)\n", errs)
	_, _, code = bare(t, "db", "drop", "demo")
	require.Zero(t, code)

	// Several at once make one.
	var group sync.WaitGroup
	var made sync.Map
	for i := range 4 {
		group.Go(func() {
			created, errs, err := open("")
			assert.NoError(t, err)
			assert.Contains(t, errs, "→ play (private)")
			made.Store(i, created)
		})
	}
	group.Wait()
	n := 0
	made.Range(func(_, created any) bool {
		if created.(bool) {
			n++
		}
		return true
	})
	assert.Equal(t, 1, n)
	_, _, code = bare(t, "db", "stop")
	require.Zero(t, code)
	out, _, _ := bare(t, "config")
	assert.Contains(t, out, `db,"play, else demo",private Postgres`)
}

// TestOpenOrCreateElsewhere makes nothing in a database that is not private.
func TestOpenOrCreateElsewhere(t *testing.T) {
	open := playground(t)
	address := pgtest.DB(t, "empty")
	created, _, err := open(address)
	require.NoError(t, err)
	assert.False(t, created)
	addr, err := repo.ParseAddress(address)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	require.NoError(t, db.CreatePsyNetTables(t.Context()), "it is empty still")
	_, _, code := bare(t, "db", "list")
	assert.Equal(t, exitConnect, code, "there is no private Postgres")
}
