package repo_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/sample"
	"exptool/internal/schema"
	"exptool/repo"
)

// truth is what PsyNet's own ORM says of a fixture's classes.
type truth map[string]struct {
	Table   string               `json:"table"`
	Columns map[string][2]string `json:"columns"`
	Rows    int64                `json:"n_rows_in_db"`
}

func readTruth(t *testing.T, name string) truth {
	t.Helper()
	f, err := os.Open("../testdata/fixtures/" + name + ".truth.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var all struct{ Classes truth }
	require.NoError(t, json.NewDecoder(z).Decode(&all))
	return all.Classes
}

// learned is the tutorial's source, learnt.
func learned(t *testing.T) schema.Learned {
	t.Helper()
	l, err := schema.Learn(sample.Source())
	require.NoError(t, err)
	return l
}

// opened is a clone of a fixture; sql runs first. sent gets every statement.
func opened(t *testing.T, fixture string, sent *[]string, sql ...string) *repo.DB {
	t.Helper()
	ctx := context.Background()
	addr, err := repo.ParseAddress(pgtest.DB(t, fixture))
	require.NoError(t, err)
	db, err := repo.Open(ctx, addr, repo.Options{ShowSQL: func(s repo.Statement) {
		if sent != nil {
			*sent = append(*sent, s.SQL)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	for _, s := range sql {
		require.NoError(t, db.Exec(ctx, s))
	}
	return db
}

// catalog reads the catalog and hands it to fn, in the same transaction.
func catalog(t *testing.T, db *repo.DB, l schema.Learned, fn func(tx *repo.Tx, s *schema.Schema)) {
	t.Helper()
	err := db.Read(context.Background(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		s, err := tx.Catalog(context.Background(), l)
		if err == nil {
			fn(tx, s)
		}
		return err
	})
	require.NoError(t, err)
}

func TestCatalogKnowsEveryPythonType(t *testing.T) {
	custom := []string{"payload", "my_list", "my_dictionary"}
	for _, c := range []struct {
		fixture, sql string
		learned      bool
	}{
		{"tutorial", "ANALYZE", false},
		{"tutorial", "ANALYZE", true},
		{"tutorial", "TRUNCATE coin", false}, // as it was restored: perhaps without statistics
		{"static", "ANALYZE", false},
	} {
		t.Run(fmt.Sprintf("%s %s %t", c.fixture, c.sql, c.learned), func(t *testing.T) {
			var l schema.Learned
			if c.learned {
				l = learned(t)
			}
			db := opened(t, c.fixture, nil, c.sql)
			catalog(t, db, l, func(_ *repo.Tx, s *schema.Schema) {
				for name, class := range readTruth(t, c.fixture) {
					table := s.Tables[class.Table]
					require.NotNil(t, table, class.Table)
					for _, col := range class.Columns {
						if strings.Contains(col[0], "anon") {
							continue // a subquery
						}
						column := table.Column(col[0])
						require.NotNil(t, column, "%s.%s", class.Table, col[0])
						want := strings.TrimPrefix(col[1], "_")
						if strings.HasPrefix(want, "Python") && want != "PythonClass" {
							assert.Equal(t, schema.Pickle, column.Kind, "%s.%s", class.Table, col[0])
						}
						if !c.learned && strings.Contains(strings.Join(custom, " "), col[0]) {
							want = "PythonObject"
						}
						assert.Equal(t, want, column.Python, "%s of %s", col[0], name)
					}
				}
			})
		})
	}
}

// TestEntitiesSelectTheTruth counts the rows of every class and compares with
// what SQLAlchemy counted.
func TestEntitiesSelectTheTruth(t *testing.T) {
	for _, fixture := range []string{"tutorial", "static"} {
		db := opened(t, fixture, nil, "ANALYZE")
		l, err := schema.Learn(map[string][]byte{"experiment.py": []byte(
			"from psynet.trial.static import StaticTrial\nclass AnimalTrial(StaticTrial): pass\n")})
		require.NoError(t, err)
		if fixture == "tutorial" {
			l = learned(t)
		}
		catalog(t, db, l, func(tx *repo.Tx, s *schema.Schema) {
			classes := readTruth(t, fixture)
			for name, class := range classes {
				e, err := s.Entity(name, false)
				require.NoError(t, err, name)
				assert.Equal(t, class.Rows, count(t, tx, e), name)
			}
			for word, class := range map[string]string{
				"trials": "psynet.trial.main.Trial", "Trial": "psynet.trial.main.Trial", "trial": "psynet.trial.main.Trial",
				"participants": "dallinger.models.Participant", "Participant": "psynet.participant.Participant",
				"bots": "psynet.bot.Bot", "chains": "psynet.trial.chain.ChainNetwork",
				"Response": "psynet.timeline.Response", "modules": "psynet.timeline.ModuleState",
				"nodes": "dallinger.models.Node", "Node": "dallinger.models.Node", "errors": "psynet.error.ErrorRecord",
			} {
				e, err := s.Entity(word, false)
				require.NoError(t, err, word)
				assert.Equal(t, classes[class].Rows, count(t, tx, e), word)
			}
		})
	}
}

// count counts an entity's rows the way its fields say.
func count(t *testing.T, tx *repo.Tx, e schema.Entity) int64 {
	t.Helper()
	where, args := "true", []any{}
	if e.Identities != nil {
		where, args = "type = ANY($1)", []any{pq.StringArray(e.Identities)}
	}
	if e.Marker != "" {
		where, args = pq.QuoteIdentifier(e.Marker)+" IS NOT NULL AND type <> ALL($1)", []any{pq.StringArray(e.Not)}
	}
	var n int64
	require.NoError(t, tx.Get(context.Background(), &n, "SELECT count(*) FROM "+pq.QuoteIdentifier(e.Table.Name)+" WHERE "+where, args...))
	return n
}

func TestCatalogIsFewStatements(t *testing.T) {
	var sent []string
	db := opened(t, "tutorial", &sent, "ANALYZE")
	sent = nil
	catalog(t, db, schema.Learned{}, func(*repo.Tx, *schema.Schema) {})
	assert.LessOrEqual(t, len(sent), 4, sent) // BEGIN, catalog, a peek, ROLLBACK
	sent = nil
	catalog(t, db, learned(t), func(tx *repo.Tx, s *schema.Schema) {
		assert.Empty(t, s.Doubts(), "what was learnt leaves none")
		assert.Len(t, sent, 2, sent) // BEGIN, catalog
		require.NoError(t, tx.Classes(context.Background(), s))
	})
	assert.Len(t, sent, 4, sent) // and statistics, ROLLBACK
}

func TestFindClass(t *testing.T) {
	db := opened(t, "tutorial", nil)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		for name, table := range map[string]string{
			"WordTrial": "info", "bonus_trial": "info", "dallinger_experiment.experiment.Cat": "pet",
			"Nobody": "", "%": "", "' OR true --": "",
		} {
			c, err := tx.FindClass(context.Background(), s, name)
			require.NoError(t, err)
			if table == "" {
				assert.Nil(t, c, name)
			} else if assert.NotNil(t, c, name) {
				assert.Equal(t, table, c.Table, name)
			}
		}
	})
}

func TestCatalogOfAnyDatabase(t *testing.T) {
	db := opened(t, "empty", nil, `
CREATE TABLE person (id serial PRIMARY KEY, forename text, "camelCase" int);
CREATE DOMAIN amount AS numeric(10,2);
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE accounts (id bigint PRIMARY KEY, person_id int, owner int REFERENCES person (id), v amount, m mood, ms mood[]);
CREATE UNIQUE INDEX ON accounts (owner);
CREATE UNIQUE INDEX ON accounts (v) WHERE v > 0;
CREATE TABLE event (id int, at date, account_id bigint) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE VIEW people_view AS SELECT * FROM person;
CREATE MATERIALIZED VIEW mat AS SELECT * FROM person;
CREATE SCHEMA other;
CREATE TABLE other.person (id int PRIMARY KEY);
CREATE TABLE other.pet (id int PRIMARY KEY, person_id int);
CREATE SCHEMA exptool;
CREATE TABLE exptool.ours (id int);
CREATE TABLE public.nothing ()`)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		assert.ElementsMatch(t, []string{"person", "accounts", "event", "people_view", "mat", "other.person", "other.pet", "nothing"}, keys(s))
		assert.True(t, s.Server.CanTemp)
		assert.GreaterOrEqual(t, s.Server.Version, 120000)
		assert.True(t, s.Tables["mat"].View)
		accounts := s.Tables["accounts"]
		assert.Equal(t, []string{"id"}, accounts.PrimaryKey)
		assert.True(t, accounts.Unique("owner"))
		assert.False(t, accounts.Unique("v"), "a partial index says nothing of the table")
		assert.Equal(t, schema.Numeric, accounts.Column("v").Kind)
		assert.Equal(t, []string{"sad", "happy"}, accounts.Column("m").Enum)
		assert.Equal(t, schema.Array, accounts.Column("ms").Kind)
		assert.ElementsMatch(t, []schema.Relation{
			{Name: "owner", Table: "accounts", Column: "owner", RefTable: "person", RefColumn: "id", Source: schema.Declared},
			{Name: "person", Table: "accounts", Column: "person_id", RefTable: "person", RefColumn: "id", Source: schema.Convention},
			{Name: "account", Table: "event", Column: "account_id", RefTable: "accounts", RefColumn: "id", Source: schema.Convention},
			{Name: "person", Table: "other.pet", Column: "person_id", RefTable: "other.person", RefColumn: "id", Source: schema.Convention},
		}, s.Relations)
		for word, key := range map[string]string{"person": "person", "people": "person", "persons": "person", "account": "accounts", "other.person": "other.person", "pet": "other.pet", "pets": "other.pet"} {
			e, err := s.Entity(word, false)
			if assert.NoError(t, err, word) {
				assert.Equal(t, key, e.Table.Key(), word)
			}
		}
		_, err := s.Entity("persn", false)
		var unknown *schema.UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Contains(t, unknown.Suggestions, "person")
		require.NoError(t, tx.Sizes(context.Background(), s))
		assert.Positive(t, accounts.Bytes)
	})
}

func keys(s *schema.Schema) (all []string) {
	for key := range s.Tables {
		all = append(all, key)
	}
	return all
}

func TestDeclaredKeysComeFirst(t *testing.T) {
	catalog(t, opened(t, "declared", nil), schema.Learned{}, func(_ *repo.Tx, s *schema.Schema) {
		for _, r := range s.RelationsFrom(s.Tables["info"]) {
			assert.Equal(t, schema.Declared, r.Source, r.Column)
		}
		for table, name := range map[string]string{"request": "participant", "info": "parent_trial"} {
			assert.Len(t, s.ToOne(s.Tables[table], name), 1, table)
		}
		node := s.Tables["node"]
		many, err := s.ManyEntity("all_trials")
		require.NoError(t, err)
		if routes := s.ToMany(node, many); assert.Len(t, routes, 1) {
			assert.Equal(t, "node_id", routes[0].Column)
		}
	})
}

func TestCatalogOfPgbench(t *testing.T) {
	var sent []string
	db := opened(t, "pgbench", &sent)
	catalog(t, db, schema.Learned{}, func(_ *repo.Tx, s *schema.Schema) {
		for word, key := range map[string]string{"pgbench_accounts": "pgbench_accounts", "pgbench_account": "pgbench_accounts", "pgbench-history": "pgbench_history"} {
			e, err := s.Entity(word, false)
			if assert.NoError(t, err, word) {
				assert.Equal(t, key, e.Table.Key(), word)
			}
		}
		_, err := s.Entity("trials", false)
		assert.Error(t, err)
		assert.Equal(t, []string{"pgbench_accounts", "pgbench_branches", "pgbench_history", "pgbench_tellers"}, s.Words())
		assert.Equal(t, "String", s.Tables["pgbench_accounts"].Column("filler").Python)
	})
	assert.Len(t, sent, 3, sent) // nothing has classes: no statistics
}

func TestDescribe(t *testing.T) {
	db := opened(t, "tutorial", nil)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		e, err := s.Entity("trials", false)
		require.NoError(t, err)
		d, err := tx.Describe(context.Background(), e)
		require.NoError(t, err)
		assert.EqualValues(t, 578, d.Rows)
		assert.False(t, d.Sample)
		assert.Equal(t, "'{}'::character varying", d.Table.Column("vars").Default)
		assert.Equal(t, "info_pkey", d.Table.Indexes[0].Name)
		require.Len(t, d.Filled, 4)
		assert.Equal(t, "dallinger_experiment.experiment.CustomTrial", d.Filled[0].Identity)
		assert.EqualValues(t, 318, d.Filled[0].Columns["payload"])
		for _, f := range d.Filled {
			_, fills := f.Columns["camelCase"]
			assert.Equal(t, strings.HasSuffix(f.Identity, "HelperTrial"), fills, f.Identity)
		}
		answer := d.Keys["answer"]
		assert.Equal(t, []string{"int", "str"}, answer.Whole.Names())
		assert.Zero(t, answer.Junk)
		var paths []string
		for _, k := range d.Keys["vars"].Keys {
			paths = append(paths, k.Path)
		}
		assert.Contains(t, paths, "my_dict.value")
	})
}
