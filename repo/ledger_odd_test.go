package repo_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestTablesThatKeepNoLedger: they are refused by name, and not told to try again,
// nor do dollars get lost in them.
func TestTablesThatKeepNoLedger(t *testing.T) {
	for statement, want := range map[string]string{
		"ALTER TABLE participant RENAME TO was; CREATE VIEW participant AS SELECT * FROM was":                                                               "a view",
		"ALTER TABLE participant RENAME TO was; CREATE TABLE participant (LIKE was) PARTITION BY RANGE (id)":                                                "partition",
		"CREATE TABLE special () INHERITS (participant)":                                                                                                    "inherit",
		"ALTER TABLE participant DROP COLUMN dollars; ALTER TABLE participant ADD COLUMN dollars integer GENERATED ALWAYS AS (id * 3) STORED":               "generated",
		"ALTER TABLE participant ALTER COLUMN dollars TYPE numeric(5,-2)":                                                                                   "numeric(5,-2)",
		"CREATE DOMAIN purse AS integer CHECK (VALUE < 1000); ALTER TABLE participant ALTER COLUMN dollars TYPE purse; UPDATE participant SET dollars = 10": "purse",
	} {
		db := pgtest.Open(t, "tutorial", repo.Options{})
		dollars(t, db, "integer", "100")
		require.NoError(t, db.Exec(t.Context(), statement))
		ledger := repo.NewLedger(db, repo.LedgerOptions{})
		_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
		assert.ErrorIs(t, err, repo.ErrRefused, statement)
		assert.ErrorContains(t, err, want)
		_, err = ledger.Verify(t.Context())
		assert.ErrorIs(t, err, repo.ErrRefused, statement)
	}
}

