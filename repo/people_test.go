package repo_test

import (
	"crypto/rand"
	mathrand "math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/sample"
	"exptool/repo"
)

// addPeople adds participants and returns their keys.
func addPeople(t *testing.T, db *repo.DB, names ...string) (ids []string, out *repo.Outcome, err error) {
	t.Helper()
	s := catalogOf(t, db)
	out, err = db.Change(t.Context(), s, repo.ChangeOptions{Command: "seed"}, func(w *repo.Writer) (err error) {
		ids, err = w.AddPeople(t.Context(), s.Tables["participant"], names, rand.Text)
		return err
	})
	return ids, out, err
}

func execAll(t *testing.T, db *repo.DB, text string) {
	t.Helper()
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		_, err := tx.Exec(t.Context(), text)
		return err
	}))
}

// shape is what a database's tables are like, a line each.
const shape = `SELECT string_agg(line, E'\n' ORDER BY line)
FROM (
    SELECT format('%s.%s %s %s %s %s', c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('%s %s %s %s %s %s of %s', sequencename, data_type, start_value, max_value, increment_by, cache_size,
                  pg_get_serial_sequence('public.' || replace(sequencename, '_id_seq', ''), 'id'))
    FROM pg_sequences WHERE schemaname = 'public'
    UNION ALL SELECT enumtypid::regtype || ' ' || enumlabel || ' ' || enumsortorder FROM pg_enum
) AS lines (line)`

