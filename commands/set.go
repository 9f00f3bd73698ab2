package commands

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

type setOptions struct {
	verbOptions
	assign []string // FIELD=VALUE
	unset  []string
}

func newSet(a *app) *cobra.Command {
	o := &setOptions{}
	cmd := &cobra.Command{
		Use:   "set ENTITY IDS | --where EXPR  FIELD=VALUE ...",
		Short: "Change fields of rows, also inside their JSON",
		Long: `Change columns of any type, and paths inside JSON and jsonpickle:
trial.var.my_dict["value"] = 3 is vars.my_dict.value=3.

  FIELD=VALUE    a value keeps the type of the one that it replaces; a new key is
                 JSON for true, false, null and plain decimals, else a text
  FIELD=         the empty text
  FIELD=null     NULL
  FIELD+=VALUE   adds to a number, or at the end of a list; FIELD-=VALUE
  FIELD:=JSON    states a JSON value, whatever was there
  --unset FIELD  removes a key, or makes a column NULL

Inside a text of jsonpickle every other byte stays as it is. Dollars move by the
ledger alone.`,
		Example: `  exptool set participants 5 vars.my_dict.value=3
  exptool set participants 5-7 performance_reward+=0.5 --dry-run
  exptool set trials 12 'vars.my_list:=[1, 2]' --unset vars.old
  exptool set participants 5 status=submitted --if 'status == "working"'
  exptool set trials --where 'participant_id == 5' vars.checked=true --yes`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeQuery,
		RunE: func(cmd *cobra.Command, args []string) error {
			var words []string
			o.entity = args[0]
			for _, word := range args[1:] {
				if strings.Contains(word, "=") {
					o.assign = append(o.assign, word)
				} else {
					words = append(words, word)
				}
			}
			if err := o.read(cmd, a, words); err != nil {
				return err
			}
			if len(o.assign)+len(o.unset) == 0 {
				return usagef("set what? no FIELD=VALUE is given").hint("write " + useLine(cmd))
			}
			return runSet(cmd.Context(), a, o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringArrayVar(&o.unset, "unset", nil, "remove the key, or make the column NULL, at `FIELD`; repeatable")
	a.completeFields(cmd, "unset")
	return cmd
}

func runSet(ctx context.Context, a *app, o *setOptions) (err error) {
	s, target, err := o.begin(ctx, a)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	assignments, err := parseAssignments(s.schema, o.query.Entity.Table, o.assign, o.unset)
	if err != nil {
		return err
	}
	o.secrets = secretWords(assignments)
	out, err := s.change(ctx, &o.changeOptions, o.chosen, func(w *repo.Writer) error {
		return w.Set(ctx, target, assignments)
	})
	if err != nil {
		return err
	}
	return s.finish(ctx, &o.changeOptions, out, o.chosen)
}

func parseAssignments(s *schema.Schema, t *schema.Table, words, unset []string) ([]*filter.Assignment, error) {
	var all []*filter.Assignment
	for _, word := range words {
		one, err := filter.ParseAssignment(s, t, word)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	for _, field := range unset {
		one, err := filter.ParseUnset(s, t, field)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
