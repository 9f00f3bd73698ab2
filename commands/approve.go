package commands

import (
	"context"

	"github.com/spf13/cobra"

	"exptool/repo"
)

// decision is what approve and reject have in common.
type decision struct {
	verbOptions
	status string
	force  bool
}

func newApprove(a *app) *cobra.Command {
	return newDecision(a, &cobra.Command{
		Use:   "approve [ENTITY] IDS | FIELD=VALUE ... | --where EXPR",
		Short: "Approve participants",
		Long: `Set the status of participants to approved: participant.status = "approved".

Ids are written 5 6 7, 5-20 or 1,2,5-20; otherwise the words and flags of query
say who. Who has not finished (working, returned …) is refused, unless --force.
Who has failed is approved all the same, as PsyNet does, with a note. The
recruiter is not told, and nobody is paid.`,
		Example: `  exptool approve 5
  exptool approve 5 6 7 --dry-run
  exptool approve --where 'status == "submitted" and bonus >= 1' --yes
  exptool approve --people status=submitted --yes`,
	}, "approved")
}

func newReject(a *app) *cobra.Command {
	return newDecision(a, &cobra.Command{
		Use:   "reject [ENTITY] IDS | FIELD=VALUE ... | --where EXPR",
		Short: "Reject participants",
		Long: `Set the status of participants to rejected, as approve sets it to approved. The
recruiter is not told.`,
		Example: `  exptool reject 5 --why 'answered at random'
  exptool reject --where 'status == "submitted" and count(alive_trials) == 0' --yes`,
	}, "rejected")
}

func newDecision(a *app, cmd *cobra.Command, status string) *cobra.Command {
	o := &decision{status: status}
	cmd.Args = cobra.ArbitraryArgs
	cmd.ValidArgsFunction = a.completeParticipants
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var words []string
		o.entity, words = entityWord(args, "participants")
		if err := o.read(cmd, a, words); err != nil {
			return err
		}
		return runDecision(cmd.Context(), a, o)
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.force, "force", false, "also who has not finished")
	return cmd
}

func runDecision(ctx context.Context, a *app, o *decision) (err error) {
	s, target, err := o.begin(ctx, a)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	out, err := s.change(ctx, &o.changeOptions, o.chosen, func(w *repo.Writer) error {
		return w.Decide(ctx, target, o.status, o.force)
	})
	if err != nil {
		return err
	}
	if err := s.finish(ctx, &o.changeOptions, out, o.chosen); err != nil {
		return err
	}
	if out.Rows > 0 && !o.dryRun {
		a.streams.Talk("database only: the recruiter was not told and nobody was paid")
	}
	return nil
}
