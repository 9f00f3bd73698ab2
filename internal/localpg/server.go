// Package localpg keeps a private Postgres: a real server that belongs to one
// user of one machine, which demos, loaded dumps and tests live in. It finds or
// downloads the binaries, makes the data folder, starts the server when it is
// needed and leaves it running until it is told to stop.
//
// The server listens on a unix socket only, in a folder that nobody else may
// enter: no port to collide on, no password to leak.
package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"exptool/repo"
)

// Roles of the private Postgres. Whoever may enter the socket's folder may be
// either.
const (
	// Owner owns the databases and may make and drop them, and has no further
	// power: a dump from somebody else, loaded by it, cannot run programs.
	Owner = "exptool"
	// Superuser is for what only a superuser may do, like changing what is logged.
	Superuser = "postgres"
)

// maintenance is the database that is always there.
const maintenance = "postgres"

// port only names the socket's file.
const port = 5432

// maxSocketDir is how long the folder of a socket may be: the kernel takes 104
// bytes for the whole path on macOS.
const maxSocketDir = 104 - len("/.s.PGSQL.5432") - 1

// Options are what New can be told. The zero value is good.
type Options struct {
	// BinDir is where postgres and initdb are (EXPTOOL_PG_BIN); empty: look for
	// them, and download them where there are none.
	BinDir string
	// Settings are further lines of postgresql.conf; the server must be stopped
	// for a change to take effect.
	Settings map[string]string
	// NoSync makes the data folder without waiting for the disk. For tests.
	NoSync bool
	// DownloadOnly ignores the binaries that are installed. For tests.
	DownloadOnly bool
}

// Server is a private Postgres, there or not.
type Server struct {
	home    string
	options Options
	account account
}

// Status is how a private Postgres is.
type Status struct {
	Exists   bool   // there is a data folder
	Running  bool   // it answers
	PID      int    // the postmaster's, 0 where it does not run
	Major    int    // of the data folder
	Home     string // everything of the private Postgres is under it
	Data     string // the data folder; empty where there is none
	Log      string // the folder of the server's log
	Socket   string // the folder of the unix socket
	Binaries string // where the running server's or the next start's binaries are, where known
	Since    time.Time
}

// New gives the private Postgres whose files are under home; where that is
// empty, under DefaultHome. Nothing is touched yet.
func New(home string, o Options) (*Server, error) {
	if home == "" {
		var err error
		if home, err = DefaultHome(); err != nil {
			return nil, err
		}
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return nil, fmt.Errorf("home of the private Postgres: %w", err)
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if acct.root {
		if owner, ok := ownerOf(home); ok {
			return &Server{home: home, options: o, account: owner}, nil
		}
		home = acct.reachableHome(home)
		if owner, ok := ownerOf(home); ok {
			acct = owner
		}
	}
	return &Server{home: home, options: o, account: acct}, nil
}

// Home is the folder of all files of the private Postgres.
func (s *Server) Home() string { return s.home }

// Exists reports whether a private Postgres was ever made here.
func (s *Server) Exists() bool { return len(s.majors()) > 0 }

// Address is where a database of the private Postgres is, running or not, for
// its owner.
func (s *Server) Address(database string) repo.Address {
	return repo.SocketAddress(s.socketDir(), port, Owner, database).Private()
}

// SuperAddress is Address for the superuser.
func (s *Server) SuperAddress(database string) repo.Address {
	return repo.SocketAddress(s.socketDir(), port, Superuser, database).Private()
}

// Admin opens the maintenance database as the owner, for creating and dropping
// others.
func (s *Server) Admin(ctx context.Context) (*repo.DB, error) {
	return repo.Open(ctx, s.Address(maintenance), repo.Options{})
}

// DropDatabase drops a database, whoever is in it. It is a repo.ErrNotFound
// where there is none of that name.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	db, err := repo.Open(ctx, s.SuperAddress(maintenance), repo.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.DropDatabase(ctx, name)
}

// Databases lists the user's databases by name.
func (s *Server) Databases(ctx context.Context) ([]repo.Database, error) {
	db, err := s.Admin(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	list, err := db.Databases(ctx)
	return slices.DeleteFunc(list, func(d repo.Database) bool { return d.Name == maintenance }), err
}

// Status says how the private Postgres is.
func (s *Server) Status(ctx context.Context) Status {
	st := Status{Home: s.home, Socket: s.socketDir()}
	majors := s.majors()
	st.Exists = len(majors) > 0
	for _, major := range majors {
		p, ok := readPostmaster(s.dataDir(major))
		if ok && s.answers(ctx) {
			st.Running, st.PID, st.Since, st.Major = true, p.pid, p.since, major
		}
	}
	if st.Major == 0 && st.Exists {
		st.Major = majors[0]
	}
	if st.Exists {
		st.Data = s.dataDir(st.Major)
		st.Log = filepath.Join(st.Data, logFolder)
		if opts, err := os.ReadFile(filepath.Join(st.Data, "postmaster.opts")); err == nil {
			st.Binaries = filepath.Dir(firstField(string(opts)))
		}
	}
	return st
}

// majors are the major versions of the data folders, newest first.
func (s *Server) majors() []int {
	entries, err := os.ReadDir(filepath.Join(s.home, "data"))
	if err != nil {
		return nil
	}
	found := map[int]bool{}
	for _, e := range entries {
		major, err := strconv.Atoi(e.Name())
		if err == nil && fileExists(filepath.Join(s.dataDir(major), "PG_VERSION")) {
			found[major] = true
		}
	}
	list := slices.Sorted(maps.Keys(found))
	slices.Reverse(list)
	return list
}

func (s *Server) dataDir(major int) string {
	return filepath.Join(s.home, "data", strconv.Itoa(major))
}

// socketDir is under home, or where that is too long a path for a socket, a
// folder named after home among the temporary ones.
func (s *Server) socketDir() string {
	dir := filepath.Join(s.home, "run")
	if len(dir) <= maxSocketDir {
		return dir
	}
	sum := sha256.Sum256([]byte(s.home))
	return filepath.Join("/tmp", fmt.Sprintf("exptool-%d-%s", s.account.uid, hex.EncodeToString(sum[:6])))
}

// answers reports whether something listens on the socket.
func (s *Server) answers(ctx context.Context) bool {
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "unix", filepath.Join(s.socketDir(), ".s.PGSQL."+strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
