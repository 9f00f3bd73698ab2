package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

func TestExitCodes(t *testing.T) {
	pipe := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	tests := []struct {
		err  error
		code int
		says string // on standard error, all of it
	}{
		{nil, 0, ""},
		{fmt.Errorf("writing rows: %w", pipe), 0, ""},
		{fmt.Errorf("asking: %w", &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}), 1, "exptool: asking: write tcp: broken pipe\n"},
		{errors.New("boom"), 1, "exptool: boom\n"},
		{&repo.Error{Kind: repo.ErrTimeout, Message: "it took too long"}, 1, "exptool: it took too long; give it longer than --timeout 30s\n"},
		{&repo.Error{Kind: repo.ErrTimeout, Message: "slow", Hint: "raise --timeout"}, 1, "exptool: slow; raise --timeout\n"},
		{usagef("--limit takes a number of rows").about("x"), 2, "exptool: --limit takes a number of rows, not \"x\"\n"},
		{fmt.Errorf("reading: %w", &cli.ConfigError{Where: "exptool.yaml:3", Msg: "no"}), 2, "exptool: reading: exptool.yaml:3: no\n"},
		{&filter.Error{Message: "unknown column x", Hint: "did you mean y?", Expr: "x > 1", Start: 0, End: 1}, 2,
			"exptool: unknown column x; did you mean y?\n  x > 1\n  ^\n"},
		{&schema.UnknownError{What: "entity", Name: "trails", Suggestions: []string{"trials"}}, 2, "exptool: unknown entity \"trails\"; did you mean trials?\n"},
		{&schema.UnknownError{What: "entity", Name: "x"}, 2, "exptool: unknown entity \"x\"; exptool tables and exptool classes list what there is\n"},
		{&repo.Error{Kind: repo.ErrUsage, Message: "bad address"}, 2, "exptool: bad address\n"},
		{notFoundf("no participant 99"), 3, "exptool: no participant 99\n"},
		{&repo.Error{Kind: repo.ErrNotFound, Message: "no such row"}, 3, "exptool: no such row\n"},
		{severalError("person", 3, []string{"James 1", "James 2"}), 4, "exptool: person: 3 found, and --one wants exactly one; narrow it down\n  James 1\n  James 2\n"},
		{expectError("trials", 5, 6), 4, "exptool: trials: expected 5, found 6\n"},
		{cli.ErrNoDatabase, 5, "exptool: no database named; give --db postgres://user@host/database, or start with exptool demo\n"},
		{&repo.Error{Kind: repo.ErrConnect, Message: "nothing answers", Hint: "is Postgres running there?"}, 5, "exptool: nothing answers; is Postgres running there?\n"},
		{&repo.Error{Kind: repo.ErrNotAllowed, Message: "no", Detail: "one\ntwo\n"}, 5, "exptool: no\n  one\n  two\n"},
		{refusedf("participant 5 has not enough dollars"), 6, "exptool: participant 5 has not enough dollars\n"},
		{&repo.Error{Kind: repo.ErrTryAgain, Message: "locked"}, 7, "exptool: locked\n"},
		{context.Canceled, 130, "exptool: interrupted\n"},
		{errors.New("first\nsecond"), 1, "exptool: first\n  second\n"},
		{errors.New("a\x1b[31mb"), 1, "exptool: a\\x1b[31mb\n"},
		{usagef("in %s: %w", "x", &repo.Error{Kind: repo.ErrNotFound, Message: "y"}), 2, "exptool: in x: y\n"},
	}
	for _, test := range tests {
		var talk bytes.Buffer
		a := newApp(&cli.Streams{Err: &talk}, time.Now)
		a.config = &cli.Config{Timeout: 30 * time.Second}
		assert.Equal(t, test.code, a.finish(t.Context(), test.err), "%v", test.err)
		assert.Equal(t, test.says, talk.String())
	}
}

func TestExitInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := newApp(&cli.Streams{Err: &bytes.Buffer{}}, time.Now)
	assert.Equal(t, 130, a.finish(ctx, errors.New("whatever broke then")))
	assert.Equal(t, 0, a.finish(ctx, nil), "serve and --watch end well with Ctrl-C")
}

// TestExitTable checks that each code stands there once, and is explained.
func TestExitTable(t *testing.T) {
	seen := map[int]bool{}
	for _, e := range exits() {
		assert.False(t, seen[e.code], e.code)
		seen[e.code] = true
		assert.Contains(t, exitCodes(), e.meaning)
	}
	for _, code := range []int{exitOK, exitFailure, exitUsage, exitNotFound, exitSeveral, exitConnect, exitRefused, exitTryAgain, exitInterrupted} {
		assert.True(t, seen[code], code)
	}
}

// execute runs a command line in this process.
func execute(t *testing.T, args ...string) (out, talk string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	a := newApp(&cli.Streams{In: strings.NewReader(""), Out: &o, Err: &e}, time.Now)
	code = run(t.Context(), a, args)
	return o.String(), e.String(), code
}

func TestPanicIsOneLine(t *testing.T) {
	var talk bytes.Buffer
	a := newApp(&cli.Streams{Err: &talk}, nil)
	t.Setenv("EXPTOOL_DEBUG", "")
	assert.Equal(t, 1, run(t.Context(), nilTree(a), nil))
	assert.Equal(t, 1, strings.Count(talk.String(), "\n"))
	assert.Contains(t, talk.String(), "exptool: internal error: ")
	t.Setenv("EXPTOOL_DEBUG", "1")
	talk.Reset()
	assert.Equal(t, 1, run(t.Context(), nilTree(a), nil))
	assert.Contains(t, talk.String(), "main.go")
}

// nilTree is an app whose output panics.
func nilTree(a *app) *app {
	a.streams.Out = panicker{}
	return a
}

type panicker struct{}

func (panicker) Write([]byte) (int, error) { panic("a bug") }

// TestUsage holds every way of calling exptool wrongly to exit code 2, one line
// on standard error and nothing on standard output.
func TestUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	tests := map[string]string{
		"verson":                      `unknown command "verson" of exptool; did you mean version?`,
		"config pth":                  `unknown command "pth" of exptool config; did you mean path?`,
		"qqqqqqqqq":                   `unknown command "qqqqqqqqq" of exptool; exptool --help lists them`,
		"config --fromat csv":         `unknown flag --fromat of exptool config; did you mean --format?`,
		"config -q":                   `unknown flag -q of exptool config; exptool config --help lists them`,
		"config --format":             `flag needs an argument: --format; see exptool config --help`,
		"config --format xls":         `--format: "xls" is none of table, csv, tsv, json, ndjson or md`,
		"config --timeout 3":          `--timeout: "3" is not a duration; write it like 30s, 2m or 1h30m`,
		"config --reveal=perhaps":     `--reveal takes`,
		"config --config nosuch.yaml": `--config: there is no file nosuch.yaml`,
		"config --db host/x":          `--db: host/x is not an address; write it like postgres://user@host/database`,
		"version now":                 `exptool version does not take these arguments: now; write exptool version`,
		"completion":                  `exptool completion lacks an argument; write exptool completion SHELL`,
		"completion bsh":              `no completion for the shell "bsh"; did you mean bash?`,
		"help exit-code":              `no help on "exit-code"; did you mean exit-codes?`,
		"help config nothing":         `no help on "config nothing"`,
		"help -- --x":                 `no help on "--x"; exptool help lists what there is`,
	}
	for line, want := range tests {
		out, talk, code := execute(t, strings.Fields(line)...)
		assert.Equal(t, 2, code, line)
		assert.Empty(t, out, line)
		assert.Contains(t, talk, "exptool: "+want, line)
		assert.Equal(t, 1, strings.Count(talk, "\n"), line)
	}
}
