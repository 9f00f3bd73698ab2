package commands

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"exptool/repo"
)

type failOptions struct {
	verbOptions
	reason string
	force  bool
}

func newFail(a *app) *cobra.Command {
	o := &failOptions{}
	cmd := &cobra.Command{
		Use:   "fail [ENTITY] IDS | FIELD=VALUE ... | --where EXPR",
		Short: "Fail participants, trials, nodes or networks, with all they take along",
		Long: `Fail rows as PsyNet's Participant.fail and Trial.fail do, and Dallinger's fail:
the reason becomes a failure tag, alive trials fail with the reason and the trail
behind it (reason->Bot38), a participant in the main part of the timeline is sent
to its unsuccessful end. Who has completed is refused, unless --force. Python
that PsyNet would run besides does not run; what that is is said.`,
		Example: `  exptool fail participant 5 --reason 'misunderstood the task' --dry-run --force
  exptool fail trial 131 --reason 'wrong stimulus'
  exptool fail --where 'status == "returned"' --reason returned --yes`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeParticipants,
		RunE: func(cmd *cobra.Command, args []string) error {
			var words []string
			o.entity, words = entityWord(args, "participants")
			if err := o.read(cmd, a, words); err != nil {
				return err
			}
			return runFail(cmd.Context(), a, o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.reason, "reason", "", "`TEXT`: the first failure tag, and what failed_reason begins with")
	cmd.Flags().BoolVar(&o.force, "force", false, "also who has completed, whom PsyNet would not fail")
	return cmd
}

func runFail(ctx context.Context, a *app, o *failOptions) (err error) {
	s, target, err := o.begin(ctx, a)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	var failed []repo.Failed
	tree := func() error { return a.writeTree(failed) }
	if !a.formatGiven() {
		o.preview = tree
	}
	out, err := s.change(ctx, &o.changeOptions, o.chosen, func(w *repo.Writer) (err error) {
		failed, err = w.Fail(ctx, target, repo.FailOptions{Reason: o.reason, Force: o.force})
		return err
	})
	if err != nil {
		return err
	}
	if o.dryRun && !a.formatGiven() {
		if err := tree(); err != nil {
			return err
		}
		s.tellNotes(out)
		s.tellOutcome(&o.changeOptions, out)
		return nil
	}
	return s.finish(ctx, &o.changeOptions, out, o.chosen)
}

// writeTree writes who fails, and below each what they take along.
func (a *app) writeTree(failed []repo.Failed) error {
	lines := make([]string, len(failed))
	for i, f := range failed {
		lines[i] = strings.TrimRight(strings.Repeat("  ", f.Depth)+f.Name+"  "+f.Reason, " ")
	}
	return a.writeLines(lines...)
}
