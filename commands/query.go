package commands

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
)

type queryOptions struct {
	selection
	raw     bool
	limit   int
	one     bool
	first   bool
	expect  int // -1: not asked
	wide    bool
	watch   time.Duration
	explain bool
}

func newQuery(a *app) *cobra.Command {
	o := &queryOptions{}
	cmd := &cobra.Command{
		Use:   "query ENTITY [FIELD=VALUE ...]",
		Short: "Ask for rows, or for numbers about them",
		Long: `Ask for the rows of an entity, or for numbers about them.

ENTITY is an entity word (participants, trials, nodes, networks, chains,
responses, infos, modules, errors …; the singular is the same), a table, or a
class by short name, full name or identity, with its subclasses as far as known;
several of one table with commas. FIELD=VALUE keeps the rows where that holds;
fields may be paths: participant.status, vars.my_dict.value. For more than
equality there is --where: see exptool help where.`,
		Example: `  exptool query trials --participant 5
  exptool query CustomTrial participant.status=approved --where 'random_integer >= 5'
  exptool query person forename=James --one
  exptool query participants status=approved --count
  exptool query CustomTrial --sum performance_reward --by participant.status
  exptool query trials --columns 'id,answer,definition.*' --sort -id --limit 5
  exptool query participants --columns 'id,n=count(alive_trials)'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeQuery,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.read(cmd, args); err != nil {
				return err
			}
			return runQuery(cmd.Context(), a, o)
		},
	}
	o.flags(cmd)
	a.completeFields(cmd, "columns", "sort", "by", "sum", "mean", "sd", "se", "n", "min", "max", "median")
	return cmd
}

func (o *queryOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	q := &o.query
	o.selection.flags(f)
	f.StringArrayVarP(&q.Columns, "columns", "c", nil, "what to show: `FIELDS`, paths, expressions, NAME=EXPR; +x adds, * is all, path.* its keys")
	f.StringArrayVar(&q.Sort, "sort", nil, "order by `FIELDS`, - before one for descending")
	f.IntVarP(&o.limit, "limit", "n", 0, "at most `N` rows")
	f.BoolVar(&o.first, "first", false, "the first row only")
	f.BoolVar(&q.Distinct, "distinct", false, "each combination of the columns once")
	f.BoolVar(&o.one, "one", false, "exactly one row, else an error (exit 3 or 4)")
	f.BoolVar(&q.Count, "count", false, "how many")
	f.IntVar(&o.expect, "expect", -1, "exit 4 unless there are exactly `N` rows")
	for _, a := range filter.AggregateFuncs {
		if a.Name != "quantile" {
			f.StringArray(a.Name, nil, a.Meaning+" of `FIELDS`")
		}
	}
	f.StringArray("quantile", nil, "quantiles `P,P` of the aggregated fields, or FIELD:P,P")
	f.StringArrayVar(&q.By, "by", nil, "a row for each value of `FIELDS`")
	f.BoolVar(&o.wide, "wide", false, "turn the last --by into columns")
	f.BoolVar(&o.raw, "raw", false, "stored bytes: nothing decoded, class names in full")
	f.DurationVar(&o.watch, "watch", 0, "ask again every `SPAN`, for example 5s")
	f.BoolVar(&o.explain, "explain", false, "show the server's plan instead, and what index would serve")
}

// read takes arguments and flags, and checks them against each other.
func (o *queryOptions) read(cmd *cobra.Command, args []string) error {
	o.entity, o.query.Words = args[0], args[1:]
	if err := o.selection.read(cmd.Flags()); err != nil {
		return err
	}
	if err := o.readAggregates(cmd); err != nil {
		return err
	}
	switch {
	case o.limit < 0:
		return usagef("--limit takes a number of rows")
	case o.one && o.first:
		return usagef("--one and --first exclude each other")
	case o.one && (o.query.Count || len(o.query.Aggregates) > 0):
		return usagef("--one asks for a row, not for a number")
	case o.wide && len(o.query.By) == 0:
		return usagef("--wide turns the last --by into columns; add --by")
	case cmd.Flags().Changed("watch") && o.watch < 100*time.Millisecond:
		return usagef("--watch takes a span of time of at least 100ms, for example 5s")
	case cmd.Flags().Changed("expect") && o.expect < 0:
		return usagef("--expect takes a number of rows")
	case cmd.Flags().Changed("limit") && o.limit == 0:
		return usagef("--limit takes a number of rows, at least 1")
	}
	if o.query.Limit = o.limit; o.first {
		o.query.Limit = 1
	}
	if o.wide {
		o.query.Limit = 0 // it counts the rows of the wide table
	}
	return nil
}

func (o *queryOptions) readAggregates(cmd *cobra.Command) error {
	var fields []string
	for _, a := range filter.AggregateFuncs {
		lists, _ := cmd.Flags().GetStringArray(a.Name)
		if a.Name == "quantile" {
			return o.readQuantiles(lists, fields)
		}
		exprs, err := filter.Split(lists)
		if err != nil {
			return err
		}
		if cmd.Flags().Changed(a.Name) && len(exprs) == 0 {
			return usagef("--%s takes a field", a.Name)
		}
		for _, e := range exprs {
			fields = append(fields, e)
			o.query.Aggregates = append(o.query.Aggregates, filter.Aggregate{Func: a.Name, Expr: e})
		}
	}
	return nil
}

// readQuantiles reads .25,.75 (of the fields of the other aggregates) and
// FIELD:.25,.75.
func (o *queryOptions) readQuantiles(lists, fields []string) error {
	seen := map[string]bool{}
	for _, list := range lists {
		of := fields
		if i := strings.LastIndexByte(list, ':'); i > 0 {
			of, list = []string{list[:i]}, list[i+1:]
		}
		if len(of) == 0 {
			return usagef("--quantile %s of what? write --quantile FIELD:%s", list, list)
		}
		for p := range strings.SplitSeq(list, ",") {
			x, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
			if err != nil || !(x >= 0 && x <= 1) {
				return usagef("--quantile takes numbers from 0 to 1, for example .25,.75").about(p)
			}
			for _, field := range of {
				if key := fmt.Sprint(field, x); !seen[key] {
					seen[key] = true
					o.query.Aggregates = append(o.query.Aggregates, filter.Aggregate{Func: "quantile", Expr: field, P: x})
				}
			}
		}
	}
	return nil
}
