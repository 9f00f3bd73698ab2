package repo_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

func study(t *testing.T, db *repo.DB) *repo.Study {
	t.Helper()
	s, err := db.Study(t.Context(), schema.Learned{}, repo.ReadOptions{}, repo.OverviewOptions{Now: time.Now})
	require.NoError(t, err)
	return s
}

// TestStudyAgreesWithSQL describes every group of trials again, one at a time.
func TestStudyAgreesWithSQL(t *testing.T) {
	for fixture, groups := range map[string]int{"tutorial": 58, "static": 24} {
		t.Run(fixture, func(t *testing.T) {
			db := pgtest.Open(t, fixture, repo.Options{})
			s := study(t, db)
			assert.Len(t, s.Measures, groups)
			for _, m := range s.Measures {
				column := map[string]string{"class": "i.type"}[m.By]
				if column == "" {
					column = "i." + m.By
				}
				of := fmt.Sprintf(`FROM info i JOIN participant p ON p.id = i.participant_id
WHERE i.complete AND i.finalized AND NOT i.failed AND i.%s IS NOT NULL AND %s = '%s' AND (p.type = 'psynet.bot.Bot') = %t`, m.Measure, column, m.Value, m.Who == "bots")
				want := one(t, db, fmt.Sprintf("SELECT concat_ws(' ', count(*), round(avg(%[1]s)::numeric, 9), round(stddev(%[1]s)::numeric, 9), min(%[1]s), percentile_disc(0.5) WITHIN GROUP (ORDER BY %[1]s) <= %[2]v, max(%[1]s)) ", "i."+m.Measure, m.Median)+of)
				float := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
				assert.Equal(t, want, fmt.Sprintf("%d %.9f %.9f %s t %s", m.Count, m.Mean, *m.SD, float(m.Min), float(m.Max)), "%s by %s %s %s", m.Measure, m.By, m.Value, m.Who)
				assert.LessOrEqual(t, m.Q1, m.Median)
				assert.LessOrEqual(t, m.Median, m.Q3)
				var all int64
				for i, n := range m.Bins {
					all += n
					low, high := m.Low+float64(i)*m.Width, m.Low+float64(i+1)*m.Width
					if n > 0 {
						within := one(t, db, fmt.Sprintf("SELECT (count(*) > 0)::text %s AND i.%s BETWEEN %v - 1e-9 AND %v + 1e-9", of, m.Measure, low, high))
						assert.Equal(t, "true", within, "bin %d of %s by %s %s", i, m.Measure, m.By, m.Value)
					}
				}
				assert.Equal(t, m.Count, all, "each trial is in a bin")
			}
			compareProgress(t, db, s)
		})
	}
}

func compareProgress(t *testing.T, db *repo.DB, s *repo.Study) {
	t.Helper()
	count := func(q string) string { return strings.TrimSpace(one(t, db, "SELECT count(*)::text FROM "+q)) }
	for _, who := range []string{"people", "bots"} {
		of := map[string]string{"people": "<>", "bots": "="}[who] + " 'psynet.bot.Bot'"
		var arrived, completed, trials int64
		for i, step := range s.Progress {
			if step.Who != who {
				continue
			}
			arrived, completed, trials = arrived+step.Arrived, completed+step.Completed, trials+step.Trials
			if i+1 < len(s.Progress) && s.Progress[i+1].Who == who { // seconds are cut off
				next := s.Progress[i+1].Begins
				assert.InDelta(t, atoi(t, count("participant WHERE type "+of+" AND creation_time < '"+next+"'::timestamp + interval '1 s'")), arrived, 4)
				assert.Less(t, step.Begins, next)
			}
		}
		assert.Equal(t, count("participant WHERE type "+of), fmt.Sprint(arrived))
		assert.Equal(t, count("participant WHERE complete AND end_time IS NOT NULL AND type "+of), fmt.Sprint(completed))
		assert.Equal(t, count("info i JOIN participant p ON p.id = i.participant_id WHERE p.type "+of), fmt.Sprint(trials))
	}
	assert.Equal(t, count("participant WHERE complete AND type <> 'psynet.bot.Bot'"), fmt.Sprint(len(s.Minutes)))
	assert.IsIncreasing(t, s.Minutes)
	if len(s.Dollars) > 0 {
		var sum repo.Cents
		for _, d := range s.Dollars {
			sum += d
		}
		assert.Equal(t, one(t, db, "SELECT (100 * sum(dollars))::bigint::text FROM participant WHERE type <> 'psynet.bot.Bot'"), fmt.Sprint(int64(sum)))
	}
}

func atoi(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}

// A database that is Dallinger's alone has no measures, and a study without anybody no
// steps.
func TestStudyOfLittle(t *testing.T) {
	url := pgtest.DB(t, "empty")
	dallinger(t, url, "make")
	db := openURL(t, url)
	s := study(t, db)
	assert.Empty(t, s.Measures)
	assert.Len(t, s.Progress, 40)
	require.NoError(t, db.Exec(t.Context(), "TRUNCATE participant, info CASCADE"))
	s = study(t, db)
	assert.Empty(t, s.Progress)
	assert.Nil(t, s.Clock.Latest)
}
