package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// withDollars gives everybody ten.
func withDollars(t *testing.T) (*runner, *repo.DB) {
	t.Helper()
	url := pgtest.DB(t, "tutorial")
	addr, err := repo.ParseAddress(url)
	require.NoError(t, err)
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 10"))
	return newRunner(t, url), db
}

// reads runs a command with something to read.
func (r *runner) reads(ctx context.Context, in io.Reader, args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	streams := &cli.Streams{In: in, Out: &stdout, Err: &stderr}
	code = run(ctx, newApp(streams, time.Now), append(args, "--db", r.db))
	return stdout.String(), stderr.String(), code
}

// dollars are what a participant has.
func (r *runner) dollars(id int) string {
	return r.count(fmt.Sprintf("SELECT dollars FROM participant WHERE id = %d", id))
}

// TestDonateToALockedRow: it is to be tried again, and that is never called not
// enough; others do not wait for it, and those of one payer stay in order.
func TestDonateToALockedRow(t *testing.T) {
	x, db := withDollars(t)
	t.Setenv("EXPTOOL_LOCK_TIMEOUT", "700ms")
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		var id int
		require.NoError(t, tx.Get(t.Context(), &id, "SELECT id FROM participant WHERE id = 5 FOR UPDATE"))
		for _, args := range [][]string{{"5", "6"}, {"6", "5"}, {"6", "5", "--dry-run"}} {
			out, errs, code := x.run(append([]string{"donate"}, args...)...)
			assert.Equal(t, exitTryAgain, code, errs)
			assert.Empty(t, out)
			assert.Contains(t, errs, "try again")
			assert.NotContains(t, errs, "enough")
		}
		out, errs, code := x.reads(t.Context(), strings.NewReader("1,2\n6,5\n6,7\n3,4\n"), "donate", "--file", "-")
		assert.Equal(t, exitTryAgain, code, errs)
		assert.Contains(t, errs, "2 of 4 lines were refused")
		assert.Regexp(t, `(?m)^1,done,`, out)
		assert.Regexp(t, `(?m)^2,refused,.*participants 6 and 5 were not free within 700ms; the experiment is writing there; try again`, out)
		assert.Regexp(t, `(?m)^4,done,`, out)
		_, errs, code = x.reads(t.Context(), strings.NewReader("1,2\n6,5\n"), "donate", "--file", "-", "--all-or-nothing")
		assert.Equal(t, exitTryAgain, code, errs)
		return nil
	}))
	assert.Equal(t, "9", x.dollars(1), "given once, and not by the second file")
	assert.Equal(t, "10", x.dollars(6))
}

// TestDonateAmongOthers: what the server says of others being in the way is tried
// three times, and then to be tried again: it is never called not enough.
func TestDonateAmongOthers(t *testing.T) {
	x, db := withDollars(t)
	x.ok("donate", "3", "7")
	for _, state := range []string{"serialization_failure", "deadlock_detected"} {
		for tries, want := range map[int]int{2: exitOK, 3: exitTryAgain} {
			require.NoError(t, db.Exec(t.Context(), fmt.Sprintf(`CREATE SEQUENCE tries;
CREATE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('tries') <= %d THEN
        RAISE EXCEPTION 'in the way' USING ERRCODE = '%s';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER hinder BEFORE UPDATE ON participant FOR EACH ROW EXECUTE FUNCTION hinder()`, tries, state)))
			before := x.dollars(3)
			_, errs, code := x.run("donate", "3", "7")
			assert.Equal(t, want, code, errs)
			assert.NotContains(t, errs, "enough")
			if want == exitTryAgain {
				assert.Contains(t, errs, "try again")
				assert.Equal(t, before, x.dollars(3))
			}
			require.NoError(t, db.Exec(t.Context(), "DROP TRIGGER hinder ON participant; DROP FUNCTION hinder; DROP SEQUENCE tries"))
		}
	}
	x.ok("verify")
}

