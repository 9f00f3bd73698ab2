package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// zipLoad is one database.zip being loaded.
type zipLoad struct {
	*Loader
	tables []*csvTable
}

func (z *zipLoad) run(ctx context.Context) error {
	for _, t := range z.tables {
		if err := t.profile(ctx); err != nil {
			return err
		}
		for _, c := range t.columns {
			if c.misfit != "" {
				z.warn("%s.%s is %s: PsyNet's type %s does not fit %q", t.name, c.name, c.typ(), c.declared.typ, c.misfit)
			}
		}
	}
	if err := z.enums(ctx); err != nil {
		return err
	}
	for _, t := range z.tables {
		if len(t.columns) == 0 {
			z.warn("%s is empty: no table made", t.file.Name)
			continue
		}
		if err := z.load(ctx, t); err != nil {
			return err
		}
		if err := z.index(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// enums makes PsyNet's enum types where a column has one, with the values that
// another version of PsyNet may have added.
func (z *zipLoad) enums(ctx context.Context) error {
	members := map[string][]string{}
	for _, t := range z.tables {
		for _, c := range t.columns {
			known := psynetEnums()[c.typ()]
			if known == nil {
				continue
			}
			if members[c.typ()] == nil {
				members[c.typ()] = slices.Clone(known)
			}
			for _, m := range c.members {
				if !slices.Contains(members[c.typ()], m) {
					members[c.typ()] = append(members[c.typ()], m)
					z.warn("%s.%s: %q is new to the enum %s", t.name, c.name, m, c.typ())
				}
			}
		}
	}
	for name, list := range members {
		var quoted []string
		for _, m := range list {
			quoted = append(quoted, pq.QuoteLiteral(m))
		}
		err := z.exec(ctx, fmt.Sprintf("/* exptool */ CREATE TYPE public.%s AS ENUM (%s)", pq.QuoteIdentifier(name), strings.Join(quoted, ", ")))
		if err != nil {
			return fmt.Errorf("make the enum %s: %w", name, err)
		}
	}
	return nil
}

func (t *csvTable) quoted() string { return "public." + pq.QuoteIdentifier(t.name) }

// load makes the table and fills it.
func (z *zipLoad) load(ctx context.Context, t *csvTable) error {
	fail := func(err error) error {
		if le := (*LoadError)(nil); errors.As(err, &le) {
			return err
		}
		return &LoadError{File: t.file.Name, Err: err}
	}
	var definitions, names []string
	for _, c := range t.columns {
		d := pq.QuoteIdentifier(c.name) + " " + c.sqlType()
		if c.required() {
			d += " NOT NULL"
		}
		definitions = append(definitions, "    "+d)
		names = append(names, pq.QuoteIdentifier(c.name))
	}
	err := z.exec(ctx, "/* exptool */ CREATE TABLE "+t.quoted()+" (\n"+strings.Join(definitions, ",\n")+"\n)")
	if err != nil {
		return fail(err)
	}
	query := "COPY " + t.quoted() + " (" + strings.Join(names, ", ") + ") FROM stdin"
	rows, err := z.copyIn(ctx, query, func(send func([]byte) error) error { return t.send(ctx, send) })
	if err == nil && rows != t.rows {
		err = fmt.Errorf("%d rows arrived of %d", rows, t.rows)
	}
	if n := copyContext(err); n > 0 {
		return &LoadError{File: t.file.Name, Statement: fmt.Sprintf("row %d", n), Err: err}
	}
	if err != nil {
		return fail(err)
	}
	return nil
}

// send reads the table for the second time and sends it.
func (t *csvTable) send(ctx context.Context, send func([]byte) error) error {
	var lines []byte
	rows := 0 // in lines, which is empty for a row of one empty string
	keepEmpty := make([]bool, len(t.columns))
	for i, c := range t.columns {
		keepEmpty[i] = c.required() && c.textual()
	}
	err := t.each(ctx, func([]string) error { return nil }, func(fields []csvField) error {
		if rows > 0 {
			lines = append(lines, '\n')
		}
		rows++
		for i, f := range fields {
			if i > 0 {
				lines = append(lines, '\t')
			}
			if f.null() && !keepEmpty[i] {
				lines = append(lines, `\N`...)
				continue
			}
			lines = appendCopyField(lines, f.text)
		}
		if len(lines) < 60<<10 {
			return nil
		}
		err := send(lines)
		lines, rows = lines[:0], 0
		return err
	})
	if err != nil || rows == 0 {
		return err
	}
	return send(lines)
}

// required reports whether the column is NOT NULL. Where PsyNet says so and the
// column holds text, an empty value is an empty string: a scrubbed participant.csv
// was written by Python, which has no quotes for it.
func (p *profile) required() bool {
	return p.declared.notNull && p.misfit == "" && (p.nulls == 0 || p.textual())
}

func (p *profile) sqlType() string {
	if psynetEnums()[p.typ()] != nil {
		return "public." + pq.QuoteIdentifier(p.typ())
	}
	return p.typ()
}

// index makes the primary key and the indexes. A key that does not hold is a
// warning: the data matter more.
func (z *zipLoad) index(ctx context.Context, t *csvTable) error {
	var key []string
	known := psynetTables()[t.name] != nil
	for _, c := range t.columns {
		if c.declared.primary || !known && c.name == "id" && c.nulls == 0 {
			key = append(key, pq.QuoteIdentifier(c.name))
		}
	}
	if len(key) > 0 {
		failed, err := z.attempt(ctx, "/* exptool */ ALTER TABLE "+t.quoted()+" ADD PRIMARY KEY ("+strings.Join(key, ", ")+")")
		if err != nil {
			return err
		}
		if failed != nil {
			z.warn("%s has no primary key: %s", t.name, (&LoadError{Err: failed}).Error())
		}
	}
	for _, c := range t.columns {
		if !strings.HasSuffix(c.name, "_id") {
			continue
		}
		query := "/* exptool */ CREATE INDEX ON " + t.quoted() + " (" + pq.QuoteIdentifier(c.name) + ")"
		if failed, err := z.attempt(ctx, query); err != nil {
			return err
		} else if failed != nil {
			z.warn("%s.%s has no index: %s", t.name, c.name, (&LoadError{Err: failed}).Error())
		}
	}
	return nil
}
