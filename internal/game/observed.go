package game

// Observation is a row of the ledger, as FitObserved wants it: in the order in which
// they happened.
type Observation struct {
	From, To       int64 // participants' ids; 0 is the bank
	Sent, Received int64 // cents: what From lost and To got
	Gift           bool  // a donation; other rows change balances only
}

// Observed is how participants gave, fitted to the rows of a ledger.
type Observed struct{}
