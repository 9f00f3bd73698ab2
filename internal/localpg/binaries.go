package localpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// minMajor is the oldest Postgres that can be the private one: DROP DATABASE …
// WITH (FORCE) is of 13.
const minMajor = 13

// binaries are a Postgres that is installed.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// ErrNoBinaries is that EXPTOOL_PG_BIN names no Postgres.
var ErrNoBinaries = errors.New("no postgres and initdb there")

// choose gives the binaries to run and the major version of the data folder:
// those of an existing folder where they can be found, else the first found for
// a new folder. ok is false where there are none.
func (s *Server) choose() (b binaries, ok bool, err error) {
	if dir := s.options.BinDir; dir != "" {
		b, ok := inspect(dir)
		if !ok {
			return binaries{}, false, fmt.Errorf("EXPTOOL_PG_BIN=%s: %w; it wants the folder of a Postgres from %d on", dir, ErrNoBinaries, minMajor)
		}
		return b, true, nil
	}
	var found []binaries
	majors := s.majors()
	for _, dir := range s.candidates() {
		b, ok := inspect(dir)
		if !ok || !s.account.reaches(dir) {
			continue
		}
		found = append(found, b)
		if len(majors) == 0 || b.major == majors[0] {
			return b, true, nil
		}
	}
	for _, major := range majors {
		if i := slices.IndexFunc(found, func(b binaries) bool { return b.major == major }); i >= 0 {
			return found[i], true, nil
		}
	}
	if len(found) == 0 {
		return binaries{}, false, nil
	}
	return found[0], true, nil
}

// candidates are the folders where a Postgres may be, the likeliest first.
func (s *Server) candidates() []string {
	downloaded := newest(filepath.Join(s.home, "postgres", "*", "bin"))
	if s.options.DownloadOnly {
		return downloaded
	}
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	globs := []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"}
	if runtime.GOOS == "darwin" {
		home, _ := os.UserHomeDir()
		globs = []string{
			"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
			filepath.Join(home, "Applications/Postgres.app/Contents/Versions/*/bin"),
			"/Library/PostgreSQL/*/bin",
		}
	}
	for _, glob := range globs {
		dirs = append(dirs, newest(glob)...)
	}
	return append(dirs, downloaded...)
}

var number = regexp.MustCompile(`\d+`)

// newest lists the matches of a pattern by their version number, highest first.
func newest(pattern string) []string {
	list, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	version := func(dir string) int {
		n, _ := strconv.Atoi(number.FindString(filepath.Base(filepath.Dir(dir))))
		return n
	}
	slices.SortStableFunc(list, func(a, b string) int { return version(b) - version(a) })
	return list
}

// inspect looks for a server in a folder.
func inspect(dir string) (binaries, bool) {
	for _, name := range []string{"postgres", "initdb"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode()&0o111 == 0 {
			return binaries{}, false
		}
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, false
	}
	// postgres (PostgreSQL) 15.14 (Debian …), 18beta1
	_, version, _ := strings.Cut(string(out), ")")
	major, err := strconv.Atoi(number.FindString(version))
	return binaries{dir: dir, major: major}, err == nil && major >= minMajor
}
