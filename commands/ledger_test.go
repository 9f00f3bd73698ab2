package commands

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// openDB opens the database of a runner.
func (r *runner) openDB() *repo.DB {
	r.t.Helper()
	addr, err := repo.ParseAddress(r.db)
	require.NoError(r.t, err)
	db, err := repo.Open(r.t.Context(), addr, repo.Options{})
	require.NoError(r.t, err)
	r.t.Cleanup(func() { assert.NoError(r.t, db.Close()) })
	return db
}

// TestLedgerOfAnEarlierLaunch: only the present launch's ledger is seen, the other one is
// told of and can be forgotten.
func TestLedgerOfAnEarlierLaunch(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	x.ok("ledger", "import", "participants", "id=5", "--payer", "id", "--payee", "3", "--amount", "1")
	require.NoError(t, x.openDB().Exec(t.Context(), `CREATE TABLE anew (LIKE participant INCLUDING INDEXES);
INSERT INTO anew SELECT * FROM participant;
DROP TABLE participant;
ALTER TABLE anew RENAME TO participant`))

	const told = "3 transfers of earlier launches are left out: their ids meant other participants\n"
	for _, words := range [][]string{{"query", "transfers", "--count"}, {"query", "balances", "--count"}} {
		out, errs, code := x.run(words...)
		assert.Zero(t, code)
		assert.Equal(t, "0\n", out)
		assert.Contains(t, errs, told)
	}
	_, errs, code := x.run("show", "transfer", "3")
	assert.Equal(t, exitNotFound, code)
	assert.Contains(t, errs, told)
	x.ok("ledger", "import", "participants", "id=5", "--payer", "id", "--payee", "3", "--amount", "1")
	out, errs, _ := x.run("query", "transfers", "--columns", "id,kind", "--format", "csv")
	assert.Equal(t, "id,kind\n4,opening\n5,opening\n6,donation\n", out)
	assert.Contains(t, errs, told)

	out = x.ok("forget", "--earlier", "--yes")
	assert.Contains(t, out, ",3,")
	out, errs, _ = x.run("query", "transfers", "--count")
	assert.Equal(t, "3\n", out)
	assert.NotContains(t, errs, "earlier")
}

// TestLedgerCostsOthersNothing: a question about anything else sends as many
// statements as before there was a ledger.
func TestLedgerCostsOthersNothing(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	statements := func() int {
		_, errs, code := x.run("query", "trials", "--limit", "1", "--show-sql")
		require.Zero(t, code, errs)
		return strings.Count(errs, "/* exptool */")
	}
	before := statements()
	require.Positive(t, before)
	x.ok("ledger", "import", "participants", "id=5", "--payer", "id", "--payee", "3", "--amount", "1")
	assert.Equal(t, before, statements())
}

// TestImportInBatches: more rows than one transaction books, and nothing differs.
func TestImportInBatches(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	require.NoError(t, x.openDB().Exec(t.Context(), `CREATE TABLE game (id integer PRIMARY KEY, payer integer, payee integer, amount numeric);
INSERT INTO game SELECT i, 1 + i / 7 % 2, 2 - i / 7 % 2, CASE i % 3 WHEN 0 THEN NULL ELSE 1 END FROM generate_series(1, 20000) AS i`))
	words := []string{"ledger", "import", "game", "--payer", "payer", "--payee", "payee", "--amount", "amount"}
	dry, errs, code := x.run(append(words, "--dry-run")...)
	assert.Equal(t, exitRefused, code)
	assert.Contains(t, errs, "6,666 without an amount passed over")
	real, _, code := x.run(words...)
	assert.Equal(t, exitRefused, code)
	assert.Len(t, strings.Split(real, "\n"), 1+20000-6666+1)
	fate := func(csv string) (fates []string) {
		for line := range strings.Lines(csv) {
			fates = append(fates, strings.Join(strings.SplitN(line, ",", 3)[:2], " "))
		}
		return fates
	}
	assert.Equal(t, fate(dry), fate(real), "a dry run tells what will be")
}

// TestForgetAsks: on a terminal it is shown and asked about.
func TestForgetAsks(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	x.ok("ledger", "import", "participants", "id=5", "--payer", "id", "--payee", "3", "--amount", "1")
	forget := func(answer string) (out, errs string, code int) {
		var stdout, stderr strings.Builder
		streams := &cli.Streams{In: strings.NewReader(answer), Out: &stdout, Err: &stderr, InTTY: true, ErrTTY: true, OutTTY: true, Width: 120}
		code = run(t.Context(), newApp(streams, time.Now), []string{"forget", "--everything", "--db", x.db})
		return stdout.String(), stderr.String(), code
	}
	out, errs, code := forget("n\n")
	assert.Equal(t, exitFailure, code)
	assert.Contains(t, out, "transfers")
	assert.Contains(t, errs, "forget 3 transfers, 0 decisions, 0 players, 0 sessions and 0 changes for ever? [y/N] ")
	assert.Contains(t, errs, "nothing was forgotten")
	assert.Equal(t, "3\n", x.ok("query", "transfers", "--count"))

	_, errs, code = forget("y\n")
	assert.Zero(t, code, errs)
	_, _, code = x.run("query", "transfers")
	assert.Equal(t, exitNotFound, code)
}
