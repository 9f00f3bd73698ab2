package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// downloadMajor is the version that is downloaded where none is installed.
const downloadMajor = 18

// download fetches and unpacks a Postgres by the library embedded-postgres. Only
// its Start does that, which then goes on to delete and start things; the
// runtime path that we give it lies below a regular file of the unpacked
// Postgres, so that it ends there. What remains is to see what was unpacked.
func (s *Server) download(ctx context.Context) (binaries, error) {
	parent := filepath.Join(s.home, "postgres")
	if err := s.account.openDir(parent); err != nil {
		return binaries{}, err
	}
	temp, err := os.MkdirTemp(parent, ".new-")
	if err != nil {
		return binaries{}, err
	}
	defer os.RemoveAll(temp)
	unpacked := filepath.Join(temp, "pg")
	config := embedded.DefaultConfig().
		Version(embedded.V18).Port(0).Logger(io.Discard).
		CachePath(filepath.Join(temp, "cache")).
		BinariesPath(unpacked).
		RuntimePath(filepath.Join(unpacked, "bin", "postgres", "none"))
	done := make(chan error, 1)
	go func() { done <- embedded.NewDatabase(config).Start() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		return binaries{}, ctx.Err()
	}
	if _, ok := inspect(filepath.Join(unpacked, "bin")); !ok {
		if err == nil {
			err = errors.New("what came does not run here")
		}
		return binaries{}, fmt.Errorf("download Postgres %d: %w; install Postgres, or name its folder in EXPTOOL_PG_BIN", downloadMajor, err)
	}
	final := filepath.Join(parent, fmt.Sprint(downloadMajor))
	if err := os.RemoveAll(final); err != nil { // it does not run, or we would not be here
		return binaries{}, err
	}
	if err := os.Rename(unpacked, final); err != nil {
		return binaries{}, err
	}
	b, ok := inspect(filepath.Join(final, "bin"))
	if !ok {
		return binaries{}, fmt.Errorf("download Postgres %d: it does not run in %s", downloadMajor, final)
	}
	return b, nil
}
