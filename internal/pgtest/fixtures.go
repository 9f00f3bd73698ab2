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
	"path/filepath"
	"slices"
	"syscall"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"exptool/internal/localpg"
	"exptool/internal/sample"
	"exptool/repo"
)

// templatePrefix begins the names of the template databases.
const templatePrefix = "tpl_"

// recipe changes when fixtures are loaded in another way than before.
const recipe = "2"

// template gives the name of the template database of a fixture, and makes it
// the first time. Its name has a hash of what is in it.
func template(ctx context.Context, s *localpg.Server, admin *repo.DB, fixture string) (string, error) {
	c, err := fixtureContents(fixture)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(slices.Concat([]byte(recipe), c.dump, c.sql))
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
	if err := load(ctx, s, half, c); err != nil {
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

// load fills an empty database and gathers statistics.
func load(ctx context.Context, s *localpg.Server, database string, f contents) error {
	if len(f.dump) > 0 {
		pool, err := sqlx.Open("postgres", s.Address(database).URL())
		if err != nil {
			return err
		}
		defer pool.Close()
		conn, err := pool.Connx(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		loader := repo.Loader{Conn: conn}
		if err := loader.Dump(ctx, bytes.NewReader(f.dump)); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	db, err := repo.Open(ctx, s.Address(database), repo.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	if len(f.sql) > 0 {
		if err := db.Exec(ctx, string(f.sql)); err != nil {
			return err
		}
	}
	return db.Exec(ctx, "ANALYZE")
}

// contents are what is in a fixture: a dump as pg_dump writes it, then SQL.
type contents struct{ dump, sql []byte }

func fixtureContents(fixture string) (c contents, err error) {
	switch fixture {
	case "empty":
	case "tutorial":
		c.dump, err = gunzip(sample.Tutorial)
	case "static":
		var packed []byte
		if packed, err = os.ReadFile(Fixture("static.sql.gz")); err == nil {
			c.dump, err = gunzip(packed)
		}
	case "declared":
		if c.dump, err = gunzip(sample.Tutorial); err == nil {
			c.sql, err = foreignKeys()
		}
	case "demo":
		c.dump, err = gunzip(sample.Tutorial)
		c.dump = append(c.dump, sample.Person...)
	case "awkward":
		var odd []byte
		if odd, err = os.ReadFile(Fixture("awkward.sql")); err == nil {
			c.dump, err = gunzip(sample.Tutorial)
			c.dump = append(c.dump, odd...)
		}
	case "pgbench":
		c.sql = []byte(pgbench)
	default:
		err = fmt.Errorf("no such fixture")
	}
	return c, err
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
