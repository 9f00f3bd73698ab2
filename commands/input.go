package commands

import (
	"errors"
	"io/fs"
	"os"
)

// openFile opens a file that the command line names.
func openFile(name string) (*os.File, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no file %s", name)
	}
	return f, err
}
