package repo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// logServer starts a server of the test's own: what is logged is a matter of the
// whole server.
func logServer(t *testing.T, settings map[string]string) *localpg.Server {
	t.Helper()
	s, err := localpg.New(t.TempDir(), localpg.Options{BinDir: pgtest.Server(t).Status(t.Context()).Binaries, NoSync: true, Settings: settings})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = s.Stop(context.Background())
		_ = os.RemoveAll(s.Home())
	})
	require.NoError(t, s.Start(t.Context(), nil))
	return s
}

func openAddress(t *testing.T, addr repo.Address) *repo.DB {
	t.Helper()
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// stored is a setting as the server's files, a database or a role has it.
func stored(t *testing.T, db *repo.DB, query string) (text string) {
	t.Helper()
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Get(t.Context(), &text, query)
	}))
	return text
}

const (
	inFile   = "SELECT coalesce(string_agg(name || '=' || setting, ' ' ORDER BY name), '') FROM pg_file_settings WHERE name ~ '^log_(statement|min_duration_statement)$'"
	inEffect = "SELECT string_agg(reset_val, ' ' ORDER BY name DESC) FROM pg_settings WHERE name IN ('log_statement', 'log_min_duration_statement')"
	ofHere   = "SELECT coalesce(string_agg(array_to_string(setconfig, ' '), ' '), '') FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase WHERE d.datname = current_database()"
)

// TestLogging: off restores exactly what was set before on, "not set" included.
func TestLogging(t *testing.T) {
	s := logServer(t, nil)
	super := openAddress(t, s.SuperAddress("postgres"))
	for _, scope := range []struct{ name, role, look, before, set string }{
		{"server", "", inFile, "", ""},
		{"server", "", inFile, "log_min_duration_statement=1min log_statement=mod", "ALTER SYSTEM SET log_statement = 'mod'; ALTER SYSTEM SET log_min_duration_statement = '1min'"},
		{"server", "", inFile, "log_min_duration_statement=250ms", "ALTER SYSTEM RESET log_statement; ALTER SYSTEM SET log_min_duration_statement = '250ms'"},
		{"database", "", ofHere, "", ""},
		{"database", "", ofHere, "log_statement=ddl", "ALTER DATABASE postgres SET log_statement = 'ddl'"},
		{"role", "exptool", ofHere, "", "ALTER DATABASE postgres RESET ALL"},
		{"role", "exptool", ofHere, "log_min_duration_statement=1s", "ALTER ROLE exptool IN DATABASE postgres SET log_min_duration_statement = '1s'"},
	} {
		for _, statement := range strings.Split(scope.set, ";") {
			if statement != "" {
				require.NoError(t, super.Exec(t.Context(), statement))
			}
		}
		require.Equal(t, scope.before, stored(t, super, scope.look))
		l := repo.Logging{DB: super, Scope: scope.name, Role: scope.role}
		change, err := l.On(t.Context(), repo.LogWish{Who: "ada", MinDuration: 7 * time.Millisecond}, func(int64) error {
			assert.Equal(t, scope.before, stored(t, super, scope.look), "the intent comes before the change")
			on, err := super.TurnedOn(t.Context())
			assert.Len(t, on, 1)
			return err
		})
		require.NoError(t, err)
		assert.False(t, change.Joined)
		assert.Contains(t, stored(t, super, scope.look), "log_statement=all")
		assert.Contains(t, stored(t, super, scope.look), "log_min_duration_statement=7")
		if scope.name == "server" {
			assert.Equal(t, "all 7", stored(t, super, inEffect))
		}
		_, err = l.Off(t.Context(), "bob", false)
		assert.ErrorIs(t, err, repo.ErrRefused)
		change, err = l.Off(t.Context(), "ada", false)
		require.NoError(t, err)
		assert.True(t, change.Restored)
		assert.Equal(t, scope.before, stored(t, super, scope.look))
		_, err = l.Off(t.Context(), "ada", false)
		assert.ErrorIs(t, err, repo.ErrNotFound)
	}
}

