package repo_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

// TestPaymentsAgainstSQL: sums as SQL of its own reckons them, and two statements.
func TestPaymentsAgainstSQL(t *testing.T) {
	for _, fixture := range []string{"tutorial", "static"} {
		var sent []string
		db := opened(t, fixture, &sent)
		var p repo.Payments
		catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
			sent = nil
			var err error
			p, err = tx.Payments(t.Context(), s, repo.PaymentOptions{})
			require.NoError(t, err)
		})
		assert.Len(t, sent, 3, "the terms, the participants, and the ROLLBACK")
		var want struct {
			N, Earned, Due, Spent int64
		}
		require.NoError(t, db.Read(t.Context(), repo.ReadOptions{}, func(tx *repo.Tx) error {
			return tx.Get(t.Context(), &want, `SELECT count(*) AS n,
	sum(round((earned * 100)::numeric)) AS earned,
	sum(CASE
		WHEN type LIKE '%Bot' THEN 0
		WHEN status IN ('returned', 'screened_out') THEN greatest(0, round((earned * 100)::numeric) - coalesce(bonus, 0) * 100)
		ELSE greatest(0, round((earned * 100)::numeric) - round(((base_payment + coalesce(bonus, 0)) * 100)::numeric))
	END) AS due,
	sum(round(((base_payment + coalesce(bonus, 0)) * 100)::numeric)) AS spent
FROM (SELECT *, time_credit / 3600 * 12 + performance_reward AS earned FROM participant) AS p`)
		}))
		var earned, due int64
		for _, one := range p.All {
			assert.Empty(t, one.Problems)
			assert.True(t, one.Earned.Known && one.Due.Known)
			earned += int64(one.Earned.Cents)
			due += int64(one.Due.Cents)
		}
		assert.EqualValues(t, want.N, len(p.All), fixture)
		assert.Equal(t, want.Earned, earned, fixture)
		assert.Equal(t, want.Due, due, fixture)
		assert.EqualValues(t, want.Spent, p.Spent(), fixture)
		assert.Equal(t, 12.0, p.Terms.Wage)
		assert.Equal(t, repo.Amount{Cents: 100000, Known: true}, p.Terms.Soft)
	}
}

// TestPaymentsOfDallingerAlone: what was paid is known there, what was earned is not.
func TestPaymentsOfDallingerAlone(t *testing.T) {
	url := pgtest.DB(t, "empty")
	dallinger(t, url, "make")
	db := openURL(t, url)
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET base_pay = 0.5, bonus = 1.255 WHERE id = 1"))
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		p, err := tx.Payments(t.Context(), s, repo.PaymentOptions{})
		require.NoError(t, err)
		assert.False(t, p.Rewards)
		require.NotEmpty(t, p.All)
		one := p.All[0]
		assert.Equal(t, repo.Amount{Cents: 50, Known: true}, one.Base)
		assert.EqualValues(t, 125, one.Bonus.Cents, "1.255 is less than halfway")
		assert.False(t, one.Earned.Known || one.Due.Known)
		assert.Empty(t, one.Problems)
	})
}

// TestPaymentsAsPsyNetPays gives everybody a random reward and status, and compares what
// is earned, paid and due with PsyNet's own functions.
func TestPaymentsAsPsyNetPays(t *testing.T) {
	db := opened(t, "tutorial", nil, `UPDATE participant SET type = 'psynet.participant.Participant', bonus = NULL,
	base_payment = (ARRAY[0, 0.34, 1, 2.5])[1 + id % 4],
	status = (SELECT array_agg(e) FROM unnest(enum_range(NULL::participant_status)) AS e)[1 + id % 13],
	time_credit = (id * 7919 % 4000) / 3.0,
	performance_reward = CASE WHEN id % 10 = 0 THEN 24 + id % 7 * 0.105 ELSE (id * 104729 % 3000) / 1000.0 END`)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		var rows string
		require.NoError(t, tx.Get(t.Context(), &rows, `SELECT json_agg(json_build_object('status', status, 'time_credit', time_credit,
	'performance_reward', performance_reward, 'base_payment', base_payment, 'bonus', bonus) ORDER BY id)::text
FROM participant`))
		python := os.Getenv("EXPTOOL_TEST_PSYNET")
		require.NotEmpty(t, python, "EXPTOOL_TEST_PSYNET must name a Python that has psynet 13.3.0 (scripts/test makes one)")
		cmd := exec.CommandContext(t.Context(), python, "../scripts/psynet_bonus.py", "12", "25")
		cmd.Stdin = strings.NewReader(rows)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, stderr.String())
		var theirs [][3]float64
		require.NoError(t, json.Unmarshal(out[strings.LastIndex(strings.TrimSpace(string(out)), "\n")+1:], &theirs))

		p, err := tx.Payments(t.Context(), s, repo.PaymentOptions{})
		require.NoError(t, err)
		require.Len(t, theirs, len(p.All))
		capped, due := 0, 0
		for i, one := range p.All {
			cents := func(f float64) repo.Cents { return repo.Cents(math.Round(f * 100)) }
			assert.Equal(t, cents(theirs[i][0]), one.Earned.Cents, "%+v", one)
			assert.Equal(t, cents(theirs[i][1]), one.Paid().Cents, "%+v", one)
			assert.Equal(t, max(0, cents(theirs[i][2])), one.Due.Cents, "%+v", one)
			if one.Capped {
				capped++
			}
			if one.Due.Cents > 0 {
				due++
			}
		}
		assert.Greater(t, capped, 1)
		assert.Greater(t, due, 20)
	})
}
