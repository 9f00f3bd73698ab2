package commands

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

type historyOptions struct {
	entity, id string
	group      int64
	limit      int
}

func newHistory(a *app) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use:   "history [ENTITY ID]",
		Short: "Show what exptool changed, by whom and why",
		Long: `Show the journal: without arguments the commands that changed something, the
latest first, each a group with a number that undo takes; of one row, or of one
group, every field with its old and new value.`,
		Example: `  exptool history
  exptool history participant 5
  exptool history --group 1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 || len(args) > 2 {
				return usagef("exptool history takes an entity and an id, or neither").hint("write exptool history participant 5")
			}
			return nil
		},
		ValidArgsFunction: a.completeEntity,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				o.entity, o.id = args[0], args[1]
			}
			if cmd.Flags().Changed("limit") && o.limit < 1 || cmd.Flags().Changed("group") && o.group < 1 {
				return usagef("--limit and --group take a number, at least 1")
			}
			return runHistory(cmd.Context(), a, o)
		},
	}
	cmd.Flags().Int64Var(&o.group, "group", 0, "the fields of group `N`")
	_ = cmd.RegisterFlagCompletionFunc("group", a.completeGroups) // fails only without the flag
	cmd.Flags().IntVarP(&o.limit, "limit", "n", 0, "the latest `N` only")
	return cmd
}

func runHistory(ctx context.Context, a *app, o *historyOptions) (err error) {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	asked := repo.HistoryOptions{Group: o.group, Limit: o.limit}
	if o.entity != "" {
		e, err := s.entity(ctx, o.entity, false)
		if err != nil {
			return err
		}
		key, err := repo.KeyOf(e.Table)
		if err != nil {
			return err
		}
		ids, err := filter.ParseIDs([]string{o.id}, key.Kind != schema.Int)
		if err != nil {
			return err
		}
		if len(ids) != 1 {
			return usagef("exptool history takes one id").about(o.id)
		}
		asked.Table, asked.Row = e.Table.Key(), ids[0]
	}
	if o.entity == "" && o.group == 0 {
		return s.writeGroups(ctx, asked)
	}
	return s.writeLogged(ctx, asked)
}

// groupColumns are the columns of the list of groups.
var groupColumns = []schema.Column{
	{Name: "group", Kind: schema.Int}, {Name: "at", Kind: schema.TimestampTZ}, {Name: "who", Kind: schema.Text}, {Name: "rows", Kind: schema.Int},
	{Name: "command", Kind: schema.Text}, {Name: "why", Kind: schema.Text}, {Name: "undoes", Kind: schema.Int}, {Name: "undone_by", Kind: schema.Int},
	{Name: "launch", Kind: schema.Text},
}

func (s *session) writeGroups(ctx context.Context, asked repo.HistoryOptions) error {
	var groups []repo.Group
	err := s.read(ctx, func(tx *repo.Tx) (err error) {
		groups, err = tx.History(ctx, asked)
		return err
	})
	if err != nil {
		return err
	}
	rows := make([][]string, len(groups))
	earlier := 0
	for i, g := range groups {
		if g.Earlier {
			earlier++
		}
		rows[i] = []string{number(g.Number), g.At.Format(time.RFC3339), g.Who, number(g.Rows), g.Command, g.Why,
			number(g.Undoes), number(g.Undone), launchWord(g.Earlier)}
	}
	return s.tellHistory(ctx, report.Texts(groupColumns, rows), earlier, map[string]string{"why": "", "undoes": "", "undone_by": ""})
}

// loggedColumns are the columns of the list of changes.
var loggedColumns = []schema.Column{
	{Name: "group", Kind: schema.Int}, {Name: "table", Kind: schema.Text}, {Name: "id", Kind: schema.Text}, {Name: "kind", Kind: schema.Text}, {Name: "field", Kind: schema.Text},
	{Name: "old", Kind: schema.Text}, {Name: "new", Kind: schema.Text}, {Name: "at", Kind: schema.TimestampTZ},
	{Name: "who", Kind: schema.Text}, {Name: "launch", Kind: schema.Text},
}

func (s *session) writeLogged(ctx context.Context, asked repo.HistoryOptions) error {
	var changes []repo.Logged
	err := s.read(ctx, func(tx *repo.Tx) (err error) {
		changes, err = tx.Changes(ctx, asked)
		return err
	})
	if err != nil {
		return err
	}
	if asked.Group != 0 && len(changes) == 0 {
		return notFoundf("the journal has no group %d", asked.Group).hint("exptool history lists them")
	}
	rows := make([][][]byte, len(changes))
	earlier, masked := 0, 0
	for i, c := range changes {
		if c.Earlier {
			earlier++
		}
		old, now := s.values(c.Change, &masked)
		rows[i] = [][]byte{[]byte(number(c.Group)), []byte(c.Table), []byte(c.Row), []byte(c.Kind), []byte(c.Field), old, now,
			[]byte(c.At.Format(time.RFC3339)), []byte(c.Who), []byte(launchWord(c.Earlier))}
	}
	err = s.tellHistory(ctx, report.Values(loggedColumns, rows), earlier, map[string]string{
		"group": number(asked.Group), "table": asked.Table, "id": asked.Row, "kind": string(repo.Updated)})
	s.app.tellMasked(report.Summary{Masked: int64(masked)})
	return err
}

// tellHistory writes what there is, and says what it is. A terminal is spared
// columns that hold nothing but what is usual in them.
func (s *session) tellHistory(ctx context.Context, rows *report.Buffered, earlier int, usual map[string]string) error {
	if rows.Len() > 0 || s.app.machine() {
		if s.app.fitted() {
			usual["launch"] = launchWord(false)
			rows.LeaveOut(usual)
		}
		if _, err := s.app.writeRows(ctx, rows, writeOptions{}); err != nil {
			return err
		}
	}
	if rows.Len() == 0 {
		s.app.streams.Talk("exptool has changed nothing here")
	}
	if earlier > 0 {
		s.app.streams.Talk("%d of an earlier launch of the experiment, whose ids meant other rows", earlier)
	}
	return nil
}

func launchWord(earlier bool) string {
	if earlier {
		return "earlier"
	}
	return "present"
}

// number is an integer as text, 0 as nothing.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