// TestLoggingOfSeveral: whoever turns it on second joins the first, and the last one
// restores.
func TestLoggingOfSeveral(t *testing.T) {
	s := logServer(t, nil)
	super := openAddress(t, s.SuperAddress("postgres"))
	require.NoError(t, super.Exec(t.Context(), "ALTER SYSTEM SET log_statement = 'ddl'"))
	before := stored(t, super, inFile)
	logging := func(db *repo.DB) repo.Logging { return repo.Logging{DB: db, Scope: repo.ServerScope} }

	l := logging(super)
	_, err := l.On(t.Context(), repo.LogWish{Who: "ada", MinDuration: 50 * time.Millisecond}, nil)
	require.NoError(t, err)
	change, err := l.On(t.Context(), repo.LogWish{Who: "bob"}, nil)
	require.NoError(t, err)
	assert.True(t, change.Joined)
	assert.Equal(t, "ddl", *change.Former.Statement)
	assert.Equal(t, "log_min_duration_statement=0 log_statement=all", stored(t, super, inFile), "the wish for more prevails")
	change, err = l.Off(t.Context(), "bob", false)
	require.NoError(t, err)
	assert.False(t, change.Restored)
	assert.Equal(t, "log_min_duration_statement=50 log_statement=all", stored(t, super, inFile))

	// By hand meanwhile: that stays, unless forced.
	require.NoError(t, super.Exec(t.Context(), "ALTER SYSTEM SET log_statement = 'mod'"))
	change, err = l.Off(t.Context(), "ada", false)
	require.NoError(t, err)
	assert.True(t, change.Foreign)
	assert.Equal(t, "log_min_duration_statement=50 log_statement=mod", stored(t, super, inFile))
	require.NoError(t, super.Exec(t.Context(), "ALTER SYSTEM RESET log_min_duration_statement"))
	require.NoError(t, super.Exec(t.Context(), "ALTER SYSTEM SET log_statement = 'ddl'"))

	// Somebody's time is over and nobody was left to say so: that keeps nothing on.
	_, err = l.On(t.Context(), repo.LogWish{Who: "gone", For: time.Millisecond}, nil)
	require.NoError(t, err)
	change, err = l.On(t.Context(), repo.LogWish{Who: "ada"}, nil)
	require.NoError(t, err)
	assert.True(t, change.Joined)
	change, err = l.End(t.Context(), change.Hold)
	require.NoError(t, err)
	assert.True(t, change.Restored)
	assert.Equal(t, before, stored(t, super, inFile))

	// Many at once.
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			db, err := repo.Open(t.Context(), s.SuperAddress("postgres"), repo.Options{})
			if !assert.NoError(t, err) {
				return
			}
			defer db.Close()
			who := fmt.Sprintf("person %d", i)
			for range 4 {
				_, err := logging(db).On(t.Context(), repo.LogWish{Who: who}, nil)
				assert.NoError(t, err)
				_, err = logging(db).Off(t.Context(), who, false)
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Equal(t, before, stored(t, super, inFile))
}

// TestLoggingInterrupted: an intent whose change never came, or came half, is
// undone like any other.
func TestLoggingInterrupted(t *testing.T) {
	s := logServer(t, nil)
	super := openAddress(t, s.SuperAddress("postgres"))
	l := repo.Logging{DB: super, Scope: repo.ServerScope}
	_, err := l.On(t.Context(), repo.LogWish{Who: "ada"}, func(int64) error { return errors.New("no guardian") })
	assert.ErrorContains(t, err, "no guardian")
	on, err := super.TurnedOn(t.Context())
	require.NoError(t, err)
	assert.Empty(t, on)
	assert.Empty(t, stored(t, super, inFile))

	// As after kill -9 between the two statements.
	_, err = l.On(t.Context(), repo.LogWish{Who: "ada"}, nil)
	require.NoError(t, err)
	require.NoError(t, super.Exec(t.Context(), "ALTER SYSTEM RESET log_min_duration_statement"))
	require.NoError(t, super.Exec(t.Context(), "UPDATE exptool.log_setting SET state = 'intended' WHERE state = 'on'"))
	change, err := l.Off(t.Context(), "ada", false)
	require.NoError(t, err)
	assert.True(t, change.Restored)
	assert.Empty(t, stored(t, super, inFile))
}

// limited makes a role without rights, and gives a database as that role.
func limited(t *testing.T, s *localpg.Server, super *repo.DB, role string) *repo.DB {
	t.Helper()
	require.NoError(t, super.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN"))
	return openAddress(t, s.SuperAddress("postgres").WithUser(role))
}

// grants runs what an error says that a superuser should run, line by line, and
// checks that nothing less helps.
func grants(t *testing.T, super *repo.DB, try func() error) {
	t.Helper()
	err := try()
	require.ErrorIs(t, err, repo.ErrNotAllowed)
	var e *repo.Error
	require.ErrorAs(t, err, &e)
	lines := strings.Split(strings.TrimRight(e.Detail, ";"), ";\n")
	require.NotEmpty(t, lines[0], err)
	for _, grant := range lines {
		require.ErrorIs(t, try(), repo.ErrNotAllowed, "before %s", grant)
		require.NoError(t, super.Exec(t.Context(), grant))
	}
	require.NoError(t, try(), "after %s", e.Detail)
}

// TestLoggingGrants: the grants that are named are those that are needed.
func TestLoggingGrants(t *testing.T) {
	s := logServer(t, nil)
	super := openAddress(t, s.SuperAddress("postgres"))
	require.NoError(t, super.Exec(t.Context(), "ALTER SYSTEM SET log_min_duration_statement = '1s'"))
	require.NoError(t, super.Exec(t.Context(), "SELECT pg_reload_conf()"))
	before := stored(t, super, inFile)
	for _, scope := range []string{repo.ServerScope, repo.DatabaseScope} {
		db := limited(t, s, super, "ada_"+scope)
		l := repo.Logging{DB: db, Scope: scope}
		grants(t, super, func() error {
			_, err := l.On(t.Context(), repo.LogWish{}, nil)
			return err
		})
		assert.Contains(t, stored(t, super, map[string]string{repo.ServerScope: inFile, repo.DatabaseScope: ofHere}[scope]), "log_statement=all")
		_, err := l.Off(t.Context(), "", false)
		require.NoError(t, err)
		assert.Empty(t, stored(t, super, ofHere))
		assert.Equal(t, "none 1000", stored(t, super, inEffect))
		require.NoError(t, super.Exec(t.Context(), "ALTER SCHEMA exptool OWNER TO postgres"))
		require.NoError(t, super.Exec(t.Context(), "DROP SCHEMA exptool CASCADE"))
	}
	assert.Equal(t, strings.Replace(before, "1s", "1000", 1), stored(t, super, inFile), "the same for who may not look into the files, in milliseconds")
}

// TestLoggingOnAReplica: what was set before cannot be kept there.
func TestLoggingOnAReplica(t *testing.T) {
	s := logServer(t, nil)
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, os.WriteFile(filepath.Join(s.Status(t.Context()).Data, "standby.signal"), nil, 0o644))
	require.NoError(t, s.Start(t.Context(), nil))
	super := openAddress(t, s.SuperAddress("postgres"))
	_, err := repo.Logging{DB: super, Scope: repo.ServerScope}.On(t.Context(), repo.LogWish{}, nil)
	assert.ErrorIs(t, err, repo.ErrNotAllowed)
	assert.ErrorContains(t, err, "this is a replica")
	file, err := super.LogFile(t.Context())
	require.NoError(t, err, "but its log can be read")
	assert.False(t, file.Remote)
}

// TestLoggingGrantsOnARecord: the same where another role has made our schema.
func TestLoggingGrantsOnARecord(t *testing.T) {
	s := logServer(t, nil)
	super := openAddress(t, s.SuperAddress("postgres"))
	_, err := repo.Logging{DB: super, Scope: repo.ServerScope}.On(t.Context(), repo.LogWish{Who: "root"}, nil)
	require.NoError(t, err)
	l := repo.Logging{DB: limited(t, s, super, "ada"), Scope: repo.ServerScope}
	grants(t, super, func() error {
		_, err := l.On(t.Context(), repo.LogWish{}, nil)
		return err
	})
	_, err = l.Off(t.Context(), "", true)
	require.NoError(t, err)
	assert.Equal(t, "none -1", stored(t, super, inEffect))
}
