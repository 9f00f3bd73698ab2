package repo_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// toy is a game that is played in memory: in each round everybody who has a dollar
// gives one to somebody, who gets two where double is set, and who then has the most
// pays one to the bank.
type toy struct {
	*rand.Rand
	session string
	double  bool
	round   int
	has     []repo.Balance
	moves   map[int]int // how many transfers a round has
}

// newToy begins with what the participants of a database have.
func newToy(t testing.TB, l *repo.Ledger, seed uint64) *toy {
	t.Helper()
	has, _, err := l.Balances(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, has)
	return &toy{Rand: rand.New(rand.NewPCG(seed, 7)), session: fmt.Sprint("toy ", seed), has: has, moves: map[int]int{}}
}

func (g *toy) rank(place int) int {
	rank := 1
	for _, b := range g.has {
		if b.Cents > g.has[place].Cents {
			rank++
		}
	}
	return rank
}

// play is the next rounds.
func (g *toy) play(rounds int) repo.Played {
	p := repo.Played{Session: g.session, Game: "toy", Before: slices.Clone(g.has)}
	for range rounds {
		g.round++
		begun := len(p.Transfers)
		for i := range g.has {
			d := repo.Decision{Round: g.round, Donor: g.has[i].ID, Choice: "broke", BalanceBefore: g.has[i].Cents, RankBefore: g.rank(i)}
			if g.has[i].Cents >= 100 {
				to := (i + 1 + g.IntN(len(g.has)-1)) % len(g.has)
				d.Choice, d.Recipient, d.Gifts, d.Cost, d.Benefit = "give", g.has[to].ID, 1, 100, 100
				if g.double {
					d.Benefit = 200
				}
				g.move(&p, repo.Transfer{Payer: d.Donor, Payee: d.Recipient, Sent: d.Cost, Received: d.Benefit}, i, to)
			}
			d.BalanceAfter, d.RankAfter = g.has[i].Cents, g.rank(i)
			p.Decisions = append(p.Decisions, d)
		}
		richest := 0
		for i := range g.has {
			if g.has[i].Cents > g.has[richest].Cents {
				richest = i
			}
		}
		if g.double {
			g.move(&p, repo.Transfer{Kind: repo.Tax, Payer: g.has[richest].ID, Sent: 100, Received: 100}, richest, -1)
		}
		g.moves[g.round] = len(p.Transfers) - begun
	}
	p.After = slices.Clone(g.has)
	return p
}

func (g *toy) move(p *repo.Played, move repo.Transfer, from, to int) {
	move.Session, move.Round = g.session, g.round
	p.Transfers = append(p.Transfers, move)
	g.has[from].Cents -= move.Sent
	if to >= 0 {
		g.has[to].Cents += move.Received
	}
}

// booked is how far a session has come: the last round, and how many transfers and
// decisions there are.
func booked(t testing.TB, db *repo.DB, session string) (round, transfers, decisions int) {
	t.Helper()
	text := one(t, db, `SELECT concat_ws(' ', coalesce(max(round), 0), count(*), (SELECT count(*) FROM exptool.decision WHERE session = $1))
FROM exptool.transfer
WHERE session = $1`, session)
	_, err := fmt.Sscan(text, &round, &transfers, &decisions)
	require.NoError(t, err)
	return round, transfers, decisions
}

// wholeRounds asserts that of a game whole rounds are booked, and says how many.
func wholeRounds(t testing.TB, db *repo.DB, g *toy) (rounds int) {
	t.Helper()
	rounds, transfers, decisions := booked(t, db, g.session)
	want := 0
	for round := range rounds {
		want += g.moves[round+1]
	}
	require.Equal(t, want, transfers, "whole rounds")
	require.Equal(t, rounds*len(g.has), decisions, "with their decisions")
	holds(t, db)
	return rounds
}

func TestApplyPlayed(t *testing.T) {
	for _, typ := range []string{"integer", "numeric(12,2)", "double precision"} {
		t.Run(typ, func(t *testing.T) {
			db := pgtest.Open(t, "tutorial", repo.Options{})
			each := "3"
			if typ == "double precision" {
				each = "3.0012345"
			}
			dollars(t, db, typ, each)
			l := repo.NewLedger(db, repo.LedgerOptions{Who: "ada"})
			g := newToy(t, l, 1)
			g.double = true
			for _, rounds := range []int{1, 7, 20} {
				require.NoError(t, l.ApplyPlayed(t.Context(), g.play(rounds)))
			}
			assert.Equal(t, 28, wholeRounds(t, db, g))
			now, whole, err := l.Balances(t.Context())
			require.NoError(t, err)
			assert.Equal(t, g.has, now)
			assert.Equal(t, typ == "integer", whole)
			assert.Equal(t, "0", one(t, db, `SELECT count(*)::text
FROM exptool.decision AS d
WHERE d.cost <> (SELECT coalesce(sum(sent), 0) FROM exptool.transfer WHERE session = d.session AND round = d.round AND payer = d.donor AND kind = 'donation')`))
			if typ == "double precision" {
				assert.Equal(t, "0", one(t, db, "SELECT count(*)::text FROM participant WHERE right(dollars::text, 5) <> '12345'"), "the rest below a cent")
			}
		})
	}
}

