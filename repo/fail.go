package repo

import "context"

// FailOptions are how rows are to be failed.
type FailOptions struct {
	Reason string
	Force  bool // also a participant who has completed
}

// Fail fails rows as PsyNet's Participant.fail, Trial.fail and their like do, with
// all that they take along.
func (w *Writer) Fail(ctx context.Context, target Target, o FailOptions) error {
	panic("to be written")
}
