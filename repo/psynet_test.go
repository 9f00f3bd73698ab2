package repo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/filter"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// psynetLoads loads a database of the tutorial with PsyNet's own classes and
// returns what the tables held and what expressions are.
func psynetLoads(t *testing.T, url string, expressions ...string) []string {
	t.Helper()
	source, err := filepath.Abs("../internal/sample")
	require.NoError(t, err)
	return psynetLoadsOf(t, url, source, expressions...)
}

// psynetLoadsOf is psynetLoads of another experiment; without a source it is
// PsyNet alone.
func psynetLoadsOf(t *testing.T, url, source string, expressions ...string) []string {
	t.Helper()
	python := os.Getenv("EXPTOOL_TEST_PSYNET")
	require.NotEmpty(t, python, "EXPTOOL_TEST_PSYNET must name a Python that has psynet 13.3.0 (scripts/test makes one)")
	cmd := exec.CommandContext(t.Context(), python, append([]string{"../scripts/psynet_loads.py", url, source}, expressions...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestPsyNetLoads changes and adds rows in every way there is, and has PsyNet load
// them all.
func TestPsyNetLoads(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	s := learnedCatalog(t, db)

	set(t, db, s, target(t, s, "participants", "", "5"), "vars.my_dict.value=3", "vars.city=Zürich 😀", `vars.when:={"py/tuple": [1, [2]]}`, "answer=Very well", "status=submitted")
	set(t, db, s, target(t, s, "trials", "", "65"), "my_list+=5", "vars.list:=[1]", "payload.extra=007")
	set(t, db, s, target(t, s, "trials", "participant_id == 6"), "vars.checked=true")
	network, _, err := add(t, db, s, "networks", "", "role=custom")
	require.NoError(t, err)
	a, _, err := add(t, db, s, "nodes", "", "network="+network, "vars.colour=red")
	require.NoError(t, err)
	b, _, err := add(t, db, s, "nodes", "", "network="+network)
	require.NoError(t, err)
	vector, _, err := add(t, db, s, "vector", "", "origin="+a, "destination="+b)
	require.NoError(t, err)
	trial, _, err := add(t, db, s, "CustomTrial", "", "participant=6", "node=48", `definition:={"vector": [1, 2]}`, "random_integer=3")
	require.NoError(t, err)
	copied, _, err := add(t, db, s, "trials", "78")
	require.NoError(t, err)
	person, _, err := add(t, db, s, "participants", "", "vars.name=Ada")
	require.NoError(t, err)
	for entity, words := range map[string][]string{
		"coin": {"participant=5", "value=2.5", "tags:=[\"old\"]"}, "response": {"participant=5", "question=q", "answer=Yes"}, "ModuleState": {"participant=5", "module_id=m"},
	} {
		_, _, err := add(t, db, s, entity, "", words...)
		require.NoError(t, err, entity)
	}
	_, _, err = fail(t, db, s, target(t, s, "participants", "", "7", "8"), repo.FailOptions{Reason: "r", Force: true})
	require.NoError(t, err)
	_, err = undo(t, db, s, 3)
	require.NoError(t, err)
	_, err = db.Change(t.Context(), s, repo.ChangeOptions{}, func(w *repo.Writer) error {
		e, err := s.Entity("participants", false)
		require.NoError(t, err)
		return w.Decide(t.Context(), repo.Target{Query: filter.Query{Entity: e, IDs: []string{"5"}}}, "approved", false)
	})
	require.NoError(t, err)

	rs, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{{Payer: 5, Payee: 6, Sent: 150}})
	require.NoError(t, err)
	require.NoError(t, rs[0].Err)

	lines := psynetLoads(t, url,
		`Participant.query.get(5).var.my_dict["value"]`, `Participant.query.get(5).var.city`, `Participant.query.get(5).var.when`,
		`[Participant.query.get(5).dollars, Participant.query.get(6).dollars]`,
		`Participant.query.get(5).answer`, `Participant.query.get(5).status`,
		`Trial.query.get(65).my_list[-1]`, `Trial.query.get(65).var.list`, `Trial.query.get(65).payload["extra"]`,
		`[type(Network.query.get(`+network+`)).__name__, len(Network.query.get(`+network+`).all_nodes)]`,
		`Node.query.get(`+a+`).var.colour`, `Vector.query.get(`+vector+`).destination_id == `+b,
		`[type(Trial.query.get(`+trial+`)).__name__, Trial.query.get(`+trial+`).definition, Trial.query.get(`+trial+`).participant.id]`,
		`[type(Trial.query.get(`+copied+`)).__name__, Trial.query.get(`+copied+`).var.my_dict == Trial.query.get(78).var.my_dict]`,
		`[Participant.query.get(`+person+`).var.name, Participant.query.get(`+person+`).failure_tags, Participant.query.get(`+person+`).elt_id, Participant.query.get(`+person+`).status]`,
		`[Participant.query.get(8).failed_reason, len(Participant.query.get(8).alive_trials)]`,
		`drop()`,
	)
	assert.Equal(t, []string{
		"participant 64", "info 580", "node 317", "network 18", "vector 299", "transmission 0", "response 2293", "module_state 180", "coin 106", "pet 52",
		"3", `"Z\u00fcrich \ud83d\ude00"`, "[1, [2]]", "[6.0, 10.5]", `"Very well"`, `"approved"`,
		"5", "[1]", `"007"`, `["GenericTrialNetwork", 2]`, `"red"`, "true",
		`["CustomTrial", {"vector": [1, 2]}, 6]`, `["BonusTrial", true]`, `["Ada", [], ["main", -1], "working"]`, `["r", 0]`,
		"null",
	}, lines)
	assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"), "PsyNet's own drop works")
	assert.NotEqual(t, "0", one(t, db, "SELECT count(*)::text FROM exptool.change"), "and leaves the journal")
	assert.Equal(t, "3 0 0", one(t, db, `SELECT (SELECT count(*) FROM exptool.transfer) || ' ' ||
       (SELECT count(*) FROM exptool.transfers) || ' ' ||
       (SELECT count(*) FROM exptool.balances)`), "and the ledger, as one of an earlier launch")
}
