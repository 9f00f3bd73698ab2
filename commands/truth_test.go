package commands

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
)

// truth is PsyNet's own ORM view of a fixture's database.
type truth struct {
	Classes map[string]struct {
		Table      string
		Identity   *string
		QueryTypes []string `json:"query_types"`
		Columns    map[string][2]string
		Rows       int `json:"n_rows_in_db"`
	}
	Queries map[string]json.RawMessage
}

func readTruth(t *testing.T, fixture string) truth {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "fixtures", fixture+".truth.json.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var v truth
	require.NoError(t, json.NewDecoder(z).Decode(&v))
	return v
}

// query is a command and the key of its answer in the truth file.
type query struct{ args, key string }

// idQueries are the chapter's queries that give rows, by the truth's key.
func idQueries(trial string) []query {
	return []query{
		{"query psynet.trial.main.Trial", "Trial.query.all() ids"},
		{"query trials", "Trial.query.all() ids"},
		{"query " + trial, trial + ".query.all() ids"},
		{"query " + trial + " --participant 5", trial + ".query.filter_by(participant_id=5).all() ids"},
		{"query " + trial + " participant_id=5", trial + ".query.filter_by(participant_id=5).all() ids"},
		{"query " + trial + " participant.status=approved", trial + " join Participant status approved ids"},
		{"query CustomTrial random_integer=3", "CustomTrial.query.filter_by(random_integer=3).all() ids"},
		{"query CustomTrial --where random_integer>=5", "CustomTrial.random_integer >= 5 ids"},
		{"query CustomTrial --where random_integer!=5", "CustomTrial.random_integer != 5 ids"},
	}
}

func TestTruth(t *testing.T) {
	for fixture, trial := range map[string]string{"tutorial": "CustomTrial", "static": "AnimalTrial"} {
		for _, declared := range []bool{false, true} {
			database := fixture
			if declared {
				if fixture != "tutorial" {
					continue
				}
				database = "declared"
			}
			t.Run(database, func(t *testing.T) {
				want := readTruth(t, fixture)
				x := newRunner(t, pgtest.DB(t, database))
				if fixture == "tutorial" {
					x.ok("classes", "--learn", filepath.Join("..", "internal", "sample"))
				} else {
					x.ok("classes", "--learn", copyOf(t, "static_experiment.py", "experiment.py"))
				}
				testClassCounts(t, x, want)
				testColumnTypes(t, x, want)
				testIDs(t, x, want, trial)
				testNumbers(t, x, want, trial)
			})
		}
	}
}

// copyOf puts a fixture's source where it has the name that it had in the
// experiment, which decides the names of its classes.
func copyOf(t *testing.T, fixture, name string) string {
	b, err := os.ReadFile(filepath.Join("..", "testdata", "fixtures", fixture))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, b, 0o644))
	return path
}

// testClassCounts: every class's rows with its subclasses.
func testClassCounts(t *testing.T, x *runner, want truth) {
	perType := map[string]map[string]int{} // rows of exactly a class, by table and identity
	for _, c := range want.Classes {
		if perType[c.Table] == nil {
			perType[c.Table] = map[string]int{}
		}
	}
	for table := range perType {
		var rows []struct {
			Type  *string
			Count int
		}
		if !strings.Contains(x.ok("sql", "SELECT count(*) FROM information_schema.columns WHERE column_name = 'type' AND table_name = '"+table+"'", "--format", "csv"), "1") {
			continue
		}
		x.json(&rows, "sql", "SELECT type, count(*) FROM "+table+" GROUP BY 1", "--format", "json")
		for _, r := range rows {
			if r.Type != nil {
				perType[table][*r.Type] = r.Count
			}
		}
	}
	for name, c := range want.Classes {
		if c.Identity == nil { // mapped without a type column: all rows
			continue
		}
		expect := 0
		for _, identity := range c.QueryTypes {
			expect += perType[c.Table][identity]
		}
		assert.Equal(t, strconv.Itoa(expect), strings.TrimSpace(x.ok("query", name, "--count")), name)
	}
}

// testColumnTypes: the tutorial's name for the type of every column.
func testColumnTypes(t *testing.T, x *runner, want truth) {
	described := map[string]map[string]string{}
	for name, c := range want.Classes {
		if described[c.Table] == nil {
			described[c.Table] = map[string]string{}
			var rows []struct{ Field, Python string }
			x.json(&rows, "describe", c.Table, "--format", "json")
			for _, r := range rows {
				described[c.Table][r.Field] = r.Python
			}
		}
		for _, column := range c.Columns {
			if strings.HasPrefix(column[0], "%(") { // computed, not stored
				continue
			}
			expect := strings.TrimPrefix(column[1], "_")
			assert.Equal(t, expect, described[c.Table][column[0]], "%s.%s", name, column[0])
		}
	}
}