// TestLedgerUnderOddSettings: what a database sets for its sessions is not the
// ledger's way to work.
func TestLedgerUnderOddSettings(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	first, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	dollars(t, first, "double precision", "1000")
	require.NoError(t, first.Exec(t.Context(), `DO $$
DECLARE
    setting text;
BEGIN
    FOREACH setting IN ARRAY ARRAY[
        'default_transaction_isolation = serializable', 'array_nulls = off', 'standard_conforming_strings = off'
    ] LOOP
        EXECUTE format('ALTER DATABASE %I SET %s', current_database(), setting);
    END LOOP;
END $$`))
	require.NoError(t, first.Close())
	db, err := repo.Open(t.Context(), addr, repo.Options{MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	assert.Equal(t, "serializable off", one(t, db, "SELECT current_setting('default_transaction_isolation') || ' ' || (reset_val) FROM pg_settings WHERE name = 'array_nulls'"))
	var wg sync.WaitGroup
	for c := range int64(6) {
		wg.Go(func() {
			l := repo.NewLedger(db, repo.LedgerOptions{})
			for range 50 {
				rs, err := l.Apply(t.Context(), []repo.Transfer{{Payer: 1 + c, Payee: 1 + (c+1)%6, Sent: 1, Memo: `a 'memo' \`}})
				if assert.NoError(t, err) {
					assert.NoError(t, rs[0].Err)
				}
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 306, holds(t, db).Transfers)
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 5 WHERE id = 1"))
	_, err = repo.NewLedger(db, repo.LedgerOptions{}).Adopt(t.Context())
	require.NoError(t, err)
	holds(t, db)
}

// TestAllOrNothingWithARowThatCannotBeHeld: a policy lets it be seen and not locked.
func TestAllOrNothingWithARowThatCannotBeHeld(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	require.NoError(t, db.Exec(t.Context(), `ALTER TABLE participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE participant FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON participant FOR SELECT USING (true);
CREATE POLICY held ON participant FOR UPDATE USING (id <> 5)`))
	ledger := repo.NewLedger(db, repo.LedgerOptions{WriteOptions: repo.WriteOptions{LockTimeout: 100 * time.Millisecond}})
	transfers := []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}, {Payer: 5, Payee: 2, Sent: 100}}
	rs, err := ledger.ApplyAll(t.Context(), transfers)
	require.NoError(t, err)
	assert.ErrorIs(t, rs[1].Err, repo.ErrTryAgain)
	assert.Equal(t, "10 10", one(t, db, "SELECT string_agg(dollars::text, ' ') FROM participant WHERE id IN (1, 2)"), "all or nothing")
	rs, err = ledger.Apply(t.Context(), transfers)
	require.NoError(t, err)
	assert.NoError(t, rs[0].Err)
	assert.ErrorIs(t, rs[1].Err, repo.ErrTryAgain)
	holds(t, db)
}

// TestKeysThatPostgresCannotStore are refused, and the rest of their batch is done.
func TestKeysThatPostgresCannotStore(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "10")
	rs, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{
		{Payer: 1, Payee: 2, Sent: 100, Key: "\xff"}, {Payer: 1, Payee: 2, Sent: 100, Key: "a\x00b"}, {Payer: 1, Payee: 2, Sent: 100, Key: "ü"},
	})
	require.NoError(t, err)
	assert.ErrorIs(t, rs[0].Err, repo.ErrUsage)
	assert.ErrorIs(t, rs[1].Err, repo.ErrUsage)
	assert.NoError(t, rs[2].Err)
	holds(t, db)
}

// TestTriggerForbidsOne: the others of its batch are done.
func TestTriggerForbidsOne(t *testing.T) {
	for _, no := range []string{"RAISE EXCEPTION 'not five'", "RETURN NULL", "PERFORM 1 / 0", "PERFORM 'five'::integer"} {
		db := pgtest.Open(t, "tutorial", repo.Options{})
		dollars(t, db, "integer", "10")
		require.NoError(t, db.Exec(t.Context(), `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = 5 THEN
        `+no+`;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no BEFORE UPDATE ON participant FOR EACH ROW EXECUTE FUNCTION no()`))
		rs, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{
			{Payer: 1, Payee: 2, Sent: 100}, {Payer: 5, Payee: 2, Sent: 100}, {Payer: 3, Payee: 4, Sent: 100},
		})
		require.NoError(t, err, no)
		assert.NoError(t, rs[0].Err)
		assert.ErrorIs(t, rs[1].Err, repo.ErrConflict, no)
		assert.NotErrorIs(t, rs[1].Err, repo.ErrQuery, no)
		assert.NoError(t, rs[2].Err)
		holds(t, db)
	}
}

// TestLedgerWithoutPrivileges says what is lacking.
func TestLedgerWithoutPrivileges(t *testing.T) {
	for statement, want := range map[string]string{
		"REVOKE UPDATE ON participant FROM CURRENT_USER":                              "permission denied for table participant; ask for the privilege",
		"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA exptool FROM PUBLIC, CURRENT_USER": "what exptool keeps is not for this user: permission denied for function hold",
		"REVOKE INSERT ON exptool.transfer FROM CURRENT_USER":                         "what exptool keeps is not for this user: permission denied for table transfer",
	} {
		db := pgtest.Open(t, "tutorial", repo.Options{})
		dollars(t, db, "integer", "10")
		ledger := repo.NewLedger(db, repo.LedgerOptions{})
		give(t, ledger, 1, 2, "")
		require.NoError(t, db.Exec(t.Context(), statement))
		_, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1, Payee: 2, Sent: 100}})
		assert.ErrorIs(t, err, repo.ErrNotAllowed)
		assert.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "journal")
	}
}

// TestSerializableByDefault: a database whose transactions are serializable by
// default makes nobody try again.
func TestSerializableByDefault(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	setUp, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	dollars(t, setUp, "integer", "100")
	require.NoError(t, setUp.Exec(t.Context(), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$"))
	require.NoError(t, setUp.Close())
	db, err := repo.Open(t.Context(), addr, repo.Options{MaxConns: 9})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	var wait sync.WaitGroup
	for caller := range int64(8) {
		wait.Go(func() {
			ledger := repo.NewLedger(db, repo.LedgerOptions{})
			for range 30 {
				rs, err := ledger.Apply(t.Context(), []repo.Transfer{{Payer: 1 + caller, Payee: 9, Sent: 100}})
				if assert.NoError(t, err) {
					assert.NoError(t, rs[0].Err)
				}
			}
		})
	}
	wait.Wait()
	holds(t, db)
	assert.Equal(t, "340", one(t, db, "SELECT dollars::text FROM participant WHERE id = 9"))
}
