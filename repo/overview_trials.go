package repo

import (
	"context"
	"strconv"

	"github.com/lib/pq"
)

// trials counts trials, in one pass over them.
func (v *viewer) trials(ctx context.Context) error {
	if !v.needs("trials", "info", "failed") {
		return nil
	}
	maker, done := "trial_maker_id::text", "coalesce(complete AND finalized, false)"
	if !v.has("info", "trial_maker_id", "complete", "finalized") { // Dallinger's alone
		maker, done = v.pick("info", "type", "type::text", "'info'::text"), "true"
	}
	bot := "$1::text IS NULL"
	if v.bots != "" && v.has("info", "participant_id") {
		bot = "CASE WHEN participant_id BETWEEN 0 AND length($1::text) - 1 THEN get_bit($1::text::bit varying, participant_id) = 1 ELSE false END"
	}
	return v.Select(ctx, &v.out.Trials, `SELECT maker, CASE WHEN bot THEN 'bots' ELSE 'people' END AS who,
       coalesce(sum(n) FILTER (WHERE done AND NOT failed), 0)::bigint AS done,
       coalesce(sum(n) FILTER (WHERE NOT done AND NOT failed), 0)::bigint AS pending,
       coalesce(sum(n) FILTER (WHERE failed), 0)::bigint AS failed
FROM (
    SELECT `+maker+` AS maker, `+bot+` AS bot, failed, `+done+` AS done, count(*) AS n
    FROM public.info
    GROUP BY 1, 2, 3, 4
) AS i
GROUP BY maker, bot
ORDER BY maker NULLS LAST, bot`, v.bots)
}

// chains looks at the heads of chains. A chain is stalled where it is neither full nor
// failed, its head has begun all the trials that it takes, and nothing came of that in
// five minutes: no participant is sent there, and it does not grow. Somebody left in the
// middle of a trial, or the process that makes the next node has died.
func (v *viewer) chains(ctx context.Context) error {
	columns := []string{"id", "head_id", "full", "failed", "trial_maker_id"}
	if !v.needs("chains", "network", columns...) || !v.needs("chains", "node", "id", "degree") {
		return nil
	}
	stalled, head := "false AND $1::timestamp IS NULL", "id, degree"
	if v.needs("stalled chains", "node", "target_n_trials", "can_spawn") && v.needs("stalled chains", "info", "node_id", "is_repeat_trial", "creation_time") {
		head += ", target_n_trials, can_spawn"
		stalled = `NOT n.failed AND NOT n."full" AND h.can_spawn AND (
            SELECT count(*) >= h.target_n_trials AND max(viable.creation_time) < $1::timestamp
            FROM public.info AS viable
            WHERE viable.node_id = h.id
              AND NOT viable.failed
              AND viable.is_repeat_trial IS NOT TRUE
        )`
	}
	type row struct {
		OverviewChains
		Stalled pq.Int64Array `db:"ids"`
	}
	var rows []row
	// LATERAL has the heads looked up: there are many more nodes.
	err := v.Select(ctx, &rows, `SELECT maker, count(*) FILTER (WHERE NOT failed) AS chains,
       count(*) FILTER (WHERE "full" AND NOT failed) AS full_ones,
       count(*) FILTER (WHERE failed) AS failed,
       min(degree) FILTER (WHERE NOT failed) AS least,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY degree) FILTER (WHERE NOT failed) AS median,
       max(degree) FILTER (WHERE NOT failed) AS most,
       count(*) FILTER (WHERE stalled) AS stalled,
       (array_agg(id ORDER BY id) FILTER (WHERE stalled))[1:`+strconv.Itoa(overviewStalled)+`]::bigint[] AS ids
FROM (
    SELECT n.id, n.trial_maker_id::text AS maker, n.failed, n."full", h.degree::bigint AS degree,
           coalesce(`+stalled+`, false) AS stalled
    FROM public.network AS n
    CROSS JOIN LATERAL (
        SELECT `+head+`
        FROM public.node
        WHERE id = n.head_id
        LIMIT 1
    ) AS h
) AS chain
GROUP BY maker
ORDER BY maker NULLS LAST`, moment(v.now.Add(-overviewIdle)))
	for _, r := range rows {
		c := r.OverviewChains
		c.IDs = append([]int64{}, r.Stalled...)
		v.out.Chains = append(v.out.Chains, c)
	}
	return err
}
