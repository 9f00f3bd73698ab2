package repo

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	tutorialDump = "../internal/sample/tutorial.sql.gz"
	staticDump   = "../testdata/fixtures/static.sql.gz"
)

// TestDumpFixtures compares with what psql loaded: the golden files were made
// from databases that psql filled (see testdata/dumps/README.md).
func TestDumpFixtures(t *testing.T) {
	for _, tt := range []struct{ path, golden string }{
		{tutorialDump, "tutorial"},
		{staticDump, "static"},
		{"../testdata/dumps/awkward.sql.gz", "awkward"},
		{"../testdata/dumps/awkward_inserts.sql.gz", "awkward"},
		{"../testdata/dumps/awkward_create.sql.gz", "awkward"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			conn, _ := emptyDB(t)
			l := Loader{Conn: conn}
			var read int64
			l.Progress = func(n int64) {
				assert.GreaterOrEqual(t, n, read)
				read = n
			}
			begun := time.Now()
			require.NoError(t, l.File(context.Background(), tt.path))
			t.Log(time.Since(begun), l.Warnings)
			assert.Positive(t, read)
			golden(t, "../testdata/dumps/"+tt.golden+".golden", fingerprint(t, conn))
			var path string
			require.NoError(t, conn.GetContext(context.Background(), &path, "SHOW search_path"))
			assert.Equal(t, `"$user", public`, path, "the session's settings are its own again")
		})
	}
}

func TestDumpLeavesStatistics(t *testing.T) {
	conn, _ := emptyDB(t)
	l := Loader{Conn: conn}
	require.NoError(t, l.File(context.Background(), tutorialDump))
	assert.Empty(t, l.Warnings)
	var classes int
	require.NoError(t, conn.GetContext(context.Background(), &classes,
		`SELECT array_length(most_common_vals::text::text[], 1) FROM pg_stats WHERE tablename = 'info' AND attname = 'type'`))
	assert.Greater(t, classes, 1)
}

// elsewhere is what dumps of other servers hold that this one can't have.
const elsewhere = `--
-- PostgreSQL database dump
--
\restrict abc
-- Dumped from database version 18.0
SET statement_timeout = 0;
SET transaction_timeout = 0;
SET default_with_oids = false;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = off;
SELECT pg_catalog.set_config('search_path', '', false);
SET work_mem = '1GB';
SET SESSION AUTHORIZATION 'postgres';
CREATE SCHEMA public;
ALTER SCHEMA public OWNER TO pg_database_owner;
CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;
COMMENT ON EXTENSION postgis IS 'PostGIS; geometry';
CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;
COMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';
CREATE TABLE public.t (a text DEFAULT 'x\';y', owner text);
ALTER TABLE public.t OWNER TO heroku_user;
ALTER TABLE public.t RENAME COLUMN owner TO keeper;
COPY public.t (a) FROM stdin;
one
\.
ALTER TABLE public.t DISABLE TRIGGER ALL;
CREATE POLICY p ON public.t TO nobody_here USING (true);
GRANT SELECT ON TABLE public.t TO nobody_here;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE u IN SCHEMA public GRANT ALL ON TABLES TO u;
CREATE PUBLICATION p FOR ALL TABLES;
CREATE SUBSCRIPTION s CONNECTION 'host=example' PUBLICATION p;
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.f();
SELECT * FROM pg_catalog.pg_restore_relation_stats('version', '180000'::integer);
SELECT pg_catalog.lo_create('123');
--
-- PostgreSQL database dump complete
--
\unrestrict abc
`

func TestDumpFromElsewhere(t *testing.T) {
	for name, text := range map[string]string{
		"as it is": elsewhere,
		"Windows":  "\ufeff" + strings.ReplaceAll(elsewhere, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			conn, _ := emptyDB(t)
			l := Loader{Conn: conn}
			require.NoError(t, l.Dump(context.Background(), strings.NewReader(text)))
			var values string
			require.NoError(t, conn.GetContext(context.Background(), &values, "SELECT string_agg(concat_ws('|', a, keeper), ',') FROM public.t"))
			assert.Equal(t, "one", values)
			all := strings.Join(l.Warnings, "\n")
			for _, want := range []string{"line 7: left out: SET transaction_timeout", "work_mem", "CREATE SCHEMA public", "postgis",
				"plpgsql", "CREATE POLICY", "CREATE SUBSCRIPTION", "EVENT TRIGGER", "privileges left out (6 statements)"} {
				assert.Contains(t, all, want)
			}
		})
	}
}

