package repo_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/sample"
	"exptool/internal/schema"
	"exptool/repo"
)

// learnedCatalog is the catalog with the classes of the sample experiment.
func learnedCatalog(t *testing.T, db *repo.DB) *schema.Schema {
	t.Helper()
	learned, err := schema.Learn(sample.Source())
	require.NoError(t, err)
	var s *schema.Schema
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{Repeatable: true}, func(tx *repo.Tx) (err error) {
		if s, err = tx.Catalog(t.Context(), learned); err != nil {
			return err
		}
		return tx.Classes(t.Context(), s)
	}))
	return s
}

// add adds a row and returns its key.
func add(t *testing.T, db *repo.DB, s *schema.Schema, entity, like string, words ...string) (string, *repo.Outcome, error) {
	t.Helper()
	to := target(t, s, entity, "")
	n := 0
	var key string
	out, err := db.Change(t.Context(), s, repo.ChangeOptions{Command: "add"}, func(w *repo.Writer) (err error) {
		key, err = w.Add(t.Context(), repo.AddOptions{Entity: to.Query.Entity, Like: like, Assignments: assignments(t, s, to, words...),
			Token: func() string { n++; return "token" + strconv.Itoa(n) }})
		return err
	})
	return key, out, err
}

// TestAddFillsWhatPsyNetFills compares which columns a new row has with those that
// every row of the class has which PsyNet made.
func TestAddFillsWhatPsyNetFills(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := learnedCatalog(t, db)
	// What PsyNet fills only once the experiment goes on, or experiments define.
	later := map[string]string{
		"participants": "fingerprint_hash page_uuid nickname dollars",
		"CustomTrial": `answer score performance_reward response_id time_taken module_state_id time_credit_before_trial time_credit_after_trial
time_credit_from_trial progress_before_trial progress_after_trial block_position block random_integer confidence is_lucky seen_at note payload my_list my_dictionary`,
		"GenericTrialNode": "", "GenericTrialNetwork": "", "response": "client_ip_address answer metadata_ question page_type successful_validation",
		"ModuleState": "time_started",
	}
	for entity, words := range map[string][]string{
		"participants": nil, "CustomTrial": {"participant=5", "node=48"}, "GenericTrialNode": {"network=17"}, "GenericTrialNetwork": nil,
		"response": {"participant=5"}, "ModuleState": {"participant=5", "module_id=prescreen"},
	} {
		key, out, err := add(t, db, s, entity, "", words...)
		require.NoError(t, err, entity)
		assert.Equal(t, 1, out.Rows)
		e := target(t, s, entity, "").Query.Entity
		identity := one(t, db, "SELECT type FROM "+e.Table.Key()+" WHERE id = $1::int", key)
		lacking := one(t, db, `SELECT coalesce(string_agg(k, ' '), '')
FROM (
    SELECT k
    FROM `+e.Table.Key()+` AS x, jsonb_each(jsonb_strip_nulls(to_jsonb(x))) AS f (k, v)
    WHERE type = $1 AND id <> $2::int
    GROUP BY k
    HAVING count(*) = (SELECT count(*) FROM `+e.Table.Key()+` WHERE type = $1 AND id <> $2::int)
    EXCEPT
    SELECT k
    FROM `+e.Table.Key()+` AS x, jsonb_each(jsonb_strip_nulls(to_jsonb(x))) AS f (k, v)
    WHERE id = $2::int
    EXCEPT
    SELECT unnest(string_to_array(regexp_replace($3, '\s+', ' ', 'g'), ' '))
) AS missing`, identity, key, later[entity])
		assert.Empty(t, lacking, entity)
	}
}

// TestAddNetwork is the chapter's highly customized network.
func TestAddNetwork(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := learnedCatalog(t, db)
	network, _, err := add(t, db, s, "networks", "", "role=custom")
	require.NoError(t, err)
	a, _, err := add(t, db, s, "nodes", "", "network="+network)
	require.NoError(t, err)
	b, _, err := add(t, db, s, "nodes", "", "network="+network)
	require.NoError(t, err)
	v, _, err := add(t, db, s, "vector", "", "origin="+a, "destination="+b)
	require.NoError(t, err)
	assert.Equal(t, network, one(t, db, "SELECT network_id::text FROM vector WHERE id = $1::int", v))
	_, _, err = add(t, db, s, "vector", "", "origin="+a, "destination=1")
	require.ErrorIs(t, err, repo.ErrRefused)
	_, _, err = add(t, db, s, "vector", "", "origin="+a, "destination=99999")
	require.ErrorIs(t, err, repo.ErrNotFound)
	assert.ErrorContains(t, err, "there is no node 99999")
}

func TestAddLike(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := learnedCatalog(t, db)
	key, _, err := add(t, db, s, "trials", "78", "random_integer=3")
	require.NoError(t, err)
	assert.Equal(t, "0", one(t, db, `SELECT count(*)::text
FROM info AS a, info AS b, jsonb_each(to_jsonb(a)) AS x (k, v)
WHERE a.id = 78 AND b.id = $1::int AND k NOT IN ('id', 'creation_time', 'random_integer') AND v <> to_jsonb(b) -> k`, key))
	key, out, err := add(t, db, s, "participants", "5")
	require.NoError(t, err)
	assert.Contains(t, out.Notes[0], "dollars of participant 5 were not copied")
	assert.Equal(t, "exptool-token1:exptool-token1", one(t, db, "SELECT unique_id FROM participant WHERE id = $1::int", key))
	_, _, err = add(t, db, s, "trials", "99999")
	assert.ErrorIs(t, err, repo.ErrNotFound)
}

func TestAddRefuses(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := learnedCatalog(t, db)
	for _, c := range []struct {
		entity string
		words  []string
		kind   error
		says   string
	}{
		{"trials", []string{"participant=5"}, repo.ErrUsage, "of which class"},
		{"CustomTrial", []string{"participant=999", "node=48"}, repo.ErrNotFound, "there is no participant 999"},
		{"participants", []string{"dollars=5"}, repo.ErrRefused, "verify --adopt"},
	} {
		_, _, err := add(t, db, s, c.entity, "", c.words...)
		require.ErrorIs(t, err, c.kind, c.entity)
		assert.ErrorContains(t, err, c.says)
	}
}

// TestAddRefersByAnotherColumn: unique_id of a request is that of a participant.
func TestAddRefersByAnotherColumn(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := learnedCatalog(t, db)
	id := one(t, db, "SELECT unique_id FROM participant WHERE id = 5")
	words := []string{"method=GET", "endpoint=/", "params:={}"}
	_, _, err := add(t, db, s, "requests", "", append(words, "unique_id="+id)...)
	require.NoError(t, err)
	_, _, err = add(t, db, s, "requests", "", append(words, "unique_id=5")...)
	assert.ErrorIs(t, err, repo.ErrNotFound)
}

func TestAddElsewhere(t *testing.T) {
	db := pgtest.Open(t, "pgbench", repo.Options{})
	s := catalogOf(t, db)
	_, _, err := add(t, db, s, "pgbench_branches", "", "bbalance=0")
	require.ErrorIs(t, err, repo.ErrUsage)
	assert.ErrorContains(t, err, "add bid=…")
	key, _, err := add(t, db, s, "pgbench_branches", "", "bbalance=0", "bid=77")
	require.NoError(t, err)
	assert.Equal(t, "77", key)
}
