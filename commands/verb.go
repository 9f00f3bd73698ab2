package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

// verbOptions are those of a command that changes rows which words and flags name.
type verbOptions struct {
	selection
	changeOptions
	ids    []string // words that are ids
	ifs    []string // expressions that must hold
	chosen bool     // the rows are named by a condition
}

func (o *verbOptions) flags(cmd *cobra.Command) {
	o.selection.flags(cmd.Flags())
	o.changeOptions.flags(cmd.Flags())
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask, where a condition says which rows")
	cmd.Flags().StringArrayVar(&o.ifs, "if", nil, "change nothing unless `EXPR` holds for every row; repeatable")
}

// read takes the words that say which rows: ids, or where words may be filters
// FIELD=VALUE.
func (o *verbOptions) read(cmd *cobra.Command, a *app, words []string) error {
	f := cmd.Flags()
	if err := o.selection.read(f); err != nil {
		return err
	}
	if err := o.changeOptions.check(f); err != nil {
		return err
	}
	for _, word := range words {
		if strings.ContainsAny(word, "=<>~") {
			o.query.Words = append(o.query.Words, word)
		} else {
			o.ids = append(o.ids, word)
		}
	}
	o.chosen = len(o.query.Words) > 0 || o.given(f)
	switch {
	case o.chosen && len(o.ids) > 0:
		e := usagef("ids (%s) and a condition exclude each other", strings.Join(o.ids, " "))
		if n := len(o.query.Where); n > 0 {
			return e.hint("perhaps the shell took the expression apart; quote it: --where '" + o.query.Where[n-1] + " …'")
		}
		return e
	case !o.chosen && len(o.ids) == 0:
		return usagef("%s which rows? give ids or a condition", cmd.CommandPath()).hint("write " + useLine(cmd))
	case slices.ContainsFunc(append(slices.Clone(o.query.Where), o.ifs...), func(w string) bool { return strings.TrimSpace(w) == "" }):
		return usagef("an expression is empty").hint("a variable that a script has not set?")
	case o.chosen && !o.yes && !o.dryRun && !a.streams.Interactive():
		return usagef("rows that a condition names are not changed unasked").hint("add --yes, or look first with --dry-run")
	}
	return nil
}

// entityWord takes the entity off the words, where the first one is none of the
// rows' ids and no filter.
func entityWord(words []string, otherwise string) (entity string, rest []string) {
	if len(words) > 0 && !filter.IsID(words[0]) && !strings.ContainsAny(words[0], "=<>~") {
		return words[0], words[1:]
	}
	return otherwise, words
}

// begin opens the database and makes the target of what the options name.
func (o *verbOptions) begin(ctx context.Context, a *app) (*session, repo.Target, error) {
	s, err := a.connect(ctx, o.entity)
	if err != nil {
		return nil, repo.Target{}, err
	}
	target, err := o.target(ctx, s)
	if err != nil {
		s.closeInto(&err)
		return nil, target, err
	}
	return s, target, nil
}

func (o *verbOptions) target(ctx context.Context, s *session) (target repo.Target, err error) {
	if o.query.Entity, err = s.entity(ctx, o.entity, o.exact); err != nil {
		return target, err
	}
	key, err := repo.KeyOf(o.query.Entity.Table)
	if err != nil {
		return target, err
	}
	if !o.chosen {
		if o.query.IDs, err = filter.ParseIDs(o.ids, key.Kind != schema.Int); err != nil {
			return target, err
		}
	}
	// What it does not understand is told before anything is locked.
	check := o.query
	check.Columns = []string{filter.FieldName(key.Name)}
	check.Where = append(slices.Clone(check.Where), o.ifs...)
	if _, err = s.compile(ctx, check); err != nil {
		return target, withLeftOver(err, o.query)
	}
	s.tellExact(o.query.Entity, o.exact)
	return repo.Target{Query: o.query, If: o.ifs, Zone: s.zone}, nil
}
