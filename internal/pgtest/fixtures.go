package pgtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/lib/pq"

	"exptool/internal/localpg"
	"exptool/internal/sample"
	"exptool/repo"
)

// templatePrefix begins the names of the template databases.
const templatePrefix = "tpl_"

// recipe changes when fixtures are loaded in another way than before.
const recipe = "1"

// template gives the name of the template database of a fixture, and makes it
// the first time. Its name has a hash of what is in it.
func template(ctx context.Context, s *localpg.Server, admin *repo.DB, fixture string) (string, error) {
	text, err := fixtureSQL(fixture)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(recipe), text...))
	name := templatePrefix + fixture + "_" + hex.EncodeToString(sum[:5])
	if there, err := exists(ctx, admin, name); there || err != nil {
		return name, err
	}
	lock, err := open(filepath.Join(filepath.Dir(s.Home()), name+".lock"), syscall.LOCK_EX)
	if err != nil {
		// A home that root's account cannot reach is elsewhere.
		if lock, err = open(filepath.Join(s.Home(), name+".lock"), syscall.LOCK_EX); err != nil {
			return "", err
		}
	}
	defer lock.Close()
	if there, err := exists(ctx, admin, name); there || err != nil {
		return name, err
	}
	half := "new_" + name
	_ = admin.DropDatabase(ctx, half) // what a killed process has left, if any
	if err := admin.CreateDatabase(ctx, half, ""); err != nil {
		return "", err
	}
	if err := load(ctx, s, half, text); err != nil {
		return "", err
	}
	return name, admin.RenameDatabase(ctx, half, name)
}

func exists(ctx context.Context, admin *repo.DB, name string) (there bool, err error) {
	err = admin.Read(ctx, repo.ReadOptions{}, func(tx *repo.Tx) error {
		return tx.Get(ctx, &there, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name)
	})
	return there, err
}

// load runs a fixture's SQL in an empty database and gathers statistics.
func load(ctx context.Context, s *localpg.Server, database string, text []byte) error {
	psql := filepath.Join(s.Status(ctx).Binaries, "psql")
	cmd := exec.CommandContext(ctx, psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.DevNull, "-d", s.Address(database).URL())
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("load: %w: %s", err, out)
	}
	db, err := repo.Open(ctx, s.Address(database), repo.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Exec(ctx, "ANALYZE")
}

// fixtureSQL is what is in a fixture.
func fixtureSQL(fixture string) ([]byte, error) {
	switch fixture {
	case "empty":
		return nil, nil
	case "tutorial":
		return gunzip(sample.Tutorial)
	case "static":
		packed, err := os.ReadFile(Fixture("static.sql.gz"))
		if err != nil {
			return nil, err
		}
		return gunzip(packed)
	case "declared":
		text, err := gunzip(sample.Tutorial)
		if err != nil {
			return nil, err
		}
		keys, err := foreignKeys()
		return append(text, keys...), err
	case "pgbench":
		return []byte(pgbench), nil
	}
	return nil, fmt.Errorf("no such fixture")
}

// foreignKeys declares the relations that PsyNet declares and drops again. NOT
// VALID: an experiment's rows need not obey.
func foreignKeys() ([]byte, error) {
	f, err := os.Open(Fixture("relations.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("\nSET search_path = public;\n")
	for _, r := range rows[1:] { // table, column, references_table, references_column
		fmt.Fprintf(&b, "ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s (%s) NOT VALID;\n",
			pq.QuoteIdentifier(r[0]), pq.QuoteIdentifier(r[1]), pq.QuoteIdentifier(r[2]), pq.QuoteIdentifier(r[3]))
	}
	return b.Bytes(), nil
}

// Fixture is the path of a file of testdata/fixtures, from any package's folder.
func Fixture(name string) string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "fixtures", name)
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join("testdata", "fixtures", name)
}

func gunzip(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// pgbench is what `pgbench -i -s 1` makes.
const pgbench = `
CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84)) WITH (fillfactor = 100);
CREATE TABLE pgbench_branches (bid int NOT NULL, bbalance int, filler char(88)) WITH (fillfactor = 100);
CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
CREATE TABLE pgbench_tellers (tid int NOT NULL, bid int, tbalance int, filler char(84)) WITH (fillfactor = 100);
INSERT INTO pgbench_branches (bid, bbalance) VALUES (1, 0);
INSERT INTO pgbench_tellers (tid, bid, tbalance) SELECT t, 1, 0 FROM generate_series(1, 10) AS t;
INSERT INTO pgbench_accounts (aid, bid, abalance, filler) SELECT a, 1, 0, '' FROM generate_series(1, 100000) AS a;
ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid);
ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid);
ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
`
