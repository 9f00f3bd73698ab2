package repo

import (
	"context"
	"database/sql"
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
			newest = append(newest, "(SELECT max(creation_time) FROM public."+table+")")
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

// isBotSQL is the condition that a participant is a bot, $n the identities of PsyNet's.
func (v *viewer) isBotSQL(n string) string {
	return v.pick("participant", "type", "coalesce(type = ANY("+n+"::text[]) OR lower(right(type, 3)) = 'bot', false)", "false AND "+n+"::text[] IS NULL")
}

// botIdentities are the classes of bots that the tree knows.
func (v *viewer) botIdentities() any {
	bots, err := v.schema.Entity("psynet.bot.Bot", false)
	if err != nil {
		return pq.Array([]string{})
	}
	return pq.Array(bots.Identities)
}

// endedSQL is when a participant ended; an infinite time can be reckoned with no more than
// none.
func (v *viewer) endedSQL() string {
	return v.pick("participant", "end_time", "CASE WHEN isfinite(end_time) THEN end_time END", "NULL::timestamp")
}

// lately is the condition that a participant has responded, or come, since $3. $2 is
// now; the application's clock may be a little ahead.
const lately = `creation_time > $3::timestamp OR id IN (
        SELECT participant_id
        FROM public.response
        WHERE creation_time BETWEEN $3::timestamp AND $2::timestamp + interval '1 minute'
          AND participant_id IS NOT NULL
    )`

// personRow is a status of people or of bots; without one it is all of them.
type personRow struct {
	Bot       bool            `db:"bot"`
	Status    *string         `db:"status"`
	Count     int64           `db:"count"`
	Failed    int64           `db:"failed"`
	Working   int64           `db:"working"`
	Stuck     int64           `db:"stuck"`
	Completed int64           `db:"completed"`
	LastHour  int64           `db:"last_hour"`
	Timed     int64           `db:"timed"` // completions whose time is known
	Hours     sql.NullFloat64 `db:"hours"` // from the first arrival to the last completion
	Minutes   sql.NullFloat64 `db:"minutes"`
	IDs       pq.Int64Array   `db:"ids"`
	Promised  float64         `db:"promised"`
	Paid      float64         `db:"paid"`
	Extra     float64         `db:"extra"`
	Odd       int64           `db:"odd"`
}

// people counts participants, in one pass over them.
func (v *viewer) people(ctx context.Context) error {
	responses := v.needs("who is stuck", "response", "participant_id", "creation_time")
	active, ended := "$3::timestamp IS NOT NULL", v.endedSQL()
	if responses {
		active = lately
	}
	completed := v.pick("participant", "complete", "coalesce(complete, false)", ended+" IS NOT NULL")
	if v.has("participant", "complete") {
		v.needs("when people completed", "participant", "end_time")
	}
	counts := `count(*) AS count,
       count(*) FILTER (WHERE failed) AS failed,
       count(*) FILTER (WHERE working) AS working,
       count(*) FILTER (WHERE working AND NOT lately) AS stuck,
       count(*) FILTER (WHERE completed) AS completed`
	var rows []personRow
	err := v.Select(ctx, &rows, `WITH p AS MATERIALIZED (
    SELECT id, failed, creation_time,
           `+v.isBotSQL("$1")+` AS bot,
           status::text AS status,
           status = 'working' AND NOT failed AS working,
           status = 'working' AND NOT failed AND (`+active+`) AS lately,
           `+completed+` AND ($4::timestamp IS NULL OR `+ended+` >= $4) AS completed,
           `+ended+` AS ended,
           `+v.amountSQL()+`
    FROM public.participant
)
SELECT bot, status, `+counts+`,
       0 AS last_hour, 0 AS timed, NULL::float8 AS hours, NULL::float8 AS minutes, NULL::bigint[] AS ids,
       0::float8 AS promised, 0::float8 AS paid, 0::float8 AS extra, 0 AS odd
FROM p
GROUP BY bot, status
UNION ALL
SELECT bot, NULL, `+counts+`,
       count(*) FILTER (WHERE completed AND ended BETWEEN $2::timestamp - interval '1 hour' AND $2::timestamp + interval '1 minute'),
       count(*) FILTER (WHERE completed AND ended IS NOT NULL),
       extract(epoch FROM max(ended) FILTER (WHERE completed) - min(creation_time))::float8 / 3600,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended - creation_time)) FILTER (WHERE completed)::float8 / 60,
       CASE WHEN bot THEN array_agg(id::bigint) END,
       sum(promised), sum(paid), sum(extra), sum(odd)
FROM p
GROUP BY bot
ORDER BY bot, count DESC, status`, v.botIdentities(), moment(v.now), moment(v.now.Add(-overviewIdle)), v.from)
	if err != nil {
		return err
	}
	v.out.Money = &OverviewMoney{Currency: "$"}
	v.out.Groups = []OverviewGroup{{Who: "people", Statuses: []OverviewStatus{}}, {Who: "bots", Statuses: []OverviewStatus{}}}
	for _, r := range rows {
		g := &v.out.Groups[map[bool]int{false: 0, true: 1}[r.Bot]]
		if r.Status != nil {
			g.Statuses = append(g.Statuses, OverviewStatus{Status: *r.Status, Count: r.Count, Failed: r.Failed})
			continue
		}
		v.group(g, r)
		v.out.Money.add(r)
		if r.Bot {
			v.bots = bitsOf(r.IDs)
		}
	}
	if responses {
		for i := range v.out.Groups {
			if g := &v.out.Groups[i]; g.Stuck == nil {
				g.Stuck = new(int64)
			}
		}
	}
	return nil
}

// group fills the counts of people or of bots.
func (v *viewer) group(g *OverviewGroup, r personRow) {
	g.Total, g.Failed, g.Working, g.Completed, g.LastHour = r.Count, r.Failed, r.Working, r.Completed, r.LastHour
	if v.has("response", "participant_id", "creation_time") {
		g.Stuck = &r.Stuck
	}
	hours := r.Hours.Float64
	if v.from != nil {
		hours = v.o.Since.Hours()
	}
	if (r.Timed > 0 || r.Completed == 0) && hours > 0 && v.has("participant", "end_time") {
		rate := float64(r.Timed) / hours
		g.PerHour = &rate
	}
	if r.Minutes.Valid {
		g.Minutes = &r.Minutes.Float64
	}
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
	if !v.has("response", "participant_id", "creation_time") || *v.out.Groups[0].Stuck == 0 {
		return nil
	}
	module, join := "NULL::text", ""
	if v.has("participant", "module_state_id") && v.has("module_state", "id", "module_id") {
		module, join = "m.module_id::text", "\nLEFT JOIN public.module_state AS m ON m.id = p.module_state_id"
	}
	return v.Select(ctx, &v.out.Stuck, `SELECT p.id, `+module+` AS module, to_char(r.last, 'YYYY-MM-DD HH24:MI:SS') AS last,
       round(extract(epoch FROM $2::timestamp - coalesce(r.last, p.creation_time)) / 60)::float8 AS minutes, p.progress
FROM (
    SELECT id, creation_time, `+v.pick("participant", "module_state_id", "module_state_id", "NULL::integer AS module_state_id")+`, `+
		v.pick("participant", "progress", "progress::float8", "NULL::float8")+` AS progress
    FROM public.participant
    WHERE status = 'working'
      AND NOT failed
      AND NOT `+v.isBotSQL("$1")+`
      AND NOT (`+lately+`)
    ORDER BY id DESC
    LIMIT `+strconv.Itoa(overviewStuck)+`
) AS p
CROSS JOIN LATERAL (
    SELECT max(creation_time) AS last
    FROM public.response
    WHERE participant_id = p.id
) AS r`+join+`
ORDER BY p.id`, v.botIdentities(), moment(v.now), moment(v.now.Add(-overviewIdle)))
}
