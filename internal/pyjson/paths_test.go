package pyjson_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"exptool/internal/pyjson"
)

// checkPaths holds Get against AppendJSON: every path into what AppendJSON
// wrote gives the same bytes, and no other path gives anything.
func checkPaths(t testing.TB, text []byte) {
	t.Helper()
	whole, err := pyjson.AppendJSON(nil, text, pyjson.NaNString)
	require.NoError(t, err)
	visited := 0
	walkJSON(t, whole, nil, func(path []string, want []byte) {
		if visited++; visited > 300 {
			return
		}
		got, found, err := pyjson.Get(nil, text, path, pyjson.NaNString)
		require.NoError(t, err)
		require.True(t, found, "%s at %q", text, path)
		require.Equal(t, string(want), string(got), "%s at %q", text, path)
		for _, missing := range []string{"no such key", "1000000", "-1"} {
			got, found, err = pyjson.Get(nil, text, append(path[:len(path):len(path)], missing), pyjson.NaNString)
			require.NoError(t, err)
			if !hasMember(want, missing) {
				require.False(t, found, "%s at %q, %q", text, path, missing)
				require.Empty(t, got)
			}
		}
	})
}

// walkJSON visits every value of compact JSON with its bytes; of equal keys the
// last, as encoding/json's map does.
func walkJSON(t testing.TB, value []byte, path []string, visit func([]string, []byte)) {
	visit(path, value)
	switch value[0] {
	case '{':
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(value, &members))
		for key, v := range members {
			walkJSON(t, v, append(path[:len(path):len(path)], key), visit)
		}
	case '[':
		var items []json.RawMessage
		require.NoError(t, json.Unmarshal(value, &items))
		for i, v := range items {
			walkJSON(t, v, append(path[:len(path):len(path)], strconv.Itoa(i)), visit)
		}
	}
}

func hasMember(value []byte, name string) bool {
	var members map[string]json.RawMessage
	if bytes.HasPrefix(value, []byte("{")) && json.Unmarshal(value, &members) == nil {
		_, ok := members[name]
		return ok
	}
	return false
}
