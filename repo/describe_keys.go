package repo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// Bounds of what is told of one JSON column.
const (
	keyDepth = 3   // keys in keys in keys
	keyCount = 200 // different keys
)

// Keys is what the values of a JSON or jsonpickle column hold, among those
// looked at.
type Keys struct {
	Values int64 // values looked at
	Junk   int64 // of these, text that is not JSON in any form
	Whole  Types // the types of the whole values
	Keys   []Key // sorted by path
	More   bool  // there are more keys than are listed
}

// Key is a key inside a column's values.
type Key struct {
	Path  string // my_dict.value
	Rows  int64  // values that have it
	Types Types
}

// Types counts values by Python's word for their type: int, str, dict ….
type Types map[string]int64

// Names are the types, the most frequent first.
func (t Types) Names() []string {
	return slices.SortedFunc(maps.Keys(t), func(a, b string) int {
		return cmp.Or(cmp.Compare(t[b], t[a]), cmp.Compare(a, b))
	})
}

// keys reads some values of each JSON column and notes the keys inside.
func (tx *Tx) keys(ctx context.Context, e schema.Entity, d *Description) error {
	var parts []string
	var names []string
	from, args := sample(e, d)
	for _, c := range e.Table.Columns {
		if c.Kind != schema.Pickle && c.Kind != schema.JSON || c.Secret {
			continue
		}
		column := pq.QuoteIdentifier(c.Name)
		parts = append(parts, fmt.Sprintf(
			"(SELECT %d, %s::text FROM s WHERE %s IS NOT NULL AND pg_column_size(%s) < %d LIMIT %d)",
			len(names), column, column, column, keyBytes, keyRows))
		names = append(names, c.Name)
		d.Keys[c.Name] = &Keys{Whole: Types{}}
	}
	if len(parts) == 0 {
		return nil
	}
	counts := make([]map[string]*Key, len(names))
	for i := range counts {
		counts[i] = map[string]*Key{}
	}
	query := "WITH s AS MATERIALIZED (SELECT * FROM " + from + ")\n" + strings.Join(parts, "\nUNION ALL\n")
	err := tx.eachRow(ctx, query, func(scan func(...any) error) error {
		var i int
		var text []byte
		if err := scan(&i, &text); err != nil {
			return err
		}
		d.Keys[names[i]].note(text, counts[i])
		return nil
	}, args...)
	for i, name := range names {
		k := d.Keys[name]
		for _, path := range slices.Sorted(maps.Keys(counts[i])) {
			k.Keys = append(k.Keys, *counts[i][path])
		}
	}
	return err
}

// note takes one value into account.
func (k *Keys) note(text []byte, keys map[string]*Key) {
	k.Values++
	seen := map[string]bool{}
	err := pyjson.Walk(text, func(path []string, kind string) bool {
		if len(path) == 0 {
			k.Whole[kind]++
			return true
		}
		at := strings.Join(path, ".")
		key := keys[at]
		if key == nil {
			if len(keys) >= keyCount {
				k.More = true
				return false
			}
			key = &Key{Path: at, Types: Types{}}
			keys[at] = key
		}
		if !seen[at] { // a key twice in a text counts once
			seen[at] = true
			key.Rows++
			key.Types[kind]++
		}
		return len(path) < keyDepth
	})
	if err != nil {
		k.Junk++
	}
}
