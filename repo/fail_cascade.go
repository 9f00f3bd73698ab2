package repo

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// takes says which rows fail with a row: Python's failure_cascade. The query gives
// pairs of parent and child, for parents $1; what has failed already is left out.
type takes struct {
	to    string
	query string
}

// psynetTakes are the cascades of PsyNet 13.3 (participant.py, trial/main.py,
// trial/chain.py), in the order in which Python follows them. A node is a
// ChainNode where it says whether it propagates failure, and a trial a ChainTrial
// where its node is one; others have Dallinger's cascade.
var psynetTakes = map[string][]takes{
	"participant": {
		{"info", `SELECT c.participant_id::text AS parent, c.id::text AS child
FROM public.info AS c
WHERE c.participant_id = ANY($1::integer[])
  AND NOT c.failed
ORDER BY c.id`},
	},
	"info": append([]takes{
		{"node", `SELECT f.id::text AS parent, c.id::text AS child
FROM public.info AS f
JOIN public.node AS n ON n.id = f.node_id
JOIN public.node AS c ON c.id = n.child_id
WHERE f.id = ANY($1::integer[])
  AND f.propagate_failure
  AND NOT c.failed
ORDER BY c.id`},
	}, unless(`EXISTS (SELECT FROM public.node AS n WHERE n.id = f.node_id AND n.propagate_failure IS NOT NULL)`, "info", infoTakes)...),
	"network": {direct("node", "network_id")},
	"node": append([]takes{
		{"info", `SELECT f.id::text AS parent, c.id::text AS child
FROM public.node AS f
JOIN public.info AS c ON c.origin_id = f.id
WHERE f.id = ANY($1::integer[])
  AND f.propagate_failure
  AND NOT c.failed
ORDER BY c.id`},
		{"node", `SELECT f.id::text AS parent, c.id::text AS child
FROM public.node AS f
JOIN public.node AS c ON c.id = f.child_id
WHERE f.id = ANY($1::integer[])
  AND f.propagate_failure
  AND NOT c.failed
ORDER BY c.id`},
	}, unless("f.propagate_failure IS NOT NULL", "node", nodeTakes)...),
	"vector": {direct("transmission", "vector_id")},
}

// dallingerTakes are the cascades of Dallinger 12.4 (models.py).
var dallingerTakes = map[string][]takes{
	"participant": {direct("node", "participant_id"), direct("question", "participant_id")},
	"network":     {direct("node", "network_id")},
	"node":        unless("false", "node", nodeTakes),
	"info":        unless("false", "info", infoTakes),
	"vector":      {direct("transmission", "vector_id")},
}

// nodeTakes and infoTakes are what Dallinger's Node and Info take along: the tables
// and the condition that ties their rows c to the row f.
var (
	nodeTakes = [][2]string{
		{"vector", "c.origin_id = f.id OR c.destination_id = f.id"},
		{"info", "c.origin_id = f.id"},
		{"transmission", "c.origin_id = f.id OR c.destination_id = f.id"},
		{"transformation", "c.node_id = f.id"},
	}
	infoTakes = [][2]string{
		{"transmission", "c.info_id = f.id"},
		{"transformation", "c.info_in_id = f.id OR c.info_out_id = f.id"},
	}
)

// direct is a cascade along one column.
func direct(to, column string) takes {
	return takes{to, fmt.Sprintf(`SELECT c.%s::text AS parent, c.id::text AS child
FROM public.%s AS c
WHERE c.%[1]s = ANY($1::integer[])
  AND NOT c.failed
ORDER BY c.id`, column, to)}
}

// unless are cascades of rows that do not fulfil a condition.
func unless(condition, from string, all [][2]string) []takes {
	out := make([]takes, len(all))
	for i, t := range all {
		out[i] = takes{t[0], fmt.Sprintf(`SELECT f.id::text AS parent, c.id::text AS child
FROM public.%s AS f
JOIN public.%s AS c ON %s
WHERE f.id = ANY($1::integer[])
  AND NOT (%s)
  AND NOT c.failed
ORDER BY c.id`, from, t[0], t[1], condition)}
	}
	return out
}

// isPsyNet reports whether a database is one of PsyNet's and not of Dallinger
// alone.
func isPsyNet(s *schema.Schema) bool {
	has := func(table, column string) bool {
		return s.Tables[table] != nil && s.Tables[table].Column(column) != nil
	}
	return has("participant", "failure_tags") && has("info", "participant_id") && has("info", "propagate_failure") &&
		has("node", "propagate_failure") && has("node", "child_id")
}

// family is who may fail with some rows: all that cascades lead to.
type family struct {
	children map[rowKey][]rowKey // in the order in which Python comes to them
	tables   []string            // those met, in the order in which they are locked
	keys     map[string][]string // by table
}

// family follows the cascades from rows of a table, level by level.
func (w *Writer) family(ctx context.Context, table string, keys []string) (*family, error) {
	cascades := dallingerTakes
	if isPsyNet(w.schema) {
		cascades = psynetTakes
	}
	f := &family{children: map[rowKey][]rowKey{}, keys: map[string][]string{}}
	seen := map[rowKey]bool{}
	level := map[string][]string{table: keys}
	for _, k := range keys {
		seen[rowKey{table, k}] = true
	}
	for len(level) > 0 {
		next := map[string][]string{}
		for _, from := range slices.Sorted(maps.Keys(level)) {
			parents := level[from]
			f.keys[from] = append(f.keys[from], parents...)
			for _, t := range cascades[from] {
				if w.schema.Tables[t.to] == nil {
					continue
				}
				var pairs []struct {
					Parent string `db:"parent"`
					Child  string `db:"child"`
				}
				if err := w.Select(ctx, &pairs, t.query, pq.Array(parents)); err != nil {
					return nil, err
				}
				for _, p := range pairs {
					child := rowKey{t.to, p.Child}
					parent := rowKey{from, p.Parent}
					f.children[parent] = append(f.children[parent], child)
					if !seen[child] {
						seen[child] = true
						next[t.to] = append(next[t.to], p.Child)
					}
				}
			}
		}
		level = next
	}
	f.tables = slices.Sorted(maps.Keys(f.keys))
	return f, nil
}
