package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"

	"exptool/internal/export"
)

// SheetFormats are the formats of sheets, by the endings of their files.
func SheetFormats() []string { return []string{"csv", "ndjson", "parquet"} }

// Sheet writes the rows of one file of an export. More columns may come while it
// is written: a row has cells for the columns so far. It serves one goroutine.
type Sheet interface {
	// Row writes a row, which is the caller's again when it returns.
	Row(cells []export.Cell) error
	// Close ends the file. Without it the file is worthless, and Discard closes it.
	Close() (Written, error)
	Discard()
}

// Written says what a file has become.
type Written struct {
	Path   string // in its folder
	Bytes  int64
	SHA256 string
}

// NewSheet begins a file of that name, without ending, in a folder. columns are those
// that are known by now; na is what CSV shows where there is no value.
func NewSheet(format string, folder *os.Root, name, na string, columns func() []export.Column) (Sheet, error) {
	path := name + "." + format
	if !slices.Contains(SheetFormats(), format) {
		return nil, fmt.Errorf("no sheets are written in %s", format)
	}
	if format == "parquet" {
		path += ".rows" // the types of columns are known at the end
	}
	f, err := createSheet(folder, path)
	if err != nil {
		return nil, err
	}
	switch format {
	case "csv":
		return &csvSheet{sheetFile: f, columns: columns, csv: csvEncoder{na: []byte(na)}}, nil
	case "ndjson":
		return &ndjsonSheet{sheetFile: f, columns: columns}, nil
	}
	return &parquetSheet{sheetFile: f, columns: columns}, nil
}

// sheetBuffer is what is collected before it is written.
const sheetBuffer = 128 << 10

// sheetFile is a file that is summed up while it is written.
type sheetFile struct {
	path string
	in   *os.Root
	file *os.File
	w    *bufio.Writer
	sum  hash.Hash
	n    int64
}

func createSheet(folder *os.Root, path string) (*sheetFile, error) {
	file, err := folder.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if err != nil {
		return nil, err
	}
	f := &sheetFile{path: path, in: folder, file: file, sum: sha256.New()}
	f.w = bufio.NewWriterSize(f, sheetBuffer)
	return f, nil
}

// Write is io.Writer's, for w.
func (f *sheetFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	f.sum.Write(p[:n])
	f.n += int64(n)
	return n, err
}

// close writes what is left.
func (f *sheetFile) close() (Written, error) {
	if f.file == nil {
		return Written{}, os.ErrClosed
	}
	err := f.w.Flush()
	if err == nil {
		err = f.file.Sync() // before the folder gets its name
	}
	err = errors.Join(err, f.file.Close())
	f.file = nil
	return Written{Path: f.path, Bytes: f.n, SHA256: hex.EncodeToString(f.sum.Sum(nil))}, err
}

// Discard is Sheet's.
func (f *sheetFile) Discard() {
	if f.file != nil {
		_ = f.file.Close() // the file is worthless
		f.file = nil
	}
}

// replace takes the place of another file, which is not needed any more.
func (f *sheetFile) replace(old *sheetFile, path string) (Written, error) {
	written, err := f.close()
	old.Discard()
	if err == nil {
		err = old.in.Remove(old.path)
	}
	if err == nil {
		err = old.in.Rename(f.path, path)
	}
	written.Path = path
	return written, err
}

// rewind goes back to the beginning, to read what was written.
func (f *sheetFile) rewind() (io.Reader, error) {
	if err := f.w.Flush(); err != nil {
		return nil, err
	}
	_, err := f.file.Seek(0, io.SeekStart)
	return f.file, err
}
