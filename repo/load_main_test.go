package repo

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the files that tests compare with anew")

var databases atomic.Int64

// loaderRole is a role that may do nothing but to own databases.
const loaderRole = "exptool_test_loader"

// emptyDB gives a session in a new database, as a role that owns it and is no
// superuser, and the database's address. EXPTOOL_TEST_DSN is the URL of a server,
// as a superuser.
func emptyDB(t testing.TB) (*sqlx.Conn, string) {
	t.Helper()
	server := os.Getenv("EXPTOOL_TEST_DSN")
	require.NotEmpty(t, server, "TestMain sets it")
	admin := session(t, server)
	ctx := context.Background()
	u, err := url.Parse(server)
	require.NoError(t, err)
	password, _ := u.User.Password()
	_, err = admin.ExecContext(ctx, `DO $$ BEGIN
    PERFORM pg_advisory_xact_lock(4711);
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '`+loaderRole+`') THEN
        CREATE ROLE `+loaderRole+` LOGIN;
    END IF;
END $$`)
	require.NoError(t, err)
	if password != "" {
		_, err = admin.ExecContext(ctx, "ALTER ROLE "+loaderRole+" PASSWORD "+pq.QuoteLiteral(password))
		require.NoError(t, err)
	}
	name := fmt.Sprintf("loadtest_%d_%d", os.Getpid(), databases.Add(1))
	_, err = admin.ExecContext(ctx, "CREATE DATABASE "+name+" OWNER "+loaderRole)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
	})
	u.User, u.Path = url.UserPassword(loaderRole, password), "/"+name
	return session(t, u.String()), u.String()
}

func session(t testing.TB, address string) *sqlx.Conn {
	t.Helper()
	db, err := sqlx.ConnectContext(context.Background(), "postgres", address)
	require.NoError(t, err)
	conn, err := db.Connx(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close() // may be done for after a cancelled load
		require.NoError(t, db.Close())
	})
	return conn
}

// fingerprint lists every table, view and sequence with its number of rows and
// a hash of them, whatever their order.
func fingerprint(t testing.TB, conn *sqlx.Conn) string {
	t.Helper()
	ctx := context.Background()
	var queries []string
	require.NoError(t, conn.SelectContext(ctx, &queries, `
SELECT format('SELECT %L || '' '' || count(*) || '' '' || coalesce(md5(string_agg(md5(x), '''' ORDER BY md5(x))), ''-'')
        FROM (SELECT ROW(%s)::text AS x FROM %I.%I t) AS s',
    c.relname, CASE c.relkind WHEN 'S' THEN 'last_value, is_called' ELSE 't.*' END, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND n.nspname NOT LIKE 'pg\_%'
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`))
	_, err := conn.ExecContext(ctx, "SET timezone = 'UTC'; SET extra_float_digits = 1")
	require.NoError(t, err)
	var lines []string
	for _, q := range queries {
		var line string
		require.NoError(t, conn.GetContext(ctx, &line, q), q)
		lines = append(lines, line+"\n")
	}
	return strings.Join(lines, "")
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	require.NoError(t, err)
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	text, err := io.ReadAll(zr)
	require.NoError(t, err)
	return text
}

func goldenText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/dumps/" + name + ".golden")
	require.NoError(t, err)
	return string(text)
}

// superuser gives a session of EXPTOOL_TEST_DSN's user in the database at address.
func superuser(t testing.TB, address string) *sqlx.Conn {
	t.Helper()
	server, err := url.Parse(os.Getenv("EXPTOOL_TEST_DSN"))
	require.NoError(t, err)
	mine, err := url.Parse(address)
	require.NoError(t, err)
	server.Path = mine.Path
	return session(t, server.String())
}
