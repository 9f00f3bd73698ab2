package repo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// Every value comes as the server itself prints it, by either way and protocol.
func TestValues(t *testing.T) {
	values := []string{
		"true", "false", "NULL::bool", "1::int2", "'-32768'::int2", "2147483647", "9223372036854775807", "0::oid",
		"0::float8", "'-0'::float8", "1.2652000000000003::float8", "1e15::float8", "123456789012345::float8", "1e14::float8",
		"1e16::float8", "1e-4::float8", "1e-5::float8", "'NaN'::float8", "'-Infinity'::float8", "1.7976931348623157e308::float8",
		"5e-324::float8", "0.1::real", "38933144267212656::float8", "9007199254740993::float8", "1e6::real", "123456::real", "1234567::real", "1e-45::real", "3.4028235e38::real",
		"1.10::numeric", "'NaN'::numeric", "1e-20::numeric", "12345678901234567890.5::numeric",
		"'é\"\\ ,()'::text", "''::text", "' '::varchar", "'ab'::char(4)", `'x'::"char"`, "'n'::name",
		"'2026-11-20'::date", "'infinity'::date", "'-infinity'::timestamp", "'infinity'::timestamptz", "'0044-03-15 BC'::date",
		"'0001-01-01 BC'::date", "'9999-12-31'::date", "'12345-01-02'::date", "'5874897-12-31'::date", "'4714-11-24 BC'::date",
		"'2026-11-20 12:34:56'::timestamp", "'2026-11-20 12:34:56.1'::timestamp", "'2026-11-20 00:00:00.000001'::timestamp",
		"'2026-11-20 12:34:56.120000'::timestamp", "'0044-03-15 01:02:03.4 BC'::timestamp", "'294276-12-31 23:59:59.999999'::timestamp",
		"'2026-11-20 12:34:56.5'::timestamptz", "'1850-01-01 00:00:00+00'::timestamptz", "'0044-03-15 01:02:03 BC'::timestamptz",
		"'294276-12-31 20:59:59+00'::timestamptz", "'2026-03-29 01:30:00+00'::timestamptz",
		"'12:34:56'::time", "'24:00:00'::time", "'00:00:00.1'::time", "'23:59:59.999999'::time",
		"'12:34:56+02'::timetz", "'24:00:00+05:30'::timetz", "'12:34:56.789-08'::timetz", "'00:00:00+00'::timetz",
		"'01:02:03+05:30:15'::timetz", "'01:02:03.5-15:59:59'::timetz",
		"'1 year 2 days 03:04:05.6'::interval", "'-1 days'::interval", `'\xdeadbeef'::bytea`, `''::bytea`,
		`'{"a": [1, 2.50, "é"]}'::json`, `'{"b":1,"a":null}'::jsonb`, "ARRAY[1,NULL,3]", `ARRAY['a b','"',NULL]`, "ARRAY[true]",
		`ARRAY['\x00'::bytea]`, "'c25cb3cb-5d86-4a2a-8f8a-5e4d4c3b2a19'::uuid", "'192.168.0.1/24'::inet", "'12.34'::money",
		"B'101'", "'(1,2)'::point", "'[1,5)'::int4range", "ROW(1,'a b',NULL)", "NULL::text", "NULL::timestamptz", "NULL::bytea",
		"'<a/>'::xml", "to_tsvector('a b')", "'pg_class'::regclass", "'16/B374D848'::pg_lsn", "NULL",
	}
	for _, zone := range []string{"UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"} {
		t.Run(zone, func(t *testing.T) {
			db := pgtest.Open(t, "empty", repo.Options{})
			require.NoError(t, db.Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET timezone = '%s'", db.Address().Database(), zone)))
			db, err := repo.Open(t.Context(), db.Address(), repo.Options{})
			require.NoError(t, err)
			defer db.Close()
			read(t, db, func(ctx context.Context, tx *repo.Tx) {
				for _, v := range values {
					same(t, ctx, tx, v)
				}
			})
		})
	}
}

// same compares a value's text by every way with the server's own.
func same(t *testing.T, ctx context.Context, tx *repo.Tx, expression string) {
	t.Helper()
	isBool := strings.Contains(expression, "bool") || expression == "true" || expression == "false"
	want := collect(t, must(tx.Rows(ctx, "SELECT v::text FROM (SELECT "+expression+" AS v) AS x")), nil)
	if strings.Contains(expression, "char(4)") {
		want = [][]string{{"ab  "}} // the cast to text strips
	}
	assert.Equal(t, want, collect(t, must(tx.Rows(ctx, "SELECT "+expression+" AS v")), nil), expression)
	assert.Equal(t, want, collect(t, must(tx.Only(ctx, "SELECT "+expression+" AS v")), nil), expression)
	prepared := collect(t, must(tx.Rows(ctx, "SELECT "+expression+" AS v, $1::int", 1)), nil)
	assert.Equal(t, want[0][0], prepared[0][0], expression)
	column := []schema.Column{{Name: "v"}}
	if isBool {
		column[0].Kind = schema.Bool
	}
	assert.Equal(t, want, collect(t, must(tx.Records(ctx, "SELECT ROW("+expression+")", column)), nil), expression)
	assert.Equal(t, want, collect(t, must(tx.Records(ctx, "SELECT ROW("+expression+")::text", column)), nil), expression)
}

// Random floats and times, against the server's text.
func TestRandomValues(t *testing.T) {
	seed := uint64(1)
	if s := os.Getenv("EXPTOOL_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("seed %d", seed)
	db := pgtest.Open(t, "empty", repo.Options{})
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		_, err := tx.Exec(ctx, "SELECT setseed($1)", rand.New(rand.NewPCG(seed, 0)).Float64())
		require.NoError(t, err)
		for _, v := range []string{
			"(random() - 0.5) * 10 ^ (random() * 40 - 20)", "((random() - 0.5) * 10 ^ (random() * 40 - 20))::real",
			"timestamp '2000-01-01' + (random() - 0.4) * interval '4000 years'",
			"timestamptz '2000-01-01' + (random() - 0.4) * interval '4000 years'",
			"(timestamp '2000-01-01' + (random() - 0.4) * interval '4000 years')::date",
			"time '00:00' + random() * interval '1 day'", "random() * interval '99 days'", "(random() * 1e6)::numeric",
		} {
			rows := must(tx.Rows(ctx, "SELECT v, v::text FROM (SELECT "+v+" AS v FROM generate_series(1, 2000) OFFSET 0) AS x"))
			for rows.Next() {
				require.Equal(t, string(rows.Values()[1]), string(rows.Values()[0]), v)
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
		}
	})
}

// Random text survives being a field of a record.
func TestRecordsRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	alphabet := []rune("a1 \t\n\r\v\f\"\\(),'éß漢😀{}:nN\u00a0\u2028\u0085")
	db := pgtest.Open(t, "empty", repo.Options{})
	columns := make([]schema.Column, 3)
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		var args [3][]any
		const n = 400
		texts := make([][]string, 3)
		for c := range texts {
			for range n {
				runes := make([]rune, random.IntN(12))
				for i := range runes {
					runes[i] = alphabet[random.IntN(len(alphabet))]
				}
				texts[c] = append(texts[c], string(runes))
				args[c] = append(args[c], string(runes))
			}
		}
		rows := must(tx.Records(ctx, `SELECT ROW(a, NULLIF(b, 'a'), c) FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS u (a, b, c, o) ORDER BY o`,
			columns, texts[0], texts[1], texts[2]))
		for i := 0; rows.Next(); i++ {
			for c, v := range rows.Values() {
				if texts[c][i] == "a" && c == 1 {
					require.Nil(t, v)
					continue
				}
				require.NotNil(t, v)
				require.Equal(t, texts[c][i], string(v))
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	})
}

func BenchmarkRecords(b *testing.B) {
	db := pgtest.Open(b, "tutorial", repo.Options{})
	ctx := b.Context()
	var n int
	require.NoError(b, db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Get(ctx, &n, "SELECT count(*) FROM information_schema.columns WHERE table_name = 'info'")
	}))
	const from = " FROM info AS i, generate_series(1, 20)"
	columns := make([]schema.Column, n)
	ways := map[string]func(*repo.Tx) (schema.Rows, error){
		"record":  func(tx *repo.Tx) (schema.Rows, error) { return tx.Records(ctx, "SELECT ROW(i.*)"+from, columns) },
		"text":    func(tx *repo.Tx) (schema.Rows, error) { return tx.Records(ctx, "SELECT ROW(i.*)::text"+from, columns) },
		"columns": func(tx *repo.Tx) (schema.Rows, error) { return tx.Rows(ctx, "SELECT i.*"+from) },
	}
	for name, run := range ways {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				require.NoError(b, db.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
					r, err := run(tx)
					if err != nil {
						return err
					}
					for r.Next() {
						rows++
					}
					return errors.Join(r.Err(), r.Close())
				}))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
		})
	}
}