func TestDumpRefuses(t *testing.T) {
	conn, _ := emptyDB(t)
	row := "CREATE TABLE public.t (a int);\n"
	for _, tt := range []struct {
		text string
		is   error
		says string
	}{
		{row + "\n\\! rm -rf /\n", ErrUnsafe, `line 3: \! rm -rf /: refused: the psql command \! is nothing that pg_dump writes`},
		{row + "SELECT 1 \\gexec\n", ErrUnsafe, "line 2: SELECT 1 \\gexec: refused: a command for psql"},
		{"\\i other.sql\n", ErrUnsafe, `line 1`},
		{row + "COPY t FROM PROGRAM 'id';", ErrUnsafe, "line 2: COPY t FROM PROGRAM 'id';: refused: COPY of the server's files or programs"},
		{row + "copy t /* x */ to program 'id';", ErrUnsafe, "programs"},
		{row + "COPY t FROM '/etc/passwd';", ErrUnsafe, "files"},
		{row + "COPY t TO stdout;", ErrUnsafe, "only COPY"},
		{row + "COPY t FROM stdin WITH (FORMAT binary);\n", ErrUnsafe, "only COPY"},
		{"DO $$ BEGIN END $$;", ErrUnsafe, "line 1: DO $$ BEGIN END $$;: refused: DO is nothing"},
		{"CALL f();", ErrUnsafe, "CALL"},
		{"LOAD 'x';", ErrUnsafe, "LOAD"},
		{"ALTER SYSTEM SET archive_command = 'id';", ErrUnsafe, "ALTER SYSTEM"},
		{"SELECT pg_read_file('/etc/passwd');", ErrUnsafe, "SELECT"},
		{"SELECT setval(lo_import('/etc/passwd')::text, 1);", ErrUnsafe, "call within"},
		{"SELECT 1;", ErrUnsafe, "SELECT"},
		{"ROLLBACK;", ErrUnsafe, "ROLLBACK"},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system';", ErrUnsafe, "language c"},
		{"CREATE FUNCTION f() RETURNS int AS 'x' LANGUAGE plpython3u;", ErrUnsafe, "plpython3u"},
		{"{\"a\": 1};", ErrUnsafe, "{"},
		{"\\connect a\n\\connect b\n", ErrFormat, "several databases"},
		{"SET client_encoding = 'SJIS';", ErrFormat, "--encoding UTF8"},
		{"CREATE TABLE t (a int); \x00;", ErrFormat, ""},
		{row + "CREATE TABLE public.x (a int,\n b nosuch\n);\n", nil, `line 2: CREATE TABLE public.x (a int,…: type "nosuch" does not exist`},
		{row + "\nCOPY public.t (a) FROM stdin;\n1\n2\nx\n4\n\\.\n", nil, `line 6: COPY public.t (a) FROM stdin;: invalid input syntax for type integer: "x"`},
		{row + "COPY public.t (b) FROM stdin;\n1\n\\.\n", nil, `line 2: COPY public.t (b) FROM stdin;: column "b"`},
		{row + "COPY public.t (a) FROM stdin; SELECT 1;\n1\n\\.\n", ErrFormat, `line 2`},
		{row + "COPY public.t (a) FROM stdin;\n1\n2\n", ErrTruncated, `line 2: COPY public.t (a) FROM stdin;: the file is cut off: within a COPY block`},
		{row + "COPY public.t (a) FROM stdin;", ErrTruncated, `line 2`},
		{row + "INSERT INTO public.t VALUES ('1", ErrTruncated, `line 2: INSERT INTO public.t VALUES ('1: the file is cut off: within a string`},
		{row + "INSERT INTO public.t VALUES (1)", ErrTruncated, `within a statement`},
		{row + "/* a /* b */", ErrTruncated, `within a comment`},
		{"--\n-- PostgreSQL database dump\n--\n" + row, ErrTruncated, "'-- PostgreSQL database dump complete' is missing"},
		{"", ErrFormat, "empty"},
		{"PGDMP\x01\x0e", ErrFormat, "pg_restore -f out.sql"},
		{"\xff\xfeS\x00E\x00", ErrFormat, "UTF-16"},
		{strings.Repeat("\x00", 257) + "ustar", ErrFormat, "tar"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			l := Loader{Conn: conn}
			err := l.Dump(context.Background(), strings.NewReader(tt.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.says)
			assert.NotContains(t, err.Error(), "\n")
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			} else {
				var pe *pq.Error
				require.ErrorAs(t, err, &pe)
			}
			assert.Empty(t, fingerprint(t, conn), "nothing is left behind, the session is usable")
		})
	}
}

