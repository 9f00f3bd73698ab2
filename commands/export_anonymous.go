package commands

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"exptool/internal/export"
	"exptool/report"
)

// anonymous prepares the Anonymizer and its key, where one is asked for: it is told of
// every id in the database before anything is written.
func (x *exporter) anonymous(ctx context.Context) (*keyFile, error) {
	if x.anonymize == "no" {
		return nil, nil
	}
	beside, err := filepath.Abs(x.folder) // . has no name to add to
	if filepath.IsLocal(x.folder) && filepath.Clean(x.folder) != "." {
		beside = filepath.Clean(x.folder)
	}
	if err != nil {
		return nil, err
	}
	key, err := readKey(cmp.Or(x.key, beside+".key"))
	if err != nil {
		return nil, err
	}
	if inFolder(x.folder, key.path) {
		return nil, usagef("the key %s would be in what is shared", key.path).hint("--key names a file elsewhere")
	}
	key.tellOpen(x.s.app)
	x.anonymizer, err = export.NewAnonymizer(key.bytes, export.AnonymizeOptions{Keep: x.keep, Drop: x.drop})
	if err != nil {
		err = usagef("%w", err)
	} else {
		err = x.s.tx.Personal(ctx, x.s.schema, x.anonymizer.Know)
	}
	if err != nil {
		return nil, err
	}
	return key, nil
}

// inFolder reports whether a file is a folder, or in it.
func inFolder(folder, file string) bool {
	folder, err := filepath.Abs(folder)
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return false
	}
	rest, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rest)
}

// checkNames refuses a name of --keep or --drop that no file has: a misspelt one would
// leave in what was to go.
func (x *exporter) checkNames() error {
	for _, name := range append(append([]string(nil), x.keep...), x.drop...) {
		found := false
		for _, f := range x.files {
			found = found || f.Has(name)
		}
		if !found {
			return usagef("no file has a column %s to keep or to drop", name).hint("columns are called as in the database: worker_id, participant.worker_id, vars.name")
		}
	}
	return nil
}

// audit reads every file that was made anonymous, and fails where an id is left.
func (x *exporter) audit(ctx context.Context) error {
	if x.anonymizer == nil {
		return nil
	}
	if err := x.checkNames(); err != nil {
		return err
	}
	findings, err := x.auditFiles(ctx)
	if err != nil {
		return err
	}
	if len(findings) == 0 {
		return nil
	}
	const some = 20
	refused := refusedf("ids of people are left in %s, and nothing was written", plural(len(findings), "column", "columns")).
		hint("--drop what holds them, or --keep it on purpose")
	for i, f := range findings {
		if i == some {
			return refused.with(fmt.Sprintf("and %d more", len(findings)-some))
		}
		refused = refused.with(f.String())
	}
	return refused
}

// auditFiles audits the files of the anonymous variant, some at a time.
func (x *exporter) auditFiles(ctx context.Context) ([]export.Finding, error) {
	v := x.variants[len(x.variants)-1]
	jobs := []func() ([]export.Finding, error){
		func() ([]export.Finding, error) { return x.auditBytes(ctx, v, packageFile, nil) },
		func() ([]export.Finding, error) { return x.auditBytes(ctx, v, sumsFile, nil) },
	}
	for _, f := range x.files {
		jobs = append(jobs, func() ([]export.Finding, error) { return x.auditFile(ctx, v, v.done[f]) })
	}
	found, failed := make([][]export.Finding, len(jobs)), make([]error, len(jobs))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(jobs)); i = next.Add(1) - 1 {
				found[i], failed[i] = jobs[i]()
			}
		})
	}
	workers.Wait()
	return slices.Concat(found...), errors.Join(failed...)
}

func (x *exporter) auditFile(ctx context.Context, v *variant, s sheet) ([]export.Finding, error) {
	if x.format != "parquet" {
		return x.auditBytes(ctx, v, s.written.Path, s.view.Kept)
	}
	file, err := v.Open(s.written.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	auditor := x.anonymizer.NewAuditor(s.written.Path, s.view.Kept)
	for _, c := range s.view.Columns() {
		auditor.Cell(0, c.Name, []byte(c.Name))
	}
	rows, err := report.EachParquetText(file, s.view.Columns(), func(row int64, column string, text []byte) {
		if ctx.Err() == nil {
			auditor.Cell(row, column, text)
		}
	})
	if err == nil && rows != s.view.Rows() {
		err = fmt.Errorf("%s has %d rows, and %d were written", s.written.Path, rows, s.view.Rows())
	}
	return auditor.Findings(), errors.Join(err, context.Cause(ctx))
}

func (x *exporter) auditBytes(ctx context.Context, v *variant, name string, kept func(string) bool) ([]export.Finding, error) {
	file, err := v.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return x.anonymizer.Audit(ctx, name, kept, file)
}

// tellAnonymous says what was looked for and where the key is.
func (x *exporter) tellAnonymous(key *keyFile) {
	if x.anonymizer == nil {
		return
	}
	everywhere, words, values, names := x.anonymizer.Judged()
	x.s.app.streams.Talk("audited: none of %d ids and addresses is left", everywhere+words+values+names)
	if n := values + names; n > 0 {
		x.s.app.streams.Talk("%s too short or too ordinary to be found everywhere: looked for as whole values, or behind names such as worker_id",
			plural(n, "of them is", "of them are"))
	}
	x.s.app.streams.Talk("the key of the hashes is in %s: whoever has it can tell who is who", key.path)
}

// keyFile is the file with the key of the hashes.
type keyFile struct {
	path    string
	bytes   []byte
	fresh   bool // there is no file yet
	written bool // by this export, and so removed where it fails
}

// longestKey bounds what is read where a file is no key.
const longestKey = 4 << 10

// readKey reads the key, or makes one up where there is no file yet.
func readKey(path string) (*keyFile, error) {
	k := &keyFile{path: path}
	info, err := os.Stat(path)
	switch folder := filepath.Dir(path); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("there is no folder %s to make %s in", folder, filepath.Base(path))
		}
		k.bytes, k.fresh = make([]byte, 32), true
		_, _ = rand.Read(k.bytes) // never fails
		return k, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(), info.Size() > longestKey: // a pipe would wait for ever
		return nil, noKey(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if k.bytes, err = hex.DecodeString(string(bytes.TrimSpace(text))); err != nil || len(k.bytes) < 32 {
		return nil, noKey(path)
	}
	return k, nil
}

func noKey(path string) error {
	return usagef("%s has no key of exptool's, which is 64 hexadecimal digits", path)
}

// tellOpen warns of a key that others can read.
func (k *keyFile) tellOpen(a *app) {
	if info, err := os.Stat(k.path); err == nil && info.Mode().Perm()&0o077 != 0 {
		a.streams.Warn("others can read the key in %s: chmod 600 it", k.path)
	}
}

// write writes a new key so that only its owner can read it. It does so when all else
// is done: another export that is under way could take it, and outlive it.
func (k *keyFile) write() error {
	if k == nil || !k.fresh {
		return nil
	}
	file, err := os.OpenFile(k.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return refusedf("%s was made by somebody else meanwhile", k.path).hint("export again: it is used then")
	}
	if err != nil {
		return err
	}
	k.written = true
	if _, err = file.WriteString(hex.EncodeToString(k.bytes) + "\n"); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// keep makes the key stay.
func (k *keyFile) keep() {
	if k != nil {
		k.written = false
	}
}

// discard removes a key that nothing was written with.
func (k *keyFile) discard() error {
	if k == nil || !k.written {
		return nil
	}
	k.written = false
	return os.Remove(k.path)
}
