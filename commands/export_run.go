package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"exptool/internal/cli"
	"exptool/internal/export"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// exporter is one export under way.
type exporter struct {
	*exportOptions
	s          *session
	to         *folder
	files      []*export.File
	variants   []*variant
	anonymizer *export.Anonymizer // nil where everybody may be known
	progress   *cli.Progress
	sum        report.Summary
	beyond     []string // files with more keys than can be columns
	mu         sync.Mutex
}

// variant is a folder of files: of everything, or of what anybody may see.
type variant struct {
	*os.Root
	name       string // of the folder inside; empty: the export's own
	anonymizer *export.Anonymizer
	done       map[*export.File]sheet
}

// sheet is a file in one variant.
type sheet struct {
	view *export.View
	report.Sheet
	written report.Written
}

func runExport(ctx context.Context, a *app, o *exportOptions) (err error) {
	to, err := newFolder(o.folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.discard()) }()
	for _, name := range to.leftovers() {
		a.streams.Talk("%s is of an export that was killed or is still under way", name)
	}
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	x := &exporter{exportOptions: o, s: s, to: to}
	if err := x.choose(ctx); err != nil {
		return err
	}
	key, err := x.anonymous(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, key.discard()) }()
	if err := x.divide(); err != nil {
		return err
	}
	defer x.close()
	var rows int64
	for _, f := range x.files {
		rows += f.Rows
	}
	x.progress = a.streams.Progress("exporting to "+o.folder, rows, cli.Rows)
	defer x.progress.Stop()
	if err := x.write(ctx); err != nil {
		return err
	}
	bytes, err := x.describe()
	if err != nil {
		return err
	}
	if err := x.finish(ctx, key); err != nil {
		return err
	}
	x.progress.Done("%s: %s, %s, %s", o.folder, plural(len(x.files)*len(x.variants), "file", "files"), cli.Count(rows, cli.Rows), cli.Count(bytes, cli.Bytes))
	x.tellAnonymous(key)
	a.tellMasked(x.sum)
	for _, name := range x.beyond {
		a.streams.Warn("%s has more keys than can be columns; the others are in vars, definition and answer", name)
	}
	return x.list(ctx)
}

// finish gives the folder its name, and its key a file, where no id is left.
func (x *exporter) finish(ctx context.Context, key *keyFile) error {
	if err := x.audit(ctx); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := key.write(); err != nil {
		return err
	}
	if err := x.to.commit(packageFile); err != nil {
		return err
	}
	key.keep()
	return nil
}

// job is a table to read, and the files that its rows go into.
type job struct {
	table      *schema.Table
	files      []*export.File
	columns    []schema.Column // those that some file shows
	identities []string        // the classes to read; nil: all
	rows       int64
}

// exportConns is how many tables are read at once: a study under way needs its
// server for other things, too.
const exportConns = 2

// write reads the tables, the large ones first, in transactions that all see what
// the first one sees.
func (x *exporter) write(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := x.jobs()
	snapshot := ""
	if len(jobs) > 1 {
		var err error
		if snapshot, err = x.s.tx.Snapshot(ctx); err != nil {
			return err
		}
	}
	queue := make(chan *job, len(jobs))
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	work := func(tx *repo.Tx) {
		for j := range queue {
			if err := x.table(ctx, tx, j); err != nil {
				cancel(err)
				return
			}
		}
	}
	var others sync.WaitGroup
	for range min(exportConns, len(jobs)) - 1 {
		others.Go(func() { x.help(ctx, snapshot, work) })
	}
	work(x.s.tx)
	others.Wait()
	return context.Cause(ctx)
}

// help reads tables on a connection of its own. Where the server has none to spare,
// the first one reads them all.
func (x *exporter) help(ctx context.Context, snapshot string, work func(*repo.Tx)) {
	o := x.s.app.readOptions()
	o.Repeatable, o.Snapshot = true, snapshot
	tx, err := x.s.db.Begin(ctx, o)
	if err != nil {
		return
	}
	defer tx.End(ctx)
	work(tx)
}

