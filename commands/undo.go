package commands

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"exptool/repo"
)

type undoOptions struct {
	changeOptions
}

func newUndo(a *app) *cobra.Command {
	o := &undoOptions{}
	cmd := &cobra.Command{
		Use:   "undo GROUP",
		Short: "Take a change of exptool back",
		Long: `Put back what one command changed, if the values are still those that it wrote:
otherwise nothing changes, and the differences are shown. Of JSON only the path
that was written counts. exptool history lists the groups. An undo is a change
like any other, and can be undone.`,
		Example: `  exptool undo 1 --dry-run
  exptool undo 1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			group, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || group < 1 {
				return usagef("undo takes the number of a group").about(args[0]).hint("exptool history lists them")
			}
			o.undoes = group
			if err := o.check(cmd.Flags()); err != nil {
				return err
			}
			return runUndo(cmd.Context(), a, o)
		},
	}
	o.flags(cmd.Flags())
	return cmd
}

func runUndo(ctx context.Context, a *app, o *undoOptions) (err error) {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	out, err := s.change(ctx, &o.changeOptions, false, func(w *repo.Writer) error { return w.Undo(ctx, o.undoes) })
	if err != nil {
		return err
	}
	return s.finish(ctx, &o.changeOptions, out, false)
}
