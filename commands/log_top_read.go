package commands

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"exptool/internal/cli"
	"exptool/internal/sqllog"
)

// readFiles adds up the files of the command line.
func (t *topReport) readFiles(ctx context.Context) error {
	for _, name := range t.options.files {
		if err := t.readFile(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (t *topReport) readFile(ctx context.Context, name string) (err error) {
	if name == "-" {
		return t.addPlain(ctx, t.app.streams.In, name)
	}
	f, err := openFile(name)
	if err != nil {
		return err
	}
	defer closeInto(f, &err)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return usagef("%s is a folder", name).hint("name the files in it")
	}
	bar := t.app.streams.Progress("reading "+name, info.Size(), cli.Bytes)
	defer bar.Stop()
	return t.addPlain(ctx, io.TeeReader(f, bar), name)
}

// addPlain adds up a log that may be gzipped.
func (t *topReport) addPlain(ctx context.Context, in io.Reader, name string) error {
	buffered := bufio.NewReaderSize(in, 256<<10)
	if head, _ := buffered.Peek(2); len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return t.add(ctx, buffered, sqllog.Options{})
	}
	plain, err := gzip.NewReader(buffered)
	if err == nil {
		err = t.add(ctx, plain, sqllog.Options{})
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// maxLogCheck is how many entries are added up between two looks for Ctrl-C.
const maxLogCheck = 4096

// add adds a log up.
func (t *topReport) add(ctx context.Context, in io.Reader, o sqllog.Options) error {
	r := sqllog.NewReader(in, o)
	var e sqllog.Entry
	for n := 0; ; n++ {
		if n%maxLogCheck == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.Next(&e)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if e.Own() || t.database != "" && e.Database != "" && e.Database != t.database ||
			!t.from.IsZero() && !e.Time.IsZero() && e.Time.Before(t.from) {
			continue
		}
		t.top.Add(&e, t.label(&e))
		t.runs.Add(&e)
	}
	t.skipped += r.Skipped()
	return nil
}
