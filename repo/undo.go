package repo

import "context"

// Undo takes a group of the journal back, the last of its changes first, if the
// values are still those that the group wrote; else it is an ErrRefused whose
// Detail lists what is otherwise. A group of an earlier launch is refused too.
func (w *Writer) Undo(ctx context.Context, group int64) error {
	panic("to be written")
}