// TestDecisions: what is kept of a decision, texts that COPY would read otherwise
// included, and a stretch in which nothing moves.
func TestDecisions(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "3")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	odd := "a\tb\\N\nO'Brien \"名前\"\r\\."
	p := repo.Played{Session: odd, Game: "pd", Treatment: odd, Decisions: []repo.Decision{
		{Group: 2, Round: 1, Donor: 3, Choice: "coop\terate", Recipient: 7, Gifts: 1, Cost: 150, Benefit: 300, BalanceBefore: 300, BalanceAfter: 150, RankBefore: 1, RankAfter: 4},
		{Donor: 7, Choice: `\N`, BalanceBefore: -50, BalanceAfter: -50},
	}}
	require.NoError(t, l.ApplyPlayed(t.Context(), p))
	assert.Equal(t, odd+odd, one(t, db, "SELECT session || treatment FROM exptool.decisions WHERE donor = 3"))
	assert.Equal(t, "1|pd|2|1|3|coop\terate|7|1|1.50|3.00|3.00|1.50|1|4", one(t, db, `SELECT concat_ws('|', id, game, group_number, round, donor, choice, recipient, gifts, cost, benefit,
       balance_before, balance_after, rank_before, rank_after)
FROM exptool.decisions
WHERE donor = 3`))
	assert.Equal(t, `2|pd|7|\N|0|0.00|0.00|-0.50|-0.50`, one(t, db, `SELECT concat_ws('|', id, game, group_number, round, donor, choice, recipient, gifts, cost, benefit,
       balance_before, balance_after, rank_before, rank_after)
FROM exptool.decisions
WHERE donor = 7`))
	assert.Equal(t, one(t, db, "SELECT 'participant'::regclass::oid || (vars::json ->> 'deployment_id') FROM experiment"),
		one(t, db, "SELECT DISTINCT epoch || launch FROM exptool.decision"))
	for _, statement := range []string{"DELETE FROM exptool.decision", "UPDATE exptool.decision SET cost = 1", "TRUNCATE exptool.decision"} {
		assert.ErrorContains(t, db.Exec(t.Context(), statement), "the ledger is append-only", statement)
	}
	p.Game = ""
	assert.ErrorIs(t, l.ApplyPlayed(t.Context(), p), repo.ErrUsage)
	p.Game, p.Session = "pd", strings.Repeat("x", 201)
	assert.ErrorIs(t, l.ApplyPlayed(t.Context(), p), repo.ErrUsage)
	holds(t, db)

	a := newAskerOf(t, db)
	rows, _, err := a.ask("decisions", filterOf("game=pd", "donor.status=approved"))
	require.NoError(t, err)
	assert.Equal(t, one(t, db, "SELECT count(*)::text FROM participant WHERE id IN (3, 7) AND status = 'approved'"), rows[0][0])
}

// TestPlayedOtherwise: where anything is not as the game had it, nothing is booked.
func TestPlayedOtherwise(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{})
	dollars(t, db, "integer", "2")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	g := newToy(t, l, 1)
	require.NoError(t, l.ApplyPlayed(t.Context(), g.play(1)))
	rows := transferRows(t, db)

	next := g.play(2)
	refused := func(kind error, says string, change func(p *repo.Played)) {
		t.Helper()
		p := next
		p.Transfers, p.Before, p.After = slices.Clone(next.Transfers), slices.Clone(next.Before), slices.Clone(next.After)
		change(&p)
		err := l.ApplyPlayed(t.Context(), p)
		assert.ErrorContains(t, err, says)
		if kind != nil {
			assert.ErrorIs(t, err, kind)
		}
		assert.Equal(t, rows, transferRows(t, db))
		assert.Equal(t, fmt.Sprint(len(g.has)), one(t, db, "SELECT count(*)::text FROM exptool.decision"))
	}
	third := func(p *repo.Played) string { return p.Before[2].Cents.String() }
	refused(repo.ErrTryAgain, "participant 3 has "+third(&next)+" and not the $99 of the simulation: somebody gave meanwhile", func(p *repo.Played) { p.Before[2].Cents = 9900 })
	refused(repo.ErrTryAgain, "participant 999 is not there any more", func(p *repo.Played) { p.Before = append(p.Before, repo.Balance{ID: 999}) })
	refused(nil, "participant 3 does not end with the $99 of the simulation", func(p *repo.Played) { p.After[2].Cents = 9900 })
	refused(nil, "1 participants are in transfers whose balances before them are not given", func(p *repo.Played) { p.Before = p.Before[1:] })
	refused(repo.ErrRefused, "in round 3 participant 3 has ", func(p *repo.Played) {
		p.Transfers = append(p.Transfers, repo.Transfer{Payer: 3, Payee: 4, Sent: 100000, Round: 3})
	})
	refused(repo.ErrUsage, "$0.50 is not a whole number of dollars", func(p *repo.Played) { p.Transfers[5].Sent = 50 })

	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = NULL WHERE id = 4"))
	refused(repo.ErrTryAgain, "participant 4 has no dollars any more", func(*repo.Played) {})
	require.NoError(t, db.Exec(t.Context(), fmt.Sprintf("UPDATE participant SET dollars = %s WHERE id = 4", next.Before[3].Cents.Decimal())))
	require.NoError(t, l.ApplyPlayed(t.Context(), next))
	assert.Equal(t, 3, wholeRounds(t, db, g))
}

