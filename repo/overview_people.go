package repo

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// clock reads the time, and how new the newest rows are.
func (v *viewer) clock(ctx context.Context) error {
	var newest []string
	for _, table := range []string{"participant", "info", "response"} {
		if v.has(table, "creation_time") {
			newest = append(newest, "(SELECT max(creation_time) FROM public."+table+" WHERE "+datedSQL("creation_time")+")")
		}
	}
	var at struct {
		Server time.Time    `db:"server"`
		Study  time.Time    `db:"study"`
		Zone   string       `db:"zone"`
		Latest sql.NullTime `db:"latest"`
		// To compile a statement takes longer than to run one of ours; before Postgres 11
		// there is no such setting.
		JIT *string `db:"jit"`
	}
	before := v.o.Now()
	err := v.Get(ctx, &at, `SELECT clock_timestamp() AS server,
       coalesce(now() AT TIME ZONE nullif($1, ''), LOCALTIMESTAMP) AS study,
       coalesce(nullif($1, ''), current_setting('TimeZone')) AS zone,
       greatest(`+strings.Join(newest, ", ")+`) AS latest,
       (SELECT set_config(name, 'off', true) FROM pg_settings WHERE name = 'jit') AS jit`, v.o.Zone)
	if err != nil {
		return err
	}
	here := v.o.Now()
	here = here.Add(-here.Sub(before) / 2) // the answer took as long as the question
	v.now = at.Study
	c := OverviewClock{Server: at.Server, Here: here, Offset: at.Server.Sub(here).Seconds(), Zone: at.Zone, Study: isodate(at.Study)}
	if at.Latest.Valid {
		text := isodate(at.Latest.Time)
		c.Latest, c.Ahead = &text, max(0, at.Latest.Time.Sub(at.Study).Seconds())
	}
	v.out.Clock = c
	if v.o.Since > 0 {
		from := v.now.Add(-v.o.Since)
		text := isodate(from)
		v.from, v.out.Since = moment(from), &text
	}
	return nil
}

// isBotSQL is the condition that a participant is a bot, $n the classes that v.botTypes
// has.
func (v *viewer) isBotSQL(n string) string {
	return v.pick("participant", "type", "coalesce(type = ANY("+n+"::text[]), false)", "false AND "+n+"::text[] IS NULL")
}

// endedSQL is when a participant ended, NULL where it is not known.
func (v *viewer) endedSQL() string {
	return v.pick("participant", "end_time", "CASE WHEN "+datedSQL("end_time")+" THEN end_time END", "NULL::timestamp")
}

// completedSQL is the condition that a participant completed the study.
func (v *viewer) completedSQL() string {
	return v.pick("participant", "complete", "coalesce(complete, false)", v.endedSQL()+" IS NOT NULL")
}

// completedSinceSQL is completedSQL for who ended since $n, ever where that is NULL.
func (v *viewer) completedSinceSQL(n string) string {
	return v.completedSQL() + " AND (" + n + "::timestamp IS NULL OR " + v.endedSQL() + " >= " + n + ")"
}

// idleSQL is the condition that somebody is at work, and has neither come nor responded
// since $n; $m are those who responded.
func idleSQL(n, m string) string {
	return "status = 'working' AND NOT failed AND creation_time <= " + n + "::timestamp AND NOT id = ANY(" + m + "::bigint[])"
}

// personRow are the participants of a class and a status.
type personRow struct {
	Type      *string      `db:"type"`
	Status    string       `db:"status"`
	Count     int64        `db:"count"`
	Failed    int64        `db:"failed"`
	Working   int64        `db:"working"`
	Idle      int64        `db:"idle"`
	Completed int64        `db:"completed"`
	LastHour  int64        `db:"last_hour"`
	Timed     int64        `db:"timed"` // completions whose time is known
	First     sql.NullTime `db:"first"`
	Last      sql.NullTime `db:"last"` // completion
	Promised  float64      `db:"promised"`
	Paid      float64      `db:"paid"`
	Extra     float64      `db:"extra"`
	Odd       int64        `db:"odd"`
}

