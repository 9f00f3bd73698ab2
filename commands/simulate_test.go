package commands

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// columnOf is the value of a column in a row of CSV, the header being row 0.
func columnOf(t *testing.T, text, column string, row int) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), row, text)
	for i, name := range rows[0] {
		if name == column {
			return rows[row][i]
		}
	}
	require.Fail(t, "there is no column "+column, text)
	return ""
}

// TestSimulateInterrupted: Ctrl-C tells what was played so far, of one game its rounds
// and of several those that are over.
func TestSimulateInterrupted(t *testing.T) {
	x := newRunner(t, "postgres://nobody@127.0.0.1:1/nowhere")
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		t.Cleanup(cancel)
		return ctx
	}
	out, errs, code := x.reads(soon(), strings.NewReader(""), "simulate", "--players", "100", "--rounds", "1000000000", "--random-seed", "1")
	assert.Equal(t, exitInterrupted, code, errs)
	played := columnOf(t, out, "played", 1)
	rounds, err := strconv.Atoi(played)
	require.NoError(t, err)
	assert.Positive(t, rounds)
	assert.Less(t, rounds, 1000000000)
	assert.Contains(t, errs, "stopped after "+cli.Count(int64(rounds), cli.Rounds))
	assert.Equal(t, columnOf(t, x.ok("simulate", "--players", "100", "--rounds", played, "--random-seed", "1"), "gini", 1),
		columnOf(t, out, "gini", 1), "the same as a game of so many rounds")

	out, errs, code = x.reads(soon(), strings.NewReader(""), "simulate", "--players", "100", "--sweep", "rounds=10,1000000000", "--threads", "2")
	assert.Equal(t, exitInterrupted, code, errs)
	assert.Equal(t, 2, strings.Count(out, "\n"), out)
	assert.Equal(t, "10", columnOf(t, out, "rounds", 1))
	assert.Contains(t, errs, "1 of 2 games were played")

	out, errs, code = x.reads(soon(), strings.NewReader(""), "simulate", "--players", "100", "--rounds", "1000000000", "--decisions")
	assert.Equal(t, exitInterrupted, code, errs)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, "100", rows[len(rows)-1][5], "whole rounds")
}

// TestSimulateByRound: rounds are written as they are played, each once, and the same
// as those of a game that is one of several.
func TestSimulateByRound(t *testing.T) {
	x := newRunner(t, "postgres://nobody@127.0.0.1:1/nowhere")
	rows := func(args ...string) [][]string {
		all, err := csv.NewReader(strings.NewReader(x.ok(append([]string{"simulate", "--players", "20", "--by-round"}, args...)...))).ReadAll()
		require.NoError(t, err)
		return all[1:]
	}
	several := rows("--rounds", "1300", "--random-seed", "5", "--reps", "2")
	require.Len(t, several, 2*1301)
	one := rows("--rounds", "1300", "--random-seed", several[0][7])
	require.Len(t, one, 1301)
	for n, row := range one {
		assert.Equal(t, fmt.Sprint(n), row[7])
		assert.Equal(t, several[n][9:], row[8:], "after round %d", n)
	}
}

// TestSimulateAsks: a game is booked in a database that is not private only if
// somebody says yes.
func TestSimulateAsks(t *testing.T) {
	x, _ := withDollars(t)
	simulate := func(answer string, args ...string) (out, errs string, code int) {
		var stdout, stderr bytes.Buffer
		streams := &cli.Streams{In: strings.NewReader(answer), Out: &stdout, Err: &stderr, InTTY: true, ErrTTY: true}
		code = run(t.Context(), newApp(streams, time.Now), append(append([]string{"simulate", "--rounds", "3", "--apply", "--db", x.db}, args...), "--random-seed", "1"))
		return stdout.String(), stderr.String(), code
	}
	out, errs, code := simulate("n\n")
	assert.Equal(t, exitFailure, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "play 3 rounds of donation with the dollars of 63 participants in ")
	assert.Contains(t, errs, "nothing was changed")
	assert.Equal(t, "63", x.count("SELECT count(*) FROM participant WHERE dollars = 10"))
	_, errs, code = simulate("y\n")
	assert.Zero(t, code, errs)
	_, errs, code = simulate("", "--yes")
	assert.Zero(t, code, errs)
	assert.Equal(t, "378", x.count("SELECT count(*) FROM exptool.decisions"))
	x.ok("verify")
}

