package repo_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// giver is a process that gives dollars at random: so many callers, each so many
// transfers, of which a seed says which.
type giver struct {
	url            string
	seed           uint64
	callers, moves int
}

// command is the process, which prints each answer on a line: its key, and done or
// what was wrong.
func (g giver) command(ctx context.Context, t testing.TB) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), "EXPTOOL_TEST_GIVER="+g.url,
		fmt.Sprintf("EXPTOOL_TEST_GIVES=%d %d %d", g.seed, g.callers, g.moves))
	cmd.Stderr = os.Stderr
	return cmd
}

// people is how many participants givers give among: those of the tutorial.
const people = 63

// transfer is the n-th of a caller: mostly to and from participant 1, the others
// in pairs of both directions.
func (g giver) transfer(caller, n int) repo.Transfer {
	r := rand.New(rand.NewPCG(g.seed, uint64(caller)<<32|uint64(n)))
	payer, payee := 1+r.Int64N(people), int64(1)
	if r.IntN(3) > 0 {
		payee = 1 + r.Int64N(people)
	}
	if r.IntN(2) == 0 {
		payer, payee = payee, payer
	}
	if payer == payee {
		payee = payer%people + 1
	}
	return repo.Transfer{Payer: payer, Payee: payee, Sent: repo.Cents(1 + r.Int64N(300)), Key: fmt.Sprintf("%d-%d-%d", g.seed, caller, n)}
}

// giverProcess is what the process does.
func giverProcess(url string) int {
	var g giver
	if _, err := fmt.Sscan(os.Getenv("EXPTOOL_TEST_GIVES"), &g.seed, &g.callers, &g.moves); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	addr, err := repo.ParseAddress(url)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	db, err := repo.Open(context.Background(), addr, repo.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer db.Close()
	g.run(context.Background(), db, func(key string, r repo.Result) {
		answer := "done"
		if r.Err != nil {
			answer = r.Err.Error()
		}
		fmt.Println(key, answer) // one write: a kill leaves whole lines
	})
	return 0
}

// run gives, and tells each answer.
func (g giver) run(ctx context.Context, db *repo.DB, tell func(key string, r repo.Result)) {
	batcher := repo.NewBatcher(ctx, repo.NewLedger(db, repo.LedgerOptions{Who: "giver"}))
	defer batcher.Close()
	var wait sync.WaitGroup
	for caller := range g.callers {
		wait.Go(func() {
			for n := range g.moves {
				move := g.transfer(caller, n)
				tell(move.Key, batcher.Apply(ctx, move))
			}
		})
	}
	wait.Wait()
}

// answers reads what a giver has printed, by key.
func answers(t testing.TB, out string) map[string]string {
	t.Helper()
	all := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() {
		key, answer, ok := strings.Cut(lines.Text(), " ")
		require.True(t, ok, lines.Text())
		all[key] = answer
	}
	return all
}

// holds asserts that the ledger of a database holds, and returns what was found.
func holds(t testing.TB, db *repo.DB) *repo.Verification {
	t.Helper()
	v, err := repo.NewLedger(db, repo.LedgerOptions{}).Verify(context.Background())
	require.NoError(t, err)
	require.True(t, v.Holds(), "%+v", v)
	return v
}

// timesBooked counts how often each key is in the ledger.
func timesBooked(t testing.TB, db *repo.DB) map[string]int {
	t.Helper()
	var rows []struct {
		Key   string `db:"key"`
		Times int    `db:"times"`
	}
	require.NoError(t, db.Read(context.Background(), repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Select(context.Background(), &rows, "SELECT key, count(*) AS times FROM exptool.transfer WHERE key IS NOT NULL GROUP BY key")
	}))
	times := map[string]int{}
	for _, r := range rows {
		times[r.Key] = r.Times
	}
	return times
}

// sumOf is everybody's dollars as the column adds up.
func sumOf(t testing.TB, db *repo.DB) float64 {
	t.Helper()
	sum, err := strconv.ParseFloat(one(t, db, "SELECT sum(dollars)::text FROM participant"), 64)
	require.NoError(t, err)
	return sum
}

// within is a random time up to most.
func within(most time.Duration) time.Duration { return rand.N(most) }
