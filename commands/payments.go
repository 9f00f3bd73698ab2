package commands

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/repo"
)

// formatProlific is the format that only payments has.
const formatProlific = "prolific"

type paymentsOptions struct {
	people, unpaid bool
	prolific       bool
	wage           float64
}

func newPayments(a *app) *cobra.Command {
	o := &paymentsOptions{}
	cmd := &cobra.Command{
		Use:   "payments",
		Short: "Show what participants have earned, were paid and are due; pay nobody",
		Long: `Show what participants have earned, were paid and are due, by status; with --people
each of them. It pays nobody: the experiment does, or you with the recruiter.

Earned is PsyNet's calculate_reward: time credit at the wage per hour, and the
performance reward, rounded to cents. Due is what PsyNet would pay as a bonus: what
was earned, less the base payment and the bonus paid, up to max_participant_payment.
Who was screened out or returned gets no base payment from the recruiter, and so
none is subtracted. Bots are due nothing. Wage and maxima are those of
experiment.vars. Values that cannot be, and assignments that several participants
have, are told; the column unknown counts those whose due cannot be told.

--format prolific writes the lines of Prolific's bulk bonus payment, participant id
and amount: people from Prolific who are due something and are not at work any more.
Who shares an assignment with others is left out: look first. The statuses of those
who are in are told, because the rejected may be among them.`,
		Example: `  exptool payments
  exptool payments --people --unpaid
  exptool payments --wage 12.5 --format json
  exptool payments --format prolific --output bonuses.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("wage") && !(o.wage > 0 && o.wage < math.MaxInt32) {
				return usagef("--wage takes dollars an hour, for example 12.50")
			}
			o.prolific = cmd.Flags().Lookup("format").Value.String() == formatProlific
			return runPayments(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.people, "people", false, "a row for each participant")
	f.BoolVar(&o.unpaid, "unpaid", false, "only those who are due something")
	f.Float64Var(&o.wage, "wage", 0, "reckon with so many `DOLLARS` an hour, whatever the experiment says")
	a.ownFormat(cmd, formatProlific)
	return cmd
}

// ownFormat gives a command a format beside those that all have. Its value does not go
// into the configuration.
func (a *app) ownFormat(cmd *cobra.Command, name string) {
	f := cmd.Flags()
	f.StringP("format", "f", "", "output `FORMAT`: table, csv, tsv, json, ndjson, md or "+name+" (default: table on a terminal, else csv)")
	// Each fails only for a flag that is not there, which the tests would show.
	_ = f.SetAnnotation("format", ownValues, []string{name})
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(append(cli.Formats(), name), cobra.ShellCompDirectiveNoFileComp))
}

func runPayments(ctx context.Context, a *app, o *paymentsOptions) (err error) {
	s, err := a.connect(ctx, "participants")
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	if _, err := s.entity(ctx, "participants", false); err != nil {
		return err
	}
	var p repo.Payments
	err = s.read(ctx, func(tx *repo.Tx) (err error) {
		p, err = tx.Payments(ctx, s.schema, repo.PaymentOptions{Wage: o.wage})
		return err
	})
	if err != nil {
		return err
	}
	shown := p.All
	if o.unpaid {
		shown = slices.DeleteFunc(slices.Clone(p.All), func(one repo.Payment) bool { return one.Due.Cents <= 0 })
	}
	switch {
	case o.prolific:
		err = a.writeProlific(p)
	case o.people:
		err = a.writePayments(ctx, shown)
	default:
		err = a.writePaymentSummary(ctx, p, shown)
	}
	if err != nil {
		return err
	}
	a.tellPayments(p)
	return nil
}

// maxProblems is how many impossible values are told.
const maxProblems = 10

// tellPayments says what the figures stand for.
func (a *app) tellPayments(p repo.Payments) {
	talk, money := a.streams.Talk, func(c repo.Cents) string { return moneyIn(p.Terms.Currency, c) }
	if len(p.All) == 0 {
		talk("there are no participants yet")
	}
	if p.Rewards && p.Terms.NoWage == "" {
		talk("at %s%s an hour; %s", p.Terms.Currency, trimFloat(p.Terms.Wage), dueTo(p.All, money))
	} else if !p.Rewards {
		talk("this is no experiment of PsyNet's: there is no time_credit and performance_reward, so what was earned and is due is not known")
	}
	talk("spent %s as PsyNet counts it, base payments and bonuses of all, bots too; %s", money(p.Spent()), maxima(p.Terms, p.Spent(), money))
	a.tellPaymentProblems(p, money)
	talk("nobody is paid by this: exptool tells no recruiter")
}

// tellPaymentProblems says what cannot be, and what was decided about it.
func (a *app) tellPaymentProblems(p repo.Payments, money func(repo.Cents) string) {
	talk, capped, unpromised, told, more := a.streams.Talk, 0, 0, 0, 0
	for _, problem := range p.Terms.Problems {
		talk("%s", problem)
	}
	for _, one := range p.All {
		if one.Capped {
			capped++
		}
		if one.Unpromised && !one.Bot {
			unpromised++
		}
		for _, problem := range one.Problems {
			if told++; told > maxProblems {
				more++
				continue
			}
			talk("participant %d: %s", one.Participant, problem)
		}
	}
	if more > 0 {
		talk("and %d more; --people has all, in the column problem", more)
	}
	if capped > 0 {
		talk("%s more, beyond the %s that one participant may be paid", plural(capped, "participant has earned", "participants have earned"), money(p.Terms.PerParticipant.Cents))
	}
	if unpromised > 0 && p.Rewards {
		talk("%s screened out or returned: no base payment is subtracted", plural(unpromised, "participant was", "participants were"))
	}
}

// dueTo says how many people are due how much.
func dueTo(all []repo.Payment, money func(repo.Cents) string) string {
	var due, working repo.Cents
	n, atWork := 0, 0
	for _, p := range all {
		if p.Due.Cents > 0 {
			n++
			due += p.Due.Cents
			if unfinished(p) {
				atWork++
				working += p.Due.Cents
			}
		}
	}
	if n == 0 {
		return "nobody is due anything"
	}
	text := plural(n, "person is", "people are") + " due " + money(due)
	if atWork > 0 {
		text += fmt.Sprintf(", of it %s to %d still at work, whom the experiment pays at the end", money(working), atWork)
	}
	return text
}

// unfinished reports whether the experiment itself will still pay somebody.
func unfinished(p repo.Payment) bool {
	return slices.Contains([]string{"working", "submitted", "recruiter_submission_started"}, p.Status)
}

// maxima says what may be spent, and what PsyNet does where that much was.
func maxima(t repo.Terms, spent repo.Cents, money func(repo.Cents) string) string {
	if t.Hard.Known && spent >= t.Hard.Cents {
		return "the hard maximum of " + money(t.Hard.Cents) + " is reached, and no bonus is paid any more"
	}
	if t.Soft.Known && spent >= t.Soft.Cents {
		return "the soft maximum of " + money(t.Soft.Cents) + " is reached, and nobody more is recruited"
	}
	switch {
	case t.Soft.Known && t.Hard.Known:
		return fmt.Sprintf("the soft maximum is %s, the hard one %s", money(t.Soft.Cents), money(t.Hard.Cents))
	case t.Soft.Known:
		return "the soft maximum is " + money(t.Soft.Cents) + ", no hard one is known"
	case t.Hard.Known:
		return "the hard maximum is " + money(t.Hard.Cents) + ", no soft one is known"
	}
	return "no maximum is known"
}
