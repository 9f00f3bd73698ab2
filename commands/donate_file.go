package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"exptool/internal/cli"
	"exptool/repo"
	"exptool/report"
)

// window is how many transfers are under way at most: some of the batches of a
// Batcher, so that a row that is locked does not soon stop the others, and the
// memory that a file of any length takes.
const window = 50000

func runDonateFile(ctx context.Context, a *app, o *donateOptions) (err error) {
	in, total, err := a.openMoves(o.file)
	if err != nil {
		return err
	}
	defer closeInto(in, &err)
	db, ledger, err := a.openLedger(ctx, o.dryRun)
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	if err := ledger.Ready(ctx); err != nil {
		return err
	}
	before, err := ledger.TableSize(ctx)
	if err != nil {
		return err
	}
	rows := &answers{dryRun: o.dryRun}
	var file io.Reader = in
	if !a.streams.OutTTY || !a.toStdout() { // a bar among the rows would tear them
		unit := cli.Unit("transfers")
		if total >= 0 {
			unit = cli.Bytes
		}
		progress := a.streams.Progress("giving "+o.file, total, unit)
		defer progress.Stop()
		if total >= 0 {
			file = io.TeeReader(in, progress)
		} else {
			rows.progress = progress
		}
	}
	lines := newMoveReader(file, o.file, o.Transfer)
	begun := a.now()
	if o.whole || o.dryRun {
		err = a.giveTogether(ctx, db, o, lines, rows)
	} else {
		err = a.giveEach(ctx, ledger, o, lines, rows)
	}
	if rows.started != nil {
		return rows.started
	}
	if !o.dryRun {
		a.warnWorkingOf(db, rows.working)
	}
	a.tellGrowth(ctx, ledger, before, rows.lines)
	a.tellGiven(o, rows, a.now().Sub(begun))
	return rows.verdict(ctx, o, err)
}

// openMoves opens the file, and says how long it is where that is known.
func (a *app) openMoves(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(a.streams.In), cli.UnknownTotal, nil
	}
	f, err := openFile(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, errors.Join(err, f.Close())
	case info.IsDir():
		return nil, 0, errors.Join(usagef("%s is a directory", name), f.Close())
	case !info.Mode().IsRegular():
		return f, cli.UnknownTotal, nil
	}
	return f, info.Size(), nil
}

// giveEach gives line by line, and writes the answers as they come. It stops
// reading where ctx ends or the database goes; what is under way is waited for, so
// that what was done is known.
func (a *app) giveEach(ctx context.Context, ledger *repo.Ledger, o *donateOptions, lines *moveReader, rows *answers) error {
	reading, enough := context.WithCancel(ctx)
	batcher := repo.NewBatcher(context.WithoutCancel(ctx), ledger)
	var closing sync.WaitGroup
	rows.stop = sync.OnceFunc(func() { enough(); closing.Go(batcher.Close) })
	defer closing.Wait()
	defer rows.stop()
	defer context.AfterFunc(ctx, rows.stop)()

	moves := make(chan move)
	var failed error // of reading
	go func() {
		defer close(moves)
		failed = eachMove(lines, func(m move) bool {
			select {
			case moves <- m:
				return true
			case <-reading.Done():
				return false
			}
		})
	}()
	under := make(chan answer, window)
	go func() {
		defer close(under)
		pace := newPace(o.rate)
		defer pace.stop()
		for {
			select {
			case <-reading.Done():
				return
			case m, ok := <-moves:
				if !ok {
					if rows.failed = failed; lines.places == nil {
						rows.started = failed // in the first line, or before it
					}
					return
				}
				one := answer{move: m, result: repo.Result{Transfer: m.Transfer, Err: m.err}}
				if m.err == nil {
					if !pace.wait(reading) {
						return
					}
					one.ticket = batcher.Submit(m.Transfer)
				}
				under <- one
			}
		}
	}()
	rows.next = func() (answer, bool) { one, ok := <-under; return one, ok }
	// Its own context: what was answered is written, whatever ends the work.
	_, err := a.writeRows(context.WithoutCancel(ctx), rows, writeOptions{})
	rows.stop()
	if rows.countRest(); err == nil {
		err = rows.failed
	}
	return err
}

