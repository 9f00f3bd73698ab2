package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLearned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "learned.json")
	store := NewLearned(path)
	got, err := store.Load("exp1")
	require.NoError(t, err)
	assert.Nil(t, got)

	require.NoError(t, store.Save("exp1", json.RawMessage(`{"CustomTrial":"a.b.C"}`)))
	require.NoError(t, store.Save("exp2", json.RawMessage(`[1]`)))
	got, err = NewLearned(path).Load("exp1")
	require.NoError(t, err)
	assert.JSONEq(t, `{"CustomTrial":"a.b.C"}`, string(got), "names keep their case")

	require.NoError(t, store.Save("exp1", nil))
	got, err = store.Load("exp1")
	require.NoError(t, err)
	assert.Nil(t, got)

	assert.Error(t, store.Save("exp2", json.RawMessage(`{`)), "what is not JSON would spoil the file for all")
	got, err = store.Load("exp2")
	require.NoError(t, err)
	assert.JSONEq(t, `[1]`, string(got))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	assert.Len(t, left, 2, "the file and its lock, no temporary ones")
}

func TestLearnedTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "learned.json")
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			err := NewLearned(path).Update("exp1", func(old json.RawMessage) (json.RawMessage, error) {
				n, _ := strconv.Atoi(string(old))
				return json.RawMessage(strconv.Itoa(n + 1)), nil
			})
			assert.NoError(t, err)
		})
	}
	wait.Wait()
	got, err := NewLearned(path).Load("exp1")
	require.NoError(t, err)
	assert.Equal(t, "20", string(got))
}

func TestLearnedDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "learned.json")
	for text, want := range map[string]string{"{": "damaged", `{"version":9}`: "newer exptool"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := NewLearned(path).Load("exp1")
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, NewLearned(path).Save("exp1", json.RawMessage(`1`)), want, "nothing is thrown away")
	}
	assert.ErrorContains(t, NewLearned("").Save("x", json.RawMessage(`1`)), "EXPTOOL_HOME")
}
