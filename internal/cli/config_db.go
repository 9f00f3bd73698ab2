package cli

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoDatabase says that nothing names a database.
var ErrNoDatabase = errors.New("no database named; give --db postgres://user@host/database, or start with exptool demo")

// Database is the database to work on. Exactly one of Address and Private is
// filled.
type Database struct {
	Address Address // of a server somewhere
	Private string  // the name of a private database
	Origin  Origin
}

// String is the masked address, or the private database's name.
func (d Database) String() string {
	if d.Private != "" {
		return d.Private
	}
	return d.Address.String()
}

func newDatabase(value string, from Origin) Database {
	if value != "" && bare(value) {
		return Database{Private: value, Address: "", Origin: from}
	}
	return Database{Address: Address(value), Origin: from}
}

// Database chooses the database: --db, then the file that --config names, then
// EXPTOOL_DB, DATABASE_URL, the configuration files found, Dallinger's own
// database_url in ./config.txt and ~/.dallingerconfig, and the private
// Postgres where there is one. Otherwise it fails with ErrNoDatabase.
func (c *Config) Database() (Database, error) {
	if c.db.Address != "" || c.db.Private != "" {
		return c.db, nil
	}
	for _, f := range c.DallingerFiles() {
		if address, line := dallingerAddress(f.Path); address != "" {
			return newDatabase(address, Origin{Kind: FromFile, Where: f.Path, Line: line}), nil
		}
	}
	if c.sources.Private != nil {
		if name, ok := c.sources.Private(); ok {
			return Database{Private: name, Origin: Origin{Kind: FromPrivate}}, nil
		}
	}
	return Database{}, ErrNoDatabase
}

// DallingerFiles are Dallinger's own files, the strongest first.
func (c *Config) DallingerFiles() []File {
	paths := []string{filepath.Join(c.sources.Dir, "config.txt")}
	if home := c.sources.Paths.Home; home != "" {
		paths = append(paths, filepath.Join(home, ".dallingerconfig"))
	}
	var files []File
	for _, path := range paths {
		files = append(files, File{Path: path, Found: Exists(path)})
	}
	return files
}

// dallingerAddress reads database_url from an INI file as Python's configparser
// would, which Dallinger uses: whatever the section, keys in any case, a later
// one wins, %% is a percent sign. Any config.txt may stand in a directory, so
// what is not INI is no error here.
func dallingerAddress(path string) (address string, line int) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for n := 1; scanner.Scan(); n++ {
		text := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if text == "" || strings.ContainsAny(text[:1], "#;[") {
			continue
		}
		i := strings.IndexAny(text, "=:")
		if i < 0 || !strings.EqualFold(strings.TrimSpace(text[:i]), "database_url") {
			continue
		}
		value := strings.ReplaceAll(strings.TrimSpace(text[i+1:]), "%%", "%")
		if strings.Contains(value, "://") {
			address, line = value, n
		}
	}
	return address, line
}
