package commands

import (
	"context"

	"exptool/internal/game"
	"exptool/repo"
)

// observe fits the strategy observed to what participants gave, as the ledger has it.
func (p *players) observe(ctx context.Context, o *simulateOptions) error {
	fitter := game.NewFitter()
	err := p.ledger.EachTransfer(ctx, func(r repo.Result) error {
		fitter.Add(game.Observation{
			From: r.Payer, To: r.Payee, Sent: int64(r.Sent), Received: int64(r.Received), Gift: r.Kind == repo.Donation,
		})
		return nil
	})
	if err != nil {
		return err
	}
	if o.plan.Observed = fitter.Fit(); o.plan.Observed == nil {
		return refusedf("nobody has given yet, so that nothing was observed").hint("exptool donate and exptool ledger import make donations")
	}
	return nil
}
