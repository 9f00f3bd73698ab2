package commands

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// answering runs a command with somebody at the terminal who answers.
func (r *runner) answering(ctx context.Context, in io.Reader, args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	streams := &cli.Streams{In: in, Out: &stdout, Err: &stderr, InTTY: true, OutTTY: true, ErrTTY: true, Width: 80}
	code = run(ctx, newApp(streams, time.Now), append(args, "--db", r.db))
	return stdout.String(), stderr.String(), code
}

// approved is how many participants are approved.
func (r *runner) approved() string {
	return strings.TrimSpace(r.ok("query", "participants", "status=approved", "--count"))
}

// reading calls a function before it is read from.
type reading func() string

func (r reading) Read(p []byte) (int, error) { return copy(p, r()), nil }

// goneReader is a pipe whose reader has left.
type goneReader struct{}

func (goneReader) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
}

func TestPrompt(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	reject := []string{"reject", "--where", `status == "approved"`, "--people"}
	all := x.approved()
	for _, answer := range []string{"n\n", "\n", "", "yess\n"} {
		out, errs, code := x.answering(t.Context(), strings.NewReader(answer), reject...)
		assert.Equal(t, exitFailure, code, errs)
		assert.Contains(t, errs, "change 13 participants? [y/N]")
		assert.Contains(t, errs, "nothing was changed")
		assert.Contains(t, out, "approved  rejected", "the preview")
		assert.Equal(t, all, x.approved())
	}

	// What cannot be read cannot be answered, and is no success.
	var stderr bytes.Buffer
	gone := &cli.Streams{In: strings.NewReader("y\n"), Out: goneReader{}, Err: &stderr, InTTY: true, ErrTTY: true, Width: 80}
	assert.Equal(t, exitFailure, run(t.Context(), newApp(gone, time.Now), append(reject, "--db", x.db)))
	assert.Contains(t, stderr.String(), "nothing was changed: nobody read what would be")
	assert.Equal(t, all, x.approved())

	// Ctrl-C at the prompt.
	ctx, cancel := context.WithCancel(t.Context())
	_, errs, code := x.answering(ctx, reading(func() string { cancel(); time.Sleep(50 * time.Millisecond); return "y\n" }), reject...)
	assert.Equal(t, exitInterrupted, code, errs)
	assert.Equal(t, all, x.approved())

	// Somebody else changes one of the rows while they think.
	_, errs, code = x.answering(t.Context(), reading(func() string { x.ok("reject", "42", "--force"); return "y\n" }), reject...)
	assert.Equal(t, exitTryAgain, code)
	assert.Contains(t, errs, "the rows were changed by others meanwhile; nothing was changed")

	// … or only a value that was shown: the same rows are still meant.
	_, errs, code = x.answering(t.Context(), reading(func() string { x.ok("set", "participants", "6", "base_payment=7"); return "y\n" }),
		"set", "participants", "--where", "id <= 6", "base_payment+=1")
	assert.Equal(t, exitTryAgain, code)
	assert.Contains(t, errs, "the rows were changed by others meanwhile; nothing was changed")
	assert.Equal(t, "base_payment\n7\n", x.ok("query", "participants", "id=6", "--columns", "base_payment", "--one"))

	_, errs, code = x.answering(t.Context(), strings.NewReader("y\n"), reject...)
	assert.Zero(t, code, errs)
	assert.Contains(t, errs, "12 participants changed; exptool undo")
	assert.NotEqual(t, all, x.approved())
}

// TestPromptOfFail: the question shows who fails, and what they take along.
func TestPromptOfFail(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	out, errs, code := x.answering(t.Context(), strings.NewReader("y\n"), "fail", "--where", "id == 5", "--reason", "r", "--force")
	assert.Zero(t, code, errs)
	assert.Contains(t, out, "Bot5  r\n  CustomTrial65  r->Bot5\n")
	assert.NotContains(t, out, "time_of_death")
	assert.Contains(t, errs, "change 16 trials and 1 participant? [y/N]")
	assert.Contains(t, errs, "16 trials and 1 participant changed")
}

// TestManyRowsOnATerminal shows the first of many, and says so.
func TestManyRowsOnATerminal(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	out, errs := x.onTerminal("set", "trials", "1-30", "vars.x=1", "--dry-run")
	assert.Equal(t, maxShown+2, strings.Count(out, "\n"))
	assert.Contains(t, errs, "and 10 more; --format csv has all")
}

// TestHolderOfALock: exit 7 says who is in the way.
func TestHolderOfALock(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	x := newRunner(t, url)
	config := filepath.Join(t.TempDir(), "exptool.yaml")
	require.NoError(t, os.WriteFile(config, []byte("lock_timeout: 900ms\n"), 0o600))
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), addr, repo.Options{AppName: "the study"})
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		var pid int
		require.NoError(t, tx.Get(t.Context(), &pid, "SELECT pg_backend_pid()"))
		var id int
		require.NoError(t, tx.Get(t.Context(), &id, "SELECT id FROM participant WHERE id = 5 FOR UPDATE"))
		begun := time.Now()
		_, errs, code := x.run("set", "participants", "5-6", "vars.x=1", "--config", config)
		assert.Equal(t, exitTryAgain, code)
		assert.Less(t, time.Since(begun), 3*time.Second)
		assert.Contains(t, errs, fmt.Sprintf("process %d of the server holds it", pid))
		assert.Contains(t, errs, "the study, idle in transaction")
		assert.Contains(t, errs, "SELECT id FROM participant WHERE id = 5 FOR UPDATE")
		return nil
	}))
	assert.Equal(t, "0\n", x.ok("query", "participants", "--where", "vars.x == 1", "--count"))
}

