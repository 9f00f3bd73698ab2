package repo

import (
	"context"
	"slices"
	"time"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// Study is what a report tells of a study: its overview, and how things were distributed.
type Study struct {
	*Overview
	Progress []StudyStep    `json:"progress"`
	Minutes  []float64      `json:"minutes"` // from arrival to completion, of people, ascending
	Measures []StudyMeasure `json:"measures"`
	Dollars  []Cents        `json:"-"` // of people, who have any; nil where there is no such column
}

// studySteps is how many spans the time of a study is divided into, and studyBins the
// range of a measure.
const (
	studySteps = 40
	studyBins  = 20
)

// StudyStep is what happened in a span of the study, to people or to bots.
type StudyStep struct {
	Begins    string `json:"begins"`
	Who       string `json:"who"`
	Arrived   int64  `json:"arrived"`
	Completed int64  `json:"completed"`
	Trials    int64  `json:"trials"` // begun
}

// StudyMeasure is how a measure of the trials that are done is distributed: its score,
// its reward in the study's currency, or the seconds that it took.
type StudyMeasure struct {
	Measure string  `json:"measure" db:"measure"` // score, performance_reward or time_taken
	By      string  `json:"by" db:"by"`           // class, trial_maker_id, block, condition …
	Value   string  `json:"value" db:"value"`     // of By
	Who     string  `json:"who" db:"who"`
	Count   int64   `json:"count" db:"count"`
	Mean    float64 `json:"mean" db:"mean"`
	// SD is the standard deviation of a sample; nil of one.
	SD     *float64 `json:"sd" db:"sd"`
	Min    float64  `json:"min" db:"least"`
	Q1     float64  `json:"quartile_1" db:"q1"`
	Median float64  `json:"median" db:"median"`
	Q3     float64  `json:"quartile_3" db:"q3"`
	Max    float64  `json:"max" db:"most"`
	// Low and Width are of the bins, the same for all of a measure; Bins count.
	Low   float64 `json:"bins_begin" db:"-"`
	Width float64 `json:"bin_width" db:"-"`
	Bins  []int64 `json:"bins" db:"-"`
}

// Study reads all that a report tells, from one snapshot.
func (db *DB) Study(ctx context.Context, learned schema.Learned, ro ReadOptions, o OverviewOptions) (*Study, error) {
	ro.Repeatable = true
	out := &Study{Progress: []StudyStep{}, Minutes: []float64{}, Measures: []StudyMeasure{}}
	err := db.Read(ctx, ro, func(tx *Tx) error {
		s, err := tx.Catalog(ctx, learned)
		if err != nil {
			return err
		}
		v, err := tx.overview(ctx, s, o)
		if err != nil {
			return moved(err)
		}
		out.Overview = v.out
		for _, part := range []func(context.Context, *Study) error{v.progress, v.minutes, v.measures, v.dollars} {
			if err := part(ctx, out); err != nil {
				return moved(err)
			}
		}
		return nil
	})
	return out, err
}

// whoSQL says who a participant is.
func (v *viewer) whoSQL() string {
	return "CASE WHEN " + v.isBotSQL("$1") + " THEN 'bots' ELSE 'people' END"
}

// progress counts arrivals, completions and trials in spans of the study's time.
func (v *viewer) progress(ctx context.Context, s *Study) error {
	trials := ""
	if v.has("info", "creation_time", "participant_id") {
		trials = "\n    UNION ALL SELECT creation_time, participant_id, 'trial' FROM public.info"
	}
	var rows []struct {
		Step  int       `db:"step"`
		Who   string    `db:"who"`
		What  string    `db:"what"`
		Count int64     `db:"count"`
		First time.Time `db:"first"`
		Span  float64   `db:"span"`
	}
	err := v.Select(ctx, &rows, `WITH event AS MATERIALIZED (
    SELECT creation_time AS at, id AS participant, 'arrived' AS what FROM public.participant
    UNION ALL SELECT `+v.endedSQL()+`, id, 'completed' FROM public.participant WHERE `+v.completedSQL()+trials+`
), ends AS (
    SELECT min(at) AS first, greatest(extract(epoch FROM max(at) - min(at)), 1)::float8 AS span FROM event WHERE `+datedSQL("at")+`
)
SELECT least(width_bucket(extract(epoch FROM e.at - ends.first)::float8, 0, ends.span, $2) - 1, $2 - 1) AS step,
       coalesce(p.who, 'people') AS who, e.what, count(*) AS count, ends.first, ends.span
FROM event AS e
CROSS JOIN ends
LEFT JOIN (SELECT id, `+v.whoSQL()+` AS who FROM public.participant) AS p ON p.id = e.participant
WHERE `+datedSQL("e.at")+`
GROUP BY step, p.who, e.what, ends.first, ends.span
ORDER BY who DESC, step`, pq.Array(v.botTypes), studySteps)
	if err != nil || len(rows) == 0 {
		return err
	}
	for _, who := range []string{"people", "bots"} {
		if !slices.ContainsFunc(v.out.Groups, func(g OverviewGroup) bool { return g.Who == who && g.Total > 0 }) {
			continue
		}
		steps := make([]StudyStep, studySteps)
		for i := range steps {
			begins := rows[0].First.Add(time.Duration(float64(i) / studySteps * rows[0].Span * float64(time.Second)))
			steps[i] = StudyStep{Begins: isodate(begins), Who: who}
		}
		for _, r := range rows {
			if r.Who == who {
				switch step := &steps[r.Step]; r.What {
				case "arrived":
					step.Arrived += r.Count
				case "completed":
					step.Completed += r.Count
				case "trial":
					step.Trials += r.Count
				}
			}
		}
		s.Progress = append(s.Progress, steps...)
	}
	return nil
}

// minutes reads how long people took.
func (v *viewer) minutes(ctx context.Context, s *Study) error {
	if !v.has("participant", "end_time") {
		return nil
	}
	return v.Select(ctx, &s.Minutes, `SELECT extract(epoch FROM end_time - creation_time)::float8 / 60
FROM public.participant
WHERE `+v.completedSQL()+`
  AND `+datedSQL("end_time")+`
  AND `+datedSQL("creation_time")+`
  AND NOT `+v.isBotSQL("$1")+`
ORDER BY 1`, pq.Array(v.botTypes))
}

// dollars reads the column of the dollar game.
func (v *viewer) dollars(ctx context.Context, s *Study) error {
	if !v.has("participant", "dollars") {
		return nil
	}
	c := v.schema.Tables["participant"].Column("dollars")
	var texts []string
	if err := v.Select(ctx, &texts, `SELECT dollars::text
FROM public.participant
WHERE dollars IS NOT NULL
  AND NOT `+v.isBotSQL("$1")+`
ORDER BY id`, pq.Array(v.botTypes)); err != nil {
		return err
	}
	for _, text := range texts {
		if p, err := parsePurse(text, c.Kind == schema.Float); err == nil {
			s.Dollars = append(s.Dollars, p.cents)
		}
	}
	return nil
}