// TestDonateKilled kills exptool at random moments: what it answered is there, and
// a full retry with the keys ends in everything exactly once.
func TestDonateKilled(t *testing.T) {
	x, db := withDollars(t)
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 1000"))
	const lines = 10000
	var text strings.Builder
	for n := range lines {
		fmt.Fprintf(&text, "%d,%d,0.01,k%d\n", 1+n%30, 31+n%30, n)
	}
	file := lineFile(t, text.String())
	killed := 0
	for range 20 {
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "exptool", "--db", x.db, "donate", "--file", file)
		cmd.Stdout = &out
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(20*time.Millisecond+rand.N(300*time.Millisecond), func() { _ = cmd.Process.Kill() })
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
		x.ok("verify")
		var keys []string
		for answer := range strings.Lines(out.String()) {
			if fields := strings.Split(answer, ","); len(fields) == 9 && fields[0] != "line" { // else it was cut short
				line, err := strconv.Atoi(fields[0])
				require.NoError(t, err)
				require.Contains(t, []string{statusDone, statusReplayed}, fields[1])
				keys = append(keys, fmt.Sprintf("('k%d')", line-1))
			}
		}
		if len(keys) > 0 {
			require.Equal(t, "0", x.count("SELECT count(*) FROM (VALUES "+strings.Join(keys, ",")+") AS a (key) WHERE NOT EXISTS (SELECT FROM exptool.transfer AS t WHERE t.key = a.key)"))
		}
	}
	t.Logf("%d of 20 killed", killed)
	assert.Greater(t, killed, 3)
	x.ok("donate", "--file", file)
	assert.Equal(t, fmt.Sprintf("%d,%[1]d", lines), x.count("SELECT count(*), count(DISTINCT key) FROM exptool.transfer WHERE kind = 'donation'"))
	x.ok("verify")
}

// slowly gives lines, and calls do before the one with that number.
func slowly(lines, at int, do func()) io.Reader {
	n := 0
	return reading(func() string {
		n++
		switch {
		case n == at:
			do()
		case n > lines:
			time.Sleep(10 * time.Millisecond) // it does not end
			return ""
		}
		return fmt.Sprintf("%d,%d,0.01,k%d\n", 1+n%30, 31+n%30, n)
	})
}

// TestDonateInterrupted: what is answered is done, what is done is answered, and
// the rest is not.
func TestDonateInterrupted(t *testing.T) {
	x, _ := withDollars(t)
	x.ok("donate", "1", "31") // makes the ledger, which may take longer than reading the lines
	ctx, cancel := context.WithCancel(t.Context())
	in := slowly(3000, 2000, cancel)
	out, errs, code := x.reads(ctx, in, "donate", "--file", "-")
	assert.Equal(t, exitInterrupted, code, errs)
	assert.Contains(t, errs, "exptool: interrupted")
	answered := strings.Count(out, ",done,")
	assert.Regexp(t, fmt.Sprintf(`given %s, replayed 0, refused 0;`, grouped(int64(answered))), errs)
	assert.Equal(t, answered+1, strings.Count(out, "\n"), "nothing but the header and what was done")
	assert.Equal(t, fmt.Sprint(answered+1), x.count("SELECT count(*) FROM exptool.transfers WHERE kind = 'donation'"))
}

// count is the number that a question has for an answer.
func (r *runner) count(sql string) string {
	_, n, _ := strings.Cut(strings.TrimSpace(r.ok("sql", sql, "--format", "csv")), "\n")
	return n
}