// TestSimulateOnATerminal: a table that fits, and the Ginis as a line of blocks.
func TestSimulateOnATerminal(t *testing.T) {
	x := newRunner(t, "postgres://nobody@127.0.0.1:1/nowhere")
	show := func(args ...string) (out, errs string) {
		var stdout, stderr bytes.Buffer
		streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, OutTTY: true, ErrTTY: true, Width: 80}
		code := run(t.Context(), newApp(streams, time.Now), append(append([]string{"simulate", "--players", "1000"}, args...), "--db", x.db))
		require.Zero(t, code, stderr.String())
		for line := range strings.Lines(stdout.String()) {
			assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80, line)
		}
		return stdout.String(), stderr.String()
	}
	out, errs := show("--rounds", "200")
	assert.Regexp(t, `(?m)^measure +before +after +meaning$`, out)
	assert.Regexp(t, `(?m)^gini +0\.\d+ +0\.\d+ `, out)
	assert.Regexp(t, `Gini 0\.\d+ → 0\.\d+ [▁▂▃▄▅▆▇█]{24}; \d+ players rose`, errs)
	out, errs = show("--rounds", "20", "--sweep", "amount=1,2", "--reps", "3")
	assert.Regexp(t, `^amount +seed +reps +gini_before +gini +gini_low +gini_high`, out)
	assert.Regexp(t, `\d+ of \d+ columns fit; --format csv has all`, errs)
}

// TestSimulateShowsProgress: of a long game a terminal sees how far it is.
func TestSimulateShowsProgress(t *testing.T) {
	x := newRunner(t, "postgres://nobody@127.0.0.1:1/nowhere")
	for _, long := range [][]string{{}, {"--by-round", "--output", filepath.Join(t.TempDir(), "rounds.csv")}, {"--reps", "2"}} {
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		var stdout, stderr bytes.Buffer
		streams := &cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, ErrTTY: true, Width: 80}
		code := run(ctx, newApp(streams, time.Now), append([]string{"simulate", "--players", "100", "--rounds", "1000000000", "--db", x.db}, long...))
		stop()
		assert.Equal(t, exitInterrupted, code, stderr.String())
		assert.Contains(t, stderr.String(), "playing", long)
	}
}

// whileBooking runs a long game that is booked, and calls meanwhile as soon as some of it
// is in the ledger.
func whileBooking(t *testing.T, x *runner, meanwhile func(stop context.CancelFunc)) (out, errs string, code int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, errs, code = x.reads(ctx, strings.NewReader(""), "simulate", "--rounds", "100000", "--random-seed", "1", "--apply", "--yes")
	}()
	for x.count("SELECT count(*) FROM exptool.decisions WHERE session = 'sim-1'") == "0" {
		select {
		case <-done:
			require.Fail(t, "it ended before anything was seen", errs)
		case <-time.After(10 * time.Millisecond):
		}
	}
	meanwhile(stop)
	<-done
	return out, errs, code
}

// TestApplyInterrupted: Ctrl-C finishes the stretch under way; what was printed is
// what is in the ledger, and no round is there in part.
func TestApplyInterrupted(t *testing.T) {
	x, _ := withDollars(t)
	x.ok("seed", "--yes") // opens the ledger
	x.ok("simulate", "--rounds", "1", "--apply", "--yes", "--session", "before")
	out, errs, code := whileBooking(t, x, func(stop context.CancelFunc) { stop() })
	assert.Equal(t, exitInterrupted, code, errs)
	played := columnOf(t, out, "played", 1)
	assert.Equal(t, played, x.count("SELECT max(round) FROM exptool.decisions WHERE session = 'sim-1'"))
	rounds, err := strconv.Atoi(played)
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint(63*rounds), x.count("SELECT count(*) FROM exptool.decisions WHERE session = 'sim-1'"))
	assert.Equal(t, columnOf(t, out, "transfers", 1), x.count("SELECT count(*) FROM exptool.transfers WHERE session = 'sim-1'"))
	assert.Contains(t, errs, "stopped after "+cli.Count(int64(rounds), cli.Rounds))
	x.ok("verify")
}

