package repo

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestVocabulary compares what we know of PsyNet's columns with a database that
// PsyNet made, and writes it anew with -update.
func TestVocabulary(t *testing.T) {
	conn, _ := emptyDB(t)
	ctx := context.Background()
	require.NoError(t, (&Loader{Conn: conn}).File(ctx, staticDump))
	var columns, enums []string
	require.NoError(t, conn.SelectContext(ctx, &columns, `
SELECT concat_ws(E'\t', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' ELSE '' END,
    CASE WHEN a.attnum = ANY (i.indkey) THEN 'primary key' ELSE '' END)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
ORDER BY c.relname COLLATE "C", a.attnum`))
	require.NoError(t, conn.SelectContext(ctx, &enums, `
SELECT t.typname || E'\t' || e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
ORDER BY t.typname COLLATE "C", e.enumsortorder`))
	golden(t, "psynet_columns.tsv", strings.Join(columns, "\n")+"\n")
	golden(t, "psynet_enums.tsv", strings.Join(enums, "\n")+"\n")
}

// exportZip writes a database.zip as `psynet export` does: COPY … TO STDOUT WITH
// CSV HEADER of every table. lib/pq has no COPY TO STDOUT, so the server writes
// the same text into a file.
func exportZip(t *testing.T, address string, scrub bool) string {
	t.Helper()
	ctx := context.Background()
	conn := superuser(t, address)
	var tables []string
	require.NoError(t, conn.SelectContext(ctx, &tables,
		`SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`))
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, table := range tables {
		dir := t.TempDir()
		require.NoError(t, os.Chmod(dir, 0o777))
		require.NoError(t, os.Chmod(filepath.Dir(dir), 0o777))
		file := filepath.Join(dir, "t.csv")
		_, err := conn.ExecContext(ctx, fmt.Sprintf(`COPY public."%s" TO PROGRAM 'cat > %s && chmod a+r %s' WITH CSV HEADER`, table, file, file))
		require.NoError(t, err)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if scrub && table == "participant" {
			text = rewrite(t, text)
		}
		w, err := zw.Create("data/" + table + ".csv")
		require.NoError(t, err)
		_, err = w.Write(text)
		require.NoError(t, err)
	}
	w, err := zw.Create("experiment_id.md")
	require.NoError(t, err)
	_, err = w.Write([]byte("app"))
	require.NoError(t, err)
	require.NoError(t, zw.Close())
	path := filepath.Join(t.TempDir(), "database.zip")
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o600))
	return path
}

// rewrite does what Dallinger's scrubbing does to the form of a CSV: Python's
// writer ends lines with \r\n and has no quotes for an empty string.
func rewrite(t *testing.T, text []byte) []byte {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	require.NoError(t, w.WriteAll(records))
	return out.Bytes()
}

func columnTypes(t *testing.T, conn *sqlx.Conn) map[string]string {
	t.Helper()
	var lines []string
	require.NoError(t, conn.SelectContext(context.Background(), &lines, `
SELECT c.relname || '.' || a.attname || '=' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`))
	types := map[string]string{}
	for _, line := range lines {
		name, typ, _ := strings.Cut(line, "=")
		types[name] = typ
	}
	return types
}

