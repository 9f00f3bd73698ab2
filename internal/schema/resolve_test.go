package schema

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// table makes a table of an experiment: with Dallinger's columns and an id.
func table(name string, columns ...string) *Table {
	t := &Table{Schema: "public", Name: name, PrimaryKey: []string{"id"}}
	for _, c := range append([]string{"id", "property1", "details"}, columns...) {
		col := Column{Name: c}
		typ := "integer"
		switch c {
		case "type", "vars", "definition", "block", "chain_type", "elt_id":
			typ = "character varying"
		case "failed", "finalized":
			typ = "boolean"
		}
		col.SetType(typ, typ, nil)
		t.Columns = append(t.Columns, col)
	}
	return t
}

func experiment(learned ...*Class) *Schema {
	return New(Server{}, []*Table{
		table("info", "type", "failed", "finalized", "node_id", "origin_id", "network_id", "participant_id", "parent_trial_id", "module_state_id", "vars", "definition"),
		table("node", "type", "failed", "network_id", "parent_id", "child_id", "participant_id"),
		table("network", "type", "failed", "chain_type", "head_id", "participant_id"),
		table("participant", "type", "failed", "elt_id", "current_trial_id", "vars"),
		table("response", "type", "participant_id"),
		table("module_state", "type", "participant_id"),
		table("transformation", "type", "info_in_id", "info_out_id"),
		table("coin", "type", "participant_id", "trial_id", "block"),
		table("sync_group", "type", "leader_id"),
		table("transmission", "participant_id"),
	}, nil, Learned{Classes: learned})
}

var custom = []*Class{
	{Name: "dallinger_experiment.experiment.CustomTrial", Identity: "dallinger_experiment.experiment.CustomTrial", Table: "info", Parent: "psynet.trial.static.StaticTrial", Known: FromSource},
	{Name: "dallinger_experiment.experiment.BonusTrial", Identity: "bonus_trial", Table: "info", Parent: "dallinger_experiment.experiment.CustomTrial", Known: FromSource},
	{Name: "dallinger_experiment.experiment.Note", Identity: "note", Table: "info", Parent: "dallinger.models.Info", Known: FromSource},
	{Name: "dallinger_experiment.experiment.Twin", Identity: "dallinger_experiment.experiment.Twin", Table: "info", Parent: trialClass, Known: FromSource},
	{Name: "dallinger_experiment.helper.Twin", Identity: "dallinger_experiment.helper.Twin", Table: "info", Parent: trialClass, Known: FromSource},
}

func TestEntity(t *testing.T) {
	s := experiment(custom...)
	both := []string{"dallinger_experiment.experiment.CustomTrial", "bonus_trial"}
	cases := []struct {
		name       string
		exact      bool
		table      string
		canonical  string
		identities []string
		marker     string
	}{
		{"info", false, "info", "infos", nil, ""},
		{"trials", false, "info", "trials", nil, "finalized"},
		{"trial", false, "info", "trials", nil, "finalized"},
		{"chains", false, "network", "chains", nil, "chain_type"},
		{"Sync-Groups", false, "sync_group", "sync_groups", nil, ""},
		{"sync_group", false, "sync_group", "sync_groups", nil, ""},
		{"module", false, "module_state", "modules", nil, ""},
		{"module-states", false, "module_state", "modules", nil, ""},
		{"coins", false, "coin", "coins", nil, ""},
		{"bots", false, "participant", "bots", []string{botClass}, ""},
		{"CustomTrial", false, "info", "CustomTrial", both, ""},
		{"customtrial", false, "info", "CustomTrial", both, ""},
		{"dallinger_experiment.experiment.CustomTrial", true, "info", "CustomTrial", both[:1], ""},
		{"bonus_trial", false, "info", "BonusTrial", []string{"bonus_trial"}, ""},
		{"Info", false, "info", "Info", nil, ""},
		{"Info", true, "info", "Info", []string{"info"}, ""},
		{"Trial", false, "info", "Trial", nil, "finalized"},
		{"Response", false, "response", "Response", []string{"psynet.timeline.Response"}, ""},
		{"Participant", false, "participant", "Participant", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := s.Entity(c.name, c.exact)
			require.NoError(t, err)
			assert.Equal(t, c.table, e.Table.Name)
			assert.Equal(t, c.canonical, e.Name)
			assert.Equal(t, c.identities, e.Identities)
			assert.Equal(t, c.marker, e.Marker)
		})
	}
	e, err := s.Entity("trials", false)
	require.NoError(t, err)
	assert.Equal(t, []string{"gene", "info", "meme", "note", "state", "tracking"}, e.Not)
}

func TestEntityThatNobodyKnows(t *testing.T) {
	s := experiment(custom...)
	e, err := s.Entity("OtherTrial", false)
	require.NoError(t, err)
	assert.Equal(t, "OtherTrial", e.Unseen)
	_, err = s.Entity("x'; DROP TABLE info", false)
	var unknown *UnknownError
	require.ErrorAs(t, err, &unknown)

	for _, table := range s.Tables {
		table.ClassesComplete = true
	}
	_, err = s.Entity("CustmoTrial", false)
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, "CustomTrial", unknown.Suggestions[0])
	assert.EqualError(t, err, `unknown entity "CustmoTrial"; did you mean CustomTrial?`)

	_, err = s.Entity("Twin", false)
	var ambiguous *AmbiguousError
	require.ErrorAs(t, err, &ambiguous)
	assert.Equal(t, []string{"dallinger_experiment.experiment.Twin", "dallinger_experiment.helper.Twin"}, ambiguous.Names)
}

