package repo_test

import (
	"context"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// What somebody has set for the database changes nothing of what we read.
func TestSettings(t *testing.T) {
	admin := pgtest.Open(t, "empty", repo.Options{})
	name := pq.QuoteIdentifier(admin.Address().Database())
	for _, set := range []string{
		"extra_float_digits = 0", "bytea_output = 'escape'", "intervalstyle = 'sql_standard'", "quote_all_identifiers = on",
		"datestyle = 'German'", "default_transaction_read_only = on", "standard_conforming_strings = off", "statement_timeout = '50ms'",
	} {
		require.NoError(t, admin.Exec(t.Context(), "ALTER DATABASE "+name+" SET "+set))
	}
	db, err := repo.Open(t.Context(), admin.Address(), repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	read(t, db, func(ctx context.Context, tx *repo.Tx) {
		columns := []schema.Column{{Name: "f"}, {Name: "b"}, {Name: "i"}, {Name: "d"}, {Name: "t"}, {Name: "s"}}
		rows := must(tx.Records(ctx, `
SELECT ROW(1.1::float8 * 1.1, '\x00ff'::bytea, '1 day 02:00'::interval, '2026-11-23'::date, format_type('text'::regtype, NULL), $1::text)
FROM pg_sleep(0.1)`, columns, `a\b'c`))
		assert.Equal(t, [][]string{{"1.2100000000000002", `\x00ff`, "1 day 02:00:00", "2026-11-23", "text", `a\b'c`}}, collect(t, rows, nil))
	})
}
