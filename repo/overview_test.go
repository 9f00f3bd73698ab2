package repo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/internal/schema"
	"exptool/repo"
)

func overview(t *testing.T, db *repo.DB, o repo.OverviewOptions) *repo.Overview {
	t.Helper()
	o.Now = time.Now
	v, err := db.Overview(t.Context(), schema.Learned{}, repo.ReadOptions{}, o)
	require.NoError(t, err)
	return v
}

// value is a number or text that may be missing, as Postgres prints it.
func value[T any](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

// TestOverviewAgreesWithSQL counts everything again, a number at a time.
func TestOverviewAgreesWithSQL(t *testing.T) {
	for _, fixture := range []string{"tutorial", "static", "awkward", "declared"} {
		t.Run(fixture, func(t *testing.T) {
			db := pgtest.Open(t, fixture, repo.Options{})
			// Somebody at work just now, one of a clock a little ahead, and a chain left in
			// the middle of a trial.
			require.NoError(t, db.Exec(t.Context(), `UPDATE response SET creation_time = LOCALTIMESTAMP + interval '10 s' WHERE id = (
    SELECT max(id) FROM response WHERE participant_id = (SELECT max(id) FROM participant WHERE status = 'working' AND type LIKE '%Participant'));
UPDATE participant SET creation_time = LOCALTIMESTAMP WHERE id = (SELECT max(id) FROM participant WHERE status = 'working' AND NOT failed AND type LIKE '%Bot');
UPDATE participant SET end_time = LOCALTIMESTAMP - interval '30 min' WHERE id = (SELECT max(id) FROM participant WHERE complete AND type LIKE '%Participant');
UPDATE error SET creation_time = LOCALTIMESTAMP - interval '20 min' WHERE id = 2;
INSERT INTO info (creation_time, failed, complete, finalized, is_repeat_trial, details, node_id, network_id, trial_maker_id, participant_id, type)
SELECT LOCALTIMESTAMP - interval '1 hour', false, false, false, false, '{}', head_id, id, trial_maker_id, 1, 'x' FROM network WHERE trial_maker_id = 'gibbs_bonus' ORDER BY id LIMIT 2`))
			for _, since := range []time.Duration{0, time.Hour} {
				compareOverview(t, db, overview(t, db, repo.OverviewOptions{Since: since}), since)
			}
		})
	}
}

func compareOverview(t *testing.T, db *repo.DB, v *repo.Overview, since time.Duration) {
	t.Helper()
	sql := func(q string) string { return strings.TrimSpace(one(t, db, "SELECT coalesce(("+q+")::text, '')")) }
	from := "'-infinity'"
	if since > 0 {
		from = "LOCALTIMESTAMP - interval '1 hour'"
	}
	for i, who := range []string{"type NOT LIKE '%Bot'", "type LIKE '%Bot'"} {
		g := v.Groups[i]
		people := "SELECT count(*) FROM participant AS p WHERE " + who
		busy := people + " AND status = 'working' AND NOT failed"
		assert.Equal(t, sql(people), fmt.Sprint(g.Total))
		assert.Equal(t, sql(people+" AND failed"), fmt.Sprint(g.Failed))
		assert.Equal(t, sql(busy), fmt.Sprint(g.Working))
		assert.Equal(t, sql(busy+` AND creation_time <= LOCALTIMESTAMP - interval '5 min' AND NOT EXISTS (
    SELECT FROM response AS r WHERE r.participant_id = p.id AND r.creation_time > LOCALTIMESTAMP - interval '5 min')`), value(g.Stuck))
		completed := " AND complete"
		if since > 0 {
			completed += " AND end_time > " + from
		}
		assert.Equal(t, sql(people+completed), fmt.Sprint(g.Completed))
		assert.Equal(t, sql(people+" AND complete AND end_time > LOCALTIMESTAMP - interval '1 hour'"), fmt.Sprint(g.LastHour))
		minutes := sql("SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM end_time - creation_time) / 60)::numeric, 6) FROM participant WHERE " + who + completed)
		if g.Minutes == nil {
			assert.Empty(t, minutes)
		} else {
			assert.Equal(t, minutes, fmt.Sprintf("%.6f", *g.Minutes))
		}
		for _, s := range g.Statuses {
			assert.Equal(t, sql(people+" AND status = '"+s.Status+"'"), fmt.Sprint(s.Count))
			assert.Equal(t, sql(people+" AND failed AND status = '"+s.Status+"'"), fmt.Sprint(s.Failed))
		}
		assert.Equal(t, sql("SELECT count(DISTINCT status) FROM participant WHERE "+who), fmt.Sprint(len(g.Statuses)))
	}
	for _, s := range v.Stuck {
		assert.Equal(t, sql(fmt.Sprintf("SELECT date_trunc('second', max(creation_time)) FROM response WHERE participant_id = %d", s.Participant)), value(s.Last))
		assert.Equal(t, sql(fmt.Sprintf("SELECT m.module_id FROM participant p LEFT JOIN module_state m ON m.id = p.module_state_id WHERE p.id = %d", s.Participant)), value(s.Module))
	}
	compareTrials(t, v, sql)
	assert.Equal(t, sql("SELECT count(*) FROM error WHERE creation_time > "+from), fmt.Sprint(v.Errors.Count))
	for _, e := range v.Errors.Groups {
		assert.Equal(t, sql("SELECT count(*) FROM error WHERE kind = '"+e.Kind+"' AND creation_time > "+from), fmt.Sprint(e.Count))
		assert.Equal(t, sql("SELECT count(DISTINCT participant_id) FROM error WHERE kind = '"+e.Kind+"' AND creation_time > "+from), fmt.Sprint(e.Participants))
	}
	asked := " FROM request WHERE creation_time > " + from
	assert.Equal(t, sql("SELECT count(*)"+asked), fmt.Sprint(v.Pages.Requests))
	for _, p := range v.Pages.Pages {
		method, endpoint, _ := strings.Cut(p.Page, " ")
		assert.Equal(t, sql("SELECT round(1000 * percentile_disc(0.95) WITHIN GROUP (ORDER BY duration)::numeric, -1)"+asked+" AND method = '"+method+"' AND endpoint = '"+endpoint+"'"),
			fmt.Sprintf("%.0f", 10*float64(int((*p.P95+5)/10))), p.Page)
	}
	// As PsyNet's amount_spent().
	assert.Equal(t, sql("SELECT round(sum(coalesce(base_payment, 0) + coalesce(bonus, 0))::numeric, 2) FROM participant"), fmt.Sprintf("%.2f", v.Money.Spent))
	assert.Equal(t, sql("SELECT round(sum(coalesce(base_pay, 0) + coalesce(bonus, 0))::numeric, 2) FROM participant"), fmt.Sprintf("%.2f", v.Money.Paid))
	assert.Equal(t, "1000", value(v.Money.Soft))
	assert.Equal(t, "1100", value(v.Money.Hard))
	assert.Empty(t, v.Absent)
}

func compareTrials(t *testing.T, v *repo.Overview, sql func(string) string) {
	t.Helper()
	var all int64
	for _, m := range v.Trials {
		who := map[string]string{"people": "NOT LIKE", "bots": "LIKE"}[m.Who]
		of := "SELECT count(*) FROM info i JOIN participant p ON p.id = i.participant_id WHERE p.type " + who + " '%Bot' AND i.trial_maker_id IS NOT DISTINCT FROM "
		if m.Maker == nil {
			of += "NULL"
		} else {
			of += "'" + *m.Maker + "'"
		}
		assert.Equal(t, sql(of+" AND i.failed"), fmt.Sprint(m.Failed))
		assert.Equal(t, sql(of+" AND NOT i.failed AND i.complete AND i.finalized"), fmt.Sprint(m.Done))
		assert.Equal(t, sql(of+" AND NOT i.failed AND NOT (i.complete AND i.finalized)"), fmt.Sprint(m.Pending))
		all += m.Failed + m.Done + m.Pending
	}
	assert.Equal(t, sql("SELECT count(*) FROM info"), fmt.Sprint(all))
	for _, c := range v.Chains {
		of := " FROM network n JOIN node h ON h.id = n.head_id WHERE NOT n.failed AND n.trial_maker_id = '" + *c.Maker + "'"
		assert.Equal(t, sql("SELECT count(*)"+of), fmt.Sprint(c.Chains))
		assert.Equal(t, sql(`SELECT count(*)`+of+` AND n."full"`), fmt.Sprint(c.Full))
		assert.Equal(t, sql("SELECT min(h.degree)"+of), value(c.Min))
		assert.Equal(t, sql("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY h.degree)"+of), value(c.Median))
		assert.Equal(t, sql("SELECT max(h.degree)"+of), value(c.Max))
		stalled := map[string]int64{"gibbs_bonus": 2}[*c.Maker]
		assert.Equal(t, stalled, c.Stalled, *c.Maker)
		assert.Len(t, c.IDs, int(stalled))
	}
}

// A database that is Dallinger's alone has infos, and no chains, errors or limits.
func TestOverviewOfDallinger(t *testing.T) {
	url := pgtest.DB(t, "empty")
	dallinger(t, url, "make")
	db := openURL(t, url)
	require.NoError(t, db.Exec(t.Context(), "UPDATE participant SET base_pay = 1.1, bonus = 0.255, end_time = creation_time, creation_time = creation_time - interval '90 s', status = 'approved' WHERE id = 1; UPDATE info SET failed = true WHERE id = 2"))
	v := overview(t, db, repo.OverviewOptions{})
	people := v.Groups[0]
	assert.Equal(t, []repo.OverviewStatus{{Status: "approved", Count: 1}, {Status: "working", Count: 1}}, people.Statuses)
	assert.Equal(t, []int64{2, 1, 1, 1}, []int64{people.Total, people.Working, people.Completed, people.LastHour})
	assert.Nil(t, people.Stuck)
	assert.Equal(t, "1.5", value(people.Minutes))
	assert.Zero(t, v.Groups[1].Total)
	maker := "info"
	assert.Equal(t, []repo.OverviewTrials{{Maker: &maker, Who: "people", Done: 4, Failed: 1}}, v.Trials)
	// As Python's round has 1.1 + 0.255, and payments do: a double a little below 1.355.
	assert.InDelta(t, 1.35, v.Money.Spent, 1e-9)
	assert.InDelta(t, 1.35, v.Money.Paid, 1e-9)
	assert.Equal(t, []string{"who is stuck: there is no table response", "chains: network has no column head_id", "errors: there is no table error",
		"page times: there is no table request", "limits of payment: there is no table experiment"}, v.Absent)
}

// An overview is a handful of statements, however large the database is.
func TestStatementsOfAnOverview(t *testing.T) {
	var sent []string
	db := pgtest.Open(t, "tutorial", repo.Options{ShowSQL: func(s repo.Statement) { sent = append(sent, s.SQL) }})
	v := overview(t, db, repo.OverviewOptions{})
	assert.LessOrEqual(t, len(sent), 15, strings.Join(sent, "\n"))
	assert.InDelta(t, 0, v.Clock.Offset, 1)
}
