package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

func runQuery(ctx context.Context, a *app, o *queryOptions) (err error) {
	s, err := a.connect(ctx, o.entity)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	if o.query.Entity, err = s.entity(ctx, o.entity, o.exact); err != nil {
		return err
	}
	if o.query.Fitted = a.fitted() && !o.raw; o.query.Fitted && len(o.query.Columns) == 0 {
		o.query.Columns = s.configuredColumns(o.query.Entity)
	}
	if o.one && o.query.Limit == 0 {
		o.query.Limit = 4 // the one, or the first rivals
	}
	plan, err := s.compile(ctx, o.query)
	if err != nil {
		return withLeftOver(err, o.query)
	}
	if o.explain {
		return s.explain(ctx, plan)
	}
	s.tellExact(o.query.Entity, o.exact)
	if err := s.tellEarlier(ctx, o.query.Entity); err != nil {
		return err
	}
	if o.watch > 0 {
		err = a.repeat(ctx, o.watch, func() error { return s.answer(ctx, o, plan) })
	} else {
		err = s.answer(ctx, o, plan)
	}
	return withExpressions(err, o.query)
}

// withExpressions shows the expressions under what Postgres, which knows no
// more than their SQL, has against them: an invalid regular expression, say.
func withExpressions(err error, q filter.Query) error {
	given := slices.Concat(q.Where, q.Words)
	if !errors.Is(err, repo.ErrQuery) || len(given) == 0 {
		return err
	}
	return usagef("%w", err).with(given...)
}

// withLeftOver explains what a shell makes of an expression without quotes:
// --where bonus >= 1 arrives as --where bonus and the word 1.
func withLeftOver(err error, q filter.Query) error {
	if len(q.Where) == 0 {
		return err
	}
	for _, w := range q.Words {
		if !strings.ContainsAny(w, "=<>~") {
			return usagef("the word %q is left over; quote the expression: --where '%s …'", w, q.Where[len(q.Where)-1])
		}
	}
	return err
}

// answer runs a plan and writes what it gives.
func (s *session) answer(ctx context.Context, o *queryOptions, plan *filter.Plan) error {
	var found int64
	err := s.ask(ctx, plan, func(a *repo.Answer) error {
		s.tellJunk(a.Junk)
		if o.expect >= 0 {
			n, err := a.Count(ctx)
			if err != nil {
				return err
			}
			if n != int64(o.expect) {
				return expectError(o.query.Entity.Name, o.expect, n)
			}
		}
		rows, err := a.Rows(ctx)
		if err != nil {
			return err
		}
		if o.one {
			found = 1
			return s.writeOne(ctx, o, a, rows)
		}
		if found, err = s.write(ctx, o, plan, rows); err != nil {
			return err
		}
		if o.query.Count || len(o.query.Aggregates) > 0 {
			return s.tellSummary(ctx, o, a, &found)
		}
		return nil
	})
	if err == nil && found == 0 {
		return s.tellMissingKeys(ctx, o.query, plan)
	}
	return err
}

// write writes the rows in the format that was asked for, says what it hid, and
// returns how many there were.
func (s *session) write(ctx context.Context, o *queryOptions, plan *filter.Plan, rows schema.Rows) (int64, error) {
	w := s.writeOptions(o.query.Entity, o.raw)
	w.tellsHidden = true
	columns := len(plan.Columns) + plan.Hidden
	if o.wide {
		wide, err := report.Wide(rows, plan.Groups(), s.app.reportOptions(w))
		if err != nil {
			return 0, err
		}
		wide.Truncate(o.limit)
		rows, columns = wide, len(wide.Columns())
	}
	if plan.Single && len(plan.Columns) == 1 && !s.app.formatGiven() && s.app.toStdout() {
		one, err := report.Buffer(rows)
		if err != nil {
			return 0, err
		}
		found := int64(1)
		if o.query.Count && string(one.Row(0)[0]) == "0" {
			found = 0
		}
		return found, s.app.writeValue(one, w)
	}
	sum, err := s.app.writeRows(ctx, rows, w)
	if err != nil {
		return 0, err
	}
	if o.limit > 0 && sum.Rows == int64(o.limit) {
		s.app.streams.Talk("the first %d; --limit stops there", sum.Rows)
	}
	switch hidden := plan.Hidden + len(sum.Hidden); {
	case sum.Rows == 0:
		s.app.streams.Talk("no %s", o.query.Entity.Name)
	case hidden > 0 && (plan.Groups() > 0 || plan.Single):
		s.app.streams.Talk(someColumnsFit, columns-hidden, columns)
	case hidden > 0:
		s.app.streams.Talk("%d of %d columns; --columns '*'", columns-hidden, columns)
	}
	return sum.Rows, nil
}