// people counts participants. Each of its passes over them can be divided among
// processes, which is why a median is not counted along.
func (v *viewer) people(ctx context.Context) error {
	if v.has("participant", "complete") {
		v.needs("when people completed", "participant", "end_time")
	}
	if err := v.readActive(ctx); err != nil {
		return err
	}
	var rows []personRow
	err := v.Select(ctx, &rows, `SELECT type, status, count(*) AS count,
       count(*) FILTER (WHERE failed) AS failed,
       count(*) FILTER (WHERE working) AS working,
       count(*) FILTER (WHERE idle) AS idle,
       count(*) FILTER (WHERE completed) AS completed,
       count(*) FILTER (WHERE completed AND ended BETWEEN $4::timestamp - interval '1 hour' AND $4::timestamp + interval '1 minute') AS last_hour,
       count(*) FILTER (WHERE completed AND ended IS NOT NULL) AS timed,
       min(creation_time) FILTER (WHERE `+datedSQL("creation_time")+`) AS first, max(ended) FILTER (WHERE completed) AS last,
       sum(promised) AS promised, sum(paid) AS paid, sum(extra) AS extra, sum(odd) AS odd
FROM (
    SELECT `+v.pick("participant", "type", "type::text", "NULL::text")+` AS type, coalesce(status::text, '') AS status, failed, creation_time,
           status = 'working' AND NOT failed AS working,
           `+idleSQL("$1", "$2")+` AS idle,
           `+v.completedSinceSQL("$3")+` AS completed,
           `+v.endedSQL()+` AS ended,
           `+v.amountSQL()+`
    FROM public.participant
) AS p
GROUP BY type, status
ORDER BY count DESC, status`, moment(v.now.Add(-overviewIdle)), pq.Array(v.active), v.from, moment(v.now))
	if err != nil {
		return err
	}
	v.out.Money = &OverviewMoney{Currency: "$"}
	v.out.Groups = []OverviewGroup{v.group("people", rows), v.group("bots", rows)}
	return v.readMedians(ctx)
}

// readActive reads who has responded lately. The application's clock may be a little
// ahead.
func (v *viewer) readActive(ctx context.Context) error {
	v.active = []int64{}
	if v.responses = v.needs("who is stuck", "response", "participant_id", "creation_time"); !v.responses {
		return nil
	}
	return v.Select(ctx, &v.active, `SELECT DISTINCT participant_id
FROM public.response
WHERE creation_time BETWEEN $1::timestamp AND $2::timestamp
  AND participant_id IS NOT NULL`, moment(v.now.Add(-overviewIdle)), moment(v.now.Add(time.Minute)))
}

// readMedians reads how long people and bots took, and which participants are bots.
func (v *viewer) readMedians(ctx context.Context) error {
	var rows []struct {
		Bot     bool    `db:"bot"`
		Minutes float64 `db:"minutes"`
	}
	err := v.Select(ctx, &rows, `SELECT bot, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::float8 / 60 AS minutes
FROM (
    SELECT `+v.isBotSQL("$1")+` AS bot, extract(epoch FROM `+v.endedSQL()+` - creation_time) AS seconds
    FROM public.participant
    WHERE `+v.completedSinceSQL("$2")+`
      AND `+v.endedSQL()+` IS NOT NULL
      AND `+datedSQL("creation_time")+`
) AS p
GROUP BY bot`, pq.Array(v.botTypes), v.from)
	if err != nil {
		return err
	}
	for _, r := range rows {
		v.out.Groups[map[bool]int{true: 1}[r.Bot]].Minutes = &r.Minutes
	}
	if len(v.botTypes) == 0 {
		return nil
	}
	var ids []pq.Int64Array
	err = v.Select(ctx, &ids, `SELECT array_agg(id::bigint)
FROM public.participant
WHERE `+v.isBotSQL("$1"), pq.Array(v.botTypes))
	if len(ids) > 0 {
		v.bots = bitsOf(ids[0])
	}
	return err
}

