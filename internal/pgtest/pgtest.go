// Package pgtest gives tests real databases: clones of fixtures in a private
// Postgres that all test processes of a user share. It is for tests only.
//
// The server is started by the first process that needs it, and stopped by a
// keeper, a process of its own, a few seconds after the last one has ended,
// however that ended. The data folder stays, with the fixtures in it as template
// databases, so that the next run begins with what it needs.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"exptool/internal/localpg"
	"exptool/repo"
)

// settings trade safety for speed; autovacuum would change planner statistics
// under a test's feet.
func settings() map[string]string {
	return map[string]string{
		"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
		"autovacuum": "off", "max_connections": "200", "max_wal_size": "4GB",
	}
}

// shared is this process's share in the server. It has to outlive every test.
var shared struct {
	once   sync.Once
	server *localpg.Server
	err    error
	users  *os.File // locked until the process ends: the keeper waits for that
	clones atomic.Int64
}

// DB gives the URL of a fresh copy of a fixture, which is dropped when the test
// ends. Fixtures are "tutorial" and "static", which are PsyNet's; "declared",
// which is the tutorial with its foreign keys declared; "demo", which is the
// tutorial and the table person; "awkward", which is the tutorial with what
// breaks obvious tools; "pgbench", and "empty".
func DB(t testing.TB, fixture string) string {
	t.Helper()
	return Address(t, fixture).URL()
}

// Address is DB as an address.
func Address(t testing.TB, fixture string) repo.Address {
	t.Helper()
	s := Server(t)
	admin, err := s.Admin(t.Context())
	if err != nil {
		t.Fatalf("test server: %v", err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	template, err := template(t.Context(), s, admin, fixture)
	if err != nil {
		t.Fatalf("fixture %s: %v", fixture, err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), shared.clones.Add(1))
	if err := admin.CreateDatabase(t.Context(), name, template); err != nil {
		t.Fatalf("copy of fixture %s: %v", fixture, err)
	}
	t.Cleanup(func() {
		if err := s.DropDatabase(context.Background(), name); err != nil && !errors.Is(err, repo.ErrNotFound) {
			t.Errorf("drop the copy of fixture %s: %v", fixture, err)
		}
	})
	return s.Address(name)
}

// Open is DB, opened.
func Open(t testing.TB, fixture string, o repo.Options) *repo.DB {
	t.Helper()
	db, err := repo.Open(t.Context(), Address(t, fixture), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Server is the running test server.
func Server(t testing.TB) *localpg.Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatalf("test server: %v", err)
	}
	return s
}

// Start is Server for TestMain.
func Start() (*localpg.Server, error) {
	shared.once.Do(func() { shared.server, shared.users, shared.err = start(context.Background()) })
	return shared.server, shared.err
}

func start(ctx context.Context) (*localpg.Server, *os.File, error) {
	home, err := testHome()
	if err != nil {
		return nil, nil, err
	}
	users, err := open(filepath.Join(home, usersLock), syscall.LOCK_SH)
	if err != nil {
		return nil, nil, err
	}
	s, err := server(home)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Start(ctx, nil); err != nil {
		return nil, nil, err
	}
	return s, users, startKeeper(home)
}

func server(home string) (*localpg.Server, error) {
	return localpg.New(filepath.Join(home, "server"), localpg.Options{
		BinDir: os.Getenv("EXPTOOL_PG_BIN"), NoSync: true, Settings: settings(),
	})
}

// testHome is a folder of this user's among the temporary ones.
func testHome() (string, error) {
	home := filepath.Join(os.TempDir(), fmt.Sprintf("exptool-pgtest-%d", os.Getuid()))
	if err := os.Mkdir(home, 0o711); err != nil && !os.IsExist(err) {
		return "", err
	}
	info, err := os.Lstat(home)
	if err != nil {
		return "", err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(st.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is somebody else's", home)
	}
	return home, nil
}

// open opens and locks a file, which ends with the file or the process.
func open(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
