package commands

import "github.com/spf13/cobra"

func newLedger(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "ledger",
		Short: "Import a game that was played already into the ledger of dollars",
		Long: `The ledger holds every movement of participants' dollars. exptool query transfers
and exptool query balances ask about it, as about any other entity, and exptool query
decisions about what participants did in the rounds of games.`,
	}, newLedgerImport(a))
}