// group adds the people up, or the bots.
func (v *viewer) group(who string, rows []personRow) OverviewGroup {
	g := OverviewGroup{Who: who, Statuses: []OverviewStatus{}}
	isBot := botsOf(v.schema)
	var timed, idle int64
	var first, last time.Time
	for _, r := range rows {
		bot := r.Type != nil && isBot(*r.Type)
		if bot != (who == "bots") {
			continue
		}
		if bot && !slices.Contains(v.botTypes, *r.Type) {
			v.botTypes = append(v.botTypes, *r.Type)
		}
		v.out.Money.add(r, bot)
		g.Total, g.Failed, g.Working, g.Completed, g.LastHour = g.Total+r.Count, g.Failed+r.Failed, g.Working+r.Working, g.Completed+r.Completed, g.LastHour+r.LastHour
		timed, idle = timed+r.Timed, idle+r.Idle
		if r.First.Valid && (first.IsZero() || r.First.Time.Before(first)) {
			first = r.First.Time
		}
		if r.Last.Valid && r.Last.Time.After(last) {
			last = r.Last.Time
		}
		if i := slices.IndexFunc(g.Statuses, func(s OverviewStatus) bool { return s.Status == r.Status }); i >= 0 { // of another class
			g.Statuses[i].Count += r.Count
			g.Statuses[i].Failed += r.Failed
		} else {
			g.Statuses = append(g.Statuses, OverviewStatus{Status: r.Status, Count: r.Count, Failed: r.Failed})
		}
	}
	if v.responses {
		g.Stuck = &idle
	}
	hours := v.o.Since.Hours()
	if v.from == nil && !first.IsZero() {
		hours = last.Sub(first).Hours()
	}
	if (timed > 0 || v.from != nil && g.Total > 0 && g.Completed == 0 && who == "people") && hours > 0 && v.has("participant", "end_time") {
		rate := float64(timed) / hours
		g.PerHour = &rate
	}
	return g
}

// maxBits is the greatest id that bitsOf takes.
const maxBits = 50_000_000

// bitsOf is a text of bits that are 1 at some ids: a look into it is far cheaper for the
// server than a join, which half a million trials would need.
func bitsOf(ids []int64) string {
	var most int64
	for _, id := range ids {
		if id <= maxBits {
			most = max(most, id)
		}
	}
	bits := []byte(strings.Repeat("0", int(most)+1))
	for _, id := range ids {
		if id >= 0 && id <= most {
			bits[id] = '1'
		}
	}
	return string(bits)
}

// stuck lists the people at work who came last of those that have not responded.
func (v *viewer) stuck(ctx context.Context) error {
	if !v.responses || *v.out.Groups[0].Stuck == 0 {
		return nil
	}
	module, join := "NULL::text", ""
	if v.has("participant", "module_state_id") && v.has("module_state", "id", "module_id") {
		module, join = "m.module_id::text", "\nLEFT JOIN public.module_state AS m ON m.id = p.module_state_id"
	}
	return v.Select(ctx, &v.out.Stuck, `SELECT p.id, `+module+` AS module, `+isodateSQL("r.last")+` AS last,
       round(extract(epoch FROM $4::timestamp - coalesce(r.last, CASE WHEN `+datedSQL("p.creation_time")+` THEN p.creation_time END)) / 60)::float8 AS minutes, p.progress
FROM (
    SELECT id, creation_time, `+v.pick("participant", "module_state_id", "module_state_id", "NULL::integer AS module_state_id")+`, `+
		v.pick("participant", "progress", finiteSQL("progress"), "NULL::float8")+` AS progress
    FROM public.participant
    WHERE `+idleSQL("$1", "$2")+`
      AND NOT `+v.isBotSQL("$3")+`
    ORDER BY id DESC
    LIMIT `+strconv.Itoa(overviewStuck)+`
) AS p
CROSS JOIN LATERAL (
    SELECT max(creation_time) AS last
    FROM public.response
    WHERE participant_id = p.id
      AND `+datedSQL("creation_time")+`
) AS r`+join+`
ORDER BY p.id`, moment(v.now.Add(-overviewIdle)), pq.Array(v.active), pq.Array(v.botTypes), moment(v.now))
}
