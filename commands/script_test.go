package commands

import (
	"archive/zip"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"exptool/internal/localpg"
	"exptool/internal/pgtest"
	"exptool/repo"
)

// update rewrites golden files and generated documents instead of comparing.
var update = flag.Bool("update", false, "write what was generated instead of comparing")

// scripts is where the acceptance scripts are, from this package.
var scripts = filepath.Join("..", "testdata", "script")

// TestMain lets the test binary be exptool when a script calls it so, and a guardian
// when a command that runs inside a test starts one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == guardCommand {
		os.Exit(Main())
	}
	if os.Getenv("GORACE") == "" {
		if err := os.Setenv("GORACE", raceOptions); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"exptool": func() { os.Exit(Main()) }})
}

// raceOptions are the race detector's in the commands that tests start, of which there
// are some 1,500. A program that is built with it sleeps at its end, for a second if not
// told otherwise, so that it sees the races of what lives on after main. In the program
// that people have that is microseconds.
const raceOptions = "atexit_sleep_ms=20"

// TestScripts runs every acceptance script. Beside testscript's own commands
// they have:
//
//	db FIXTURE         EXPTOOL_DB is a fresh copy of a fixture of pgtest
//	sql STATEMENTS     run SQL in the database of EXPTOOL_DB
//	written FILE TEXT  make a file of a text with Go's escapes
//	exits N CMD ARG…   run a program that must exit with code N
//	http CODE ADDRESS  ask a server; see scriptHTTP
//	zipped FILE        make a zip file of what is in the folder zip
//
// A private Postgres that a script has started is stopped at its end.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scripts, "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"db":      scriptDB,
			"exits":   scriptExits,
			"http":    scriptHTTP,
			"sql":     scriptSQL,
			"written": scriptWritten,
			"zipped":  scriptZipped,
		},
	})
}

// testKey is the key of the script's *testing.T among its values.
type testKey struct{}

// setUpScript gives a script a home of its own. Nothing of the user's
// environment is there but PATH and the race detector's options.
func setUpScript(env *testscript.Env) error {
	env.Values[testKey{}] = env.T()
	home := filepath.Join(env.WorkDir, ".home")
	env.Setenv("HOME", home)
	env.Setenv("EXPTOOL_HOME", filepath.Join(home, "exptool"))
	env.Setenv("GORACE", os.Getenv("GORACE"))
	env.Setenv("FIXTURES", absolute(filepath.Join("..", "testdata", "fixtures")))
	env.Setenv("SCRIPTS", absolute(filepath.Join("..", "scripts")))
	env.Setenv("DOCS", absolute(filepath.Join("..", "docs")))
	env.Setenv("SAMPLE", absolute(filepath.Join("..", "internal", "sample")))
	if t, ok := env.T().(testing.TB); ok {
		// The binaries of the tests: a home of its own would download them anew.
		env.Setenv("EXPTOOL_PG_BIN", pgtest.Server(t).Status(t.Context()).Binaries)
	}
	env.Defer(func() { stopPrivate(filepath.Join(home, "exptool")) })
	return os.MkdirAll(home, 0o755)
}

// stopPrivate stops the private Postgres in a home, if there is one, and removes
// it: also after a script that failed. As root its files are elsewhere, where
// nobody else would clean up.
func stopPrivate(home string) {
	server, err := localpg.New(home, localpg.Options{BinDir: os.Getenv("EXPTOOL_PG_BIN")})
	if err == nil && server.Exists() {
		_ = server.Stop(context.Background())
		_ = os.RemoveAll(server.Home())
	}
}

func scriptZipped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: zipped FILE")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	z := zip.NewWriter(f)
	ts.Check(z.AddFS(os.DirFS(ts.MkAbs("zip"))))
	ts.Check(z.Close())
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		panic(err) // there is no working directory
	}
	return abs
}

func scriptDB(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: db FIXTURE")
	}
	t, ok := ts.Value(testKey{}).(testing.TB)
	if !ok {
		ts.Fatalf("db works in go test only")
	}
	ts.Setenv("EXPTOOL_DB", pgtest.DB(t, args[0]))
}

func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql STATEMENTS")
	}
	addr, err := repo.ParseAddress(ts.Getenv("EXPTOOL_DB"))
	ts.Check(err)
	db, err := repo.Open(context.Background(), addr, repo.Options{})
	ts.Check(err)
	defer db.Close()
	ts.Check(db.Exec(context.Background(), args[0]))
}

func scriptWritten(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: written FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, not %d", code, want)
	}
}
