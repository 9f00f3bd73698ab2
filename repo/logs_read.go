package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"exptool/internal/sqllog"
)

// logChunk is how much of a log is read at once: over a connection twice as many
// bytes go.
const logChunk = 512 << 10

// ReadLog reads a log from an offset on, at most a chunk; nothing at its end.
// ErrNotFound is that there is no such file any more.
func (db *DB) ReadLog(ctx context.Context, f LogFile, offset int64, n int) ([]byte, error) {
	if f.Remote {
		var text struct {
			Bytes   []byte `db:"bytes"`
			Missing bool   `db:"missing"`
		}
		err := db.once(ctx, &text, fmt.Sprintf(`SELECT b AS bytes, b IS NULL AS missing
FROM pg_read_binary_file(%s, %d, %d, true) AS b`, pq.QuoteLiteral(f.Path), offset, n))
		if err == nil && text.Missing {
			err = logGone(f)
		}
		return text.Bytes, err
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, openLog(f, err)
	}
	defer file.Close()
	return readFile(file, offset, n)
}

func readFile(file *os.File, offset int64, n int) ([]byte, error) {
	b := make([]byte, n)
	n, err := file.ReadAt(b, offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}

func logGone(f LogFile) error {
	return &Error{Kind: ErrNotFound, Message: "there is no log file " + f.Path + " any more", Hint: "exptool log status tells where the server logs to"}
}

func openLog(f LogFile, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return logGone(f)
	}
	return err
}

// LogSize is how large a file of the log is.
func (db *DB) LogSize(ctx context.Context, f LogFile) (int64, error) {
	if f.Remote {
		// The size of a file asks for a privilege of its own; pg_ls_logdir does not.
		var size int64
		err := db.once(ctx, &size, "SELECT coalesce((SELECT size FROM pg_ls_logdir() WHERE name = "+pq.QuoteLiteral(path.Base(f.Path))+"), -1)")
		if err == nil && size < 0 {
			err = logGone(f)
		}
		return size, err
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return 0, openLog(f, err)
	}
	return info.Size(), nil
}

// LogFiles are the files of the log of one format that were written to since a
// time, the oldest first; the last is f itself, the current one.
func (db *DB) LogFiles(ctx context.Context, f LogFile, since time.Time) ([]LogFile, error) {
	if f.Alone {
		return []LogFile{f}, nil
	}
	type entry struct {
		Name     string    `db:"name"`
		Modified time.Time `db:"modification"`
	}
	var list []entry
	if f.Remote {
		err := db.Read(ctx, ReadOptions{}, func(tx *Tx) error {
			return tx.Select(ctx, &list, "SELECT name, modification FROM pg_ls_logdir()")
		})
		if err != nil {
			return nil, err
		}
	} else {
		names, err := os.ReadDir(filepath.Dir(f.Path))
		if err != nil {
			return nil, openLog(f, err)
		}
		for _, n := range names {
			if info, err := n.Info(); err == nil && info.Mode().IsRegular() {
				list = append(list, entry{n.Name(), info.ModTime()})
			}
		}
	}
	list = slices.DeleteFunc(list, func(e entry) bool {
		return e.Modified.Before(since) || path.Ext(e.Name) != path.Ext(f.Path) || e.Name == path.Base(f.Path)
	})
	slices.SortFunc(list, func(a, b entry) int { return a.Modified.Compare(b.Modified) })
	files := make([]LogFile, 0, len(list)+1)
	for _, e := range list {
		earlier := f
		earlier.Path = path.Join(path.Dir(f.Path), e.Name)
		files = append(files, earlier)
	}
	return append(files, f), nil
}

// LogOffset is where to begin reading a file for what was written since a time: at
// or before its first entry. It reads backwards, more and more.
func (db *DB) LogOffset(ctx context.Context, f LogFile, since time.Time) (int64, error) {
	size, err := db.LogSize(ctx, f)
	if err != nil {
		return 0, err
	}
	for back := int64(logChunk); back < size; back *= 4 {
		begin := size - back
		head, err := db.ReadLog(ctx, f, begin, logChunk)
		if err != nil {
			return 0, err
		}
		p := sqllog.NewParser(f.Options())
		p.Feed(head)
		var e sqllog.Entry
		for p.Next(&e) {
			if e.Time.IsZero() || e.Truncated {
				continue
			}
			if e.Time.Before(since) {
				return begin + e.Offset, nil
			}
			break
		}
	}
	return 0, nil
}

// Options are what a parser is to know of the file.
func (f LogFile) Options() sqllog.Options {
	formats := map[string]sqllog.Format{"stderr": sqllog.Stderr, "csvlog": sqllog.CSV, "jsonlog": sqllog.JSON}
	return sqllog.Options{Format: formats[f.Format], Prefix: f.Prefix, PrefixKnown: true, Location: f.Location()}
}

// OpenLog reads a file of the log from an offset to its present end.
func (db *DB) OpenLog(ctx context.Context, f LogFile, offset int64) (io.ReadCloser, error) {
	if f.Remote {
		return &remoteLog{ctx: ctx, db: db, file: f, offset: offset}, nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, openLog(f, err)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// remoteLog is a file that the server reads for us.
type remoteLog struct {
	ctx    context.Context
	db     *DB
	file   LogFile
	offset int64
	rest   []byte
}

// Read is io.Reader's.
func (r *remoteLog) Read(p []byte) (n int, err error) {
	if len(r.rest) == 0 {
		if r.rest, err = r.db.ReadLog(r.ctx, r.file, r.offset, logChunk); err != nil {
			return 0, err
		}
		if len(r.rest) == 0 {
			return 0, io.EOF
		}
		r.offset += int64(len(r.rest))
	}
	n = copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close is io.Closer's.
func (r *remoteLog) Close() error { return nil }

// Quiet is the same database by sessions that are not logged, where this role may
// decide that; else db itself. The startup packet says it, because a pooler would
// hand a session's own settings on to others. The caller closes it.
func (db *DB) Quiet(ctx context.Context) *DB {
	addr := db.addr
	addr.cfg = addr.cfg.Clone()
	addr.cfg.Options = strings.TrimSpace(addr.cfg.Options + " -c log_statement=none -c log_duration=off -c log_min_duration_statement=-1")
	quiet, err := Open(ctx, addr, Options{MaxConns: 2, ShowSQL: db.show})
	if err == nil {
		if err = quiet.Ping(ctx); err == nil {
			return quiet
		}
		_ = quiet.Close() // never connected
	}
	if quiet, err = Open(ctx, db.addr, Options{MaxConns: 2, ShowSQL: db.show}); err != nil {
		return db // its address was good before
	}
	return quiet
}
