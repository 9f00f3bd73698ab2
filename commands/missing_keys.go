package commands

import (
	"context"
	"slices"
	"strings"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

// keySample is how many values are looked at for a key that nothing has.
const keySample = 300

// tellMissingKeys says which keys inside JSON a question without an answer has
// perhaps misspelt: unlike a column's name, nothing else checks a key's.
func (s *session) tellMissingKeys(ctx context.Context, q filter.Query, plan *filter.Plan) error {
	for _, p := range plan.JSONPaths() {
		sample, err := filter.Compile(s.schema, filter.Query{Entity: q.Entity, Columns: []string{p.Column}, Distinct: true, Limit: keySample}, filter.Options{})
		if err != nil {
			return err
		}
		var known []string
		err = s.ask(ctx, sample, func(a *repo.Answer) (err error) {
			known, err = a.KeysUnder(ctx, p.Path[:len(p.Path)-1])
			return err
		})
		if err != nil {
			return err
		}
		last := p.Path[len(p.Path)-1]
		if slices.Contains(known, last) || len(known) == 0 {
			continue
		}
		said := strings.Join(append([]string{p.Column}, p.Path...), ".")
		if near := schema.Suggest(last, known); len(near) > 0 {
			said += "; did you mean " + strings.Join(slices.Concat([]string{p.Column}, p.Path[:len(p.Path)-1], near[:1]), ".") + "?"
		}
		s.app.streams.Talk("no row looked at has %s", said)
	}
	return nil
}