// TestZipOfTutorial: an experiment, exported and loaded, is the same again in
// every row; types differ only where the file can't tell.
func TestZipOfTutorial(t *testing.T) {
	ctx := context.Background()
	from, address := emptyDB(t)
	require.NoError(t, (&Loader{Conn: from}).File(ctx, tutorialDump))
	want, wantTypes := fingerprint(t, from), columnTypes(t, from)
	for _, scrub := range []bool{false, true} {
		path := exportZip(t, address, scrub)
		to, _ := emptyDB(t)
		l := Loader{Conn: to}
		var read int64
		l.Progress = func(n int64) { read = n }
		begun := time.Now()
		require.NoError(t, l.File(ctx, path))
		t.Log(time.Since(begun), l.Warnings)
		assert.Empty(t, l.Warnings)
		assert.Positive(t, read)
		got, want := fingerprint(t, to), without(want, "_seq ")
		if scrub { // an empty string of a column that may be NULL is NULL now
			got, want = without(got, "participant "), without(want, "participant ")
		}
		assert.Equal(t, want, got)

		differ := map[string]string{}
		for name, typ := range columnTypes(t, to) {
			if typ != wantTypes[name] {
				differ[name] = wantTypes[name] + " → " + typ
			}
		}
		assert.Equal(t, map[string]string{
			"coin.creation_time":      "timestamp without time zone not null → timestamp without time zone",
			"coin.details":            "jsonb not null → jsonb",
			"coin.extra":              "jsonb → text",
			"coin.failed":             "boolean not null → boolean",
			"coin.mood":               "coin_mood → text",
			"coin.tags":               "character varying[] → text",
			"coin.value":              "numeric(10,2) → numeric",
			"info.bonus_multiplier":   "double precision → integer",
			"info.my_dictionary":      "character varying → text",
			"info.my_list":            "character varying → text",
			"info.payload":            "character varying → text",
			"network.dimension_order": "character varying → text",
			"pet.creation_time":       "timestamp without time zone not null → timestamp without time zone",
			"pet.details":             "jsonb not null → jsonb",
			"pet.failed":              "boolean not null → boolean",
			"pet.name":                "character varying → text",
			"pet.price":               "double precision → integer",
		}, differ)
		var keys, indexes int
		require.NoError(t, to.GetContext(ctx, &keys, `SELECT count(*) FROM pg_index WHERE indisprimary AND indrelid >= 16384`))
		require.NoError(t, to.GetContext(ctx, &indexes, `SELECT count(*) FROM pg_indexes WHERE tablename = 'info' AND indexdef LIKE '%\_id)'`))
		assert.Greater(t, keys, 30)
		assert.GreaterOrEqual(t, indexes, 6)
	}
}