func TestManyEntity(t *testing.T) {
	s := experiment()
	yes, no := true, false
	for name, want := range map[string]struct {
		table, marker string
		failed        *bool
	}{
		"all_trials": {"info", "finalized", nil}, "alive_trials": {"info", "finalized", &no},
		"failed_nodes": {"node", "", &yes}, "all_infos": {"info", "", nil}, "trials": {"info", "finalized", nil},
		"all_coins": {"coin", "", nil},
	} {
		e, err := s.ManyEntity(name)
		require.NoError(t, err, name)
		assert.Equal(t, want.table, e.Table.Name, name)
		assert.Equal(t, want.marker, e.Marker, name)
		assert.Equal(t, want.failed, e.Failed, name)
	}
	_, err := s.ManyEntity("failed_coins") // coins here have no failed
	assert.Error(t, err)
}

func TestRoutes(t *testing.T) {
	s := experiment(custom...)
	names := func(rels []Relation) (n []string) {
		for _, r := range rels {
			n = append(n, r.Column)
		}
		return n
	}
	for _, c := range []struct {
		from, name string
		want       []string
	}{
		{"info", "participant", []string{"participant_id"}},
		{"info", "origin", []string{"origin_id"}},
		{"info", "node", []string{"node_id"}},
		{"info", "module", []string{"module_state_id"}},
		{"info", "parent-trial", []string{"parent_trial_id"}},
		{"coin", "trial", []string{"trial_id"}},
		{"transformation", "info", []string{"info_in_id", "info_out_id"}},
		{"coin", "pet", nil},
	} {
		assert.Equal(t, c.want, names(s.ToOne(s.Tables[c.from], c.name)), "%s.%s", c.from, c.name)
	}
	for _, c := range []struct {
		from, many string
		want       []string
	}{
		{"node", "trials", []string{"node_id"}},
		{"node", "CustomTrial", []string{"node_id"}},
		{"node", "all_infos", []string{"origin_id"}},
		{"network", "all_nodes", []string{"network_id"}},
		{"participant", "alive_trials", []string{"participant_id"}},
		{"participant", "modules", []string{"participant_id"}},
		{"node", "nodes", []string{"child_id", "parent_id"}},
		{"participant", "coins", []string{"participant_id"}},
		{"response", "coins", nil},
	} {
		many, err := s.ManyEntity(c.many)
		require.NoError(t, err)
		assert.ElementsMatch(t, c.want, names(s.ToMany(s.Tables[c.from], many)), "%s of %s", c.many, c.from)
	}
	assert.Equal(t, Convention, s.ToOne(s.Tables["coin"], "trial")[0].Source)
	assert.Equal(t, Vocabulary, s.ToOne(s.Tables["info"], "node")[0].Source)
}

func TestSuggest(t *testing.T) {
	among := []string{"random_integer", "participant_id", "participants", "Trial", "status", "score"}
	for word, want := range map[string][]string{
		"random_integr": {"random_integer"}, "ramdon_integer": {"random_integer"}, "TRAIL": {"Trial"},
		"part": {"participant_id", "participants"}, "sttaus": {"status"}, "xyz": {}, "": {},
	} {
		assert.Equal(t, want, Suggest(word, among), word)
	}
}

func TestLooksPickled(t *testing.T) {
	for _, c := range []struct {
		values []string
		cut    int
		want   bool
	}{
		{[]string{`{"a": 1}`, `"x"`, "NaN", "null", "[1, Infinity]"}, 0, true},
		{[]string{`"Very much"`, "91"}, 0, true},
		{[]string{"91", "12"}, 0, false}, // may be a String of digits
		{[]string{"Tom", `"x"`}, 0, false},
		{[]string{""}, 0, false},
		{nil, 0, false},
		{[]string{`{"a": "long te`}, 14, true},
		{[]string{`{"a": "long te`}, 0, false},
		{[]string{`{"a": tru`}, 9, true},
		{[]string{`[1, 2}`}, 0, false},
		{[]string{`{"a": 1} x`}, 0, false},
		{[]string{`[hello]`}, 0, false},
		{[]string{`"it" is`}, 0, false},
		{[]string{`"esc\"aped"`}, 0, true},
	} {
		assert.Equal(t, c.want, LooksPickled(c.values, c.cut), "%q", c.values)
	}
}

func TestSecretsAreKnownPlaces(t *testing.T) {
	s := New(Server{}, []*Table{table("experiment_status", "extra_info"), table("coin", "extra_info", "token")}, nil, Learned{})
	assert.True(t, s.Tables["experiment_status"].Column("extra_info").Secret)
	assert.False(t, s.Tables["coin"].Column("extra_info").Secret)
}