// TestGivingIntoAGame: somebody gives while a game is booked. What was booked before
// is there, and the game ends with an ErrTryAgain.
func TestGivingIntoAGame(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	dollars(t, db, "double precision", "50.001")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	for run := range uint64(10) {
		g := newToy(t, l, run)
		var wg sync.WaitGroup
		given := make(chan repo.Result, 1)
		wg.Go(func() {
			time.Sleep(within(150 * time.Millisecond))
			other := repo.NewLedger(db, repo.LedgerOptions{})
			results, err := other.Apply(context.WithoutCancel(t.Context()), []repo.Transfer{{Payer: 5, Payee: 9, Sent: 1}})
			if assert.NoError(t, err) && assert.NoError(t, results[0].Err) {
				given <- results[0]
			}
		})
		done := 0
		var err error
		for err == nil && done < 10000 {
			if err = l.ApplyPlayed(t.Context(), g.play(3)); err == nil {
				done += 3
			}
		}
		wg.Wait()
		require.ErrorIs(t, err, repo.ErrTryAgain)
		require.ErrorContains(t, err, "participant 5 has ")
		require.ErrorContains(t, err, "of the simulation: somebody gave meanwhile")
		require.Equal(t, done, wholeRounds(t, db, g), "what was answered, and no more")
		_, transfers, _ := booked(t, db, g.session)
		r := <-given
		require.Equal(t, fmt.Sprint(transfers), one(t, db, "SELECT count(*)::text FROM exptool.transfer WHERE session = $1 AND number < $2", g.session, r.Number),
			"all before it")
	}
}

// TestKilledPlay ends the connection at random moments: there are whole stretches
// only, and those that were answered.
func TestKilledPlay(t *testing.T) {
	addr := pgtest.Address(t, "tutorial")
	db, super := openAddress(t, addr), openAddress(t, pgtest.Server(t).SuperAddress(addr.Database()))
	dollars(t, db, "integer", "50")
	l := repo.NewLedger(db, repo.LedgerOptions{})
	beginLedger(t, db)
	killed := 0
	for run := range uint64(10) {
		g := newToy(t, l, run)
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(within(200 * time.Millisecond))
			assert.NoError(t, super.Exec(context.WithoutCancel(t.Context()), `SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE datname = current_database()
  AND usename <> session_user`))
		})
		done := 0
		var err error
		for err == nil && done < 400 {
			if err = l.ApplyPlayed(t.Context(), g.play(5)); err == nil {
				done += 5
			}
		}
		wg.Wait()
		if err != nil {
			require.ErrorIs(t, err, repo.ErrConnect)
			killed++
		}
		rounds := wholeRounds(t, db, g)
		require.True(t, rounds == done || err != nil && rounds == done+5, "%d rounds booked, %d answered", rounds, done)
	}
	t.Logf("%d of 10 killed", killed)
	assert.Positive(t, killed)
}

// TestSessionBegunTwice: of several who begin a session at once one has it, even where
// no balance tells of the others.
func TestSessionBegunTwice(t *testing.T) {
	db := pgtest.Open(t, "tutorial", repo.Options{MaxConns: 4})
	dollars(t, db, "integer", "3")
	beginLedger(t, db)
	has, _, err := repo.NewLedger(db, repo.LedgerOptions{}).Balances(t.Context())
	require.NoError(t, err)
	p := repo.Played{Session: "monday", Game: "toy", First: true, Before: has, Decisions: []repo.Decision{{Round: 1, Donor: 3, Choice: "keep"}}}
	answers := make(chan error, 4)
	for range cap(answers) {
		go func() {
			answers <- repo.NewLedger(db, repo.LedgerOptions{}).ApplyPlayed(context.WithoutCancel(t.Context()), p)
		}()
	}
	begun := 0
	for range cap(answers) {
		if err := <-answers; err == nil {
			begun++
		} else {
			assert.ErrorIs(t, err, repo.ErrTryAgain)
			assert.ErrorContains(t, err, `somebody else began the session "monday" meanwhile`)
		}
	}
	assert.Equal(t, 1, begun)
	assert.Equal(t, "1", one(t, db, "SELECT count(*)::text FROM exptool.decision"))
	p.First = false
	require.NoError(t, repo.NewLedger(db, repo.LedgerOptions{}).ApplyPlayed(t.Context(), p), "it goes on")
}
