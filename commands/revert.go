package commands

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
)

type revertOptions struct {
	number int64
	memo   string
	dryRun bool
}

func newRevert(a *app) *cobra.Command {
	o := &revertOptions{}
	cmd := &cobra.Command{
		Use:   "revert ID",
		Short: "Take a transfer of dollars back",
		Long: `Take a transfer back, once, by a new one the other way: what the ledger says stays.
Who has spent the dollars meanwhile cannot give them back.`,
		Example: `  exptool revert 7 --dry-run
  exptool revert 7 --memo 'typing error'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || number < 1 {
				return usagef("a transfer is named by its number").about(args[0]).hint("exptool query transfers lists them")
			}
			o.number = number
			return runRevert(cmd.Context(), a, o)
		},
	}
	cmd.Flags().StringVar(&o.memo, "memo", "", "`TEXT` for the ledger")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "do it, show it, and take it back")
	return cmd
}

func runRevert(ctx context.Context, a *app, o *revertOptions) (err error) {
	db, ledger, err := a.openLedger(ctx, o.dryRun)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	r, err := ledger.Revert(ctx, o.number, o.memo)
	if err != nil {
		return err
	}
	return a.writeMove(ctx, db, r, o.dryRun)
}
