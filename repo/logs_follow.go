package repo

import (
	"context"
	"errors"
	"os"
	"time"
)

// How often a log is looked at for more, and for whether it goes on elsewhere.
const (
	localLogPoll  = 30 * time.Millisecond
	remoteLogPoll = 50 * time.Millisecond
	rotationPoll  = 500 * time.Millisecond
)

// LogFollower gives what is written to a server's log, across rotations of the log
// and restarts of the server.
type LogFollower struct {
	db      *DB
	file    LogFile
	handle  *os.File // of a local file
	offset  int64
	checked time.Time
	fresh   bool
	now     func() time.Time
}

// LogChunk is what a follower has read.
type LogChunk struct {
	Bytes []byte // none: there was a pause
	// Fresh is that another file begins with these bytes.
	Fresh bool
	File  LogFile
	// Away is that the server cannot be reached at present.
	Away error
}

// FollowLog follows a file of the log from an offset on. The caller closes it.
func (db *DB) FollowLog(f LogFile, offset int64, now func() time.Time) *LogFollower {
	return &LogFollower{db: db, file: f, offset: offset, fresh: true, now: now, checked: now()}
}

// Close releases the file.
func (f *LogFollower) Close() error {
	if f.handle == nil {
		return nil
	}
	err := f.handle.Close()
	f.handle = nil
	return err
}

// Next gives the next bytes, or none after a moment without any. Its error is that
// the context ended or that the log cannot be read any more; a server that is away
// is waited for.
func (f *LogFollower) Next(ctx context.Context) (LogChunk, error) {
	b, err := f.read(ctx)
	if err == nil && len(b) == 0 && f.now().Sub(f.checked) >= rotationPoll {
		f.checked = f.now()
		var moved bool
		if moved, err = f.look(ctx); err == nil && moved {
			return f.Next(ctx)
		}
	}
	if ctx.Err() != nil {
		return LogChunk{}, ctx.Err()
	}
	chunk := LogChunk{Bytes: b, Fresh: f.fresh && len(b) > 0, File: f.file}
	if len(b) > 0 {
		f.offset += int64(len(b))
		f.fresh = false
		return chunk, nil
	}
	var known *Error
	switch {
	case err == nil, errors.Is(err, ErrNotFound): // it is between two files
	case errors.As(err, &known) && (known.Kind == ErrConnect || known.Kind == ErrCancelled):
		chunk.Away = err
	default:
		return chunk, err
	}
	wait := localLogPoll
	if f.file.Remote {
		wait = remoteLogPoll
	}
	select {
	case <-ctx.Done():
		return LogChunk{}, ctx.Err()
	case <-time.After(wait):
	}
	return chunk, nil
}

// read reads what follows the offset. A local file stays open: it may be renamed
// before its last lines are read.
func (f *LogFollower) read(ctx context.Context) ([]byte, error) {
	if f.file.Remote {
		return f.db.ReadLog(ctx, f.file, f.offset, logChunk)
	}
	if f.handle == nil {
		handle, err := os.Open(f.file.Path)
		if err != nil {
			return nil, openLog(f.file, err)
		}
		f.handle = handle
	}
	return readFile(f.handle, f.offset, logChunk)
}

// look finds out whether the log goes on elsewhere, and goes there where all of the
// old file is read.
func (f *LogFollower) look(ctx context.Context) (moved bool, err error) {
	next := f.file
	if path, err := f.current(ctx); err != nil {
		return false, err
	} else if path != "" {
		next.Path = path
	}
	switch size, err := f.db.LogSize(ctx, next); {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case next.Path == f.file.Path && size >= f.offset && !f.replaced():
		return false, nil
	}
	// What came since the last look belongs to the old file.
	if b, err := f.read(ctx); err == nil && len(b) > 0 {
		return false, nil
	}
	f.file, f.offset, f.fresh = next, 0, true
	return true, f.Close()
}

// replaced reports whether another file has got the name, as logrotate does it.
func (f *LogFollower) replaced() bool {
	if f.handle == nil {
		return false
	}
	open, err := f.handle.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(f.file.Path)
	return err == nil && !os.SameFile(open, named)
}

// current is the file that the server's collector writes at present, empty where
// that is not known.
func (f *LogFollower) current(ctx context.Context) (string, error) {
	place, err := f.db.logPlace(ctx)
	if err != nil {
		return "", err
	}
	paths := map[string]string{"jsonlog": place.JSON, "csvlog": place.CSV, "stderr": place.Stderr}
	path := paths[f.file.Format]
	if path == "" || f.file.Remote {
		return path, nil
	}
	return place.absolute(path), nil
}
