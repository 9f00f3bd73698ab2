package repo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"exptool/internal/export"
	"exptool/internal/schema"
)

// Census counts the rows of tables by their exact class, and how many of them fill
// each column: one statement, in which each table is read once. Tables without rows
// have no counts. A details column counts as filled where it is more than {}.
func (tx *Tx) Census(ctx context.Context, s *schema.Schema, tables []*schema.Table) ([]export.Count, error) {
	if len(tables) == 0 {
		return nil, nil
	}
	var parts []string
	for i, t := range tables {
		parts = append(parts, census(i, t, export.HasClasses(s, t)))
	}
	var counts []export.Count
	err := tx.eachRow(ctx, strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var i int
		var identity string
		var rows int64
		var filled pq.Int64Array
		if err := scan(&i, &identity, &rows, &filled); err != nil {
			return err
		}
		counts = append(counts, export.Count{Table: tables[i], Identity: identity, Rows: rows, Filled: filled})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the rows by class: %w", err)
	}
	return counts, nil
}

// census is the part of the i-th table.
func census(i int, t *schema.Table, classes bool) string {
	if !classes {
		return fmt.Sprintf("SELECT %d, '', count(*), NULL\nFROM %s\nHAVING count(*) > 0", i, quoteTable(t))
	}
	filled := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		filled[i] = "count(" + pq.QuoteIdentifier(c.Name) + ")"
		if c.Name == "details" && c.Kind == schema.JSON {
			filled[i] = "count(NULLIF(details::text, '{}'))"
		}
	}
	return fmt.Sprintf("SELECT %d, COALESCE(type, ''), count(*), ARRAY[%s]\nFROM %s\nGROUP BY 2", i, strings.Join(filled, ", "), quoteTable(t))
}

// ExportRows streams some columns of the rows of a table whose exact class is one of
// some, all where that is nil, in the order of their ids. Arrays come as JSON.
func (tx *Tx) ExportRows(ctx context.Context, t *schema.Table, columns []schema.Column, identities []string) (schema.Rows, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		if names[i] = pq.QuoteIdentifier(c.Name); c.Kind == schema.Array {
			names[i] = "to_json(" + names[i] + ")"
		}
	}
	query := "SELECT ROW(" + strings.Join(names, ", ") + ")\nFROM " + quoteTable(t)
	var args []any
	if identities != nil {
		query += "\nWHERE COALESCE(type, '') = ANY($1)"
		args = append(args, pq.StringArray(identities))
	}
	key := t.PrimaryKey
	if len(key) == 0 && t.Column("id") != nil {
		key = []string{"id"}
	}
	if len(key) > 0 {
		order := make([]string, len(key))
		for i, k := range key {
			order[i] = pq.QuoteIdentifier(k)
		}
		query += "\nORDER BY " + strings.Join(order, ", ")
	}
	return tx.Records(ctx, query, columns, args...)
}

// Snapshot lets other transactions see what this one sees: Begin them with it.
func (tx *Tx) Snapshot(ctx context.Context) (string, error) {
	var id string
	err := tx.Get(ctx, &id, "SELECT pg_export_snapshot()")
	return id, err
}

// Personal calls fn with every id of a person and every address that the tables hold,
// each once for a column: kind is the column's name. It fails where one may not be read:
// an id that nobody knows of would stay in other files.
func (tx *Tx) Personal(ctx context.Context, s *schema.Schema, fn func(kind, value string)) error {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.Tables)) {
		t := s.Tables[key]
		for _, c := range t.Columns {
			if !t.View && export.Personal(key, c) {
				name := pq.QuoteIdentifier(c.Name)
				parts = append(parts, fmt.Sprintf("SELECT DISTINCT %s, %s::text\nFROM %s\nWHERE %s IS NOT NULL",
					pq.QuoteLiteral(c.Name), name, quoteTable(t), name))
			}
		}
	}
	if parts == nil {
		return nil
	}
	err := tx.eachRow(ctx, strings.Join(parts, "\nUNION ALL\n"), func(scan func(...any) error) error {
		var kind, value string
		err := scan(&kind, &value)
		if err == nil {
			fn(kind, value)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for the ids of people: %w", err)
	}
	return nil
}