// TestCreatePsyNetTables compares the tables with those that PsyNet made.
func TestCreatePsyNetTables(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	require.NoError(t, db.CreatePsyNetTables(t.Context()))
	theirs := one(t, pgtest.Open(t, "static", repo.Options{}), shape)
	assert.Greater(t, len(theirs), 50000)
	assert.Equal(t, theirs, one(t, db, shape))
	assert.Equal(t, "participant {fillfactor=40}", one(t, db, "SELECT string_agg(relname || ' ' || reloptions::text, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL"))

	err := db.CreatePsyNetTables(t.Context())
	require.ErrorIs(t, err, repo.ErrRefused)
	assert.ErrorContains(t, err, "has tables already: asset, ")

	view := pgtest.Open(t, "empty", repo.Options{})
	execAll(t, view, "CREATE VIEW v AS SELECT 1 AS x")
	require.ErrorIs(t, view.CreatePsyNetTables(t.Context()), repo.ErrRefused)
	assert.Equal(t, "0", one(t, view, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"))
}

// TestAddPeopleIsAdd compares a person with a participant that Add has made.
func TestAddPeopleIsAdd(t *testing.T) {
	created := pgtest.Open(t, "empty", repo.Options{})
	require.NoError(t, created.CreatePsyNetTables(t.Context()))
	for name, db := range map[string]*repo.DB{
		"tutorial": pgtest.Open(t, "tutorial", repo.Options{}), "static": pgtest.Open(t, "static", repo.Options{}), "created": created,
	} {
		added, _, err := add(t, db, learnedCatalog(t, db), "participants", "", "vars.name=Zoë")
		require.NoError(t, err, name)
		ids, out, err := addPeople(t, db, "Zoë", `O"Neill`, "Ada 2")
		require.NoError(t, err, name)
		assert.Empty(t, out.Changes, "they are not for the journal")
		assert.Equal(t, "creation_time id unique_id worker_id assignment_id", one(t, db, `SELECT string_agg(k, ' ' ORDER BY k = 'assignment_id', k = 'worker_id', k = 'unique_id', k)
FROM participant AS a, participant AS b, jsonb_each(to_jsonb(a)) AS x (k, v)
WHERE a.id = $1::int AND b.id = $2::int AND v IS DISTINCT FROM to_jsonb(b) -> k`, added, ids[0]), name)
		assert.Equal(t, `{"name": "Zo\u00eb"} {"name": "O\"Neill"} {"name": "Ada 2"}`,
			one(t, db, "SELECT string_agg(vars, ' ' ORDER BY array_position($1::text[], id::text)) FROM participant WHERE id = ANY ($1::int[])", "{"+ids[0]+","+ids[1]+","+ids[2]+"}"), name)
		assert.Equal(t, "3", one(t, db, "SELECT count(*)::text FROM participant WHERE id > $1::int AND worker_id LIKE 'exptool-%' AND unique_id = worker_id || ':' || assignment_id", added), name)
	}
	assert.Equal(t, "debug exptool", one(t, created, "SELECT string_agg(DISTINCT mode || ' ' || hit_id, ',') FROM participant"))
}

// TestAddPeopleElsewhere adds to tables that PsyNet did not make.
func TestAddPeopleElsewhere(t *testing.T) {
	names := []string{"Ada", "Zoë"}
	t.Run("Dallinger", func(t *testing.T) {
		url := pgtest.DB(t, "empty")
		dallinger(t, url, "make")
		db := openURL(t, url)
		ids, _, err := addPeople(t, db, names...)
		require.NoError(t, err)
		assert.Equal(t, []string{"3", "4"}, ids)
		assert.Equal(t, "participant working debug h hotair", one(t, db, "SELECT DISTINCT concat_ws(' ', type, status, mode, hit_id, recruiter_id) FROM participant WHERE id > 2"))
	})
	for _, c := range []struct{ table, want string }{
		{`CREATE TABLE participant (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, dollars integer)`, `(1,Ada,) (2,Zoë,)`},
		{`CREATE TABLE participant (id serial PRIMARY KEY)`, `(1) (2)`},
		{`CREATE TABLE participant (pid smallserial PRIMARY KEY, vars jsonb, "Odd ""one" text DEFAULT 'x')`, `(1,"{""name"": ""Ada""}",x) (2,"{""name"": ""Zoë""}",x)`},
		{`CREATE TABLE participant (id serial PRIMARY KEY, name integer)`, `(1,) (2,)`},
	} {
		db := pgtest.Open(t, "empty", repo.Options{})
		execAll(t, db, c.table)
		ids, _, err := addPeople(t, db, names...)
		require.NoError(t, err, c.table)
		assert.Equal(t, []string{"1", "2"}, ids)
		assert.Equal(t, c.want, one(t, db, "SELECT string_agg(p::text, ' ' ORDER BY p) FROM participant AS p"))
	}
}

func TestAddPeopleRefuses(t *testing.T) {
	for _, c := range []struct {
		table string
		kind  error
		says  string
	}{
		{`CREATE TABLE participant (id serial PRIMARY KEY, email text NOT NULL)`, repo.ErrUsage, "exptool add participants email=…"},
		{`CREATE TABLE participant (id integer PRIMARY KEY)`, repo.ErrUsage, "cannot make up"},
		{`CREATE TABLE participant (x integer)`, repo.ErrUsage, "no primary key"},
		{`CREATE TABLE participant (id serial PRIMARY KEY, name varchar(3) UNIQUE)`, repo.ErrConflict, "participant_name_key"},
		{`CREATE TABLE participant (id serial PRIMARY KEY); CREATE RULE none AS ON INSERT TO participant DO INSTEAD NOTHING`, repo.ErrQuery, "RETURNING"},
	} {
		db := pgtest.Open(t, "empty", repo.Options{})
		execAll(t, db, c.table)
		_, _, err := addPeople(t, db, "Ada", "Ada")
		require.ErrorIs(t, err, c.kind, c.table)
		assert.ErrorContains(t, err, c.says)
		assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM participant"))
	}
	db := pgtest.Open(t, "empty", repo.Options{})
	require.NoError(t, db.CreatePsyNetTables(t.Context()))
	ids, _, err := addPeople(t, db)
	require.NoError(t, err)
	assert.Empty(t, ids)
}

// TestAddManyPeople adds a hundred thousand, in the order of their names.
func TestAddManyPeople(t *testing.T) {
	db := pgtest.Open(t, "empty", repo.Options{})
	require.NoError(t, db.CreatePsyNetTables(t.Context()))
	names := sample.Names(100_000, mathrand.New(mathrand.NewPCG(1, 0)))
	begun := time.Now()
	ids, _, err := addPeople(t, db, names...)
	require.NoError(t, err)
	took := time.Since(begun)
	t.Logf("100,000 participants in %s", took)
	assert.Less(t, took, 20*time.Second)
	require.Len(t, ids, len(names))
	for i, id := range ids {
		require.Equal(t, strconv.Itoa(i+1), id)
	}
	assert.Equal(t, names[99_999], one(t, db, "SELECT vars::jsonb ->> 'name' FROM participant WHERE id = 100000"))
	assert.Equal(t, "100000", one(t, db, "SELECT count(DISTINCT vars)::text FROM participant"))
}

// TestPsyNetLoadsPeople has PsyNet load participants, and drop the tables.
func TestPsyNetLoadsPeople(t *testing.T) {
	url := pgtest.DB(t, "empty")
	db := openURL(t, url)
	require.NoError(t, db.CreatePsyNetTables(t.Context()))
	_, _, err := addPeople(t, db, "Ada", "Zoë", "Siobhán 2")
	require.NoError(t, err)
	ledger := repo.NewLedger(db, repo.LedgerOptions{}) // the column dollars is not of PsyNet's class
	_, err = ledger.AddDollars(t.Context())
	require.NoError(t, err)
	_, err = ledger.Apply(t.Context(), []repo.Transfer{{Kind: repo.Endowment, Payee: 2, Sent: 500}})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"participant 3", "info 0", "node 0", "network 0", "vector 0", "transmission 0", "response 0", "module_state 0",
		`["Ada", "Zo\u00eb", "Siobh\u00e1n 2"]`, `["Participant", "working", [], ["main", -1], false, 0.0]`, "null",
	}, psynetLoadsOf(t, url, "",
		`[p.var.name for p in Participant.query.order_by("id")]`,
		`[[type(p).__name__, p.status, p.failure_tags, p.elt_id, p.failed, p.performance_reward] for p in Participant.query.filter_by(id=2)][0]`,
		`drop()`))
	assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"))
	require.NoError(t, db.CreatePsyNetTables(t.Context()), "where PsyNet dropped its tables they can be made again")

	url = pgtest.DB(t, "tutorial")
	ids, _, err := addPeople(t, openURL(t, url), "Ada", "Zoë")
	require.NoError(t, err)
	lines := psynetLoads(t, url, `[Participant.query.get(i).var.name for i in (`+ids[0]+`, `+ids[1]+`)]`, `drop()`)
	assert.Equal(t, []string{"participant 65", `["Ada", "Zo\u00eb"]`, "null"}, []string{lines[0], lines[len(lines)-2], lines[len(lines)-1]})
}
