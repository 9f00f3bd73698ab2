package repo

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// Zip loads the database.zip that `psynet export` and Dallinger write: a file
// data/<table>.csv for each table, with a header.
//
// A CSV has no types. PsyNet's and Dallinger's own columns get the types that
// they declare, an experiment's own columns the narrowest type that prints each
// of their values back as it was, else text. Where a value does not fit what
// PsyNet declares (another version wrote it), the column is treated like an
// experiment's own, with a warning. An id is the primary key, columns that end in
// _id get an index; sequences, defaults and further indexes are not in the file.
//
// The file is read twice, in flat memory: once to know the types, once to load.
func (l *Loader) Zip(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at := &meterAt{r: f, passes: 2, report: l.Progress}
	archive, err := zip.NewReader(at, info.Size())
	if err != nil {
		return fmt.Errorf("%w: open the zip: %w", ErrTruncated, err)
	}
	tables, err := findTables(archive)
	if err != nil {
		return err
	}
	return l.transact(ctx, func() error {
		z := zipLoad{Loader: l, tables: tables}
		return z.run(ctx)
	})
}

// meterAt counts what is read from a file that is read several times.
type meterAt struct {
	r      io.ReaderAt
	n      int64
	passes int64
	report func(int64)
}

func (m *meterAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.r.ReadAt(p, off)
	m.n += int64(n)
	if m.report != nil {
		m.report(m.n / m.passes)
	}
	return n, err
}

// csvTable is a table in a zip.
type csvTable struct {
	name    string
	file    *zip.File
	columns []*profile
	rows    int64
}

// findTables finds data/<table>.csv wherever the folder data lies, as PsyNet's
// own reader does.
func findTables(archive *zip.Reader) ([]*csvTable, error) {
	var tables []*csvTable
	inner := ""
	for _, f := range archive.File {
		folder, base := path.Split(strings.ReplaceAll(f.Name, `\`, "/"))
		if strings.HasPrefix(folder, "__MACOSX/") || strings.HasPrefix(base, "._") {
			continue // what macOS adds to a zip
		}
		if base == "database.zip" {
			inner = f.Name
		}
		name, isCSV := strings.CutSuffix(base, ".csv")
		if !isCSV || name == "" || path.Base(folder) != "data" {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("%w: %s is encrypted", ErrFormat, f.Name)
		}
		for _, t := range tables {
			if t.name == name {
				return nil, fmt.Errorf("%w: two files for one table: %s, %s", ErrFormat, t.file.Name, f.Name)
			}
		}
		tables = append(tables, &csvTable{name: name, file: f})
	}
	switch {
	case len(tables) > 0:
		slices.SortFunc(tables, func(a, b *csvTable) int { return strings.Compare(a.name, b.name) })
		return tables, nil
	case inner != "":
		return nil, fmt.Errorf("%w: no tables (data/<table>.csv) in it; unzip it and load its %s", ErrFormat, inner)
	}
	return nil, fmt.Errorf("%w: no tables (data/<table>.csv) in this zip; PsyNet's are in the file database.zip", ErrFormat)
}

// each hands the header and then each record of the table's file to fn.
func (t *csvTable) each(ctx context.Context, header func([]string) error, fn func([]csvField) error) (err error) {
	f, err := t.file.Open()
	if err != nil {
		return &LoadError{File: t.file.Name, Err: err}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := newCSVReader(f)
	line := 1
	fail := func(err error) error { return &LoadError{File: t.file.Name, Line: line, Err: err} }
	names, err := r.header()
	if err == nil {
		err = header(names)
	}
	if err != nil {
		return fail(err)
	}
	for n := 0; len(names) > 0; n++ {
		line = r.line
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		fields, err := r.read()
		if err == io.EOF {
			return nil
		}
		if err == nil && len(fields) != len(names) {
			err = fmt.Errorf("%w: %d values for %d columns", ErrFormat, len(fields), len(names))
		}
		if err == nil {
			err = fn(fields)
		}
		if err != nil {
			return fail(err)
		}
	}
	return nil
}

// profile reads the table for the first time.
func (t *csvTable) profile(ctx context.Context) error {
	return t.each(ctx, func(names []string) error {
		for _, name := range names {
			t.columns = append(t.columns, newProfile(name, declaredColumn(t.name, name)))
		}
		return nil
	}, func(fields []csvField) error {
		t.rows++
		for i, f := range fields {
			t.columns[i].see(f)
		}
		return nil
	})
}