func testIDs(t *testing.T, x *runner, want truth, trial string) {
	for _, q := range idQueries(trial) {
		raw, ok := want.Queries[q.key]
		if !ok {
			continue
		}
		var expect []int
		require.NoError(t, json.Unmarshal(raw, &expect))
		assert.Equal(t, expect, x.ids(append(strings.Fields(q.args), "--columns", "id", "--format", "csv")...), q.key)
	}
}

// testNumbers: the chapter's counts, sums and rewards.
func testNumbers(t *testing.T, x *runner, want truth, trial string) {
	var n int
	require.NoError(t, json.Unmarshal(want.Queries["Participant.query.filter_by(status='approved').count()"], &n))
	assert.Equal(t, strconv.Itoa(n), strings.TrimSpace(x.ok("query", "Participant", "status=approved", "--count")))
	var status string
	require.NoError(t, json.Unmarshal(want.Queries["Participant.query.filter_by(id=5).one().status"], &status))
	assert.Equal(t, "status\n"+status+"\n", x.ok("query", "Participant", "id=5", "--one", "--columns", "status", "--format", "csv"))

	var james [2]json.RawMessage
	require.NoError(t, json.Unmarshal(want.Queries[trial+" of participants named James: ids, sum(performance_reward)"], &james))
	var ids []int
	var sum float64
	require.NoError(t, json.Unmarshal(james[0], &ids))
	require.NoError(t, json.Unmarshal(james[1], &sum))
	assert.Equal(t, ids, x.ids("query", trial, "participant.var.name=James", "--columns", "id", "--format", "csv"))
	got, err := strconv.ParseFloat(strings.TrimSpace(x.ok("query", trial, "participant.vars.name=James", "--sum", "performance_reward")), 64)
	require.NoError(t, err)
	assert.InDelta(t, sum, got, 1e-9)

	var perParticipant map[string]float64
	require.NoError(t, json.Unmarshal(want.Queries["sum performance_reward per participant ("+trial+")"], &perParticipant))
	var rows []struct {
		Participant int      `json:"participant_id"`
		Sum         *float64 `json:"sum_performance_reward"`
	}
	x.json(&rows, "query", trial, "--sum", "performance_reward", "--by", "participant_id", "--format", "json")
	require.Len(t, rows, len(perParticipant))
	for _, r := range rows {
		assert.InDelta(t, perParticipant[strconv.Itoa(r.Participant)], *r.Sum, 1e-9)
	}
	testRewards(t, x, want)
}

// testRewards: what PsyNet computes of a participant's rewards follows from
// columns and the wage of the experiment.
func testRewards(t *testing.T, x *runner, want truth) {
	var rewards map[string]struct {
		TimeReward        float64 `json:"time_reward"`
		PerformanceReward float64 `json:"performance_reward"`
		CalculateReward   float64 `json:"calculate_reward"`
		AmountPaid        float64 `json:"amount_paid"`
	}
	require.NoError(t, json.Unmarshal(want.Queries["participant rewards"], &rewards))
	wage, err := strconv.ParseFloat(strings.TrimSpace(x.ok("query", "experiments", "--mean", "vars.deployment_config.wage_per_hour")), 64)
	require.NoError(t, err)
	var rows []struct {
		ID          int
		TimeReward  float64 `json:"time_reward"`
		Performance float64 `json:"performance_reward"`
		Total       float64 `json:"total"`
		Paid        float64 `json:"paid"`
	}
	w := strconv.FormatFloat(wage, 'g', -1, 64)
	x.json(&rows, "query", "Participant", "--format", "json", "--columns", fmt.Sprintf(
		"id,time_reward=time_credit / 3600 * %s,performance_reward,total=time_credit / 3600 * %s + performance_reward,paid=coalesce(base_payment, 0) + coalesce(bonus, 0)", w, w))
	require.Len(t, rows, len(rewards))
	for _, r := range rows {
		expect := rewards[strconv.Itoa(r.ID)]
		assert.InDelta(t, expect.TimeReward, r.TimeReward, 1e-9)
		assert.InDelta(t, expect.PerformanceReward, r.Performance, 1e-9)
		// PsyNet rounds what it calculates to cents.
		assert.InDelta(t, expect.CalculateReward, r.Total, 0.005+1e-9, "participant %d", r.ID)
		assert.InDelta(t, expect.AmountPaid, r.Paid, 1e-9, "participant %d", r.ID)
	}
}
