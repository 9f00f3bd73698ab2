package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Learned keeps what exptool has learned about databases (classes, relations)
// in a JSON file of its own, keyed by database: a user's YAML is never
// rewritten, and viper would lower-case the names of classes. What a database's
// entry holds is its reader's and writer's affair.
type Learned struct {
	path string
}

// learnedFile is the file's form.
type learnedFile struct {
	Version   int                        `json:"version"`
	Databases map[string]json.RawMessage `json:"databases"`
}

// learnedVersion is the version of the file's form.
const learnedVersion = 1

// NewLearned is the store in the file of that path, which need not exist.
func NewLearned(path string) *Learned { return &Learned{path: path} }

// Load returns what is known about a database, nil where nothing is.
func (l *Learned) Load(database string) (json.RawMessage, error) {
	file, err := l.read()
	if err != nil {
		return nil, err
	}
	return file.Databases[database], nil
}

// Save keeps payload, which must be JSON, as all that is known about a
// database; nil forgets it.
func (l *Learned) Save(database string, payload json.RawMessage) error {
	return l.Update(database, func(json.RawMessage) (json.RawMessage, error) { return payload, nil })
}

// Update replaces what is known about a database by what change makes of it,
// alone among all exptools at work: a file lock is held meanwhile, and the file
// is replaced as a whole, so that a reader sees the old or the new one.
func (l *Learned) Update(database string, change func(old json.RawMessage) (json.RawMessage, error)) (err error) {
	if l.path == "" {
		return errors.New("there is no place to keep what was learned; set EXPTOOL_HOME to a directory")
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return fmt.Errorf("keeping what was learned: %w", err)
	}
	unlock, err := lockedfile.MutexAt(l.path + ".lock").Lock()
	if err != nil {
		return fmt.Errorf("keeping what was learned: %w", err)
	}
	defer unlock()
	file, err := l.read()
	if err != nil {
		return err
	}
	payload, err := change(file.Databases[database])
	if err != nil {
		return err
	}
	if file.Databases[database] = payload; payload == nil {
		delete(file.Databases, database)
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("keeping what was learned: %w", err)
	}
	return replaceFile(l.path, append(text, '\n'))
}

func (l *Learned) read() (learnedFile, error) {
	file := learnedFile{Version: learnedVersion, Databases: map[string]json.RawMessage{}}
	if l.path == "" {
		return file, nil
	}
	text, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return file, fmt.Errorf("reading what was learned: %w", err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return file, fmt.Errorf("%s is damaged (%w); remove it and learn again", l.path, err)
	}
	if file.Version > learnedVersion {
		return file, fmt.Errorf("%s was written by a newer exptool; update this one", l.path)
	}
	if file.Databases == nil {
		file.Databases = map[string]json.RawMessage{}
	}
	return file, nil
}

// replaceFile writes a file beside the old one and renames it over it.
func replaceFile(path string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("keeping what was learned: %w", err)
	}
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keeping what was learned: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