// without drops the lines with a text in them.
func without(lines, text string) string {
	var out []string
	for line := range strings.Lines(lines) {
		if !strings.Contains(line, text) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func makeZip(t *testing.T, files ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.zip")
	f, err := os.Create(path)
	require.NoError(t, err)
	zw := zip.NewWriter(f)
	for i := 0; i < len(files); i += 2 {
		w, err := zw.Create(files[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(files[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, zw.Close())
	require.NoError(t, f.Close())
	return path
}

func TestZipInfersTypes(t *testing.T) {
	for _, tt := range []struct{ values, want string }{
		{"1 -2 0 2147483647", "integer"}, {"1 2147483648", "bigint"}, {"9223372036854775808 1", "numeric"},
		{"1 01", "text"}, {"+1", "text"}, {"-0", "double precision"}, {"1 2.5", "double precision"}, {"1.50 2", "numeric"},
		{"1e+15 1e-05 0.0001 NaN -Infinity", "double precision"}, {"1e5", "text"}, {"0.00001", "numeric"},
		{"t f", "boolean"}, {"t f 1", "text"}, {"true", "text"}, {"0x10", "text"}, {"1_000", "text"},
		{"2026-01-31 2024-02-29", "date"}, {"2026-02-30", "text"}, {"2026-01-31|10:00:01.5", "timestamp without time zone"},
		{"2026-01-31|10:00:01.50", "text"}, {"2026-01-31|10:00:01+02", "timestamp with time zone"},
		{"{} []", "text"}, {`""`, "text"}, {"", "text"}, {`5 ""`, "text"}, {`5 \N`, "integer"},
		{"12345678901234567890123456789", "numeric"}, {"123456789012345678.5", "numeric"}, {"0.1", "double precision"},
	} {
		t.Run(tt.values, func(t *testing.T) {
			p := newProfile("x", column{})
			for _, v := range strings.Fields(tt.values) {
				f := csvField{text: []byte(strings.ReplaceAll(v, "|", " "))}
				switch v {
				case `""`:
					f = csvField{quoted: true}
				case `\N`:
					f = csvField{}
				}
				p.see(f)
			}
			assert.Equal(t, tt.want, p.typ())
		})
	}
}

func TestZipLoadsAwkwardValues(t *testing.T) {
	conn, _ := emptyDB(t)
	ctx := context.Background()
	path := makeZip(t,
		"__MACOSX/data/._own.csv", "junk", "snapshot/data/own.csv",
		"id,\"or\"\"der\",a,b,creation_time,details,vars,participant_id\n"+
			"1,\"\\.\n\\.\n\",,\"\",2026-11-23 08:37:10.5,\"{\"\"a\"\": 1}\",{},7\n"+
			"2,\"tab\there \\N \\\\ \r\n\",x\"y,z\"w,\\N,2026-11-23 08:37:10,[],\"{\"\"x\"\": NaN}\",",
		"snapshot/data/participant.csv",
		"id,worker_id,status,failed,vars,extra,age_id\r\n1,,working,f,{},007,1\r\n1,w,sleeping,t,NaN,8,2\r\n",
		"snapshot/data/one.csv", "text\n\"\"\n\n\"\"\n",
		"snapshot/data/node.csv", "id,failed\nfirst,perhaps\n",
		"snapshot/data/nothing.csv", "", "snapshot/data/plain.csv", "\n",
	)
	l := Loader{Conn: conn}
	require.NoError(t, l.File(ctx, path))
	all := strings.Join(l.Warnings, "\n")
	for _, want := range []string{`"sleeping" is new to the enum`, "participant has no primary key", "nothing.csv is empty", "plain.csv is empty",
		`node.id is text: PsyNet's type integer does not fit "first"`, "node.failed is text"} {
		assert.Contains(t, all, want)
	}
	types := columnTypes(t, conn)
	assert.Equal(t, "integer not null", types["own.id"])
	assert.Equal(t, "jsonb", types["own.details"])
	assert.Equal(t, "timestamp without time zone", types["own.creation_time"])
	assert.Equal(t, "integer", types["own.participant_id"])
	assert.Equal(t, "text", types["participant.extra"])
	assert.Equal(t, "participant_status not null", types["participant.status"])
	var got []string
	require.NoError(t, conn.SelectContext(ctx, &got, `SELECT row_to_json(t)::text FROM own t ORDER BY id`))
	assert.JSONEq(t, `{"id": 1, "or\"der": "\\.\n\\.\n", "a": null, "b": "", "creation_time": "2026-11-23T08:37:10.5",
		"details": {"a": 1}, "vars": "{}", "participant_id": 7}`, got[0])
	assert.JSONEq(t, `{"id": 2, "or\"der": "tab\there \\N \\\\ \r\n", "a": "xy,zw", "b": "\\N", "creation_time": "2026-11-23T08:37:10",
		"details": [], "vars": "{\"x\": NaN}", "participant_id": null}`, got[1])
	got = nil
	require.NoError(t, conn.SelectContext(ctx, &got, `SELECT concat(worker_id, '|', status, '|', extra) FROM participant WHERE worker_id IS NOT NULL ORDER BY 1`))
	assert.Equal(t, []string{"w|sleeping|8", "|working|007"}, []string{got[0], got[1]})
	var one string
	require.NoError(t, conn.GetContext(ctx, &one, `SELECT count(*) || ' ' || count(text) FROM one`))
	assert.Equal(t, "3 2", one)
}

func TestZipRefuses(t *testing.T) {
	conn, _ := emptyDB(t)
	for _, tt := range []struct {
		files []string
		is    error
		says  string
	}{
		{[]string{"info.csv", "id\n1\n"}, ErrFormat, "no tables (data/<table>.csv)"},
		{[]string{"regular/database.zip", "PK"}, ErrFormat, "unzip it and load its regular/database.zip"},
		{[]string{"a/data/t.csv", "id\n", "b/data/t.csv", "id\n"}, ErrFormat, "two files for one table"},
		{[]string{"data/t.csv", "id,x\n1,2\n3\n"}, ErrFormat, "data/t.csv line 3: cannot read this kind of file: 1 values for 2 columns"},
		{[]string{"data/t.csv", "id,id\n"}, ErrFormat, `data/t.csv line 1: cannot read this kind of file: two columns "id"`},
		{[]string{"data/t.csv", "id,\n"}, ErrFormat, "without a name"},
		{[]string{"data/t.csv", "id\n\"1\n2\n"}, ErrTruncated, "data/t.csv line 2: the file is cut off: within quotes"},
		{[]string{"data/t.csv", "id\n1\r2\n"}, ErrFormat, "carriage return"},
		{[]string{"data/t.csv", "id\nx\x00y\n"}, nil, "data/t.csv: row 1: "},
		{[]string{"data/t.csv", "id\nx\xff\n"}, nil, "data/t.csv: row 1: "},
	} {
		t.Run(tt.says, func(t *testing.T) {
			err := (&Loader{Conn: conn}).File(context.Background(), makeZip(t, tt.files...))
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.says)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			assert.Empty(t, fingerprint(t, conn), "nothing is left behind")
		})
	}
}

func TestZipCutAnywhere(t *testing.T) {
	conn, _ := emptyDB(t)
	text, err := os.ReadFile(makeZip(t, "data/a.csv", "id,x\n1,2\n3,4\n", "data/b.csv", strings.Repeat("id\n", 100)))
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "cut.zip")
	for range 60 {
		require.NoError(t, os.WriteFile(path, text[:r.IntN(len(text))], 0o600))
		require.Error(t, (&Loader{Conn: conn}).File(context.Background(), path))
	}
	for range 60 { // a bit flipped: the checksums find it, or it is in a name
		broken := bytes.Clone(text)
		broken[r.IntN(len(text))] ^= 1 << r.IntN(8)
		require.NoError(t, os.WriteFile(path, broken, 0o600))
		if err := (&Loader{Conn: conn}).File(context.Background(), path); err == nil {
			_, err = conn.ExecContext(context.Background(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
			require.NoError(t, err)
		}
		assert.Empty(t, fingerprint(t, conn))
	}
}

func TestSniff(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ file, text, kind, name string }{
		{"tutorial.sql.gz", "SELECT 1;", "dump", "tutorial"},
		{"My Study (2).SQL", "SELECT 1;", "dump", "my_study_2"},
		{"2026-study.dump", "SELECT 1;", "dump", "db_2026_study"},
		{"日本.sql", "SELECT 1;", "dump", "loaded"},
		{"postgres.sql", "SELECT 1;", "dump", "postgres_loaded"},
		{strings.Repeat("x", 80) + ".sql", "SELECT 1;", "dump", strings.Repeat("x", 63)},
		{"exp 1/regular/database.zip", "PK\x03\x04", "zip", "exp_1"},
		{"exp2/database.zip", "PK\x03\x04", "zip", "exp2"},
		{"app-data.zip", "PK\x03\x04", "zip", "app"},
		{"x.dump", "PGDMP", "", "pg_restore -f out.sql"},
		{"x.sql", "", "", "empty"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			path := filepath.Join(dir, tt.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			kind, name, err := Sniff(path)
			if tt.kind == "" {
				require.ErrorIs(t, err, ErrFormat)
				require.ErrorContains(t, err, tt.name)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.kind, string(kind))
			assert.Equal(t, tt.name, name)
		})
	}
	_, _, err := Sniff(dir)
	require.ErrorIs(t, err, ErrFormat)
	_, _, err = Sniff(filepath.Join(dir, "missing.sql"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// FuzzCSV: no panic, and what encoding/csv reads is read the same.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,\"x\"\"y\"\r\n", "\"", "a\r", ",\n,\n", "\"a\nb\",\\.\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newCSVReader(bytes.NewReader(text))
		p := newProfile("x", column{})
		for {
			fields, err := r.read()
			if err != nil {
				return
			}
			require.NotEmpty(t, fields)
			for _, v := range fields {
				p.see(v)
				_ = appendCopyField(nil, v.text)
			}
		}
	})
}