// TestApplyAmongOthers: it stops at the first balance that is not the simulated one,
// and says what is booked.
func TestApplyAmongOthers(t *testing.T) {
	x, _ := withDollars(t)
	x.ok("simulate", "--rounds", "1", "--apply", "--yes", "--session", "before")
	out, errs, code := whileBooking(t, x, func(context.CancelFunc) {
		rich := x.count("SELECT max(id) FROM participant WHERE dollars >= 3")
		to := "1"
		if rich == to {
			to = "2"
		}
		_, talk, code := x.run("donate", rich, to)
		assert.Zero(t, code, talk)
	})
	assert.Equal(t, exitTryAgain, code, errs)
	assert.Empty(t, out)
	assert.Contains(t, errs, "of the simulation: somebody gave meanwhile")
	assert.Contains(t, errs, "  rounds 1 to "+x.count("SELECT max(round) FROM exptool.decisions WHERE session = 'sim-1'")+" are booked, as session sim-1")
	x.ok("verify")
}

// TestApplyToALockedRow: it is to be tried again, and nothing of the stretch is booked.
func TestApplyToALockedRow(t *testing.T) {
	x, db := withDollars(t)
	t.Setenv("EXPTOOL_LOCK_TIMEOUT", "500ms")
	x.ok("donate", "3", "7") // makes the ledger
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		var id int
		require.NoError(t, tx.Get(t.Context(), &id, "SELECT id FROM participant WHERE id = 5 FOR UPDATE"))
		out, errs, code := x.run("simulate", "--rounds", "3", "--apply", "--yes", "--random-seed", "1")
		assert.Equal(t, exitTryAgain, code, errs)
		assert.Empty(t, out)
		assert.Contains(t, errs, "try again")
		assert.Contains(t, errs, "  no round is booked")
		return nil
	}))
	assert.Equal(t, "0", x.count("SELECT count(*) FROM exptool.decisions"))
	_, errs, code := x.run("simulate", "--rounds", "3", "--apply", "--yes", "--random-seed", "1", "--by-round")
	assert.Zero(t, code, errs)
	assert.Contains(t, errs, "as session sim-1:")
}

// TestDryRunInterrupted: a dry run does not finish what it would take back.
func TestDryRunInterrupted(t *testing.T) {
	x, db := withDollars(t)
	t.Setenv("EXPTOOL_LOCK_TIMEOUT", "60s")
	x.ok("donate", "3", "7") // makes the ledger
	require.NoError(t, db.Write(t.Context(), repo.WriteOptions{}, func(tx *repo.Tx) error {
		var id int
		require.NoError(t, tx.Get(t.Context(), &id, "SELECT id FROM participant WHERE id = 5 FOR UPDATE"))
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		out, errs, code := x.reads(ctx, strings.NewReader(""), "simulate", "--rounds", "3", "--apply", "--dry-run")
		assert.Equal(t, exitInterrupted, code, errs)
		assert.Empty(t, out)
		assert.Less(t, time.Since(began), 30*time.Second)
		return nil
	}))
	assert.Equal(t, "0", x.count("SELECT count(*) FROM exptool.decisions"))
}

// TestSweepInKubernetes runs the command of the Job for some of its indices.
func TestSweepInKubernetes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "scripts", "sweep-kubernetes.yaml"))
	require.NoError(t, err)
	var job struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct{ Command, Args []string }
				}
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &job))
	container := job.Spec.Template.Spec.Containers[0]
	command := strings.ReplaceAll(container.Args[0], "--reps 1000", "--reps 7")
	require.NotEqual(t, container.Args[0], command)
	dir := t.TempDir()
	for i := range job.Spec.Completions {
		cmd := exec.CommandContext(t.Context(), container.Command[0], container.Command[1], command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	parts, err := filepath.Glob(filepath.Join(dir, "parts", "*.csv"))
	require.NoError(t, err)
	require.Len(t, parts, job.Spec.Completions)
	var all []byte
	for _, part := range parts { // in the order of their names, as cat has them
		text, err := os.ReadFile(part)
		require.NoError(t, err)
		all = append(all, text...)
	}
	x := newRunner(t, pgtest.DB(t, "static"))
	assert.Equal(t, x.ok("simulate", "--sweep", "amount=1:10:1", "--players", "100", "--reps", "7", "--by-rep", "--random-seed", "42"), string(all))
}