// TestDonateLosesTheConnection: exit 5 says how many were answered, and a retry
// with the keys gives nobody twice.
func TestDonateLosesTheConnection(t *testing.T) {
	x, db := withDollars(t)
	x.ok("donate", "3", "7") // makes the ledger
	over := make(chan struct{})
	var killing sync.WaitGroup
	cut := func() { // again and again: one that did nothing at that moment is replaced
		for {
			assert.NoError(t, db.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()
				  AND (SELECT count(*) FROM exptool.transfer) > 10000 -- more than a batch, so that one was answered`))
			select {
			case <-over:
				return
			case <-time.After(7 * time.Millisecond):
			}
		}
	}
	in := slowly(1<<30, 3000, func() { killing.Go(cut) })
	out, errs, code := x.reads(t.Context(), in, "donate", "--file", "-")
	close(over)
	killing.Wait()
	assert.Equal(t, exitConnect, code, errs)
	answered := strings.Count(out, "\n") - 1 // without the header
	assert.Regexp(t, fmt.Sprintf(`; %d lines were answered, the last of them line \d+`, answered), errs)
	assert.Contains(t, errs, "lines with a key can be given again: nobody gives twice")

	again := slowly(5000, -1, nil)
	_, errs, code = x.reads(t.Context(), io.LimitReader(again, 40000), "donate", "--file", "-")
	assert.Contains(t, []int{exitOK, exitRefused}, code, errs) // the last line may be cut short
	assert.Equal(t, "0", x.count("SELECT count(*) FROM (SELECT payer, key FROM exptool.transfers GROUP BY 1, 2 HAVING key IS NOT NULL AND count(*) > 1) AS twice"))
	x.ok("verify")
}

// TestDonateFromABrokenFile: what was read before is given, and said.
func TestDonateFromABrokenFile(t *testing.T) {
	x, _ := withDollars(t)
	broken := iotest.ErrReader(errors.New("input/output error"))
	out, errs, code := x.reads(t.Context(), io.MultiReader(strings.NewReader("1,2\n3,4\n"), broken), "donate", "--file", "-")
	assert.Equal(t, exitFailure, code, errs)
	assert.Contains(t, out, "\n2,done,")
	assert.Contains(t, errs, "exptool: reading -: input/output error; 2 lines were answered, the last of them line 2")
	out, errs, code = x.reads(t.Context(), broken, "donate", "--file", "-")
	assert.Equal(t, exitFailure, code, errs)
	assert.Empty(t, out)
}

// TestDonateIntoAClosedPipe: giving stops where nobody reads the answers, which is
// no success, and what was done until then is said.
func TestDonateIntoAClosedPipe(t *testing.T) {
	x, _ := withDollars(t)
	reader, writer := io.Pipe()
	require.NoError(t, reader.Close())
	var stderr bytes.Buffer
	streams := &cli.Streams{In: slowly(1<<30, -1, nil), Out: writer, Err: &stderr}
	code := run(t.Context(), newApp(streams, time.Now), []string{"donate", "--file", "-", "--db", x.db})
	assert.Equal(t, exitFailure, code, stderr.String())
	n := x.count("SELECT count(*) FROM exptool.transfers WHERE kind = 'donation'")
	assert.Contains(t, stderr.String(), "; "+n+" lines were answered, the last of them line "+n)
}

// TestDonateLongLine: 10 MB on one line are one refused line.
func TestDonateLongLine(t *testing.T) {
	x, _ := withDollars(t)
	path := filepath.Join(t.TempDir(), "long.csv")
	long := strings.Repeat("x", 10<<20)
	require.NoError(t, os.WriteFile(path, []byte("1,2\n3,4,1,k,"+long+"\n3,4,1,k,\""+long+"\n5,6\n\"7\n"+long+"\n8,9"), 0o600))
	out, errs, code := x.run("donate", "--file", path)
	assert.Equal(t, exitRefused, code, errs)
	assert.Contains(t, errs, "given 3, replayed 0, refused 4;")
	assert.Regexp(t, `(?m)^2,refused,.*the line is longer than 8192 bytes$`, out)
	assert.Regexp(t, `(?m)^5,refused,.*a quote does not end$`, out)
	assert.Regexp(t, `(?m)^7,done,`, out)
	assert.Less(t, len(out), 2000)
}

// TestDonateRate: no more than that, over the whole time.
func TestDonateRate(t *testing.T) {
	x, _ := withDollars(t)
	begun := time.Now()
	x.ok("donate", "--file", lineFile(t, strings.Repeat("3,7,0.01\n", 21)), "--rate", "40")
	assert.GreaterOrEqual(t, time.Since(begun), 490*time.Millisecond)
}

func lineFile(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "moves.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestAdoptAsks: nothing is booked without a yes.
func TestAdoptAsks(t *testing.T) {
	x, db := withDollars(t)
	x.ok("donate", "3", "7")
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 50 WHERE id = 3"))
	out, errs, code := x.answering(t.Context(), strings.NewReader("n\n"), "verify", "--adopt")
	assert.Equal(t, exitFailure, code, errs)
	assert.Contains(t, errs, "book 1 difference as adjustments? [y/N]")
	assert.Contains(t, out, "after transfer 3")
	_, errs, code = x.answering(t.Context(), strings.NewReader("y\n"), "verify", "--adopt")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, errs, "the ledger holds")
}
