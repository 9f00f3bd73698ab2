package commands

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folder is a folder that appears whole or not at all: it is filled under another
// name, beside its own where that is not there yet, inside where it is and is empty
// (what is beside may be another disk, or somebody else's).
type folder struct {
	*os.Root
	target string
	temp   string // what is being filled; empty when it is done
	inside bool
}

// tempFolder begins the names of folders that are not whole, and tempEnding ends
// them: what a killed export leaves can be told by them.
const (
	tempFolder = ".exptool-export."
	tempEnding = ".tmp"
)

// newFolder begins to fill a folder.
func newFolder(target string) (*folder, error) {
	f := &folder{target: filepath.Clean(target)}
	entries, err := os.ReadDir(f.target)
	parent := filepath.Dir(f.target)
	switch info, statErr := os.Stat(f.target); {
	case statErr == nil && !info.IsDir():
		return nil, usagef("%s is a file", target).hint("name a folder that is not there yet")
	case err == nil:
		if name, ok := firstWhole(entries); ok {
			return nil, usagef("%s is not empty: it has %s", target, name).hint("name a folder that is not there yet")
		}
		parent, f.inside = f.target, true
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if _, err := os.Readlink(f.target); err == nil && !f.inside { // no folder can take its name
		return nil, usagef("%s is a link to what is not there", target).hint("name a folder that is not there yet")
	}
	f.temp = filepath.Join(parent, tempFolder+filepath.Base(f.target)+"."+rand.Text()[:8]+tempEnding)
	if err := os.Mkdir(f.temp, 0o777); errors.Is(err, fs.ErrNotExist) { // less the umask
		return nil, usagef("there is no folder %s to make %s in", parent, filepath.Base(f.target))
	} else if err != nil {
		return nil, err
	}
	f.Root, err = os.OpenRoot(f.temp)
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.temp))
	}
	return f, nil
}

// firstWhole is the first of some entries that is not left of a killed export.
func firstWhole(entries []fs.DirEntry) (string, bool) {
	i := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return !isTemp(e.Name()) })
	if i < 0 {
		return "", false
	}
	return entries[i].Name(), true
}

func isTemp(name string) bool {
	return strings.HasPrefix(name, tempFolder) && strings.HasSuffix(name, tempEnding)
}

// leftovers are folders that other exports to the same target have not finished:
// killed, or still under way.
func (f *folder) leftovers() []string {
	pattern := filepath.Join(filepath.Dir(f.temp), tempFolder+filepath.Base(f.target)+".*"+tempEnding)
	found, _ := filepath.Glob(pattern) // fails for a bad pattern only, and then nothing is told
	return slices.DeleteFunc(found, func(name string) bool { return name == f.temp })
}

// commit gives the folder its name. The last of its entries to arrive is last, which
// so says that all are there.
func (f *folder) commit(last string) error {
	if err := f.Root.Close(); err != nil {
		return err
	}
	if there, err := os.ReadDir(f.target); err == nil {
		if _, ok := firstWhole(there); ok {
			return refusedf("%s was made by somebody else meanwhile", f.target).hint("name another folder")
		}
	}
	if !f.inside {
		err := os.Rename(f.temp, f.target)
		if err == nil {
			f.temp = ""
		}
		return err
	}
	entries, err := os.ReadDir(f.temp)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		if a.Name() == last {
			return 1
		}
		if b.Name() == last {
			return -1
		}
		return strings.Compare(a.Name(), b.Name())
	})
	for _, e := range entries {
		if err := os.Rename(filepath.Join(f.temp, e.Name()), filepath.Join(f.target, e.Name())); err != nil {
			return err
		}
	}
	temp := f.temp
	f.temp = ""
	return os.Remove(temp)
}

// discard removes what was not committed.
func (f *folder) discard() error {
	if f.temp == "" {
		return nil
	}
	_ = f.Root.Close() // nothing of it is wanted
	err := os.RemoveAll(f.temp)
	f.temp = ""
	if err != nil {
		return fmt.Errorf("removing what was begun: %w", err)
	}
	return nil
}
