package repo

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// measured are the columns of trials that are distributed, and conditions those that may
// tell trials apart, after their class.
var (
	measured   = []string{"score", "performance_reward", "time_taken"}
	conditions = []string{"trial_maker_id", "block", "condition", "participant_group"}
)

// maxConditions is how many values a condition may have; with more it is none.
const maxConditions = 12

// dimension is something that tells trials apart.
type dimension struct{ name, sql string }

// measures describes the trials that are done, in three passes over them.
func (v *viewer) measures(ctx context.Context, s *Study) error {
	if !v.has("info", "complete", "finalized", "failed", "participant_id", "type") {
		return nil
	}
	var names []string
	for _, m := range measured {
		if v.has("info", m) {
			names = append(names, m)
		}
	}
	if len(names) == 0 {
		return nil
	}
	dimensions, err := v.dimensions(ctx)
	if err != nil {
		return err
	}
	trial := v.doneTrials(names, dimensions)
	if err := v.describe(ctx, s, trial, names, dimensions); err != nil {
		return err
	}
	return v.histograms(ctx, s, trial, names, dimensions)
}

// dimensions are the class, and the conditions that have some values, but not as many as
// there are trials.
func (v *viewer) dimensions(ctx context.Context) ([]dimension, error) {
	all, counts := []dimension{{"class", "i.type::text"}}, []string{"2"}
	for _, c := range conditions {
		d := dimension{c, "i." + c + "::text"}
		switch {
		case v.has("info", c):
		case v.has("node", "id", c) && v.has("info", "node_id"):
			d.sql = "n." + c + "::text"
		default:
			continue
		}
		all = append(all, d)
		counts = append(counts, fmt.Sprintf(`(
        SELECT count(value)
        FROM (SELECT DISTINCT %s AS value FROM %s WHERE %s LIMIT %d) AS d
    )`, d.sql, trialTables(d), doneSQL, maxConditions+2)) // NULL is one
	}
	var found struct {
		Counts pq.Int64Array `db:"counts"`
		// There is much to sort, once.
		Memory string `db:"memory"`
	}
	err := v.Get(ctx, &found, "SELECT ARRAY["+strings.Join(counts, ", ")+"]::bigint[] AS counts, set_config('work_mem', '64MB', true) AS memory")
	telling := all[:0]
	for i, n := range found.Counts {
		if n >= 2 && n <= maxConditions {
			telling = append(telling, all[i])
		}
	}
	return telling, err
}

// trialTables are the tables of trials, with their nodes where a dimension is theirs.
func trialTables(dimensions ...dimension) string {
	from := "public.info AS i"
	if slices.ContainsFunc(dimensions, func(d dimension) bool { return strings.HasPrefix(d.sql, "n.") }) {
		from += "\n    LEFT JOIN public.node AS n ON n.id = i.node_id"
	}
	return from
}

// doneSQL is the condition that a trial is done.
const doneSQL = "i.complete AND i.finalized AND NOT i.failed"

// doneTrials has the dimensions as g0, g1 …, who it was, and the measures as m0, m1 …,
// NULL where they are no numbers that can be squared.
func (v *viewer) doneTrials(names []string, dimensions []dimension) string {
	var columns []string
	for i, d := range dimensions {
		columns = append(columns, fmt.Sprintf("%s AS g%d", d.sql, i))
	}
	for i, m := range names {
		columns = append(columns, fmt.Sprintf("%s AS m%d", finiteSQL("i."+m), i))
	}
	return `WITH trial AS (
    SELECT coalesce(p.who, 'people') AS who, ` + strings.Join(columns, ",\n           ") + `
    FROM ` + trialTables(dimensions...) + `
    LEFT JOIN (SELECT id, ` + v.whoSQL() + ` AS who FROM public.participant) AS p ON p.id = i.participant_id
    WHERE ` + doneSQL + `
)`
}

// described is how many numbers describe a measure.
const described = 8

