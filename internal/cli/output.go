package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Output is where a command's data go: standard output, a file that appears
// whole or not at all, or a device or pipe that is written through.
type Output struct {
	w      *bufio.Writer
	file   *os.File // nil for a standard stream
	temp   string   // the temporary file, empty where it writes through
	target string   // what temp is to become
	flush  func() error
}

// Output opens what --output names. "" and "-" are standard output. An absent
// or regular file is written beside itself and renamed by Commit, keeping the
// mode of the old one; anything else (a device, a FIFO, /dev/stdout) is written
// as it comes. The caller defers Discard and ends with Commit.
func (s *Streams) Output(path string) (*Output, error) {
	switch path {
	case "", "-", "/dev/stdout":
		return &Output{w: bufio.NewWriterSize(s.Out, outSize), flush: s.Flush}, nil
	case "/dev/stderr":
		return &Output{w: bufio.NewWriterSize(s.Err, outSize)}, nil
	}
	target, mode, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if through(target, mode) {
		f, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("opening the output: %w", err)
		}
		return &Output{w: bufio.NewWriterSize(f, outSize), file: f}, nil
	}
	return beside(target, mode)
}

// CheckOutput reports why Output would fail, before any work, and leaves all as it is. Of
// what is written as it comes nothing is said: to open a FIFO is to end it.
func (s *Streams) CheckOutput(path string) error {
	switch path {
	case "", "-", "/dev/stdout", "/dev/stderr":
		return nil
	}
	target, mode, err := resolve(path)
	if err != nil || through(target, mode) {
		return err
	}
	out, err := beside(target, mode)
	if err != nil {
		return err
	}
	return out.Discard()
}

// absent is the mode of a file that is not there.
const absent = fs.FileMode(0)

// resolve follows symbolic links, so that a link stays one and what it points
// to is replaced. It returns the mode of the file there, absent without one.
func resolve(path string) (string, fs.FileMode, error) {
	for range 40 { // as many links as Linux follows
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, absent, nil
		case err != nil:
			return "", absent, fmt.Errorf("opening the output: %w", err)
		case info.IsDir():
			return "", absent, fmt.Errorf("opening the output: %s is a directory", path)
		case info.Mode()&fs.ModeSymlink == 0:
			return path, info.Mode(), nil
		}
		if strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/") {
			return path, fs.ModeDevice, nil // /dev/fd/3: the open file is meant, not its name
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", absent, fmt.Errorf("opening the output: %w", err)
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", absent, fmt.Errorf("opening the output: too many symbolic links at %s", path)
}

// through reports whether the file has to be written as the data come.
func through(path string, mode fs.FileMode) bool {
	return mode != absent && !mode.IsRegular() ||
		strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
}

// noDirectory is the error for a directory that is not there.
type noDirectory string

// Error names the directory.
func (d noDirectory) Error() string { return "there is no directory " + string(d) }

// Unwrap makes it fs.ErrNotExist.
func (noDirectory) Unwrap() error { return fs.ErrNotExist }

// beside opens a temporary file in target's directory, where a rename to target
// is one step.
func beside(target string, mode fs.FileMode) (*Output, error) {
	dir, base := filepath.Split(target)
	temp := filepath.Join(dir, "."+base+"."+rand.Text()[:8]+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening the output: %w", noDirectory(filepath.Clean(dir)))
	}
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	o := &Output{w: bufio.NewWriterSize(f, outSize), file: f, temp: temp, target: target}
	if mode != absent {
		if err := f.Chmod(mode.Perm()); err != nil {
			return nil, errors.Join(fmt.Errorf("opening the output: %w", err), o.Discard())
		}
	}
	return o, nil
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) { return o.w.Write(p) }

// Commit writes what is buffered and puts the file in its place. After an error
// the old file is as it was.
func (o *Output) Commit() error {
	err := o.w.Flush()
	if err == nil && o.flush != nil {
		err = o.flush()
	}
	if o.file == nil {
		return err
	}
	if err == nil && o.temp != "" {
		// Else a power cut after the rename could leave an empty file where a
		// full one was.
		err = o.file.Sync()
	}
	err = errors.Join(err, o.file.Close())
	o.file = nil
	if o.temp == "" {
		return err
	}
	if err == nil {
		err = os.Rename(o.temp, o.target)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(o.temp))
	}
	o.temp = ""
	return err
}

// Discard closes the output and removes what was not committed. After Commit it
// does nothing.
func (o *Output) Discard() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	if o.temp != "" {
		err = errors.Join(err, os.Remove(o.temp))
		o.temp = ""
	}
	return err
}

var _ io.Writer = (*Output)(nil)
