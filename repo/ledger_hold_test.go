package repo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/internal/pgtest"
	"exptool/internal/sample"
	"exptool/repo"
)

// TestManyWriters has 64 callers in four processes give at random, most of them to
// or from one participant: nobody hears of a deadlock and nothing is lost.
func TestManyWriters(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	dollars(t, db, "numeric(12,2)", "20")
	outs := make([]string, 4)
	var wait sync.WaitGroup
	for i := range outs {
		cmd := giver{addr.URL(), uint64(i + 1), 16, 25}.command(t.Context(), t)
		wait.Go(func() {
			out, err := cmd.Output()
			assert.NoError(t, err)
			outs[i] = string(out)
		})
	}
	wait.Wait()
	booked := timesBooked(t, db)
	done, refused := 0, 0
	for _, out := range outs {
		for key, answer := range answers(t, out) {
			if answer == "done" {
				done++
				assert.Equal(t, 1, booked[key])
				continue
			}
			refused++
			assert.Contains(t, answer, "not enough", "nothing else may refuse")
			assert.Zero(t, booked[key])
		}
	}
	assert.Equal(t, 1600, done+refused)
	assert.Len(t, booked, done)
	v := holds(t, db)
	assert.EqualValues(t, people*2000, v.Total)
	assert.InDelta(t, people*20, sumOf(t, db), 1e-9)
	assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM participant WHERE dollars < 0"))
}

// beginLedger makes the ledger, so that there is one however early somebody is
// killed.
func beginLedger(t *testing.T, db *repo.DB) {
	t.Helper()
	_, err := repo.NewLedger(db, repo.LedgerOptions{}).Apply(t.Context(), []repo.Transfer{{Kind: repo.Opening, Payee: 1}})
	require.NoError(t, err)
}

// TestKilledGivers kills the process that gives, at fifty random moments. What was
// answered is there once, what was not zero times or once; a full retry makes it
// all exactly once.
func TestKilledGivers(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db, err := repo.Open(t.Context(), addr, repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	dollars(t, db, "double precision", "100000.0012")
	beginLedger(t, db)
	g := giver{addr.URL(), 0, 16, 1000}
	killed, answered := 0, 0
	for i := range 50 {
		g.seed = uint64(i)
		cmd := g.command(t.Context(), t)
		var out strings.Builder
		cmd.Stdout = &out
		require.NoError(t, cmd.Start())
		time.AfterFunc(within(400*time.Millisecond), func() { _ = cmd.Process.Kill() })
		if cmd.Wait() != nil {
			killed++
		}
		done := answers(t, out.String())
		answered += len(done)
		booked := timesBooked(t, db)
		for key, answer := range done {
			require.Equal(t, "done", answer)
			require.Equal(t, 1, booked[key])
		}
		holds(t, db)
	}
	t.Logf("%d of 50 killed, %d transfers answered", killed, answered)
	assert.Greater(t, killed, 40)
	assert.Positive(t, answered)

	// All of it once more, with the same keys.
	before := timesBooked(t, db)
	g.moves = 40
	for i := range 50 {
		g.seed = uint64(i)
		g.run(t.Context(), db, func(key string, r repo.Result) {
			assert.NoError(t, r.Err)
			assert.Equal(t, before[key] == 1, r.Replayed)
		})
	}
	after := timesBooked(t, db)
	for i := range 50 {
		for caller := range g.callers {
			for n := range g.moves {
				require.Equal(t, 1, after[fmt.Sprintf("%d-%d-%d", i, caller, n)])
			}
		}
	}
	v := holds(t, db)
	assert.EqualValues(t, people*10000000, v.Total)
	assert.InDelta(t, people*100000.0012, sumOf(t, db), 1e-4, "with what lies below a cent")
}

// TestKilledServer kills Postgres itself under load, at fifty random moments.
func TestKilledServer(t *testing.T) {
	server, err := localpg.New(t.TempDir(), localpg.Options{BinDir: pgtest.Server(t).Status(t.Context()).Binaries})
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context(), nil))
	t.Cleanup(func() { _ = os.RemoveAll(server.Home()) }) // as root it is elsewhere
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	admin, err := server.Admin(t.Context())
	require.NoError(t, err)
	require.NoError(t, admin.CreateDatabase(t.Context(), "study", ""))
	require.NoError(t, admin.Close())
	db, err := repo.Open(t.Context(), server.Address("study"), repo.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, db.CreatePsyNetTables(t.Context()))
	addPeople(t, db, sample.Names(people, rand.New(rand.NewPCG(1, 1)))...)
	dollars(t, db, "integer", "100000")
	beginLedger(t, db)

	answered, unanswered := 0, 0
	for i := range 50 {
		g := giver{"", uint64(i), 8, 100000}
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		done := map[string]bool{}
		dead := make(chan struct{})
		time.AfterFunc(50*time.Millisecond+within(250*time.Millisecond), func() {
			defer close(dead)
			assert.NoError(t, syscall.Kill(server.Status(context.Background()).PID, syscall.SIGKILL))
		})
		g.runWhole(ctx, cancel, db, func(key string, r repo.Result) {
			mu.Lock()
			defer mu.Unlock()
			if r.Err == nil {
				done[key] = true
			}
		})
		<-dead
		require.NoError(t, server.Start(t.Context(), nil))
		booked := timesBooked(t, db)
		for key := range done {
			require.Equal(t, 1, booked[key], "answered, so it is there")
		}
		for key, times := range booked {
			require.Equal(t, 1, times, key)
			if strings.HasPrefix(key, fmt.Sprintf("%d-", i)) && !done[key] {
				unanswered++
			}
		}
		answered += len(done)
		holds(t, db)
	}
	t.Logf("%d transfers answered, %d done and not answered", answered, unanswered)
	assert.Positive(t, answered)
}

// runWhole gives whole dollars until the server is gone.
func (g giver) runWhole(ctx context.Context, stop func(), db *repo.DB, tell func(key string, r repo.Result)) {
	batcher := repo.NewBatcher(ctx, repo.NewLedger(db, repo.LedgerOptions{}))
	defer batcher.Close()
	var gone atomic.Bool
	var wait sync.WaitGroup
	for caller := range g.callers {
		wait.Go(func() {
			for n := 0; !gone.Load(); n++ {
				move := g.transfer(caller, n)
				move.Sent = 100
				r := batcher.Apply(ctx, move)
				tell(move.Key, r)
				if errors.Is(r.Err, repo.ErrConnect) {
					gone.Store(true)
				}
			}
		})
	}
	wait.Wait()
	stop()
}