// describe fills the measures of each value of a dimension.
func (v *viewer) describe(ctx context.Context, s *Study, trial string, names []string, dimensions []dimension) error {
	var groups, sets, numbers []string
	for i := range dimensions {
		groups = append(groups, fmt.Sprintf("g%d", i))
		sets = append(sets, fmt.Sprintf("(g%d, who)", i))
	}
	for i := range names {
		numbers = append(numbers, fmt.Sprintf(`ARRAY[count(%[1]s), avg(%[1]s), stddev_samp(%[1]s), min(%[1]s), max(%[1]s)]
       || coalesce(percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY %[1]s), ARRAY[0, 0, 0]::float8[])`, fmt.Sprintf("m%d", i)))
	}
	all := strings.Join(groups, ", ")
	var rows []struct {
		Set     int             `db:"set"`
		Value   string          `db:"value"`
		Who     string          `db:"who"`
		Numbers pq.Float64Array `db:"numbers"`
	}
	err := v.Select(ctx, &rows, trial+`
SELECT set, value, who, ARRAY(SELECT coalesce(x, 'NaN') FROM unnest(numbers) WITH ORDINALITY AS u (x, place) ORDER BY place) AS numbers
FROM (
    SELECT grouping(`+all+`) AS set, coalesce(`+all+`) AS value, who, `+strings.Join(numbers, "\n       || ")+` AS numbers
    FROM trial
    GROUP BY GROUPING SETS (`+strings.Join(sets, ", ")+`)
) AS d
WHERE value IS NOT NULL
ORDER BY set DESC, value, who DESC`, pq.Array(v.botTypes))
	if err != nil {
		return err
	}
	for j, name := range names {
		for i, d := range dimensions {
			mask := 1<<len(dimensions) - 1 - 1<<(len(dimensions)-1-i) // the bits of those that are not grouped by
			for _, r := range rows {
				if n := r.Numbers[described*j:]; r.Set == mask && n[0] > 0 {
					m := StudyMeasure{Measure: name, By: d.name, Value: r.Value, Who: r.Who, Count: int64(n[0]), Mean: n[1], Min: n[3], Max: n[4], Q1: n[5], Median: n[6], Q3: n[7]}
					if !math.IsNaN(n[2]) {
						m.SD = &n[2]
					}
					s.Measures = append(s.Measures, m)
				}
			}
		}
	}
	return nil
}

// histograms counts in bins that all groups of a measure share.
func (v *viewer) histograms(ctx context.Context, s *Study, trial string, names []string, dimensions []dimension) error {
	at := map[[4]string]*StudyMeasure{}
	var values, groups []string
	lows, highs := make([]float64, len(names)), make([]float64, len(names))
	for j, name := range names {
		low, width := s.bins(name)
		lows[j], highs[j] = low, low+studyBins*width
		values = append(values, fmt.Sprintf("(%d, m%d)", j+1, j))
	}
	for i := range s.Measures {
		m := &s.Measures[i]
		at[[4]string{m.Measure, m.By, m.Value, m.Who}] = m
	}
	for i := range dimensions {
		groups = append(groups, fmt.Sprintf("coalesce('=' || g%d, '')", i))
	}
	var rows []struct {
		Measure int            `db:"measure"`
		Values  pq.StringArray `db:"values"`
		Who     string         `db:"who"`
		Bin     int            `db:"bin"`
		Count   int64          `db:"count"`
	}
	err := v.Select(ctx, &rows, trial+`
SELECT m.measure, ARRAY[`+strings.Join(groups, ", ")+`] AS values, who, width_bucket(m.x, ($2::float8[])[m.measure], ($3::float8[])[m.measure], $4) AS bin, count(*) AS count
FROM trial
CROSS JOIN LATERAL (VALUES `+strings.Join(values, ", ")+`) AS m (measure, x)
WHERE m.x IS NOT NULL
GROUP BY 1, 2, 3, 4`, pq.Array(v.botTypes), pq.Array(lows), pq.Array(highs), studyBins)
	if err != nil {
		return err
	}
	for _, r := range rows {
		for i, d := range dimensions {
			value, has := strings.CutPrefix(r.Values[i], "=")
			if m := at[[4]string{names[r.Measure-1], d.name, value, r.Who}]; has && m != nil {
				m.Bins[min(max(r.Bin-1, 0), studyBins-1)] += r.Count
			}
		}
	}
	return nil
}

// bins gives all groups of a measure the same ones.
func (s *Study) bins(measure string) (low, width float64) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, m := range s.Measures {
		if m.Measure == measure {
			least, most = math.Min(least, m.Min), math.Max(most, m.Max)
		}
	}
	if least > most { // nobody has any
		least, most = 0, 1
	}
	low, width = niceBins(least, most, studyBins)
	for i := range s.Measures {
		if m := &s.Measures[i]; m.Measure == measure {
			m.Low, m.Width, m.Bins = low, width, make([]int64, studyBins)
		}
	}
	return low, width
}

// niceBins are n bins over a range, as wide as 1, 2, 2.5 or 5 times a power of ten, where
// the first begins and how wide one is. The greatest value is in the last.
func niceBins(least, most float64, n int) (low, width float64) {
	if most <= least {
		return least - 0.5, 1 / float64(n)
	}
	power := math.Pow(10, math.Floor(math.Log10((most-least)/float64(n))))
	for _, step := range []float64{1, 2, 2.5, 5, 10, 20} {
		width = step * power
		if low = math.Floor(least/width) * width; low+float64(n)*width >= most {
			break
		}
	}
	return low, width
}
