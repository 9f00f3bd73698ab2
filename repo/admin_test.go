package repo_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
	"exptool/repo"
)

// Two that make the same database take turns; others do not wait for them.
func TestAlone(t *testing.T) {
	addr, err := repo.ParseAddress(pgtest.DB(t, "empty"))
	require.NoError(t, err)
	db, err := repo.Open(context.Background(), addr, repo.Options{})
	require.NoError(t, err)
	defer db.Close()

	inside, leave := make(chan struct{}), make(chan struct{})
	first, second := make(chan error, 1), make(chan error, 1)
	var order []string
	go func() {
		first <- db.Alone(context.Background(), t.Name(), func() error {
			close(inside)
			<-leave
			order = append(order, "first")
			return repo.ErrNotFound
		})
	}()
	<-inside
	go func() {
		second <- db.Alone(context.Background(), t.Name(), func() error {
			order = append(order, "second")
			return nil
		})
	}()
	require.NoError(t, db.Alone(context.Background(), t.Name()+"2", func() error { return nil }))
	select {
	case <-second:
		t.Fatal("the second did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	assert.ErrorIs(t, <-first, repo.ErrNotFound, "as it was returned")
	assert.NoError(t, <-second)
	assert.Equal(t, []string{"first", "second"}, order)
}