// writeOne writes the row if it is the only one.
func (s *session) writeOne(ctx context.Context, o *queryOptions, a *repo.Answer, rows schema.Rows) error {
	buffered, err := report.Buffer(rows)
	if err != nil {
		return err
	}
	switch buffered.Len() {
	case 0:
		return notFoundf("no %s found; --one wants exactly one", o.query.Entity.Name)
	case 1:
		_, err := s.app.writeRows(ctx, buffered, s.writeOptions(o.query.Entity, o.raw))
		return err
	}
	n, err := a.Count(ctx)
	if err != nil {
		return err
	}
	return severalError(o.query.Entity.Name, n, buffered.Lines(3, s.app.reportOptions(s.writeOptions(o.query.Entity, o.raw))))
}

// writeOptions are those for rows of an entity. Passwords in URLs are masked in
// the columns that PsyNet and Dallinger fill; what participants and experimenters
// wrote (answers, definitions, vars, columns of their own) stays as it is.
func (s *session) writeOptions(e schema.Entity, raw bool) writeOptions {
	known := s.schema.KnownColumns(e.Table)
	return writeOptions{raw: raw, class: s.className(raw), urls: func(c schema.Column) bool {
		return c.Kind == schema.Text && known[c.Name]
	}}
}

// className prints classes by their short names where these tell the classes
// apart that have rows.
func (s *session) className(raw bool) func(string) string {
	if raw {
		return nil
	}
	names := map[string]string{} // by identity
	shared := map[string]int{}   // the experiment's classes, by short name
	for _, c := range s.schema.Tree.All() {
		names[c.Identity] = schema.Short(c.Name)
		if c.Known != schema.FromVocabulary {
			shared[schema.Short(c.Name)]++
		}
	}
	return func(identity string) string {
		name, ok := names[identity]
		if !ok {
			name = schema.Short(identity)
		}
		if shared[name] > 1 {
			return identity
		}
		return name
	}
}

// tellSummary says on stderr who is behind an aggregate; found becomes how many
// rows are, where there is more to say than their number.
func (s *session) tellSummary(ctx context.Context, o *queryOptions, a *repo.Answer, found *int64) error {
	columns, n, err := a.Summary(ctx)
	if err != nil || n == nil {
		return err
	}
	*found = n[0]
	name := o.query.Entity.Name
	if len(columns) > 1 && columns[1].Name == "failed" {
		name = "trials"
	}
	var parts []string
	for i, c := range columns[1:] {
		missing := strings.HasPrefix(c.Name, "missing ") || strings.HasPrefix(c.Name, "NaN ")
		switch {
		case missing && n[i+1] > 0:
			what, field, _ := strings.Cut(c.Name, " ")
			parts = append(parts, fmt.Sprintf("%s %s in %d", field, map[string]string{"missing": "is missing", "NaN": "is NaN"}[what], n[i+1]))
		case !missing:
			parts = append(parts, fmt.Sprintf("%d %s", n[i+1], c.Name))
		}
	}
	if len(parts) > 0 {
		s.app.streams.Talk("%d %s: %s", n[0], name, strings.Join(parts, ", "))
	}
	return nil
}

// explain shows the server's plan, and where an index would serve.
func (s *session) explain(ctx context.Context, plan *filter.Plan) error {
	return s.ask(ctx, plan, func(a *repo.Answer) error {
		lines, err := a.Explain(ctx)
		if err != nil {
			return err
		}
		for _, l := range lines {
			s.app.streams.Print(l)
		}
		for _, w := range plan.Wants() {
			if w.Table.Rows >= 10000 {
				s.app.streams.Talk("an index would serve: CREATE INDEX CONCURRENTLY ON %s (%s)", w.Table.Key(), w.Column)
			}
		}
		return nil
	})
}

// repeat runs fn now and every span until the user interrupts.
func (a *app) repeat(ctx context.Context, span time.Duration, fn func() error) error {
	ticker := time.NewTicker(span)
	defer ticker.Stop()
	for {
		a.streams.ClearScreen()
		if err := fn(); err != nil {
			return err
		}
		if err := a.streams.Flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
