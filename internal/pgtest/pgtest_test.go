package pgtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

func TestFixtures(t *testing.T) {
	tests := []struct {
		fixture, query string
		want           int
	}{
		{"empty", "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", 0},
		{"tutorial", "SELECT count(*) FROM participant", 63},
		{"tutorial", "SELECT count(*) FROM pg_constraint WHERE contype = 'f'", 0},
		{"declared", "SELECT count(*) FROM pg_constraint WHERE contype = 'f'", 73},
		{"declared", "SELECT count(*) FROM participant", 63},
		{"static", "SELECT count(*) FROM participant", 47},
		{"demo", "SELECT count(*) FROM person", 4},
		{"awkward", "SELECT count(*) FROM \"order\"", 5},
		{"pgbench", "SELECT count(*) FROM pgbench_accounts", 100000},
	}
	for _, test := range tests {
		t.Run(test.fixture, func(t *testing.T) {
			begun := time.Now()
			db := pgtest.Open(t, test.fixture, repo.Options{})
			t.Logf("a copy in %s", time.Since(begun))
			require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
				var n int
				require.NoError(t, tx.Get(t.Context(), &n, test.query))
				assert.Equal(t, test.want, n)
				return nil
			}))
		})
	}
}
