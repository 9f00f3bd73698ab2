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

func timelineOf(t *testing.T, tx *repo.Tx, s *schema.Schema, id int64) *repo.Timeline {
	t.Helper()
	l, err := tx.Timeline(t.Context(), s, id, repo.TimelineOptions{})
	require.NoError(t, err)
	return l
}

// TestTimelineAgainstSQL: of everybody in both experiments, each kind has as many events
// as SQL of its own counts, in the order of time, and ends as SQL says.
func TestTimelineAgainstSQL(t *testing.T) {
	for _, fixture := range []string{"tutorial", "static"} {
		db := opened(t, fixture, nil)
		type expected struct {
			ID                                                         int64
			Requests, Responses, Waits, Trials, Modules, Errors, Notes int
			Page, Seen                                                 *string
		}
		catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
			var all []expected
			require.NoError(t, tx.Select(t.Context(), &all, `SELECT p.id,
	(SELECT count(*) FROM request WHERE unique_id = p.unique_id) AS requests,
	(SELECT count(*) FROM response WHERE participant_id = p.id) AS responses,
	(SELECT count(*) FROM response WHERE participant_id = p.id AND page_type = 'WaitPage') AS waits,
	(SELECT count(*) + count(time_of_death) FROM info WHERE participant_id = p.id) AS trials,
	(SELECT count(time_started) + count(time_finished) + count(time_aborted) FROM module_state WHERE participant_id = p.id) AS modules,
	(SELECT count(*) FROM error WHERE participant_id = p.id) AS errors,
	(SELECT count(*) FROM notification WHERE assignment_id = p.assignment_id) AS notes,
	(SELECT question FROM response WHERE participant_id = p.id ORDER BY creation_time DESC LIMIT 1) AS page,
	(SELECT max(at)::text FROM (
		SELECT creation_time AS at FROM request WHERE unique_id = p.unique_id
		UNION ALL SELECT creation_time FROM response WHERE participant_id = p.id) AS x) AS seen
FROM participant AS p
ORDER BY p.id`))
			folded := 0
			for _, want := range all {
				l := timelineOf(t, tx, s, want.ID)
				got := map[string]int{}
				before := ""
				for _, e := range l.Events {
					got[e.Kind] += e.Count
					got["request"] += e.Requests
					if strings.HasPrefix(e.What, "wait") {
						got["wait"] += e.Count
					}
					if e.Count > 1 {
						folded++
						assert.Greater(t, e.Until, e.At)
					}
					// Fractions without zeros at the end compare as texts all the same.
					assert.LessOrEqual(t, before, e.At, "%s %d", fixture, want.ID)
					before = max(e.At, e.Until)
				}
				assert.Equal(t, []int{want.Requests, want.Responses, want.Waits, want.Trials, want.Modules, want.Errors, want.Notes},
					[]int{got["request"], got["response"], got["wait"], got["trial"], got["module"], got["error"], got["notification"]}, "%s %d", fixture, want.ID)
				assert.Empty(t, l.Absent)
				if want.Seen != nil {
					assert.Equal(t, *want.Seen, l.LastSeen, "%s %d", fixture, want.ID)
					assert.Positive(t, l.Ago)
				}
				if want.Page != nil {
					assert.Equal(t, *want.Page, l.LastPage.What, "%s %d", fixture, want.ID)
				}
			}
			if fixture == "tutorial" {
				assert.Greater(t, folded, 3)
			}
		})
	}
}

// TestTimelineFoldsWaitPages: a run ends where anything else happens, and the request
// for the page after it stays.
func TestTimelineFoldsWaitPages(t *testing.T) {
	db := opened(t, "tutorial", nil, `INSERT INTO participant (creation_time, failed, worker_id, assignment_id, unique_id, hit_id, mode, status, details, entry_information, time_credit, performance_reward)
VALUES ('2026-01-01 10:00', false, 'w', 'a', 'w:a', 'h', 'm', 'working', '{}', '{}', 0, 0);
INSERT INTO response (creation_time, failed, details, participant_id, question, page_type, answer)
SELECT '2026-01-01 10:00'::timestamp + n * interval '1 second', false, '{}', (SELECT max(id) FROM participant), q, p, NULL
FROM (VALUES (1, 'wait', 'WaitPage'), (2, 'wait', 'WaitPage'), (4, 'wait', 'WaitPage'), (7, 'wait', 'WaitPage'), (8, 'other', 'MyWaitPage'), (9, 'other', 'MyWaitPage'), (11, 'end', 'InfoPage')) AS v (n, q, p);
INSERT INTO request (creation_time, details, unique_id, method, endpoint, status_code)
SELECT '2026-01-01 10:00'::timestamp + n * interval '1 second', '{}', 'w:a', 'GET', '/timeline', c
FROM (VALUES (1.5, 200), (3, 200), (5, 200), (6, 500), (10, 200)) AS v (n, c)`)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		var id int64
		require.NoError(t, tx.Get(t.Context(), &id, "SELECT max(id) FROM participant"))
		var got []string
		for _, e := range timelineOf(t, tx, s, id).Events {
			got = append(got, strings.TrimSpace(fmt.Sprint(e.At[17:], " ", e.What, " ", e.Details)))
		}
		assert.Equal(t, []string{"00 arrived",
			"01 wait ×3 until 2026-01-01 10:00:04; with 2 requests", "05 GET /timeline status 200", "06 GET /timeline status 500",
			"07 wait WaitPage", "08 other ×2 until 2026-01-01 10:00:09", "10 GET /timeline status 200", "11 end InfoPage"}, got)
		_, err := tx.Timeline(t.Context(), s, id+1, repo.TimelineOptions{})
		assert.ErrorIs(t, err, repo.ErrNotFound)
	})
}

