package commands

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

type showOptions struct {
	entity, id string
	raw        bool
	timeline   bool
}

func newShow(a *app) *cobra.Command {
	o := &showOptions{}
	cmd := &cobra.Command{
		Use:   "show ENTITY ID",
		Short: "Show one row as a card, with what belongs to it",
		Long: `Show one row as a card: every field that is filled, values decoded, and the rows
that belong to it with the command that lists them. A participant is also found
by worker id, assignment id or unique id. Looking changes nothing.

With --timeline it is what happened to a participant, in the order of time, a row an
event: arrival and end, requests, responses, trials, modules, errors, notifications.
Wait pages that follow one another are one row. Requests are those that PsyNet notes
with a participant: for pages, not for their answers. How it ends is told at the end:
last page, last seen, earned, paid. Long answers end in …; exptool show response ID
has all.

A chain is shown by its nodes in the order of degree, with seed, definition, how many
trials each has, the answers of those that did not fail, and what failed. Its own row
is that of exptool show network ID.`,
		Example: `  exptool show participant 5
  exptool show trial 12 --format json
  exptool show participant 52 --timeline
  exptool show chain 1`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeShown,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.entity, o.id = args[0], args[1]
			if o.timeline && o.raw {
				return usagef("--raw and --timeline exclude one another")
			}
			return runShow(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVar(&o.raw, "raw", false, "stored bytes: nothing decoded")
	cmd.Flags().BoolVar(&o.timeline, "timeline", false, "of a participant: what happened, in the order of time")
	return cmd
}

// identifying are the columns that name a row beside its key.
var identifying = []string{"worker_id", "assignment_id", "unique_id"}

func runShow(ctx context.Context, a *app, o *showOptions) (err error) {
	s, err := a.connect(ctx, o.entity)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	if s.isChain(o.entity) && !o.timeline {
		return s.showChain(ctx, o)
	}
	e, err := s.entity(ctx, o.entity, false)
	if err != nil {
		return err
	}
	if err := s.tellEarlier(ctx, e); err != nil {
		return err
	}
	if o.timeline {
		return s.showTimeline(ctx, o, e)
	}
	return s.named(ctx, o, e, "*", func(answer *repo.Answer, found *report.Buffered) error {
		return s.card(ctx, answer, e, found, o.raw)
	})
}

// named hands on the row that a user names, with such columns.
func (s *session) named(ctx context.Context, o *showOptions, e schema.Entity, columns string, each func(*repo.Answer, *report.Buffered) error) error {
	where, err := identify(e, o.entity, o.id)
	if err != nil {
		return err
	}
	plan, err := s.compile(ctx, filter.Query{Entity: e, Where: []string{where}, Columns: []string{columns}, Limit: 4})
	if err != nil {
		return err
	}
	return s.ask(ctx, plan, func(answer *repo.Answer) error {
		rows, err := answer.Rows(ctx)
		if err != nil {
			return err
		}
		found, err := report.Buffer(rows)
		switch {
		case err != nil:
			return err
		case found.Len() == 0:
			return notFoundf("no %s %q", o.entity, o.id).hint("look for it with exptool query " + e.Name)
		case found.Len() > 1:
			return severalError(e.Name, int64(found.Len()), found.Lines(3, s.app.reportOptions(s.writeOptions(e, o.raw))))
		}
		return each(answer, found)
	})
}

// identify is the condition that finds one row by what a user calls it.
func identify(e schema.Entity, word, id string) (string, error) {
	var all []string
	for _, key := range e.Table.PrimaryKey {
		col := e.Table.Column(key)
		if _, err := strconv.ParseInt(id, 10, 64); len(e.Table.PrimaryKey) == 1 && (col.Kind != schema.Int || err == nil) {
			value := id
			if col.Kind != schema.Int {
				value = filter.Quote(id)
			}
			all = append(all, "`"+key+"` == "+value)
		}
	}
	if len(all) == 0 || e.Table.Key() == "participant" {
		for _, name := range identifying {
			if e.Table.Column(name) != nil {
				all = append(all, name+" == "+filter.Quote(id))
			}
		}
	}
	switch {
	case len(all) > 0:
		return strings.Join(all, " or "), nil
	case len(e.Table.PrimaryKey) == 0:
		return "", usagef("%s has no primary key, so a row has no id; use exptool query %s FIELD=VALUE", e.Table.Name, e.Name)
	case len(e.Table.PrimaryKey) > 1:
		return "", usagef("the key of %s is %s together; use exptool query %s FIELD=VALUE", e.Table.Name, strings.Join(e.Table.PrimaryKey, " and "), e.Name)
	}
	return "", usagef("%q is no id of a %s", id, word).hint("ids are whole numbers")
}

// card writes the row and what belongs to it.
func (s *session) card(ctx context.Context, a *repo.Answer, e schema.Entity, found *report.Buffered, raw bool) error {
	if s.app.machine() {
		_, err := s.app.writeRows(ctx, found, s.writeOptions(e, raw))
		return err
	}
	values := map[string]string{}
	var fields []report.Field
	for i, c := range found.Columns() {
		if v := found.Row(0)[i]; v != nil {
			values[c.Name] = string(v)
			fields = append(fields, report.Field{Column: c, Value: v})
		}
	}
	link := func(label, text string) {
		fields = append(fields, report.Field{Label: label, Value: []byte(text), Column: schema.Column{Kind: schema.Text}, Section: "What belongs to it"})
	}
	for _, r := range s.schema.RelationsFrom(e.Table) {
		if v, ok := values[r.Column]; ok {
			to := s.schema.Singular(s.schema.Tables[r.RefTable])
			link(r.Name, fmt.Sprintf("%s → exptool show %s %s", v, to, shellQuote(v)))
		}
	}
	counts, err := a.Belonging(ctx, s.schema, e.Table, values)
	if err != nil {
		return err
	}
	for _, n := range counts {
		flag := "--of " + n.Relation + "=" + shellQuote(n.Key)
		if slices.Contains(keyFlags, n.Relation) {
			flag = "--" + n.Relation + " " + shellQuote(n.Key)
		}
		link(n.Word, fmt.Sprintf("%d → exptool query %s %s", n.Rows, n.Word, flag))
	}
	return s.app.writeCard(fields, s.writeOptions(e, raw))
}

// shellQuote quotes a word for a POSIX shell where that is needed.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.:/@%+,=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
