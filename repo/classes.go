package repo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/schema"
)

// FindClass looks in the tables for a class that nobody told us of: rows whose
// type column is name, or ends in it after a dot. It returns the class as
// observed, or nil. The type column has no index, so each table is read until a
// row is found; one statement for all.
func (tx *Tx) FindClass(ctx context.Context, s *schema.Schema, name string) (*schema.Class, error) {
	var parts []string
	keys := slices.Sorted(maps.Keys(s.Tables))
	for i, key := range keys {
		t := s.Tables[key]
		if c := t.Column("type"); c == nil || !c.Class || t.Denied {
			continue
		}
		parts = append(parts, fmt.Sprintf(
			"(SELECT %d AS i, type::text FROM %s\n WHERE type = $1 OR right(type, length($1) + 1) = '.' || $1 LIMIT 1)",
			i, quoteTable(t)))
	}
	if len(parts) == 0 {
		return nil, nil
	}
	var found *schema.Class
	query := strings.Join(parts, "\nUNION ALL\n") + "\nLIMIT 1"
	err := tx.eachRow(ctx, query, func(scan func(...any) error) error {
		var i int
		var identity string
		if err := scan(&i, &identity); err != nil {
			return err
		}
		found = &schema.Class{Name: identity, Identity: identity, Table: keys[i], Known: schema.FromTable}
		if known := s.Tree.ByIdentity(keys[i], identity); known != nil {
			found = known
		}
		return nil
	}, name)
	if err != nil {
		return nil, fmt.Errorf("look for class %s: %w", name, err)
	}
	return found, nil
}

// Sizes fills Table.Bytes of every table that has storage: with indexes and
// toast, and with the partitions of a partitioned one.
func (tx *Tx) Sizes(ctx context.Context, s *schema.Schema) error {
	oids := make(pq.Int64Array, 0, len(s.Tables))
	byOID := make(map[uint32]*schema.Table, len(s.Tables))
	for _, t := range s.Tables {
		oids = append(oids, int64(t.OID))
		byOID[t.OID] = t
	}
	const query = `
SELECT oid,
       CASE WHEN relkind = 'p'
            THEN (SELECT COALESCE(sum(pg_total_relation_size(relid)), 0) FROM pg_partition_tree(oid))
            ELSE pg_total_relation_size(oid) END
FROM pg_class
WHERE oid = ANY($1)
  AND relkind IN ('r', 'p', 'm')`
	err := tx.eachRow(ctx, query, func(scan func(...any) error) error {
		var oid uint32
		var bytes *int64 // NULL where the table has gone meanwhile
		if err := scan(&oid, &bytes); err != nil {
			return err
		}
		if bytes != nil {
			byOID[oid].Bytes = *bytes
		}
		return nil
	}, oids)
	if err != nil {
		return fmt.Errorf("read the sizes of tables: %w", err)
	}
	return nil
}
