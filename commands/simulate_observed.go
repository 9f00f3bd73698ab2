package commands

import (
	"context"

	"exptool/repo"
)

// observe fits the strategy observed to what participants gave, as the ledger has it.
func (p *players) observe(ctx context.Context, o *simulateOptions) error {
	return &repo.Error{Kind: repo.ErrRefused, Message: "no donation is in the ledger yet: nobody was observed"}
}