// eachMove calls do with the lines of a file until it returns false.
func eachMove(lines *moveReader, do func(move) bool) error {
	for {
		m, err := lines.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case !do(m):
			return nil
		}
	}
}

// giveTogether gives all lines in one transaction, and writes the answers.
func (a *app) giveTogether(ctx context.Context, db *repo.DB, o *donateOptions, lines *moveReader, rows *answers) error {
	var all []answer
	var transfers []repo.Transfer
	err := eachMove(lines, func(m move) bool {
		all = append(all, answer{move: m, result: repo.Result{Transfer: m.Transfer, Err: m.err}})
		if m.err == nil {
			transfers = append(transfers, m.Transfer)
		}
		return ctx.Err() == nil
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		rows.started = err
		return err
	}
	bad := len(transfers) < len(all)
	var rs []repo.Result
	if o.whole && !bad {
		rs, err = a.ledger(db, o.dryRun).ApplyAll(ctx, transfers)
	} else { // each is judged on its own, to be taken back
		rs, err = a.ledger(db, true).Apply(ctx, transfers)
	}
	if err != nil {
		rows.started = err
		return err
	}
	for i := range all {
		if all[i].err == nil {
			all[i].result, rs = rs[0], rs[1:]
		}
		bad = bad || all[i].result.Err != nil
	}
	rows.next = func() (one answer, ok bool) {
		if len(all) == 0 {
			return one, false
		}
		one, all = all[0], all[1:]
		one.undone = o.whole && bad && one.result.Err == nil
		return one, true
	}
	_, err = a.writeRows(context.WithoutCancel(ctx), rows, writeOptions{})
	rows.countRest()
	return err
}

// verdict is the error that a file ends with. failed is what writing or reading
// met.
func (a *answers) verdict(ctx context.Context, o *donateOptions, failed error) error {
	answered := fmt.Sprintf("%s answered", plural(int(a.lines), "line was", "lines were"))
	if a.lines > 0 {
		answered += fmt.Sprintf(", the last of them line %d", a.last)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed != nil: // a closed pipe, too: there is more to be given
		return failuref(max(exitFailure, codeOf(failed)), "%w; %s", []any{failed, answered})
	case a.broken != nil:
		return failuref(codeOf(a.broken), "%w; %s", []any{a.broken, answered}).with(
			"of the lines without an answer it is not known whether the last were done",
			"lines with a key can be given again: nobody gives twice; for others look with exptool sql 'SELECT * FROM exptool.transfers ORDER BY id DESC LIMIT 20'")
	case a.refused == 0:
		return nil
	}
	f := refusedf("%d of %s refused", a.refused, plural(int(a.lines), "line was", "lines were"))
	if a.refused == 1 {
		f.msg = strings.Replace(f.msg, "lines were", "lines was", 1)
	}
	if a.locked == a.refused {
		f.code = exitTryAgain
	}
	if o.whole {
		f.msg += ", so that nothing was given"
	}
	return f.with(fmt.Sprintf("line %d: %v", a.firstLine, a.first)) // a terminal may not have room for it
}

// tellGiven says in the last line what was done.
func (a *app) tellGiven(o *donateOptions, rows *answers, took time.Duration) {
	a.tellTally(o.dryRun, rows.given, rows.replayed, rows.refused,
		fmt.Sprintf("; %s moved, %s/s", rows.moved, grouped(int64(float64(rows.given)/max(took.Seconds(), 0.001)))))
}

// manyLines is from how many lines on the size of the table is told.
const manyLines = 10000

// tellGrowth says how the table of participants grew, where that is worth a word.
func (a *app) tellGrowth(ctx context.Context, ledger *repo.Ledger, before, lines int64) {
	after, err := ledger.TableSize(ctx)
	grew := after > before+before/10
	if err != nil || lines <= manyLines && !grew {
		return // an error is told elsewhere: the connection is gone
	}
	a.streams.Talk("the table participant has %s on the disk, before it had %s", report.Bytes(after), report.Bytes(before))
	if grew {
		a.streams.Talk("each transfer leaves two old rows behind: VACUUM participant lets their room be used again, as autovacuum does in time;" +
			" VACUUM FULL participant gives it back, but locks everybody out;" +
			" ALTER TABLE participant SET (fillfactor = 50) before it keeps room for the next time")
	}
}