// TestTwoWritersOfOneVars: processes that write different keys of one vars at the
// same time lose nothing.
func TestTwoWritersOfOneVars(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	x := newRunner(t, url)
	const writers, each = 6, 5
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				out, err := exec.CommandContext(t.Context(), "exptool", "--db", url, "set", "participants", "5", fmt.Sprintf("vars.key_%d_%d=%d", w, i, i)).CombinedOutput()
				assert.NoError(t, err, string(out))
			}
		})
	}
	wait.Wait()
	vars := x.ok("query", "participants", "id=5", "--columns", "vars", "--one", "--raw")
	assert.Equal(t, writers*each, strings.Count(vars, "key_"))
}

// TestKilled kills exptool at random moments: the journal and the rows agree every
// time.
func TestKilled(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	x := newRunner(t, url)
	x.ok("set", "participants", "1", "vars.first=1") // makes the schema
	var times []time.Duration
	for i := range 5 { // the first is slow, and any may be
		begun := time.Now()
		require.NoError(t, exec.CommandContext(t.Context(), "exptool", "--db", url, "set", "participants", "1-60", fmt.Sprintf("vars.n=%d", 1000+i), fmt.Sprintf("page_count=%d", 1000+i)).Run())
		times = append(times, time.Since(begun))
	}
	slices.Sort(times)
	whole := times[len(times)/2]
	killed := 0
	for i := range 100 {
		cmd := exec.CommandContext(t.Context(), "exptool", "--db", url, "set", "participants", "1-60", fmt.Sprintf("vars.n=%d", i+1), fmt.Sprintf("page_count=%d", i+1))
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(rand.N(whole*2), func() { _ = cmd.Process.Kill() })
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
		// What each row holds is what the journal says was written last.
		out := x.ok("sql", `WITH latest AS (
    SELECT DISTINCT ON (row_id, field) row_id, field, new
    FROM exptool.change
    WHERE field IN ('vars.n', 'page_count')
    ORDER BY row_id, field, id DESC
)
SELECT count(*) AS wrong
FROM participant AS p
LEFT JOIN latest AS v ON v.row_id = p.id::text AND v.field = 'vars.n'
LEFT JOIN latest AS c ON c.row_id = p.id::text AND c.field = 'page_count'
WHERE p.id <= 60
  AND (substring(p.vars FROM '"n": (\d+)') IS DISTINCT FROM v.new OR c.new IS NOT NULL AND p.page_count::text <> c.new)`)
		require.Equal(t, "wrong\n0\n", out)
	}
	t.Logf("%d of 100 killed; the whole takes %s", killed, whole)
	assert.Greater(t, killed, 15)
	assert.Less(t, killed, 95)
}

// TestNotAllowed: a missing privilege is told, and nothing changes.
func TestNotAllowed(t *testing.T) {
	url := pgtest.DB(t, "tutorial")
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	role := "limited_" + addr.Database()
	super, err := repo.Open(t.Context(), pgtest.Server(t).SuperAddress(addr.Database()), repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, super.Close()) })
	require.NoError(t, super.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role+"; GRANT UPDATE (bonus) ON participant TO "+role))
	t.Cleanup(func() {
		assert.NoError(t, super.Exec(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role))
	})
	x := newRunner(t, strings.Replace(url, "exptool@", role+"@", 1))

	_, errs, code := x.run("set", "participants", "5", "bonus=1")
	assert.Equal(t, exitConnect, code)
	assert.Contains(t, errs, "the journal cannot be written: permission denied for database")
	assert.Contains(t, errs, "--no-journal")
	_, errs, code = x.run("set", "participants", "5", "bonus=1", "vars.x=1", "--no-journal")
	assert.Equal(t, exitConnect, code, errs)
	assert.Contains(t, errs, "permission denied for table participant")
	_, errs, code = x.run("set", "participants", "5", "bonus=1", "--no-journal")
	assert.Zero(t, code, errs)
	assert.Equal(t, "bonus\n1\n", x.ok("query", "participants", "id=5", "--columns", "bonus", "--one"))

	// The schema that an administrator has made for the role is enough.
	require.NoError(t, super.Exec(t.Context(), "CREATE SCHEMA exptool AUTHORIZATION "+role))
	_, errs, code = x.run("set", "participants", "5", "bonus=3")
	assert.Zero(t, code, errs)
	x.ok("undo", "1")

	// A database that only reads.
	require.NoError(t, super.Exec(t.Context(), "ALTER ROLE "+role+" SET default_transaction_read_only = on"))
	_, errs, code = x.run("set", "participants", "5", "bonus=2", "--no-journal")
	assert.Equal(t, exitConnect, code)
	assert.Contains(t, errs, "read-only transaction")
}

// TestCommandLine keeps passwords out of the journal.
func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{
		{"approve", "5", "--db", "postgresql://ada:s3cret@h/exp"}, {"--db=postgresql://ada:s3cret@h/exp", "approve", "5"},
		{"approve", "5", "--db", "host=h password=s3cret dbname=exp"}, {"approve", "5", "--db", "postgresql://ada:s3cret@h:port/exp"},
	} {
		line := (&app{args: args}).commandLine(nil)
		assert.NotContains(t, line, "s3cret")
		assert.Contains(t, line, "approve 5")
	}
	assert.Equal(t, "exptool --db demo set person 1 'surname=O'\\''Brien'", (&app{args: []string{"--db", "demo", "set", "person", "1", "surname=O'Brien"}}).commandLine(nil))
}
