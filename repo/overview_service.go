package repo

import (
	"context"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// errors groups what PsyNet has noted by kind and message. The same error of many
// participants often differs by a number only, which tells no more than that.
func (v *viewer) errors(ctx context.Context) error {
	if !v.needs("errors", "error", "id", "kind", "message", "creation_time") {
		return nil
	}
	participant, bot, join := "NULL::bigint", "$1::text[] IS NULL", ""
	if v.has("error", "participant_id") {
		participant = "e.participant_id::bigint"
		join = "\n    LEFT JOIN public.participant AS p ON p.id = e.participant_id"
		if bot = v.isBotSQL("$1"); v.has("participant", "type") {
			bot = strings.Replace(bot, "type", "p.type", 1)
		}
	}
	var rows []struct {
		Kind         string        `db:"kind"`
		Message      string        `db:"message"`
		Count        int64         `db:"count"`
		People       pq.Int64Array `db:"people"`
		Bots         pq.Int64Array `db:"bots"`
		Last         *string       `db:"last"`
		Participants int64         `db:"participants"`
		All          int64         `db:"all_of_them"`
	}
	err := v.Select(ctx, &rows, `SELECT kind,
       CASE WHEN min(message) = max(message) THEN min(message) ELSE pattern END AS message,
       count(*) AS count,
       (array_agg(DISTINCT participant) FILTER (WHERE participant IS NOT NULL AND NOT bot))[1:10] AS people,
       (array_agg(DISTINCT participant) FILTER (WHERE participant IS NOT NULL AND bot))[1:10] AS bots,
       `+isodateSQL("max(creation_time) FILTER (WHERE "+datedSQL("creation_time")+")")+` AS last,
       count(DISTINCT participant) AS participants,
       sum(count(*)) OVER ()::bigint AS all_of_them
FROM (
    SELECT coalesce(e.kind, '') AS kind, left(coalesce(e.message, ''), 500) AS message, e.creation_time, `+participant+` AS participant,
           regexp_replace(left(coalesce(e.message, ''), 500), '[0-9]+', '#', 'g') AS pattern,
           `+bot+` AS bot
    FROM public.error AS e`+join+`
    WHERE $2::timestamp IS NULL OR e.creation_time >= $2
) AS noted
GROUP BY kind, pattern
ORDER BY count DESC, last DESC NULLS LAST
LIMIT `+strconv.Itoa(overviewErrors), pq.Array(v.botTypes), v.from)
	if err != nil {
		return err
	}
	v.out.Errors = &OverviewErrors{Groups: []OverviewError{}}
	for _, r := range rows {
		v.out.Errors.Count = r.All
		v.out.Errors.Groups = append(v.out.Errors.Groups, OverviewError{Kind: r.Kind, Message: r.Message, Count: r.Count,
			People: append([]int64{}, r.People...), Bots: append([]int64{}, r.Bots...), Last: r.Last, Participants: r.Participants})
	}
	return nil
}

// pages reads how long the server took for the newest requests; there may be millions.
func (v *viewer) pages(ctx context.Context) error {
	if !v.needs("page times", "request", "id", "duration", "endpoint", "method", "creation_time") {
		return nil
	}
	var rows []OverviewPage // the first is of all
	limit := "\n    LIMIT " + strconv.Itoa(overviewRequests+1)
	if v.from != nil {
		limit = ""
	}
	err := v.Select(ctx, &rows, `SELECT CASE WHEN grouping(page) = 1 THEN 'all' ELSE page END AS page, count(*) AS count,
       1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) AS p50,
       1000 * percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) AS p95,
       1000 * max(duration) AS most,
       count(*) FILTER (WHERE failed) AS errors
FROM (
    SELECT concat_ws(' ', method, endpoint) AS page, `+finiteSQL("duration")+` AS duration,
           `+v.pick("request", "status_code", "status_code >= 400", "false")+` AS failed
    FROM public.request
    WHERE duration IS NOT NULL
      AND ($1::timestamp IS NULL OR creation_time >= $1)
    ORDER BY id DESC`+limit+`
) AS r
GROUP BY GROUPING SETS ((page), ())
ORDER BY grouping(page) DESC, count(*) DESC, r.page`, v.from)
	if err != nil {
		return err
	}
	all := rows[0]
	v.out.Pages = &OverviewPages{Requests: all.Count, Newest: limit != "" && all.Count > overviewRequests, All: all, Pages: rows[1:]}
	return nil
}