// TestDumpRefusesPowerfulRoles: a superuser's session could run programs on
// behalf of the dump.
func TestDumpRefusesPowerfulRoles(t *testing.T) {
	_, address := emptyDB(t)
	conn := superuser(t, address)
	const text = "CREATE TABLE public.a (b int);"
	l := Loader{Conn: conn}
	require.ErrorIs(t, l.Dump(context.Background(), strings.NewReader(text)), ErrPrivileged)
	assert.Empty(t, fingerprint(t, conn))
	l.Trusted = true
	require.NoError(t, l.Dump(context.Background(), strings.NewReader(text)))
}

// TestDumpCutAnywhere cuts dumps at random places: the result is an error, or
// what the whole file gives.
func TestDumpCutAnywhere(t *testing.T) {
	whole := unpack(t, "../testdata/dumps/awkward.sql.gz")
	inserts := unpack(t, "../testdata/dumps/awkward_inserts.sql.gz")
	want := goldenText(t, "awkward")
	r := rand.New(rand.NewPCG(1, 2))
	conn, _ := emptyDB(t)
	for i := range 200 {
		text := whole
		if i%4 == 3 {
			text = inserts
		}
		// Most of the file is one long row; cut the rest more often.
		at := r.IntN(len(text))
		if i%2 == 0 {
			at = len(text) - 1 - r.IntN(14000)
		}
		var in io.Reader = bytes.NewReader(text[:at])
		packed := i%5 == 0
		if packed {
			var b bytes.Buffer
			zw := gzip.NewWriter(&b)
			_, err := zw.Write(text)
			require.NoError(t, err)
			require.NoError(t, zw.Close())
			in = bytes.NewReader(b.Bytes()[:r.IntN(b.Len())])
		}
		err := (&Loader{Conn: conn}).Dump(context.Background(), in)
		if err == nil {
			require.Equal(t, want, fingerprint(t, conn), "cut at %d of %d, packed %v", at, len(text), packed)
			conn, _ = emptyDB(t)
			continue
		}
		var le *LoadError
		require.True(t, errors.As(err, &le) || errors.Is(err, ErrTruncated) || errors.Is(err, ErrFormat), "cut at %d: %v", at, err)
	}
	assert.Empty(t, fingerprint(t, conn))
}

func TestDumpIsInterrupted(t *testing.T) {
	conn, address := emptyDB(t)
	ctx, cancel := context.WithCancel(context.Background())
	in, out := io.Pipe()
	go func() {
		_, _ = fmt.Fprint(out, "CREATE TABLE public.t (a int);\nCOPY public.t (a) FROM stdin;\n")
		for i := 0; ; i++ {
			if i == 100_000 {
				cancel()
			}
			if _, err := fmt.Fprintln(out, i); err != nil {
				return
			}
		}
	}()
	err := (&Loader{Conn: conn}).Dump(ctx, in)
	require.NoError(t, in.Close())
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, fingerprint(t, session(t, address)))
}