// jobs are the tables to read, those with the most rows first.
func (x *exporter) jobs() []*job {
	var jobs []*job
	for _, f := range x.files {
		if len(jobs) == 0 || jobs[len(jobs)-1].table != f.Table {
			jobs = append(jobs, &job{table: f.Table})
		}
		j := jobs[len(jobs)-1]
		j.files = append(j.files, f)
		if len(x.classes) > 0 && export.HasClasses(x.s.schema, f.Table) {
			j.identities = append(j.identities, f.Identity)
		}
		j.rows += f.Rows
	}
	for _, j := range jobs {
		for _, c := range j.table.Columns {
			if c.Class || slices.ContainsFunc(j.files, func(f *export.File) bool { return f.Shows(c.Name) }) {
				j.columns = append(j.columns, c)
			}
		}
	}
	slices.SortStableFunc(jobs, func(a, b *job) int { return cmp.Compare(b.rows, a.rows) })
	return jobs
}

// outlet is what becomes of the rows of a file.
type outlet struct {
	maker  *export.Maker
	sheets []sheet // one for each variant
}

// table writes the files of a table: its rows are read once.
func (x *exporter) table(ctx context.Context, tx *repo.Tx, j *job) (err error) {
	outlets := map[string]*outlet{}
	defer func() {
		for _, o := range outlets {
			for _, s := range o.sheets {
				s.Discard()
			}
		}
	}()
	for _, f := range j.files {
		if outlets[f.Identity], err = x.outlet(f, j); err != nil {
			return err
		}
	}
	if err := x.rows(ctx, tx, j, outlets); err != nil {
		return fmt.Errorf("%s: %w", j.table.Key(), err)
	}
	for _, o := range outlets {
		for i := range o.sheets {
			if o.sheets[i].written, err = o.sheets[i].Close(); err != nil {
				return err
			}
		}
		x.finished(o)
	}
	return nil
}

// outlet opens the files of a class.
func (x *exporter) outlet(f *export.File, j *job) (*outlet, error) {
	a := x.s.app
	o := &outlet{maker: export.NewMaker(x.s.schema, f, j.columns, export.Options{Flatten: x.flatten, Reveal: a.flags.reveal, MaskURLs: report.MaskURLs})}
	for _, v := range x.variants {
		view := export.NewView(o.maker, v.anonymizer)
		s, err := report.NewSheet(x.format, v.Root, f.Name, a.config.NA, view.Columns)
		if err != nil {
			return o, err
		}
		o.sheets = append(o.sheets, sheet{view: view, Sheet: s})
	}
	return o, nil
}

// row writes a row into the files of its class.
func (o *outlet) row(values [][]byte) error {
	cells := o.maker.Cells(values)
	for _, s := range o.sheets {
		if err := s.Row(s.view.Cells(cells)); err != nil {
			return err
		}
	}
	return nil
}

// tick is after how many rows the progress moves.
const tick = 1000

// rows puts the rows of a table into its files.
func (x *exporter) rows(ctx context.Context, tx *repo.Tx, j *job, outlets map[string]*outlet) (err error) {
	rows, err := tx.ExportRows(ctx, j.table, j.columns, j.identities)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	class := -1
	if export.HasClasses(x.s.schema, j.table) {
		class = slices.IndexFunc(j.columns, func(c schema.Column) bool { return c.Name == "type" })
	}
	var n int64
	for rows.Next() {
		values := rows.Values()
		identity := []byte(nil)
		if class >= 0 {
			identity = values[class]
		}
		o := outlets[string(identity)]
		if o == nil {
			return fmt.Errorf("a row of the class %q, which was not there a moment ago", identity)
		}
		if err := o.row(values); err != nil {
			return err
		}
		if n++; n%tick == 0 {
			x.progress.Add(tick)
		}
	}
	x.progress.Add(n % tick)
	return rows.Err()
}

// finished notes that the files of a class are written.
func (x *exporter) finished(o *outlet) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, v := range x.variants {
		v.done[o.maker.File] = o.sheets[i]
	}
	x.sum.Masked += o.maker.Masked
	x.sum.Junk += o.maker.Junk
	if o.maker.Beyond > 0 {
		x.beyond = append(x.beyond, o.maker.File.Name)
	}
}
