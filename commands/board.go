package commands

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

type boardOptions struct {
	as    string // the id of who looks; empty: nobody
	watch time.Duration
	query filter.Query
}

func newBoard(a *app) *cobra.Command {
	o := &boardOptions{}
	cmd := &cobra.Command{
		Use:   "board",
		Short: "Show who has how many dollars, and the command that gives to each",
		Long: `Show the push buttons of the dollar game: every participant who has dollars, and
the command that gives a dollar to each. With --as they are the buttons of that
participant, who is not among them.

A participant is called by vars.name, else by a column name of the table, else by
worker id; --label, or label in the configuration, names another field or
expression. --format json gives what PsyNet's PushButtonControl takes: ids as
choices, names and dollars as labels. Because participants see these, nobody is
called by worker id there.`,
		Example: `  exptool board
  exptool board --as 3
  exptool board --label nickname --people --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("watch") && o.watch < 100*time.Millisecond {
				return usagef("--watch takes a span of time of at least 100ms, for example 5s")
			}
			if cmd.Flags().Changed("as") {
				ids, err := filter.ParseIDs([]string{o.as}, false)
				if err != nil || len(ids) != 1 {
					return usagef("--as takes the id of a participant").about(o.as)
				}
				o.as = ids[0] // 003 is 3
			}
			return runBoard(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "", "the buttons of the participant with this `ID`")
	f.String("label", "", "call participants by `FIELD`")
	f.DurationVar(&o.watch, "watch", 0, "look again every `SPAN`, for example 5s")
	f.BoolVar(&o.query.People, "people", false, "people only")
	f.BoolVar(&o.query.Alive, "alive", false, "not failed")
	// Fails only for a flag that is not there, which the tests would show.
	_ = cmd.RegisterFlagCompletionFunc("label", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return a.fieldsOf(cmd, "participants", typed)
	})
	return cmd
}

func runBoard(ctx context.Context, a *app, o *boardOptions) (err error) {
	s, err := a.connect(ctx, "participants")
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	b := board{session: s, as: o.as}
	if o.query.Entity, err = s.entity(ctx, "participants", false); err != nil {
		return err
	}
	if o.query.Entity.Table.Column("dollars") == nil {
		return refusedf("participants have no dollars yet").hint("exptool seed gives everybody some")
	}
	labels, err := b.labels(o.query.Entity.Table)
	if err != nil {
		return err
	}
	o.query.Columns = append([]string{"id", "dollars"}, labels...)
	me := filter.Query{Entity: o.query.Entity, Columns: o.query.Columns, IDs: []string{o.as}}
	o.query.Where = []string{"dollars is not null"}
	if b.others, err = s.compile(ctx, o.query); err != nil {
		return err
	}
	if o.as != "" {
		if b.me, err = s.compile(ctx, me); err != nil {
			return err
		}
	}
	if o.watch > 0 {
		return a.repeat(ctx, o.watch, func() error { return b.show(ctx) })
	}
	return b.show(ctx)
}

// board is a question about everybody's dollars that can be asked again.
type board struct {
	*session
	as         string
	others, me *filter.Plan // id, dollars and the fields that may name somebody
}

// button is a participant on the board.
type button struct{ id, label, dollars string }

// forPage reports whether what is written goes to a page that participants see.
func (b *board) forPage() bool { return b.app.format() == "json" }

// labels are the fields that may name somebody, the best first.
func (b *board) labels(t *schema.Table) ([]string, error) {
	if field := b.app.config.Label; field != "" {
		if name := identifies(field); b.forPage() && name != "" {
			return nil, usagef("participants see the labels of json, and %s tells who somebody is", name).hint("choose another --label")
		}
		return []string{"label=" + field}, nil
	}
	var fields []string
	if t.Column("vars") != nil {
		fields = append(fields, "vars.name")
	}
	if t.Column("name") != nil {
		fields = append(fields, "name")
	}
	if t.Column("worker_id") != nil && !b.forPage() {
		fields = append(fields, "worker_id")
	}
	return fields, nil
}

// identifies is the name in a field or expression of a column that tells who somebody
// is, empty where there is none.
func identifies(field string) string {
	for word := range strings.FieldsFuncSeq(field, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(identifying, word) {
			return word
		}
	}
	return ""
}

// show writes the board once.
func (b *board) show(ctx context.Context) error {
	if b.me != nil {
		me, err := b.buttons(ctx, b.me)
		if err != nil {
			return err
		}
		if len(me) == 0 {
			return notFoundf("there is no participant %s", b.as).hint("exptool query participants lists them")
		}
		b.app.streams.Talk("participant %s, %s, has %s", b.as, me[0].label, me[0].has())
	}
	all, err := b.buttons(ctx, b.others)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(other button) bool { return other.id == b.as })
	if len(all) == 0 {
		b.app.streams.Talk("nobody else has dollars; exptool seed gives everybody some")
	}
	if b.forPage() {
		return b.writeChoices(all)
	}
	payer := b.as
	if payer == "" {
		payer = "YOU"
	}
	give := "exptool" + b.app.dbWords() + " donate " + payer + " "
	rows := make([][]string, len(all))
	for i, other := range all {
		rows[i] = []string{other.id, other.label, other.dollars, give + other.id}
	}
	_, err = b.app.writeRows(ctx, report.Texts(boardColumns, rows), writeOptions{urls: func(schema.Column) bool { return false }})
	return err
}

// boardColumns are the columns of `exptool board`.
var boardColumns = []schema.Column{
	{Name: "participant", Kind: schema.Int}, {Name: "label", Kind: schema.Text},
	{Name: "dollars", Kind: schema.Numeric}, {Name: "command", Kind: schema.Text},
}

func (b *board) writeChoices(all []button) error {
	choices, labels := make([]string, len(all)), make([]string, len(all))
	for i, other := range all {
		choices[i], labels[i] = other.id, other.label+" ("+other.has()+")"
	}
	return b.app.toOutput(func(out io.Writer) (report.Summary, error) {
		return report.Summary{}, report.Choices(out, choices, labels)
	})
}

// buttons asks who there is.
func (b *board) buttons(ctx context.Context, plan *filter.Plan) (all []button, err error) {
	err = b.ask(ctx, plan, func(answer *repo.Answer) error {
		b.tellJunk(answer.Junk)
		rows, err := answer.Rows(ctx)
		if err != nil {
			return err
		}
		found, err := report.Buffer(rows)
		if err != nil {
			return err
		}
		decode := report.NewDecoder(found.Columns(), b.app.flags.reveal)
		for r := range found.Len() {
			values := found.Row(r)
			one := button{id: decode.Text(0, values[0]), dollars: decode.Text(1, values[1])}
			if cents, err := repo.ParseBalance(one.dollars); err == nil {
				one.dollars = cents.Decimal()
			}
			for i := 2; i < len(values) && one.label == ""; i++ {
				one.label = strings.TrimSpace(decode.Text(i, values[i]))
			}
			if one.label == "" {
				one.label = "participant " + one.id
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// has is somebody's dollars for people.
func (b button) has() string {
	switch {
	case b.dollars == "":
		return "no dollars yet"
	case b.dollars[0] == '-':
		return "-$" + b.dollars[1:]
	}
	return "$" + b.dollars
}
