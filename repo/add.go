package repo

import (
	"context"

	"exptool/internal/filter"
	"exptool/internal/schema"
)

// AddOptions say what row to add.
type AddOptions struct {
	Entity      schema.Entity // its class decides the type column
	Assignments []*filter.Assignment
	Like        string // the key of a row to copy; empty: none
}

// Add inserts a row as PsyNet itself would fill it, and returns its key.
func (w *Writer) Add(ctx context.Context, o AddOptions) (string, error) {
	panic("to be written")
}
