package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FileKind is the kind of a file that can be loaded.
type FileKind string

// The kinds of files.
const (
	FileDump FileKind = "dump" // SQL text as pg_dump writes it, gzipped or not
	FileZip  FileKind = "zip"  // a database.zip of PsyNet or Dallinger: a CSV per table
)

// Sniff tells from its first bytes what kind of file path is, and suggests a
// name for its database. A kind that can't be loaded is ErrFormat, with what to
// do about it.
func Sniff(path string) (FileKind, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = f.Close() }() // only read from
	if info, err := f.Stat(); err != nil {
		return "", "", err
	} else if info.IsDir() {
		return "", "", directoryError(path)
	}
	head := make([]byte, 4)
	if n, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return "", "", err
	} else if bytes.HasPrefix(head[:n], []byte("PK")) && n == len(head) {
		return FileZip, databaseName(path), nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", "", err
	}
	if _, err := openDump(f); err != nil {
		return "", "", fmt.Errorf("%s: %w", path, err)
	}
	return FileDump, databaseName(path), nil
}

func directoryError(path string) error {
	if _, err := os.Stat(filepath.Join(path, "toc.dat")); err == nil {
		return fmt.Errorf("%s: %w: a dump in pg_dump's directory format; turn it into SQL with: pg_restore -f out.sql %s",
			path, ErrFormat, path)
	}
	return fmt.Errorf("%s: %w: a directory; name the .sql, .sql.gz or .zip file in it", path, ErrFormat)
}

// isText refuses what is known to be no SQL text by its first bytes, and says
// what to do.
func isText(head []byte) error {
	const restore = "turn it into SQL with: pg_restore -f out.sql FILE"
	known := []struct {
		at     int
		magic  string
		remedy string
	}{
		{0, "PGDMP", "a dump in pg_dump's custom format; " + restore},
		{257, "ustar", "a tar file; if pg_dump made it, " + restore},
		{0, "PK\x03\x04", "a zip within gzip; unpack it first"},
		{0, "\x1f\x8b", "gzipped twice; unpack it first"},
		{0, "BZh", "packed by bzip2; unpack it first"},
		{0, "\xfd7zXZ", "packed by xz; unpack it first"},
		{0, "\x28\xb5\x2f\xfd", "packed by zstd; unpack it first"},
		{0, "\x04\x22\x4d\x18", "packed by lz4; unpack it first"},
		{0, "\xff\xfe", "UTF-16, which PowerShell's > writes; make the dump with: pg_dump -f out.sql"},
		{0, "\xfe\xff", "UTF-16; make the dump with: pg_dump -f out.sql"},
		{0, "SQLite format 3", "an SQLite database"},
	}
	for _, k := range known {
		if len(head) >= k.at && bytes.HasPrefix(head[k.at:], []byte(k.magic)) {
			return fmt.Errorf("%w: %s", ErrFormat, k.remedy)
		}
	}
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return fmt.Errorf("%w: the file is empty", ErrFormat)
	case bytes.IndexByte(head, 0) >= 0:
		return fmt.Errorf("%w: no SQL text", ErrFormat)
	}
	return nil
}

// databaseName makes the name of a database from that of a file: tutorial.sql.gz
// is tutorial. A file that is always called the same (database.zip, in a folder
// regular or anonymous) is named after the folder that tells exports apart.
func databaseName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	base := strings.ToLower(filepath.Base(path))
	if slices.Contains([]string{"database.zip", "data.zip", "database_template.zip"}, base) {
		folder := filepath.Dir(path)
		if slices.Contains([]string{"regular", "anonymous", "data", ".deploy"}, filepath.Base(folder)) {
			folder = filepath.Dir(folder)
		}
		if name := identifier(filepath.Base(folder)); name != "" {
			return name
		}
	}
	for {
		ext := filepath.Ext(base)
		if !slices.Contains([]string{".sql", ".gz", ".zip", ".dump", ".psql", ".pgsql", ".txt"}, ext) {
			break
		}
		base = strings.TrimSuffix(base, ext)
	}
	name := identifier(strings.TrimSuffix(base, "-data"))
	switch name {
	case "":
		return "loaded"
	case "postgres", "template0", "template1":
		return name + "_loaded" // every cluster has one of these
	}
	return name
}

// identifier makes a name that needs no quotes in SQL, empty if nothing is left.
func identifier(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range []byte(strings.ToLower(s)) {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			b.WriteByte(c)
			gap = false
			continue
		}
		gap = true
	}
	name := b.String()
	if name != "" && '0' <= name[0] && name[0] <= '9' {
		name = "db_" + name
	}
	return strings.TrimRight(name[:min(len(name), 63)], "_")
}