// TestTimelineOfMany: 100,000 requests take less than a second, the best of five, where
// the race detector does not look on.
func TestTimelineOfMany(t *testing.T) {
	var sent []string
	db := opened(t, "tutorial", &sent, `INSERT INTO request (creation_time, details, unique_id, method, endpoint, status_code, duration, params)
SELECT timestamp '2026-01-01' + n * interval '1 second', '{}', (SELECT unique_id FROM participant WHERE id = 52), 'GET', '/timeline', 200, 0.1, '{"unique_id": "x"}'
FROM generate_series(1, 100000) AS n`)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		sent = nil
		best := time.Hour
		for range 5 {
			start := time.Now()
			assert.Greater(t, len(timelineOf(t, tx, s, 52).Events), 100000)
			best = min(best, time.Since(start))
		}
		assert.Len(t, sent, 4*5, "terms, payment, place, events")
		assert.Less(t, best, slower*time.Second)
		t.Logf("100,000 requests in %v", best)
	})
}

// TestTimelineOfDallingerAlone says what is not there.
func TestTimelineOfDallingerAlone(t *testing.T) {
	url := pgtest.DB(t, "empty")
	dallinger(t, url, "make")
	db := openURL(t, url)
	catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
		l := timelineOf(t, tx, s, 1)
		assert.Equal(t, []string{"requests", "trials", "modules", "errors"}, l.Absent)
		require.NotEmpty(t, l.Events)
		assert.Equal(t, "arrived", l.Events[0].What)
		kinds := map[string]int{}
		for _, e := range l.Events {
			kinds[e.Kind]++
		}
		var infos int
		require.NoError(t, tx.Get(t.Context(), &infos, "SELECT count(*) FROM info JOIN node ON node.id = info.origin_id WHERE node.participant_id = 1"))
		assert.Positive(t, infos)
		assert.Equal(t, infos, kinds["info"])
		assert.False(t, l.Rewards)
	})
}

// TestChainAgainstSQL: all chains of both experiments.
func TestChainAgainstSQL(t *testing.T) {
	for _, fixture := range []string{"tutorial", "static"} {
		db := opened(t, fixture, nil)
		catalog(t, db, schema.Learned{}, func(tx *repo.Tx, s *schema.Schema) {
			var all []struct {
				ID                                       int64
				Nodes, Trials, Failures, Failed, Answers int
				Degrees                                  string
			}
			require.NoError(t, tx.Select(t.Context(), &all, `SELECT n.id,
	(SELECT count(*) FROM node WHERE network_id = n.id) AS nodes,
	(SELECT count(*) FROM info WHERE network_id = n.id) AS trials,
	(SELECT count(*) FROM info WHERE network_id = n.id AND failed) AS failures,
	(SELECT count(*) FROM node WHERE network_id = n.id AND failed) AS failed,
	(SELECT count(answer) FROM info WHERE network_id = n.id AND NOT failed) AS answers,
	(SELECT string_agg(degree::text, ' ' ORDER BY degree, id) FROM node WHERE network_id = n.id) AS degrees
FROM network AS n
WHERE chain_type IS NOT NULL
ORDER BY id`))
			require.NotEmpty(t, all)
			for _, want := range all {
				c, err := tx.Chain(t.Context(), s, want.ID)
				require.NoError(t, err)
				var degrees []string
				failed, answers := 0, 0
				for _, n := range c.Nodes {
					degrees = append(degrees, fmt.Sprint(*n.Degree))
					if n.Failed {
						failed++
					}
					var values int
					require.NoError(t, tx.Get(t.Context(), &values, "SELECT jsonb_array_length($1::jsonb)", string(n.Answers)))
					answers += values
				}
				assert.Equal(t, want.Degrees, strings.Join(degrees, " "), "%s %d", fixture, want.ID)
				assert.Equal(t, []int{want.Nodes, want.Trials, want.Failures, want.Failed, want.Answers},
					[]int{len(c.Nodes), c.Trials, c.Failures, failed, answers}, "%s %d", fixture, want.ID)
			}
		})
	}
}
