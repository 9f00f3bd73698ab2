package repo_test

import (
	"fmt"
	"os"
	"testing"

	"exptool/internal/pgtest"
)

// TestMain tells the tests inside package repo, which cannot import pgtest, where
// the test server is. As a process that a test has started to give dollars, it does
// that.
func TestMain(m *testing.M) {
	if url := os.Getenv("EXPTOOL_TEST_GIVER"); url != "" {
		os.Exit(giverProcess(url))
	}
	server, err := pgtest.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "test server:", err)
		os.Exit(1)
	}
	if err := os.Setenv("EXPTOOL_TEST_DSN", server.SuperAddress("postgres").URL()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
