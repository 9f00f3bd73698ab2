package commands

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// TestHistoryOnATerminal: what goes without saying is left out, what changed comes
// first, and what does not fit is told.
func TestHistoryOnATerminal(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	x.ok("set", "participants", "5", "vars.my_dict.value=3")
	out, _ := x.onTerminal("history")
	assert.Regexp(t, `^group +at +who +rows +command\n`, out)
	out, _ = x.onTerminal("history", "participant", "5")
	assert.Regexp(t, `^group +field +old +new +at +who\n`, out)
	out, _ = x.onTerminal("history", "--group", "1")
	assert.Regexp(t, `^table +id +field +old +new +at`, out)

	x.ok("undo", "1", "--why", "it was right")
	out, errs := x.onTerminal("history")
	assert.Regexp(t, `^group +at +who +rows +command +why +undoes\n`, out)
	assert.Contains(t, errs, "7 of 8 columns fit; --format csv has all")
}

// TestEarlierLaunch: what the journal has of a launch that is gone is shown as
// such, and never undone.
func TestEarlierLaunch(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	x := newRunner(t, url)
	x.ok("set", "participants", "5", "bonus=1")
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Exec(t.Context(), `CREATE TABLE anew (LIKE participant INCLUDING ALL);
INSERT INTO anew SELECT * FROM participant;
ALTER SEQUENCE participant_id_seq OWNED BY NONE;
DROP TABLE participant;
ALTER TABLE anew RENAME TO participant`))

	out, errs, code := x.run("history", "participant", "5")
	assert.Zero(t, code)
	assert.Regexp(t, `(?m)^1,participant,5,update,bonus,,1,.*,earlier$`, out)
	assert.Contains(t, errs, "1 of an earlier launch of the experiment, whose ids meant other rows")
	_, errs, code = x.run("undo", "1")
	assert.Equal(t, exitRefused, code)
	assert.Contains(t, errs, "group 1 belongs to an earlier launch of the experiment")
	assert.Equal(t, "bonus\n1\n", x.ok("query", "participants", "id=5", "--columns", "bonus", "--one"))
	x.ok("set", "participants", "5", "bonus=2")
	out, _ = x.onTerminal("history")
	assert.Regexp(t, `(?m)^ +2 .*present$`, out)
	assert.Regexp(t, `(?m)^ +1 .*earlier$`, out)
	x.ok("undo", "2")
}
