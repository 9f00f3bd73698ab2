package repo_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// Whatever is written meanwhile, all connections of an export see one moment, in a
// statement a table.
func TestExportOfOneMoment(t *testing.T) {
	var sent []repo.Statement
	db := pgtest.Open(t, "tutorial", repo.Options{ShowSQL: func(s repo.Statement) { sent = append(sent, s) }})
	s := learnedCatalog(t, db)
	ctx := t.Context()
	first, err := db.Begin(ctx, repo.ReadOptions{Repeatable: true})
	require.NoError(t, err)
	defer first.End(ctx)
	snapshot, err := first.Snapshot(ctx)
	require.NoError(t, err)
	require.NoError(t, db.Exec(ctx, "DELETE FROM coin WHERE id > 5"))
	require.NoError(t, db.Exec(ctx, "UPDATE coin SET value = -1"))
	other, err := db.Begin(ctx, repo.ReadOptions{Repeatable: true, Snapshot: snapshot})
	require.NoError(t, err)
	defer other.End(ctx)
	sent = nil
	coin := s.Tables["coin"]
	columns := []schema.Column{*coin.Column("id"), *coin.Column("value"), *coin.Column("tags")}
	for _, tx := range []*repo.Tx{first, other} {
		rows, err := tx.ExportRows(ctx, coin, columns, nil)
		all := collect(t, rows, err)
		require.Len(t, all, 105)
		for i, r := range all {
			assert.Equal(t, strconv.Itoa(i+1), r[0], "in the order of ids")
			assert.NotEqual(t, "-1", r[1])
		}
		assert.Equal(t, `["shiny","silver"]`, all[0][2], "arrays are JSON")
	}
	assert.Len(t, sent, 2)
	rows, err := other.ExportRows(ctx, s.Tables["pet"], s.Tables["pet"].Columns, []string{"dallinger_experiment.experiment.Dog"})
	assert.Len(t, collect(t, rows, err), 26)
	_, err = db.Begin(ctx, repo.ReadOptions{Repeatable: true, Snapshot: "00000003-0000001B-1"})
	assert.Error(t, err)
}

// The census is what hand-written SQL counts, of all tables in one statement.
func TestCensus(t *testing.T) {
	var sent []repo.Statement
	db := pgtest.Open(t, "tutorial", repo.Options{ShowSQL: func(s repo.Statement) { sent = append(sent, s) }})
	s := learnedCatalog(t, db)
	require.NoError(t, db.Exec(t.Context(), "UPDATE info SET type = NULL WHERE id = 1"))
	tables := []*schema.Table{s.Tables["info"], s.Tables["notification"], s.Tables["question"], s.Tables["participant"]}
	err := db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		sent = nil
		counts, err := tx.Census(t.Context(), s, tables)
		require.NoError(t, err)
		assert.Len(t, sent, 1)
		have := map[string]int64{}
		for _, c := range counts {
			have[c.Table.Name+" "+c.Identity] = c.Rows
			if c.Identity == "bonus_trial" {
				at := func(name string) int64 {
					return c.Filled[slices.IndexFunc(c.Table.Columns, func(t schema.Column) bool { return t.Name == name })]
				}
				assert.EqualValues(t, 58, at("bonus_multiplier"))
				assert.EqualValues(t, 0, at("details"), "{} is nothing")
				assert.EqualValues(t, 0, at("camelCase"))
			}
		}
		assert.Equal(t, map[string]int64{
			"info ": 1, "info bonus_trial": 58, "info dallinger_experiment.experiment.CustomTrial": 317, "info dallinger_experiment.experiment.WordTrial": 29,
			"info dallinger_experiment.helper.HelperTrial": 173, "notification ": 19,
			"participant psynet.bot.Bot": 40, "participant psynet.participant.Participant": 23,
		}, have)
		return nil
	})
	require.NoError(t, err)
}

// Every id of a person is told once for each of its columns.
func TestPersonal(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	s := learnedCatalog(t, db)
	kinds := map[string]int{}
	require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Personal(t.Context(), s, func(kind, _ string) { kinds[kind]++ })
	}))
	want := func(query string) int {
		n, err := strconv.Atoi(one(t, db, query))
		require.NoError(t, err)
		return n
	}
	assert.Equal(t, want("SELECT (count(DISTINCT worker_id) + (SELECT count(DISTINCT worker_id) FROM error))::text FROM participant"), kinds["worker_id"])
	assert.Equal(t, want("SELECT ((SELECT count(DISTINCT unique_id) FROM request) + count(DISTINCT unique_id))::text FROM participant"), kinds["unique_id"])
	assert.Equal(t, want("SELECT ((SELECT count(DISTINCT client_ip_address) FROM response) + count(DISTINCT client_ip_address))::text FROM participant"), kinds["client_ip_address"])
}
