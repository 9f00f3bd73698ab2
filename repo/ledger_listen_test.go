package repo

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestListenURLs: the listener connects as Open does.
func TestListenURLs(t *testing.T) {
	for address, want := range map[string][]string{
		"postgresql://ada:p%40ss@localhost:5433/exp1": {
			"postgresql://ada:p%40ss@localhost:5433/exp1?application_name=exptool&sslmode=disable",
			"postgresql://ada:p%40ss@localhost:5433/exp1?application_name=exptool&sslmode=require"},
		"postgresql://ada@example.org/exp1":                                          {"postgresql://ada@example.org:5432/exp1?application_name=exptool&sslmode=prefer"},
		"postgresql://ada@localhost/exp1?sslmode=verify-full&application_name=a%20b": {"postgresql://ada@localhost:5432/exp1?sslmode=verify-full&application_name=a%20b"},
	} {
		a, err := ParseAddress(address)
		require.NoError(t, err)
		assert.Equal(t, want, a.listenURLs())
		for _, url := range a.listenURLs() {
			_, err := ParseAddress(url)
			assert.NoError(t, err)
		}
	}
}
